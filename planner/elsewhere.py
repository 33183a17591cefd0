"""The last resort: one other rotation makes room, with steps of which nobody has been told yet."""

from collections.abc import Iterator, Sequence
from itertools import chain, combinations
from typing import Protocol

from domain.planning import Candidate, Cause, Disruption, PlannedStep
from planner.fitting import Fit, Route
from planner.neighbourhoods import Rotation, changes
from planner.placing import place
from planner.standing import Standing
from planner.ways import TEAMS, Accept, Elsewhere, Way, anything
from planner.windows import Terms

ROTATIONS = 60
"""So many rotations that meet the same people are asked to make room."""


class Attempt(Protocol):
    """Somebody who needs a place: what asks least, under what else is asked."""

    candidate: Candidate

    def least(self, accept: Accept = anything, *, quick: bool = False) -> Way | None:
        """Return the way that asks least."""

    def routes(self) -> list[Route]:
        """Return where else they could go."""


def with_one_other(standing: Standing, attempt: Attempt, current: Route) -> Way | None:
    """Return the way for which fewest steps of one other rotation move; that keeps its teams.

    Nobody hears of it: only steps whose invites have not gone out may move.
    """
    others = [other for other in _related(standing, attempt, current) if other.helps(attempt)]
    longest = max((len(other.free) for other in others), default=0)
    for number in range(1, longest + 1):
        ways = [way for other in others for way in other.making_room(attempt, number)]
        if ways:
            return min(ways, key=lambda way: way.order)
    return None


def _related(standing: Standing, attempt: Attempt, current: Route) -> list["_Other"]:
    """Those who meet somebody that the attempt may need, by rotation."""
    own = attempt.candidate
    met = {own.participant, own.manager, standing.problem.facilitator}
    for host in chain(current, *attempt.routes()[:TEAMS]):
        met.update((host.lead, *host.frontline))
    found: list[_Other] = []
    for rotation, steps in sorted(standing.rotations().items()):
        candidate, route = standing.candidate(rotation), standing.route(rotation)
        if rotation == own.rotation or candidate is None or route is None:
            continue
        other = _Other(standing, candidate, route)
        if any(a.person in met for s in steps if s.key in other.free for a in s.attendees):
            found.append(other)
    return found[:ROTATIONS]


class _Other:
    def __init__(self, standing: Standing, candidate: Candidate, route: Route) -> None:
        self._standing = standing
        self._candidate = candidate
        self._route = route
        nothing = Disruption(rotation=candidate.rotation, step=None, cause=Cause.CALENDAR)
        steps = standing.steps(candidate.rotation)
        self._rotation = Rotation(standing.problem, steps, nothing)
        self.free = self._rotation.untold

    def helps(self, attempt: Attempt) -> bool:
        """Return whether it would do at all, were all that may move not there."""
        with self._standing.without(self._candidate.rotation, self._moving(self.free)):
            return attempt.least(quick=True) is not None

    def making_room(self, attempt: Attempt, number: int) -> Iterator[Way]:
        """Yield what mends the attempt while so many steps of this rotation move."""
        for keys in combinations(self.free, number):
            moving = self._moving(keys)

            def follows(
                route: Route,
                placed: Sequence[PlannedStep],
                moving: Sequence[PlannedStep] = moving,
            ) -> Elsewhere | bool:
                return self._beside(route, placed, moving)

            with self._standing.without(self._candidate.rotation, moving):
                way = attempt.least(follows, quick=True)
            if way:
                yield way

    def _moving(self, keys: Sequence[str]) -> list[PlannedStep]:
        return [self._rotation.steps[key] for key in self._rotation.with_words(frozenset(keys))]

    def _beside(
        self, route: Route, placed: Sequence[PlannedStep], moving: Sequence[PlannedStep]
    ) -> Elsewhere | bool:
        """Where these steps go when the attempt has its place."""
        diary = self._standing.diary
        before = {step.key: step for step in moving}
        fixed = {k: s for k, s in self._rotation.steps.items() if k not in before}
        terms = Terms(fixed=fixed, over=self._rotation.over, before=before)
        diary.book(placed, [host.team for host in route])
        steps = place(Fit(diary, self._candidate, self._route, terms))
        diary.release(placed)
        if steps is None:
            return False
        moved = changes(self._rotation.steps, steps)
        return Elsewhere(self._candidate, self._route, steps, tuple(moved))
