"""Where else everybody could go, were all others to stay as planned."""

from collections import Counter
from collections.abc import Iterator

from domain.planning import Candidate, Host, Plan, PlannedStep, PlanningProblem
from domain.value import RotationId, TeamRef, Value
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Fit, Route
from planner.placing import place
from planner.routes import with_another
from planner.worth import assignment, value, worth

SHOWN = 2
"""Alternatives of one assignment."""


class Alternative(Value):
    """Another team that a participant could visit at one stop, and what that would cost the plan."""

    rotation: RotationId
    stop: int
    host: TeamRef
    less: int
    """By how much the plan would be worth less; negative where it would be worth more."""
    reason: str


def alternatives(problem: PlanningProblem, plan: Plan) -> Iterator[Alternative]:
    """Yield the best two other teams of every assignment at which all steps find a time."""
    hosts = {host.team: host for host in problem.hosts}
    routes = {name: tuple(hosts[t] for t in teams) for name, teams in plan.hosts().items()}
    diary = Diary(Calendars(problem))
    steps = plan.steps_by_rotation()
    for name, route in routes.items():
        diary.book(steps.get(name, ()), _teams(route))
    load = Counter(team for route in routes.values() for team in _teams(route))
    for candidate in problem.candidates:
        if candidate.rotation in routes and candidate.rotation in steps:
            route = routes[candidate.rotation]
            others = load - Counter(_teams(route))
            yield from _of_one(diary, candidate, route, steps[candidate.rotation], others)


def _of_one(
    diary: Diary,
    candidate: Candidate,
    current: Route,
    own: tuple[PlannedStep, ...],
    load: Counter[str],
) -> Iterator[Alternative]:
    problem = diary.problem
    now = worth(problem, candidate, current, load, own)
    diary.release(own)
    for stop in range(1, len(current) + 1):
        found = 0
        for route in _ranked(problem, candidate, current, stop, load):
            steps = place(Fit(diary, candidate, route))
            if steps:
                host = route[stop - 1]
                yield Alternative(
                    rotation=candidate.rotation,
                    stop=stop,
                    host=host.team,
                    less=now - worth(problem, candidate, route, load, steps),
                    reason=assignment(candidate, host, load[host.team], stop).reason,
                )
                found += 1
            if found == SHOWN:
                break
    diary.book(own, _teams(current))


def _ranked(
    problem: PlanningProblem, candidate: Candidate, current: Route, stop: int, load: Counter[str]
) -> list[Route]:
    weights = problem.program.weights
    return sorted(
        with_another(problem, candidate, current, stop),
        key=lambda route: (-value(weights, candidate, route, load), _teams(route)),
    )


def _teams(route: tuple[Host, ...]) -> list[str]:
    return [host.team for host in route]
