"""A plan that stands: everybody's calendars and what is booked, kept up while it is repaired."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property

from domain.moments import Interval
from domain.planning import (
    Assignment,
    Candidate,
    Plan,
    PlannedStep,
    PlanningProblem,
    Unplaced,
)
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Route
from planner.routes import Choices
from planner.worth import assignment, objective, worth


class Standing:
    """One plan of one problem, rotation by rotation; changing one costs nothing for the others."""

    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self.problem = problem
        self.diary = Diary(Calendars(problem))
        self.load: Counter[str] = Counter()
        """How many rotations with steps visit each team."""
        self._hosts = {host.team: host for host in problem.hosts}
        self._candidates = {c.rotation: c for c in problem.candidates}
        self._steps = dict(plan.steps_by_rotation())
        self._teams = dict(plan.hosts())
        self._assignments: dict[str, tuple[Assignment, ...]] = {}
        for one in plan.assignments:
            self._assignments[one.rotation] = (*self._assignments.get(one.rotation, ()), one)
        self._unplaced: dict[str, Unplaced] = {u.rotation: u for u in plan.unplaced}
        self.objective = plan.objective
        """What the plan is worth as it stands."""
        for rotation, steps in self._steps.items():
            self.diary.book(steps, self.teams(rotation))
            self.load.update(self.teams(rotation))

    def plan(self) -> Plan:
        """Return the plan as it stands."""
        steps = (s for r in sorted(self._steps) for s in _in_order(self._steps[r]))
        return Plan(
            assignments=tuple(a for r in sorted(self._assignments) for a in self._assignments[r]),
            steps=tuple(steps),
            unplaced=tuple(self._unplaced[r] for r in sorted(self._unplaced)),
            objective=self.objective,
        )

    def candidate(self, rotation: str) -> Candidate | None:
        """Return who is to be placed, None for somebody whom the problem does not have."""
        return self._candidates.get(rotation)

    def rotations(self) -> Mapping[str, tuple[PlannedStep, ...]]:
        """Return everybody's steps by rotation."""
        return self._steps

    def steps(self, rotation: str) -> tuple[PlannedStep, ...]:
        """Return a rotation's steps."""
        return self._steps.get(rotation, ())

    def teams(self, rotation: str) -> tuple[str, ...]:
        """Return the teams of a rotation's stops, in order; none for somebody without a place."""
        return self._teams.get(rotation, ())

    def route(self, rotation: str) -> Route | None:
        """Return the host teams of a rotation, None when the problem does not have all of them."""
        found = tuple(self._hosts[t] for t in self.teams(rotation) if t in self._hosts)
        return found if found and len(found) == len(self.teams(rotation)) else None

    @cached_property
    def choices(self) -> Choices:
        """Everybody's routes; made when somebody first looks for another team."""
        return Choices(self.problem)

    @contextmanager
    def without(self, rotation: str, steps: Iterable[PlannedStep]) -> Iterator[None]:
        """Free the time of some steps of a rotation for a while, as far as it is taken."""
        released = self.diary.release(steps)
        try:
            yield
        finally:
            self.diary.book(released, self.teams(rotation))

    @contextmanager
    def without_visits(self, rotation: str) -> Iterator[None]:
        """Count a rotation at none of its teams for a while."""
        teams = self.teams(rotation) if self.steps(rotation) else ()
        self._visit(teams, -1)
        try:
            yield
        finally:
            self._visit(teams, 1)

    def put(self, candidate: Candidate, route: Route, steps: Sequence[PlannedStep]) -> None:
        """Let a rotation have these steps at these teams from now on, instead of what it had."""
        rotation, before = candidate.rotation, self.steps(candidate.rotation)
        was = self.route(rotation) or ()
        with self.without_visits(rotation):
            gained = worth(self.problem, candidate, route, self.load, steps)
            self.objective += gained - worth(self.problem, candidate, was, self.load, before)
        self._take_out(rotation)
        self._teams[rotation] = tuple(host.team for host in route)
        self._assignments[rotation] = tuple(self._assigned(candidate, was, route))
        self._unplaced.pop(rotation, None)
        if steps:
            self._steps[rotation] = tuple(steps)
            self.diary.book(steps, self.teams(rotation))
            self._visit(self.teams(rotation), 1)

    def leave_out(self, candidate: Candidate, reason: str) -> None:
        """Say why somebody has no place."""
        self._unplaced[candidate.rotation] = Unplaced(
            rotation=candidate.rotation, participant=candidate.participant, reason=reason
        )

    def excuse(self, person: str, away: Interval) -> None:
        """Learn that somebody can't come then; steps that are booked stay."""
        if self.diary.calendars.knows(person):
            self.diary.excuse(person, away)

    def revalue(self) -> None:
        """Count what the whole plan is worth anew: somebody joined, and every team's share changed."""
        steps = (step for own in self._steps.values() for step in own)
        self.objective = objective(self.problem, self._teams, steps)

    def _take_out(self, rotation: str) -> None:
        steps = self._steps.pop(rotation, ())
        self.diary.release(steps)
        if steps:
            self._visit(self.teams(rotation), -1)

    def _assigned(self, candidate: Candidate, was: Route, route: Route) -> Iterator[Assignment]:
        """A team that took over at a stop gets a reason of its own; all others keep theirs."""
        before = {a.stop: a for a in self._assignments.get(candidate.rotation, ())}
        for stop, host in enumerate(route, start=1):
            same = stop <= len(was) and was[stop - 1].team == host.team and stop in before
            yield before[stop] if same else assignment(candidate, host, self.load[host.team], stop)

    def _visit(self, teams: Sequence[str], by: int) -> None:
        for team in teams:
            self.load[team] += by


def _in_order(steps: Iterable[PlannedStep]) -> list[PlannedStep]:
    return sorted(steps, key=lambda s: (s.starts, s.key))
