"""The first plan of a cohort: those with most to lose first, each where they are worth most to all.

What a visit costs others is in the tariff of teams. Where somebody is left out, those whose place is
worth most come first in the next round, and those who were left out in the one after; then they take
the place of somebody who can go elsewhere. At last everybody may change to a better route that has
become free.
"""

import gc
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from domain.planning import (
    Candidate,
    Plan,
    PlannedStep,
    PlanningProblem,
    Unplaced,
)
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Fit, Route
from planner.placing import place
from planner.ranking import OwnDays, Ranking, Stake
from planner.reasons import why_alone
from planner.routes import Choices
from planner.tariff import Tariff
from planner.watch import Watch
from planner.worth import assignment, early, objective, value

ROUNDS = 3
SWEEPS = 4
PRICING = 200
"""Rounds in which prices of teams are looked for; more of them change little."""

_PRICING, _WEIGHING, _PLACING = 0.15, 0.2, 0.45
_IMPROVING = (1 - _PRICING - _WEIGHING - _PLACING) / SWEEPS
"""Shares of the work where one round is enough: prices, stakes, that round, one sweep."""

_NONE = Stake(0, 0)

EXCHANGES = 100
"""Exchanges tried for all who were left out together."""


def plan(problem: PlanningProblem, *, seed: int = 0, watch: Watch | None = None) -> Plan:
    """Return a plan without a broken rule; the same problem and seed give an equal one.

    Everybody is either assigned, with every step at a concrete time, or unplaced with a sentence.
    A ``watch`` may end the planning early: then the plan is the best so far, as correct as any.
    """
    with _uncollected():
        return _planned(problem, seed, watch or Watch())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let Python look for garbage afterwards: looking through all that is loaded takes an eighth of the time."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _planned(problem: PlanningProblem, seed: int, watching: Watch) -> Plan:
    tariff = Tariff(problem, watching.each(range(PRICING), _PRICING))
    calendars = Calendars(problem)
    ground = _Ground(calendars, Choices(problem), tariff, OwnDays(calendars))
    draft = _best_round(ground, seed, watching)
    draft.exchange()
    for _ in range(SWEEPS):
        if not draft.improve():
            break
    return draft.as_plan()


@dataclass(frozen=True)
class _Ground:
    """What every draft of a plan stands on."""

    calendars: Calendars
    choices: Choices
    tariff: Tariff
    own: OwnDays


def _best_round(ground: _Ground, seed: int, watch: Watch) -> "_Draft":
    order = sorted(ground.calendars.problem.candidates, key=lambda c: c.rotation)
    stakes = _stakes(ground, watch.each(order, _WEIGHING))

    def loss(candidate: Candidate) -> int:
        return -stakes.get(candidate.rotation, _NONE).loss

    best = _Draft(ground, sorted(order, key=loss), watch)
    shuffled = random.Random(seed)  # noqa: S311 - breaks ties, guards nothing
    for number in range(1, ROUNDS):
        left = {c.rotation for c in best.left_out() if c.rotation in stakes}
        if not left or watch.over:
            break
        if number == 1:
            order.sort(key=lambda c: -stakes.get(c.rotation, _NONE).most)
        else:
            shuffled.shuffle(order)
            order.sort(key=lambda c: (c.rotation not in left, loss(c)))
        best = max(best, _Draft(ground, order, watch), key=_Draft.merit)
    return best


def _stakes(ground: _Ground, candidates: Iterable[Candidate]) -> dict[str, Stake]:
    """What each can win and lose; nobody is in it who has no route."""
    ranking = Ranking(Diary(ground.calendars), ground.choices, ground.own)
    found = ((one.rotation, ranking.stake(one, ground.tariff)) for one in candidates)
    return {rotation: stake for rotation, stake in found if stake is not None}


@dataclass(frozen=True)
class _Visit:
    candidate: Candidate
    route: Route
    steps: tuple[PlannedStep, ...]
    early: int

    @property
    def teams(self) -> tuple[str, ...]:
        return tuple(host.team for host in self.route)


class _Draft:
    """A plan in the making: visits by rotation, and the diary in which they are booked."""

    def __init__(self, ground: _Ground, order: list[Candidate], watch: Watch) -> None:
        self._watch = watch
        self._problem = ground.calendars.problem
        self._weights = self._problem.program.weights
        self._diary = Diary(ground.calendars)
        self._choices = ground.choices
        self._tariff = ground.tariff
        self._ranking = Ranking(self._diary, ground.choices, ground.own)
        self._visits: dict[str, _Visit] = {}
        self._load: Counter[str] = Counter()
        for candidate in watch.each(order, _PLACING):
            self._add(self._first(candidate))

    def merit(self) -> tuple[int, int]:
        """Return how many are placed, then what that is worth."""
        return len(self._visits), self._objective()

    def left_out(self) -> list[Candidate]:
        """Return who has no place, by rotation."""
        out = [c for c in self._problem.candidates if c.rotation not in self._visits]
        return sorted(out, key=lambda c: c.rotation)

    def exchange(self) -> None:
        """Give those left out the place of somebody who can go elsewhere."""
        budget = EXCHANGES
        for candidate in self.left_out():
            teams = {host.team for host in self._choices.teams(candidate)}
            for rotation in () if self._watch.over else sorted(self._visits):
                standing = self._visits[rotation]
                related = standing.candidate.manager == candidate.manager
                if budget and (related or not teams.isdisjoint(standing.teams)):
                    budget -= 1
                    if self._exchanged(candidate, standing):
                        break

    def improve(self) -> bool:
        """Let everybody change to a place worth more; return whether anybody did."""
        changed = False
        for rotation in self._watch.each(sorted(self._visits), _IMPROVING):
            old = self._visits[rotation]
            if self._could_gain(old):
                self._remove(old)
                new = self._best(old.candidate, old)
                self._add(new)
                changed |= new is not old
        return changed

    def as_plan(self) -> Plan:
        """Return the plan, each assignment and each empty hand with its reason."""
        visits = [self._visits[rotation] for rotation in sorted(self._visits)]
        steps = (step for visit in visits for step in visit.steps)
        return Plan(
            assignments=tuple(
                assignment(visit.candidate, host, self._load[host.team] - 1, stop)
                for visit in visits
                for stop, host in enumerate(visit.route, start=1)
            ),
            steps=tuple(sorted(steps, key=lambda s: (s.rotation, s.starts, s.key))),
            unplaced=tuple(self._unplaced(candidate) for candidate in self.left_out()),
            objective=self._objective(),
        )

    def _first(self, candidate: Candidate) -> _Visit | None:
        """The visit worth most after what it costs others by the tariff."""
        for route in self._ranking.priced(candidate, self._tariff):
            found = self._visit(candidate, route)
            if found:
                return found
        return None

    def _visit(self, candidate: Candidate, route: Route) -> _Visit | None:
        steps = place(self._fit(candidate, route))
        return _Visit(candidate, route, steps, early(self._problem, steps)) if steps else None

    def _could_gain(self, visit: _Visit) -> bool:
        """Whether another route might be worth more, were nobody but its teams' visitors in the way."""
        self._count(visit, -1)
        gains = self._ranking.at_most(visit.candidate) > self._worth(visit)
        self._count(visit, 1)
        return gains

    def _best(self, candidate: Candidate, best: _Visit | None = None) -> _Visit | None:
        """The visit worth most; ``best`` is one at hand, which only a better one replaces."""
        for route, most in self._ranking.routes(candidate):
            if best and most <= self._worth(best):
                break
            found = self._visit(candidate, route)
            if found:
                best = found if best is None else max(best, found, key=self._worth)
        return best

    def _fit(self, candidate: Candidate, route: Route) -> Fit:
        return Fit(self._diary, candidate, route, self._diary.as_kept(candidate.rotation))

    def _exchanged(self, candidate: Candidate, standing: _Visit) -> bool:
        self._remove(standing)
        new = self._best(candidate)
        if new:
            self._add(new)
            elsewhere = self._best(standing.candidate)
            if elsewhere:
                self._add(elsewhere)
                return True
            self._remove(new)
        self._add(standing)
        return False

    def _add(self, visit: _Visit | None) -> None:
        if visit:
            self._visits[visit.candidate.rotation] = visit
            self._count(visit, 1)
            self._diary.book(visit.steps, visit.teams)

    def _remove(self, visit: _Visit) -> None:
        del self._visits[visit.candidate.rotation]
        self._count(visit, -1)
        self._diary.release(visit.steps)

    def _count(self, visit: _Visit, by: int) -> None:
        for team in visit.teams:
            self._load[team] += by
        self._ranking.visit(visit.teams, by)

    def _value(self, candidate: Candidate, route: Route) -> int:
        return value(self._weights, candidate, route, self._load)

    def _worth(self, visit: _Visit) -> int:
        return self._value(visit.candidate, visit.route) + visit.early

    def _objective(self) -> int:
        teams = {rotation: visit.teams for rotation, visit in self._visits.items()}
        steps = (step for visit in self._visits.values() for step in visit.steps)
        return objective(self._problem, teams, steps)

    def _unplaced(self, candidate: Candidate) -> Unplaced:
        return Unplaced(
            rotation=candidate.rotation,
            participant=candidate.participant,
            reason=self._why(candidate),
        )

    def _why(self, candidate: Candidate) -> str:
        if self._watch.over:
            return f"The planning was ended before a place for {candidate.participant} was found."
        return why_alone(self._diary, self._choices, candidate)
