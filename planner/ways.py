"""Ways to mend one rotation while all others stay: the same teams, later windows, another team."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import islice

from domain.planning import HOST_GONE, Candidate, Cause, Disruption, PlannedStep
from domain.program import UNMET
from planner.fitting import Fit, Route
from planner.neighbourhoods import Keys, Rotation
from planner.notice import NOTHING, Cost
from planner.placing import placements
from planner.ranking import Ranking
from planner.standing import Standing
from planner.windows import Terms
from planner.worth import value, worth

PLACEMENTS = 200
"""Placements of one rotation that are tried beside another one that moves as well."""

TEAMS = 12
"""Other teams, those worth most, that a quick look tries."""

_LATE = frozenset({Cause.OVERDUE, Cause.NO_SHOW})
_WEEK = timedelta(weeks=1)
_IN_TIME = (timedelta(), False)


@dataclass(frozen=True)
class Elsewhere:
    """Another rotation whose steps move as well."""

    candidate: Candidate
    route: Route
    steps: tuple[PlannedStep, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class Way:
    """Where one rotation goes and when; ways are compared by what they ask, then by what they are worth."""

    route: Route
    steps: tuple[PlannedStep, ...]
    worth: int
    cost: Cost = NOTHING
    same_teams: bool = True
    longer: timedelta = timedelta()
    """Windows close so much later."""
    elsewhere: Elsewhere | None = None

    @property
    def order(self) -> tuple[bool, timedelta, Cost, int]:
        """Return what makes one way better than another: the lower, the better."""
        return not self.same_teams, self.longer, self.cost, -self.worth

    def settle(self, standing: Standing, candidate: Candidate) -> None:
        """Go this way from now on."""
        standing.put(candidate, self.route, self.steps)
        if self.elsewhere:
            other = self.elsewhere
            standing.put(other.candidate, other.route, other.steps)


Accept = Callable[[Route, Sequence[PlannedStep]], Elsewhere | bool]
"""What is asked of a placement: its route and the steps that move, to what moves elsewhere or whether it will do."""


Failed = defaultdict[str, list[Keys]]
"""Other teams with the steps that might move when nothing was found there."""


def anything(_: Route, __: Sequence[PlannedStep]) -> bool:
    """Accept every placement."""
    return True


class Broken:
    """One rotation on the bench: which of its steps broke, and what would mend them."""

    def __init__(
        self, standing: Standing, candidate: Candidate, route: Route, disruption: Disruption
    ) -> None:
        self.candidate = candidate
        self.route = route
        self._standing = standing
        self.disruption = disruption
        self._problem = standing.problem
        self.rotation = Rotation(self._problem, standing.steps(candidate.rotation), disruption)

    @property
    def may_change_team(self) -> bool:
        """Whether another team may take over at the stop in question."""
        stays = self.rotation.visited or self.rotation.pinned
        return self.disruption.wished_start is None and not stays

    @property
    def host_gone(self) -> bool:
        """Whether the team can't be visited any more."""
        return self.disruption.cause in HOST_GONE

    def least(
        self, accept: Accept = anything, *, quick: bool = False, failed: Failed | None = None
    ) -> Way | None:
        """Return the way that asks least; a ``quick`` look leaves windows as they are and most teams out.

        ``failed`` says where nothing was found when at least as much time was free, and learns more of it.
        """
        found = None if self.host_gone else self._with_the_same_teams(accept, quick)
        if found is None and self.may_change_team:
            known = defaultdict(list) if failed is None else failed
            found = self._with_another_team(accept, quick, known)
        return found

    def routes(self) -> list[Route]:
        """Return every route with another team at the stop in question, those worth most first."""
        if not self.may_change_team:
            return []
        choices, stop = self._standing.choices, self.rotation.stop
        found = choices.with_another(self.candidate, self.route, stop).teams
        with self._standing.without_visits(self.candidate.rotation):
            return sorted(map(choices.route, found), key=lambda route: -self._value(route))

    def terms(self, moving: Keys, longer: timedelta = timedelta(), *, everywhere: bool) -> Terms:
        """Return what a search has to respect when these steps may move."""
        steps = self.rotation.steps
        refusing = self.disruption.cause is Cause.COLLEAGUE_REFUSED
        person = self.disruption.person
        return Terms(
            fixed={key: step for key, step in steps.items() if key not in moving},
            over=self.rotation.over,
            before={key: step for key, step in steps.items() if key in moving},
            wished=self._wished(),
            refused=frozenset({person}) if refusing and person else frozenset(),
            longer=longer,
            longer_everywhere=everywhere,
        )

    def _wished(self) -> dict[str, datetime]:
        step, starts = self.disruption.step, self.disruption.wished_start
        return {step: starts} if step and starts else {}

    def _with_the_same_teams(self, accept: Accept, quick: bool) -> Way | None:
        for longer, everywhere in [_IN_TIME] if quick else self._patience():
            placed = partial(self._placed, [self.route], accept, longer, everywhere)
            found = self.rotation.least(self.rotation.broken, placed)
            if found:
                return found
        return None

    def _with_another_team(self, accept: Accept, quick: bool, failed: Failed) -> Way | None:
        stop = self.rotation.stop - 1
        routes = {route[stop].team: route for route in self.routes()[: TEAMS if quick else None]}

        def placed(moving: Keys) -> Way | None:
            """With fewer steps that may move, no team will do that did not with more."""
            hopeful = [team for team in routes if not any(moving <= m for m in failed[team])]
            found = self._placed((routes[team] for team in hopeful), accept, *_IN_TIME, moving)
            for team in hopeful:
                if found and team == found.route[stop].team:
                    break
                failed[team].append(moving)
            return found

        broken = self.rotation.broken | self.rotation.of_the_host
        found = self.rotation.least(broken, placed) if broken else None
        return replace(found, same_teams=False) if found else None

    def _placed(
        self,
        routes: Iterable[Route],
        accept: Accept,
        longer: timedelta,
        everywhere: bool,
        moving: Keys,
    ) -> Way | None:
        """The first of the routes on which everything finds a time while these steps may move."""
        terms = self.terms(moving, longer, everywhere=everywhere)
        diary, cost = self._standing.diary, self.rotation.cost(moving)
        with self._standing.without(self.candidate.rotation, terms.before.values()):
            for route in routes:
                found = _accepted(Fit(diary, self.candidate, route, terms), accept)
                if found:
                    steps, elsewhere = found
                    return Way(route, steps, self._worth(route), cost, True, longer, elsewhere)
        return None

    def _worth(self, route: Route) -> int:
        with self._standing.without_visits(self.candidate.rotation):
            return self._value(route)

    def _value(self, route: Route) -> int:
        weights = self._problem.program.weights
        return value(weights, self.candidate, route, self._standing.load)

    def _patience(self) -> Iterator[tuple[timedelta, bool]]:
        """How much later windows may close: not at all, or week by week for what came too late."""
        yield _IN_TIME
        if self.disruption.cause in _LATE or self._stretched():
            for everywhere in (False, True):
                for weeks in range(1, self._problem.program.weeks + 1):
                    yield weeks * _WEEK, everywhere

    def _stretched(self) -> bool:
        """Whether an earlier repair already had to leave a window."""
        return any(self._late(key) for key in self.rotation.open)

    def _late(self, key: str) -> bool:
        steps = self.rotation.steps
        step, window = steps[key], self._problem.program.step(key).window
        first = self._standing.diary.horizon.starts
        reference = steps[window.after].ends if window.after in steps else first
        return step.kind not in UNMET and step.ends > reference + window.closes


class Newcomer:
    """Somebody who joins a plan that stands."""

    def __init__(self, standing: Standing, candidate: Candidate) -> None:
        self.candidate = candidate
        self._standing = standing
        self._ranking = Ranking(standing.diary, standing.choices)
        for team, visits in standing.load.items():
            self._ranking.visit((team,), visits)

    def least(self, accept: Accept = anything, *, quick: bool = False) -> Way | None:
        """Return the way that is worth most; a ``quick`` look leaves most teams out."""
        best: Way | None = None
        ranked = self._ranking.routes(self.candidate)
        for route, at_most in islice(ranked, TEAMS if quick else None):
            if best and at_most <= best.worth:
                break
            found = _accepted(self.fit(route), accept)
            if found:
                way = Way(route, found[0], self._worth(route, found[0]), elsewhere=found[1])
                best = max(best or way, way, key=lambda way: way.worth)
        return best

    def routes(self) -> list[Route]:
        """Return every route, those worth most first."""
        return self._standing.choices.ranked(self.candidate)

    def fit(self, route: Route) -> Fit:
        """Return the newcomer on a route, beside everybody who is there already."""
        diary = self._standing.diary
        return Fit(diary, self.candidate, route, diary.as_kept(self.candidate.rotation))

    def _worth(self, route: Route, steps: Sequence[PlannedStep]) -> int:
        return worth(self._standing.problem, self.candidate, route, self._standing.load, steps)


def _accepted(fit: Fit, accept: Accept) -> tuple[tuple[PlannedStep, ...], Elsewhere | None] | None:
    tried = 1 if accept is anything else PLACEMENTS
    for steps in islice(placements(fit), tried):
        answer = accept(fit.route, [s for s in steps if s.key not in fit.terms.fixed])
        if answer:
            return steps, None if answer is True else answer
    return None
