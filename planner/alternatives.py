"""Where else everybody could go, were all others to stay as planned."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice

from domain.planning import Candidate, Plan, PlannedStep, PlanningProblem
from domain.review import Alternative
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Fit, Route
from planner.placing import place
from planner.ranking import Ranking
from planner.routes import Choices
from planner.worth import assignment, worth

SHOWN = 2
"""Alternatives of one assignment."""


def alternatives(problem: PlanningProblem, plan: Plan) -> Iterator[Alternative]:
    """Yield the best two other teams of every assignment at which all steps find a time."""
    hosts = {host.team: host for host in problem.hosts}
    routes = {name: tuple(hosts[t] for t in teams) for name, teams in plan.hosts().items()}
    standing = _Standing(problem)
    steps = plan.steps_by_rotation()
    for name, route in routes.items():
        standing.add(route, steps.get(name, ()))
    for candidate in problem.candidates:
        if candidate.rotation in routes and candidate.rotation in steps:
            yield from standing.instead(
                candidate, routes[candidate.rotation], steps[candidate.rotation]
            )


class _Standing:
    """The whole plan as it stands, out of which one rotation at a time is taken."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._problem = problem
        self._diary = Diary(Calendars(problem))
        self._choices = Choices(problem)
        self._ranking = Ranking(self._diary, self._choices)
        self._load: Counter[str] = Counter()

    def add(self, route: Route, steps: Iterable[PlannedStep]) -> None:
        self._diary.book(steps, _teams(route))
        self._ranking.visit(_teams(route), 1)
        self._load.update(_teams(route))

    def instead(
        self, candidate: Candidate, current: Route, own: tuple[PlannedStep, ...]
    ) -> Iterator[Alternative]:
        """Yield where else one participant could go, stop by stop."""
        self._diary.release(own)
        self._ranking.visit(_teams(current), -1)
        self._load.subtract(_teams(current))
        now = worth(self._problem, candidate, current, self._load, own)
        for stop in range(1, len(current) + 1):
            yield from islice(self._at(candidate, current, stop, now), SHOWN)
        self.add(current, own)

    def _at(
        self, candidate: Candidate, current: Route, stop: int, now: int
    ) -> Iterator[Alternative]:
        others = self._choices.with_another(candidate, current, stop)
        for route, _ in self._ranking.routes(candidate, others):
            steps = place(Fit(self._diary, candidate, route))
            if steps:
                host = route[stop - 1]
                yield Alternative(
                    rotation=candidate.rotation,
                    stop=stop,
                    host=host.team,
                    less=now - worth(self._problem, candidate, route, self._load, steps),
                    reason=assignment(candidate, host, self._load[host.team], stop).reason,
                )


def _teams(route: Route) -> list[str]:
    return [host.team for host in route]
