"""The first time that eight people have in common over half a year, beside the two usual ways."""

import random
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from bench.company import problem
from bench.peers.board import QUARTER, Board
from bench.peers.merging import all_by_marks, all_by_merging, first_by_marks, first_by_merging
from bench.planner.page import table, verdict
from bench.planner.timing import in_turn
from planner.slots import runs

SIZE = (1000, 100)
PEOPLE, LENGTH = 8, 4
QUERIES, TIMED, ROUNDS = 100_000, 2_000, 5
EVERY = 100
"""Of so many queries one is asked for every start as well."""

Query = tuple[list[str], int]


class _Ways:
    """One set of calendars in the three forms that the three ways read."""

    def __init__(self, participants: int, teams: int) -> None:
        self._board = board = Board(problem(participants, teams))
        self._bits = dict(board.free)
        self._marks = {who: _as_marks(bits, board.slots) for who, bits in self._bits.items()}
        self._busy = {who: self._intervals(marks) for who, marks in self._marks.items()}
        self._closes = board.moment(board.slots)
        zones = {who.person: who.zone for who in board.problem.people}
        self.people = [
            [p for p in zones if zones[p] == zone] for zone in sorted(set(zones.values()))
        ]

    def by_bits(self, query: Query) -> int | None:
        people, length = query
        free = self._bits[people[0]]
        for person in people[1:]:
            free &= self._bits[person]
        found = runs(free, length)
        return (found & -found).bit_length() - 1 if found else None

    def by_marks(self, query: Query) -> int | None:
        people, length = query
        return first_by_marks([self._marks[person] for person in people], length)

    def by_merging(self, query: Query) -> int | None:
        people, length = query
        busy = [self._busy[person] for person in people]
        found = first_by_merging(busy, self._board.first, self._closes, length * QUARTER)
        return None if found is None else (found - self._board.first) // QUARTER

    def all_by_marks(self, query: Query) -> int:
        people, length = query
        return len(all_by_marks([self._marks[person] for person in people], length))

    def all_by_merging(self, query: Query) -> int:
        people, length = query
        busy = [self._busy[person] for person in people]
        wanted = length * QUARTER
        return len(all_by_merging(busy, self._board.first, self._closes, wanted, QUARTER))

    def _intervals(self, marks: NDArray[np.bool_]) -> list[tuple[datetime, datetime]]:
        """The stretches in which somebody is not free."""
        edges = np.flatnonzero(np.diff(np.concatenate([[1], marks, [1]]).astype(np.int8)))
        pairs = edges.reshape(-1, 2)
        return [(self._board.moment(int(a)), self._board.moment(int(b))) for a, b in pairs]


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one table; all three ways gave the same answer to every query."""
    ways = _Ways(*(sizes[0] if sizes else SIZE))
    found = _same_answers(ways)
    queries = list(_queries(ways, TIMED, seed=2, lengths=(LENGTH,)))
    taken = in_turn(
        {
            "Sojourn's bits": lambda: [ways.by_bits(query) for query in queries],
            "NumPy, truth values": lambda: [ways.by_marks(query) for query in queries],
            "datetimes, merged": lambda: [ways.by_merging(query) for query in queries],
            "NumPy, every start": lambda: [ways.all_by_marks(query) for query in queries],
            "datetimes, every start": lambda: [ways.all_by_merging(query) for query in queries],
        },
        ROUNDS,
    )
    each = {name: seconds / len(queries) for name, (seconds, _) in taken.items()}
    ours, marks, merging, *_ = each.values()
    rows = [
        (name, f"{one * 1e6:.1f}", f"{1 / one:,.0f}", f"{one / ours:.1f}")
        for name, one in each.items()
    ]
    head = (
        f"first common hour of {PEOPLE} people in 26 weeks",
        "microseconds",
        "a second",
        "times",
    )
    return "\n\n".join(
        [
            table(head, rows),
            f"Identical answers to {QUERIES:,} random queries, {found:,} of them with a time in common.",
            "\n".join(
                [
                    verdict(
                        "150 times as fast as merging datetimes.",
                        f"{merging / ours:.0f} times",
                        merging >= 150 * ours,
                    ),
                    verdict(
                        "15 times as fast as truth values in NumPy.",
                        f"{marks / ours:.1f} times",
                        marks >= 15 * ours,
                    ),
                ]
            ),
        ]
    )


def _same_answers(ways: _Ways) -> int:
    """Return how many queries have an answer; ends where two ways differ."""
    found = 0
    asked = _queries(ways, QUERIES, seed=1, lengths=(2, 4, 6, 24))
    for number, query in enumerate(asked):
        answers = {ways.by_bits(query), ways.by_marks(query), ways.by_merging(query)}
        if len(answers) > 1:
            raise SystemExit(f"The ways differ: {query} gives {answers}.")
        found += answers != {None}
        if number % EVERY == 0 and ways.all_by_marks(query) != ways.all_by_merging(query):
            raise SystemExit(f"The ways differ in how many times {query} has.")
    return found


def _queries(ways: _Ways, count: int, *, seed: int, lengths: tuple[int, ...]) -> Iterator[Query]:
    """Draw eight people of one time zone each time, so that there are answers to find."""
    chance = random.Random(seed)
    for _ in range(count):
        yield chance.sample(chance.choice(ways.people), PEOPLE), chance.choice(lengths)


def _as_marks(bits: int, slots: int) -> NDArray[np.bool_]:
    raw = np.frombuffer(bits.to_bytes(-(-slots // 8), "little"), dtype=np.uint8)
    return np.unpackbits(raw, count=slots, bitorder="little").astype(bool)
