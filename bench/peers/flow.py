"""Min-cost-flow rounds with slot placement: the strongest simple way to plan a cohort.

One flow sends everybody to a team at once. A team's visits cost more and more: the crowd beyond its fair
share, and the later week that is left. For a program of one stop that is the exact optimum but for dates.
Then every visit gets its concrete times; whoever finds none at that team goes into the next round.

This file, ``board.py`` and ``slotting.py`` are frozen: results name their hash.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from bench.peers.board import Board, Marks, Numbers, eligible, values, weeks_in_common
from bench.peers.slotting import Slotting
from domain.planning import Plan, PlanningProblem

ROUNDS = 10
TEAMS = 60
"""Teams that each participant chooses from, those worth most; more made no plan better."""

LEFT_OUT = 10_000
"""What nobody's visit is worth: everybody goes who can."""


def flow_rounds(problem: PlanningProblem) -> Plan:
    """Return a plan by at most ``ROUNDS`` flows; whoever is left over takes any team that has time."""
    board = Board(problem)
    slotting = Slotting(board)
    worth = values(board)
    may = _choices(worth, eligible(board) & weeks_in_common(board).any(axis=2))
    load = np.zeros(len(board.hosts), dtype=np.int64)
    for _ in range(ROUNDS):
        waiting = [row for row in range(len(worth)) if row not in slotting.placed]
        for row, team in _sent(slotting, np.array(waiting), worth, may, load):
            if slotting.place(row, team):
                load[team] += 1
            else:
                may[row, team] = False
    _anywhere(slotting, worth, eligible(board))
    return slotting.as_plan()


def _choices(worth: Numbers, may: Marks) -> Marks:
    """The teams worth most to everybody, equal ones drawn."""
    if worth.shape[1] <= TEAMS:
        return may
    ties = np.random.default_rng(0).random(worth.shape)
    ranked = np.where(may, worth + ties, -np.inf)
    best = np.argpartition(-ranked, TEAMS, axis=1)[:, :TEAMS]
    found = np.zeros_like(may)
    np.put_along_axis(found, best, True, axis=1)
    return found & may


def _anywhere(slotting: Slotting, worth: Numbers, may: Marks) -> None:
    for row in range(len(worth)):
        if row not in slotting.placed:
            order = np.argsort(-worth[row], kind="stable")
            any(may[row, team] and slotting.place(row, int(team)) for team in order)


@dataclass(frozen=True)
class _Arcs:
    tails: Numbers
    heads: Numbers
    room: Numbers
    costs: Numbers


def _sent(
    slotting: Slotting, waiting: Numbers, worth: Numbers, may: Marks, load: Numbers
) -> list[tuple[int, int]]:
    """Whom the cheapest flow sends to which team."""
    if not len(waiting):
        return []
    who, team = np.nonzero(may[waiting])
    people, teams = len(waiting), len(load)
    sink, once = people + teams, np.ones_like(who)
    everybody = np.arange(people)
    parts = [
        _Arcs(who, people + team, once, -worth[waiting[who], team]),
        *_visits(slotting, people, sink, load),
        _Arcs(
            everybody,
            np.full(people, sink),
            np.ones(people, dtype=np.int64),
            np.full(people, LEFT_OUT),
        ),
    ]
    network = min_cost_flow.SimpleMinCostFlow()
    network.add_arcs_with_capacity_and_unit_cost(
        _joined([p.tails for p in parts]),
        _joined([p.heads for p in parts]),
        _joined([p.room for p in parts]),
        _joined([p.costs for p in parts]),
    )
    supplies = np.repeat([1, 0, -people], [people, teams, 1])
    network.set_nodes_supplies(np.arange(sink + 1), supplies)
    if network.solve() != network.OPTIMAL:
        raise SystemExit("The flow has no solution.")
    used = np.flatnonzero(network.flows(np.arange(len(who))))
    return [(int(waiting[who[arc]]), int(team[arc])) for arc in used]


def _visits(slotting: Slotting, people: int, sink: int, load: Numbers) -> Iterator[_Arcs]:
    """One arc for each further visit to each team: its crowd, less what its week is worth."""
    board, weights = slotting.board, slotting.board.program.weights
    room = slotting.room()
    early = weights.early * np.maximum(board.program.weeks - np.arange(room.shape[1]), 0)
    for team, host in enumerate(board.hosts):
        dates = np.sort(np.repeat(early, room[team]))[::-1][:people]
        beyond = np.maximum(load[team] + 1 + np.arange(len(dates)) - host.share, 0)
        count = len(dates)
        yield _Arcs(
            np.full(count, people + team),
            np.full(count, sink),
            np.ones(count, dtype=np.int64),
            weights.fair_load * beyond - dates,
        )


def _joined(parts: list[Numbers]) -> Numbers:
    return np.concatenate(parts).astype(np.int64)
