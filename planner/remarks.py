"""What a plan keeps to every rule with, and should still be known before it is approved."""

from collections.abc import Iterator

from domain.planning import Plan, PlanningProblem


def remarks(problem: PlanningProblem, plan: Plan) -> tuple[str, ...]:
    """Return a sentence (pseudonyms) for everybody who is placed and meets no customers at any stop."""
    return tuple(_without_customers(problem, plan))


def _without_customers(problem: PlanningProblem, plan: Plan) -> Iterator[str]:
    facing = {host.team for host in problem.hosts if host.customer_facing}
    routes = plan.hosts()
    for candidate in problem.candidates:
        route = routes.get(candidate.rotation)
        if route and facing.isdisjoint(route):
            weeks = candidate.unexposed
            since = f", {weeks} week{'s' * (weeks > 1)} beyond the program's limit" if weeks else ""
            yield f"{candidate.participant} meets no customers at any stop{since}."
