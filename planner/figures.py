"""What a plan is like for its people: how much of their goals is covered, how fairly teams are visited."""

from collections import Counter
from collections.abc import Sequence

from domain.planning import Candidate, Plan, PlanningProblem
from domain.value import Value


class Figures(Value):
    """Shares between 0 and 1, and ratios."""

    coverage_mean: float
    """Of the weight of everybody's goals, the share that their teams cover; of the unplaced, nothing."""
    coverage_min: float
    """The least covered among those who have a place."""
    load_max: float
    """Visits of the most visited team by its fair share."""
    gini: float
    """How unequally visits are spread by fair shares (0 all alike, towards 1 all at one team)."""


def figures(problem: PlanningProblem, plan: Plan) -> Figures:
    """Return the figures of a plan; a plan without visits has load and Gini 0."""
    lenses = {host.team: set(host.lenses) for host in problem.hosts}
    routes = plan.hosts()
    covered = {
        candidate.rotation: _covered(
            candidate, set().union(*(lenses[team] for team in routes.get(candidate.rotation, ())))
        )
        for candidate in problem.candidates
    }
    placed = [covered[rotation] for rotation in routes if rotation in covered]
    loads = _loads(problem, plan)
    return Figures(
        coverage_mean=round(sum(covered.values()) / max(len(covered), 1), 4),
        coverage_min=round(min(placed, default=0.0), 4),
        load_max=round(max(loads, default=0.0), 4),
        gini=round(_gini(loads), 4),
    )


def _covered(candidate: Candidate, lenses: set[str]) -> float:
    """Somebody without goals misses nothing."""
    whole = sum(goal.weight for goal in candidate.goals)
    return (
        sum(goal.weight for goal in candidate.goals if goal.lens in lenses) / whole
        if whole
        else 1.0
    )


def _loads(problem: PlanningProblem, plan: Plan) -> list[float]:
    """Visits of every team that takes any, by its fair share."""
    visits = Counter(assignment.host for assignment in plan.assignments)
    return [visits[host.team] / host.share for host in problem.hosts if host.visits_per_week]


def _gini(loads: Sequence[float]) -> float:
    """Half the mean difference between two teams, by their mean."""
    ordered, total = sorted(loads), sum(loads)
    if not total:
        return 0.0
    ranked = sum(rank * load for rank, load in enumerate(ordered, start=1))
    return 2 * ranked / (len(ordered) * total) - (len(ordered) + 1) / len(ordered)
