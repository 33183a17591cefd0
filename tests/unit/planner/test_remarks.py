"""Who meets no customers is said before a plan is approved."""

from planner import plan, remarks
from tests.planning_problems import a_problem
from tests.unit.planner.test_wider_problem import changed


def test_practice_s35_somebody_without_a_customer_facing_stop_is_warned_of() -> None:
    problem = changed(a_problem(2, 2), candidate={"must_visit": ("H-00",), "unexposed": 1})

    assert remarks(problem, plan(problem)) == (
        "P-0100 meets no customers at any stop, 1 week beyond the program's limit.",
    )


def test_nobody_is_warned_of_who_meets_customers_or_has_no_place() -> None:
    problem = changed(a_problem(2, 2), candidate={"must_visit": ("H-09",)})

    assert remarks(problem, plan(problem)) == ()
