"""The same commands as the pages, from a terminal, and the processes themselves."""
