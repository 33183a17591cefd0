"""Planning that somebody watches: it tells how far it is, and ends at any moment with a correct plan."""

import pytest

from planner import plan, violations
from planner.watch import Watch
from tests.planning_problems import a_problem


def test_whoever_watches_hears_of_progress_that_ends_with_the_work() -> None:
    heard: list[float] = []

    plan(a_problem(4, 4), watch=Watch(tell=heard.append))

    assert heard == sorted(heard)
    assert 0.5 < heard[-1] <= 1.0
    assert len(set(heard)) == len(heard)


@pytest.mark.parametrize("looks", range(0, 40, 3))
def test_planning_that_is_ended_gives_the_best_so_far(looks: int) -> None:
    problem, left = a_problem(4, 4), iter(range(looks))

    found = plan(problem, watch=Watch(over=lambda: next(left, None) is None))

    assert violations(problem, found) == ()
    assert len(found.assignments) + len(found.unplaced) == 4
    if looks == 0:
        assert {one.reason for one in found.unplaced} == {
            f"The planning was ended before a place for P-010{n} was found." for n in range(4)
        }
