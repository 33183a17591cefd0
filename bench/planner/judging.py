"""What a plan is like, whoever made it: one validator, one scorer."""

import planner
from bench.company import objective_of
from domain.planning import Plan, PlanningProblem

HEAD = (
    "worth",
    "gap",
    "broken rules",
    "no place",
    "goals covered",
    "load over share, most",
    "Gini",
)


def judged(cohort: PlanningProblem, plan: Plan, bound: int) -> tuple[object, ...]:
    """Return the columns of ``HEAD``; the gap is to ``bound``."""
    worth, found = objective_of(cohort, plan), planner.figures(cohort, plan)
    return (
        f"{worth:,}",
        f"{(bound - worth) / bound:.2%}",
        len(planner.violations(cohort, plan)),
        len(plan.unplaced),
        f"{found.coverage_mean:.1%}",
        f"{found.load_max:.2f}",
        f"{found.gini:.3f}",
    )
