"""Which teams a participant could visit, stop by stop, in which order."""

from collections.abc import Iterable
from itertools import product

from domain.planning import Candidate, Host, PlanningProblem
from planner.diary import host_met
from planner.fitting import Route
from planner.seating import eligible
from planner.worth import value

WIDTH = 12
"""Teams that are combined into routes of several stops: those worth most to the participant."""


def routes(problem: PlanningProblem, candidate: Candidate) -> tuple[Route, ...]:
    """Return every route in question; once a step with a team is kept, its stop has no other.

    Teams of one route share nobody, so that everybody is asked for one stop only.
    """
    choices = [_choices(problem, candidate, stop) for stop in range(1, problem.program.stops + 1)]
    return tuple(route for route in product(*choices) if _share_nobody(route))


def with_another(
    problem: PlanningProblem, candidate: Candidate, current: Route, stop: int
) -> tuple[Route, ...]:
    """Return the same route with each other team that could take over at one stop."""
    others = (host for host in eligible(problem, candidate) if host.team != current[stop - 1].team)
    found = ((*current[: stop - 1], host, *current[stop:]) for host in others)
    return tuple(route for route in found if _share_nobody(route))


def _choices(problem: PlanningProblem, candidate: Candidate, stop: int) -> Iterable[Host]:
    keys = {template.key for template in problem.program.steps if template.stop == stop}
    kept = [s for s in problem.kept if s.rotation == candidate.rotation and s.key in keys]
    met = host_met(problem.hosts, kept)
    if met:
        return (met,)
    open_to = eligible(problem, candidate)
    if problem.program.stops == 1:
        return open_to
    weights = problem.program.weights
    return sorted(open_to, key=lambda h: (-value(weights, candidate, (h,), {}), h.team))[:WIDTH]


def _share_nobody(route: Route) -> bool:
    people = [person for host in route for person in {host.lead, *host.frontline}]
    return len(set(people)) == len(people) and len({h.team for h in route}) == len(route)
