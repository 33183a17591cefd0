"""A plan as its maker sees it, for whoever decides on it."""

from collections import Counter

from domain.planning import Plan, PlanningProblem
from domain.review import Load, Review, WorthParts
from planner.alternatives import alternatives
from planner.bounding import certify
from planner.figures import figures
from planner.remarks import remarks
from planner.structure import structure
from planner.worth import objective_parts


def review(problem: PlanningProblem, plan: Plan) -> Review:
    """Return what there is to say about a plan of this problem; the same plan gives an equal review."""
    people = figures(problem, plan)
    parts = objective_parts(problem, plan.hosts(), plan.steps)
    return Review(
        bound=certify(problem, plan).bound,
        parts=WorthParts.model_validate(parts._asdict()),
        coverage_mean=people.coverage_mean,
        coverage_min=people.coverage_min,
        loads=_loads(problem, plan),
        remarks=remarks(problem, plan),
        remedy=structure(problem).remedy if plan.unplaced else "",
        alternatives=tuple(alternatives(problem, plan)),
    )


def _loads(problem: PlanningProblem, plan: Plan) -> tuple[Load, ...]:
    visits = Counter(assignment.host for assignment in plan.assignments)
    loads = (
        Load(team=host.team, visits=visits[host.team], share=host.share) for host in problem.hosts
    )
    return tuple(sorted(loads, key=lambda load: (-load.visits / load.share, load.team)))
