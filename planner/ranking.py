"""Which routes are worth a search, most promising first: what they give, how crowded, how early.

Time is looked at day by day only: on which days could the participant go, on which would the team
take a visitor. No route is worth more than what this says, so a search can end early.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from domain.planning import Candidate, PlanningProblem
from domain.program import StepTemplate
from planner.calendars import Calendars
from planner.diary import Diary
from planner.earliest import first_days, tail
from planner.fitting import Route, own_starts
from planner.routes import Choices, Routes
from planner.slots import Horizon
from planner.tariff import Tariff

Days = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_NEVER = -(2**50)

FEW = 3
"""Routes that others may take before somebody is taken to lose."""


class OwnDays:
    """On which days everybody could begin each stop, were nothing booked and every team always there."""

    def __init__(self, calendars: Calendars) -> None:
        self._diary = Diary(calendars)
        self._stops = first_days(calendars.problem)
        self._known: dict[str, dict[int, Days]] = {}

    def of(self, candidate: Candidate) -> Mapping[int, Days]:
        """Return the days by stop; those of stops whose first day is kept are not in it."""
        if candidate.rotation not in self._known:
            terms = self._diary.as_kept(candidate.rotation)
            starts = own_starts(self._diary, candidate, terms)
            self._known[candidate.rotation] = {
                stop: _by_day(starts[key], self._diary.horizon)
                for stop, key in self._stops.items()
                if key in starts
            }
            self._diary.forget(candidate.participant)
        return self._known[candidate.rotation]


class Stake(NamedTuple):
    """What a place is worth to somebody and to all, in thousandths."""

    most: int
    """On the best route."""
    loss: int
    """How much less where the best few routes are taken; more than anything for those with few: the fewer, the more."""


class Ranking:
    """All teams' days and crowds, kept up with a diary."""

    def __init__(self, diary: Diary, choices: Choices, own: OwnDays | None = None) -> None:
        self._diary = diary
        self._own = own or OwnDays(diary.calendars)
        self._choices = choices
        self._problem = diary.problem
        self._stops = {
            stop: self._problem.program.step(key) for stop, key in first_days(self._problem).items()
        }
        days = -(-diary.horizon.slots // diary.horizon.day)
        self._weeks = {
            stop: _weeks_left(self._problem, template, days)
            for stop, template in self._stops.items()
        }
        self._open = {
            stop: np.zeros((len(choices.hosts), days), dtype=bool) for stop in self._stops
        }
        self._soonest = {
            stop: np.full(len(choices.hosts), _NEVER, dtype=np.int64) for stop in self._stops
        }
        self._early = max(self._problem.program.weights.early, 0)
        self._share = np.array([host.share for host in choices.hosts], dtype=np.int64)
        self._load = np.zeros(len(choices.hosts), dtype=np.int64)
        self._update(range(len(choices.hosts)))

    def visit(self, teams: Iterable[str], by: int) -> None:
        """Count so many visits more to each team."""
        for team in teams:
            self._load[self._choices.number(team)] += by

    def stake(self, candidate: Candidate, tariff: Tariff) -> Stake | None:
        """Return what a participant can win and lose by a tariff; None without any route."""
        net = np.sort(self._net(candidate, tariff))[::-1]
        count = int((net > _NEVER).sum())
        if not count:
            return None
        loss = FEW - count - _NEVER if count <= FEW else int(net[0] - net[FEW])
        return Stake(int(net[0]), loss)

    def routes(
        self, candidate: Candidate, among: Routes | None = None
    ) -> Iterator[tuple[Route, int]]:
        """Yield routes with the most that each can be worth, the best first; those without a day never.

        Without ``among``, all of the participant's.
        """
        routes = among or self._choices.of(candidate)
        most = self._most(candidate, routes)
        for row in np.argsort(-most, kind="stable"):
            if most[row] == _NEVER:
                return
            yield self._choices.route(routes.teams[row]), int(most[row])

    def priced(self, candidate: Candidate, tariff: Tariff) -> Iterator[Route]:
        """Yield routes in the order of what they are worth less what they cost others by a tariff."""
        net, teams = self._net(candidate, tariff), self._choices.of(candidate).teams
        for row in np.argsort(-net, kind="stable"):
            if net[row] == _NEVER:
                return
            yield self._choices.route(teams[row])

    def at_most(self, candidate: Candidate) -> int:
        """Return what no route can be worth more than, whenever the participant could go; quick."""
        self._update(map(self._choices.number, self._diary.changed_teams()))
        routes = self._choices.of(candidate)
        if not len(routes.teams):
            return _NEVER
        left = np.full(len(routes.teams), self._problem.program.weeks)
        for stop, soonest in self._soonest.items():
            left = np.minimum(left, soonest[routes.teams[:, stop - 1]])
        return int((self._uncrowded(routes) + self._early * left).max())

    def _net(self, candidate: Candidate, tariff: Tariff) -> Numbers:
        routes = self._choices.of(candidate)
        possible, _ = self._possible(candidate, routes)
        return np.where(possible, tariff.net(routes.worth, routes.teams, self._load), _NEVER)

    def _most(self, candidate: Candidate, routes: Routes) -> Numbers:
        possible, left = self._possible(candidate, routes)
        return np.where(possible, self._uncrowded(routes) + self._early * left, _NEVER)

    def _possible(self, candidate: Candidate, routes: Routes) -> tuple[Days, Numbers]:
        """Which routes have a day on every stop, and how many weeks can be left after them."""
        self._update(map(self._choices.number, self._diary.changed_teams()))
        left = np.full(len(routes.teams), self._problem.program.weeks)
        possible = np.ones(len(routes.teams), dtype=bool)
        for stop, days in self._own.of(candidate).items():
            common = self._open[stop] & days
            teams = routes.teams[:, stop - 1]
            possible &= np.any(common, axis=1)[teams]
            left = np.minimum(left, self._weeks[stop][common.argmax(axis=1)][teams])
        return possible, left

    def _uncrowded(self, routes: Routes) -> Numbers:
        """What routes are worth, the crowds of their teams taken off."""
        beyond = np.maximum(self._load + 1 - self._share, 0)
        crowds: Numbers = self._problem.program.weights.fair_load * beyond[routes.teams].sum(axis=1)
        return routes.worth - crowds

    def _update(self, numbers: Iterable[int]) -> None:
        for number in numbers:
            for stop, template in self._stops.items():
                bits = self._diary.welcoming(self._choices.hosts[number], template)
                days = self._open[stop][number] = _by_day(bits, self._diary.horizon)
                first = int(days.argmax())
                self._soonest[stop][number] = self._weeks[stop][first] if days[first] else _NEVER


def _by_day(bits: int, horizon: Horizon) -> Days:
    """Which days, each as long as the first, have a slot that is set."""
    days = -(-horizon.slots // horizon.day)
    raw = np.frombuffer(bits.to_bytes(days * horizon.day // 8, "little"), dtype=np.uint8)
    found: Days = np.any(raw.reshape(days, -1), axis=1)
    return found


def _weeks_left(problem: PlanningProblem, template: StepTemplate, days: int) -> Numbers:
    """How many whole weeks can be left of the program, at most, after a visit that begins on each day."""
    after = tail(problem, template.key)
    weeks = [
        problem.program.weeks - -(-(timedelta(days=day) + after).days // 7) for day in range(days)
    ]
    return np.maximum(np.array(weeks, dtype=np.int64), 0)
