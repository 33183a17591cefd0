"""How evenly teams are visited, and what that costs: the same cohort planned with and without it."""

import planner
from bench.company import objective_of, problem
from bench.planner.judging import HEAD, judged
from bench.planner.page import table, verdict
from domain.planning import PlanningProblem

SIZES = [(1000, 100), (5000, 300)]


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one table for each size."""
    return "\n\n".join(_with_and_without(*size) for size in sizes or SIZES)


def _with_and_without(participants: int, teams: int) -> str:
    cohort = problem(participants, teams)
    careless = _careless(cohort)
    fair, unfair = planner.plan(cohort), planner.plan(careless)
    bound = planner.certify(careless, unfair).bound
    worth, most = objective_of(careless, fair), objective_of(careless, unfair)
    rows = [
        ("fair", *judged(careless, fair, bound)),
        ("crowds not counted", *judged(careless, unfair, bound)),
    ]
    found = planner.figures(cohort, fair)
    price = (most - worth) / most
    return "\n\n".join(
        [
            table((f"{participants} x {teams}, crowds not scored", *HEAD), rows),
            "\n".join(
                [
                    verdict(
                        "the most visited team has at most 1.36 times its share.",
                        f"{found.load_max:.2f}",
                        found.load_max <= 1.36,
                    ),
                    verdict("Gini at most 0.11.", f"{found.gini:.3f}", found.gini <= 0.11),
                    verdict(
                        "for at most 0.5 % of what the plan is worth.",
                        f"{price:.2%}",
                        price <= 0.005,
                    ),
                ]
            ),
        ]
    )


def _careless(cohort: PlanningProblem) -> PlanningProblem:
    weights = cohort.program.weights.model_copy(update={"fair_load": 0})
    program = cohort.program.model_copy(update={"weights": weights})
    return cohort.model_copy(update={"program": program})
