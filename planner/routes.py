"""Which teams a participant could visit, stop by stop, and what each route would be worth."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from domain.planning import Candidate, Host, PlanningProblem
from planner.diary import host_met
from planner.fitting import Route
from planner.seating import Eligibility
from planner.wishes import Wishes, weight_by_lens, worth_of_given

MOST = 2000
"""Routes of several stops that one participant chooses from, made of the teams worth most to them."""

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Routes:
    """One participant's routes: teams by number, one row each, and what it is worth to go there."""

    teams: Numbers
    """Routes x stops."""
    worth: Numbers
    """By the program's weights; neither crowds nor dates are counted."""


class Choices:
    """Everybody's routes; teams are numbered in the order of ``hosts``.

    Once a step with a team is kept, its stop has no other. Teams of one route share nobody, so that
    everybody is asked for one stop only.
    """

    def __init__(self, problem: PlanningProblem) -> None:
        self._problem = problem
        self._open = Eligibility(problem)
        self.hosts = self._open.hosts
        self._number = {host.team: n for n, host in enumerate(self.hosts)}
        self._wishes = Wishes(self.hosts)
        self._required = _required(problem, self._wishes)
        self._sharing = _sharing(self.hosts)
        self._every = np.arange(len(self.hosts))[:, None]
        self._known: dict[str, Routes] = {}

    def of(self, candidate: Candidate) -> Routes:
        """Return a participant's routes, in no order."""
        if candidate.rotation not in self._known:
            self._known[candidate.rotation] = self._of(candidate)
        return self._known[candidate.rotation]

    def number(self, team: str) -> int:
        """Return the number of a team."""
        return self._number[team]

    def teams(self, candidate: Candidate) -> tuple[Host, ...]:
        """Return every team that one of the participant's routes visits."""
        return self.route(np.unique(self.of(candidate).teams))

    def ranked(self, candidate: Candidate) -> list[Route]:
        """Return the participant's routes, those worth most first."""
        routes = self.of(candidate)
        order = np.argsort(-routes.worth, kind="stable")
        return [self.route(routes.teams[row]) for row in order]

    def route(self, teams: Numbers) -> Route:
        """Return the teams of one row."""
        return tuple(self.hosts[number] for number in teams)

    def with_another(self, candidate: Candidate, current: Route, stop: int) -> Routes:
        """Return the same route with each other team that could take over at one stop."""
        row = [self._number[host.team] for host in current]
        before, after = row[: stop - 1], row[stop:]
        shut = {row[stop - 1]}.union(*(self._sharing[number] for number in (*before, *after)))
        open_to = self._open.numbers(candidate).tolist()
        rows = [[*before, one, *after] for one in open_to if one not in shut]
        teams = np.array(rows, dtype=np.int64).reshape(-1, len(row))
        teams = teams[self._suiting(candidate, teams)]
        return Routes(teams, self._worth(candidate, teams))

    def _of(self, candidate: Candidate) -> Routes:
        alone = self._worth(candidate, self._every)
        if self._problem.program.stops == 1:
            kept = self._kept(candidate, 1)
            teams = np.array(kept or self._open.numbers(candidate), dtype=np.int64)[:, None]
            teams = teams[self._suiting(candidate, teams)]
            return Routes(teams, alone[teams[:, 0]])
        teams = self._combined(candidate, alone)
        return Routes(teams, self._worth(candidate, teams))

    def _worth(self, candidate: Candidate, teams: Numbers) -> Numbers:
        weights, covered = self._problem.program.weights, weight_by_lens(candidate)
        each = np.array(worth_of_given(weights, candidate, list(covered.values())), dtype=np.int64)
        given = self._wishes.given(candidate, list(covered))
        worth: Numbers = each @ np.any(given[:, teams], axis=2)
        return worth

    def _combined(self, candidate: Candidate, alone: Numbers) -> Numbers:
        """Every combination of one team per stop that share nobody; ``alone`` is what each team is worth."""
        stops = self._problem.program.stops
        best = self._best(candidate, alone)
        choices = [self._kept(candidate, stop) or best for stop in range(1, stops + 1)]
        grid = np.meshgrid(*choices, indexing="ij")
        rows = np.stack([one.ravel() for one in grid], axis=1).astype(np.int64)
        alright = np.ones(len(rows), dtype=bool)
        for later in range(1, stops):
            for earlier in range(later):
                pairs = rows[:, [earlier, later]].tolist()
                apart = [second not in self._sharing[first] for first, second in pairs]
                alright &= np.array(apart, dtype=bool)
        return rows[alright & self._suiting(candidate, rows)]

    def _best(self, candidate: Candidate, alone: Numbers) -> list[int]:
        """The teams worth most, so few that their combinations are; what is required is among them."""
        open_to = self._open.numbers(candidate)
        best: list[int] = open_to[np.argsort(-alone[open_to], kind="stable")].tolist()
        stops = self._problem.program.stops
        width = int(MOST ** (1 / stops))
        needed = [n for n in best if self.hosts[n].team in candidate.must_visit]
        for meets in self._required:
            needed += [n for n in best if meets[n]][:stops]
        return list(dict.fromkeys((*best[:width], *needed)))

    def _suiting(self, candidate: Candidate, teams: Numbers) -> NDArray[np.bool_]:
        """Which routes visit every team that they must, and meet what the program requires."""
        suits = np.ones(len(teams), dtype=bool)
        for team in candidate.must_visit:
            suits &= np.any(teams == self._number.get(team, -1), axis=1)
        for meets in self._required:
            suits &= np.any(meets[teams], axis=1)
        return suits

    def _kept(self, candidate: Candidate, stop: int) -> list[int]:
        kept = [s for s in self._problem.kept if (s.rotation, s.stop) == (candidate.rotation, stop)]
        met = host_met(self._problem.hosts, kept) if kept else None
        return [self._number[met.team]] if met else []


def _required(problem: PlanningProblem, wishes: Wishes) -> list[NDArray[np.bool_]]:
    """Which teams meet each thing that every route has to."""
    lenses = [wishes.lens(lens) for lens in problem.program.required_lenses]
    return [*lenses, wishes.customers] if problem.program.meets_customers else lenses


def with_another(
    problem: PlanningProblem, candidate: Candidate, current: Route, stop: int
) -> tuple[Route, ...]:
    """Return the same route with each other team that could take over at one stop."""
    choices = Choices(problem)
    found = choices.with_another(candidate, current, stop)
    return tuple(choices.route(row) for row in found.teams)


def _sharing(hosts: tuple[Host, ...]) -> list[set[int]]:
    """The teams, itself among them, that have somebody in common with each team."""
    found: list[set[int]] = [{number} for number in range(len(hosts))]
    seats: dict[str, list[int]] = {}
    for number, host in enumerate(hosts):
        for person in {host.lead, *host.frontline}:
            seats.setdefault(person, []).append(number)
    for numbers in seats.values():
        for number in numbers if len(numbers) > 1 else ():
            found[number].update(numbers)
    return found
