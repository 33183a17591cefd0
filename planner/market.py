"""Prices of a visit to each team, and what everybody would do at them: a Lagrangian relaxation.

Participants choose the teams worth most to them after prices, each as if alone, and every team takes as
many visits as pay: together that is worth at least as much as any plan, whatever the prices. All sums
are whole thousandths, so nothing is lost by rounding, and whatever is summed as fractions is summed
exactly, so that every machine finds the same prices.

Source: Fisher, "The Lagrangian relaxation method for solving integer programming problems",
Management Science 27(1), 1981.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import fsum

import numpy as np
from numpy.typing import NDArray

from domain.moments import whole_day
from domain.planning import Candidate, Host, PlanningProblem
from domain.program import StepKind
from planner.earliest import tightest, weeks_left
from planner.openings import Openings
from planner.seating import Eligibility
from planner.wishes import Wishes, weight_by_lens, worth_of_given

THOUSAND = 1000
"""Prices are whole thousandths of what plans are measured in."""

NEAR = 0.01
"""How far below the lowest bound the best plan is taken to be, where none is known."""

STALLED = 6
"""Rounds without a better bound after which steps become smaller."""

SLOWEST = 0.01
"""Steps, as a share of the first ones, after which the bound falls no more that one would see."""

LENSES = 6
"""So many lenses of a participant's goals are told apart; goals beyond count as covered."""

Numbers = NDArray[np.int64]
_NEVER = np.int64(-(2**50))
_SHIFT = np.int64(2**12)
"""A best price and the number of its team share one number; so many teams can be told apart."""


def gains_of(problem: PlanningProblem, hosts: Sequence[Host]) -> list[tuple[int, ...]]:
    """Return what each further visit to each team adds at most, in thousandths: its date, less the crowd.

    A rotation's early end is shared among its stops.
    """
    openings, weights = Openings(problem), problem.program.weights
    found = []
    for host in hosts:
        early = _early(problem, openings.of(host), most_visits(problem, host))
        shares = [-(-weights.early * weeks * THOUSAND // problem.program.stops) for weeks in early]
        beyond = [max(number + 1 - host.share, 0) for number in range(len(early))]
        crowd = [weights.fair_load * number * THOUSAND for number in beyond]
        found.append(tuple(one - others for one, others in zip(shares, crowd, strict=True)))
    return found


def _early(problem: PlanningProblem, visits: Sequence[datetime], most: int) -> list[int]:
    """How many whole weeks can be left after a rotation whose visit is a team's first, second and so on."""
    first = whole_day(problem.first_day, problem.program.zone).starts
    over = tightest(problem, first, None)
    if not _days_a_stop(problem):
        return [weeks_left(problem, first, over)] * most
    last = (max(over, tightest(problem, first, visit)) for visit in visits[:most])
    return [weeks_left(problem, first, moment) for moment in last]


def _days_a_stop(problem: PlanningProblem) -> int:
    """Shadowing days of the stop that has the fewest."""
    return min(
        sum(t.kind is StepKind.SHADOWING_DAY and t.stop == stop for t in problem.program.steps)
        for stop in range(1, problem.program.stops + 1)
    )


def most_visits(problem: PlanningProblem, host: Host) -> int:
    """Return how many rotations a team can take at most: its visits a week, in every week of the program."""
    days = _days_a_stop(problem)
    if not days:
        return len(problem.candidates)
    calendar_weeks = problem.program.weeks + 1
    a_week = max(host.visits_per_week, *(limit.visits_per_week for limit in host.limits), 0)
    return min(len(problem.candidates), calendar_weeks * a_week // days)


@dataclass(frozen=True)
class _Shelf:
    """The choices of all participants: who may visit whom, and what each team gives them as bits."""

    team: Numbers
    """Of each choice; choices are ordered by participant, then by what they give."""
    firsts: Numbers
    """Where the choices of one participant that give the same begin."""
    cells: Numbers
    """Of each such place, the participant and what is given, as one number."""
    gains: Numbers
    """Participants x sets of bits: what those are worth, in thousandths."""


class Market:
    """Everybody's choices and every team's visits, at any prices.

    At most ``left_out`` participants may stay without a place.
    """

    def __init__(self, problem: PlanningProblem, left_out: int) -> None:
        self._left_out = left_out
        self.hosts: Sequence[Host] = sorted(problem.hosts, key=lambda h: h.team)
        self.gains = gains_of(problem, self.hosts)
        self.further = _table(self.gains)
        """Teams x visits: what each further visit adds at most by its date, its crowd taken off."""
        self._stops = problem.program.stops
        self._shelf = _shelf(problem, self.hosts)

    def best_prices(self, rounds: Iterable[int], reached: int | None = None) -> Numbers:
        """Return the prices with the lowest bound: subgradient steps after Polyak, smaller when stalled.

        ``reached`` is what a plan is worth, in thousandths; without one, the best plan is taken to be
        near the lowest bound.
        """
        prices = self._fair_prices()
        best, lowest = prices, 2**60
        direction, pace, stalled = np.zeros(len(self.hosts)), 1.0, 0
        for _ in rounds:
            bound, (wanted, offered) = self.bound(prices)
            if bound < lowest:
                best, lowest, stalled = prices, bound, 0
            else:
                stalled += 1
            if pace < SLOWEST:
                break
            if stalled == STALLED:
                prices, pace, stalled = best, pace * 0.6, 0
                direction[:] = 0
                continue
            missing = wanted - offered
            if not missing.any():
                break
            direction = 0.6 * direction + 0.4 * missing
            if _squared(direction) < 1:
                direction = missing.astype(float)
            left = abs(lowest) * NEAR if reached is None else bound - reached
            step = pace * max(left, THOUSAND) / _squared(direction)
            prices = np.rint(prices + step * direction).astype(np.int64)
        return best

    def _fair_prices(self) -> Numbers:
        """What each team's next visit would cost it, were all visits spread evenly."""
        visits = len(self._shelf.gains) * self._stops
        takes = np.array([len(gains) for gains in self.gains])
        share = visits / max(int(takes.sum()), 1)
        return np.array(
            [
                -gains[min(int(len(gains) * share), len(gains) - 1)] if gains else 0
                for gains in self.gains
            ],
            dtype=np.int64,
        )

    def bound(self, prices: Numbers) -> tuple[int, tuple[Numbers, Numbers]]:
        """Return the bound at these prices in thousandths, and the visits that are wanted and offered."""
        paying = np.maximum(self.further + prices[:, None], 0)
        spent, wanted = self._chosen(prices)
        return int(paying.sum()) + spent, (wanted, (paying > 0).sum(axis=1))

    def _chosen(self, prices: Numbers) -> tuple[int, Numbers]:
        """What everybody gets out of their best teams, and how often each team is among them."""
        if not len(self._shelf.team):
            return 0, np.zeros(len(self.hosts), dtype=np.int64)
        team, one = self._cheapest(prices)
        reached = [one]
        for _ in range(self._stops - 1):
            reached.append(_joined(reached[-1], one))
        total = self._shelf.gains + reached[-1]
        given = total.argmax(axis=1)
        worth = total[np.arange(len(total)), given]
        goes = self._going(worth)
        return int(worth[goes].sum()), self._visited(reached, team, goes, given[goes])

    def _going(self, worth: Numbers) -> Numbers:
        """Who goes anywhere: those who have to, and whoever gains from it."""
        order = np.argsort(worth, kind="stable")
        able = order[worth[order] > _NEVER // 2]
        spared = min(self._left_out, int((worth[able] <= 0).sum()))
        return able[spared:]

    def _cheapest(self, prices: Numbers) -> tuple[Numbers, Numbers]:
        """Participants x sets of bits: the team that gives at least those for least, and minus its price."""
        shelf = self._shelf
        found = np.full(shelf.gains.size, _NEVER * _SHIFT)
        coded = -prices[shelf.team] * _SHIFT + shelf.team
        found[shelf.cells] = np.maximum.reduceat(coded, shelf.firsts)
        table = found.reshape(shelf.gains.shape)
        for bit in range(shelf.gains.shape[1].bit_length() - 1):
            pairs = table.reshape(len(table), -1, 2, 2**bit)
            np.maximum(pairs[:, :, 0], pairs[:, :, 1], out=pairs[:, :, 0])
        return table % _SHIFT, table // _SHIFT

    def _visited(
        self, reached: list[Numbers], team: Numbers, who: Numbers, given: Numbers
    ) -> Numbers:
        """How often each team is visited, every choice followed back stop by stop."""
        visited = np.zeros(len(self.hosts), dtype=np.int64)
        for before in reversed(reached[:-1]):
            last = _last(before[who], reached[0][who], given)
            np.add.at(visited, team[who, last], 1)
            given = given & ~last
        np.add.at(visited, team[who, given], 1)
        return visited


def _squared(direction: NDArray[np.float64]) -> float:
    return fsum(direction * direction)


def _table(rows: Sequence[Sequence[int]]) -> Numbers:
    """One row each, filled up with what nobody would pay."""
    table = np.full((len(rows), max(map(len, rows), default=0)), _NEVER)
    for number, row in enumerate(rows):
        table[number, : len(row)] = row
    return table


def _joined(before: Numbers, one: Numbers) -> Numbers:
    """One stop more: of every way to share the bits between the stops so far and a new one, the best."""
    best = np.full_like(one, _NEVER)
    for bits in range(one.shape[1]):
        for last in _subsets(bits):
            np.maximum(best[:, bits], before[:, bits ^ last] + one[:, last], out=best[:, bits])
    return best


def _last(before: Numbers, one: Numbers, given: Numbers) -> Numbers:
    """Which of the bits are given by the last stop."""
    rows = np.arange(len(given))
    most, found = np.full(len(given), 2 * _NEVER), np.zeros(len(given), dtype=np.int64)
    for last in range(one.shape[1]):
        worth = np.where(
            given & last == last, before[rows, given & ~last] + one[:, last], 2 * _NEVER
        )
        better = worth > most
        most, found = np.where(better, worth, most), np.where(better, last, found)
    return found


def _subsets(bits: int) -> Iterator[int]:
    part = bits
    while part:
        yield part
        part = (part - 1) & bits
    yield 0


def _shelf(problem: PlanningProblem, hosts: Sequence[Host]) -> _Shelf:
    open_to, wishes = Eligibility(problem), Wishes(hosts)
    teams: list[Numbers] = []
    cells: list[Numbers] = []
    told_apart = [_told_apart(candidate) for candidate in problem.candidates]
    sets = 2 ** (2 + max(map(len, told_apart), default=0))
    gains = np.zeros((len(problem.candidates), sets), dtype=np.int64)
    for who, candidate in enumerate(problem.candidates):
        lenses = told_apart[who]
        gains[who] = _gains(problem, candidate, lenses, sets)
        bits = np.array([1 << place for place in _places(lenses)], dtype=np.int64)
        gives = bits @ wishes.given(candidate, lenses)
        mine = open_to.numbers(candidate)
        mine = mine[np.argsort(gives[mine], kind="stable")]
        teams.append(mine)
        cells.append(who * sets + gives[mine])
    nothing = np.zeros(0, dtype=np.int64)
    every = np.concatenate([nothing, *cells])
    firsts = np.flatnonzero(np.diff(every, prepend=-1))
    return _Shelf(
        team=np.concatenate([nothing, *teams]),
        firsts=firsts,
        cells=every[firsts],
        gains=gains,
    )


def _told_apart(candidate: Candidate) -> tuple[str, ...]:
    weights = weight_by_lens(candidate)
    return tuple(sorted(weights, key=lambda lens: (-weights[lens], lens))[:LENSES])


def _gains(
    problem: PlanningProblem, candidate: Candidate, lenses: Sequence[str], sets: int
) -> Numbers:
    """What every set of bits is worth to a participant, in thousandths."""
    weights, covered = problem.program.weights, weight_by_lens(candidate)
    beyond = sum(weight for lens, weight in covered.items() if lens not in lenses)
    each = worth_of_given(weights, candidate, [covered[lens] for lens in lenses])
    members = np.arange(sets)[:, None] >> np.array(_places(lenses)) & 1
    worth = members @ np.array(each, dtype=np.int64)
    return np.asarray((worth + weights.goal_lens * beyond) * THOUSAND, dtype=np.int64)


def _places(lenses: Sequence[str]) -> list[int]:
    """The bits of the lenses, of a wish and of customers."""
    return [*range(2, 2 + len(lenses)), 0, 1]
