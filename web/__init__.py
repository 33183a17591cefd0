"""Pages for program managers, signed pages for everybody else, and the local inbox."""
