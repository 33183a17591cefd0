"""The planner's peers that need no further library: their plans are correct, and their answers exact."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import planner
from bench.company import objective_of, problem
from bench.peers.board import Board, starts
from bench.peers.greedy import best_first, earliest_first
from bench.peers.merging import all_by_marks, all_by_merging, first_by_marks, first_by_merging
from bench.peers.slotting import Slotting
from bench.planner.frozen import frozen_hash
from bench.planner.page import PAGE
from domain.planning import Plan, PlanningProblem

COMPANY = problem(40, 8)
SLOTS, QUARTER = 96, timedelta(minutes=15)
MIDNIGHT = datetime(2026, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("peer", [best_first, earliest_first])
def test_a_greedy_plan_breaks_no_rule_and_places_everybody(
    peer: Callable[[PlanningProblem], Plan],
) -> None:
    plan = peer(COMPANY)

    assert planner.violations(COMPANY, plan) == ()
    assert len(plan.assignments) == 40


def test_the_best_team_first_is_worth_more_than_the_earliest_week_first() -> None:
    assert objective_of(COMPANY, best_first(COMPANY)) > objective_of(
        COMPANY, earliest_first(COMPANY)
    )


def test_a_team_takes_one_visit_less_that_week_once_one_is_booked() -> None:
    slotting = Slotting(Board(COMPANY))
    before = slotting.room()

    assert slotting.place(0, 0)

    fewer = before - slotting.room()
    assert fewer[0].sum() == 1
    assert not fewer[1:].any()


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, SLOTS - 1), st.integers(1, 20)), max_size=6),
        min_size=1,
        max_size=4,
    ),
    st.integers(1, 12),
)
def test_all_ways_find_the_same_times_in_common(
    people: list[list[tuple[int, int]]], length: int
) -> None:
    marks = [np.ones(SLOTS, dtype=bool) for _ in people]
    for own, free in zip(people, marks, strict=True):
        for first, long in own:
            free[first : first + long] = False
    busy = [
        [(_at(first), _at(min(first + long, SLOTS))) for first, long in sorted(own)]
        for own in people
    ]
    bits = sum(1 << slot for slot in range(SLOTS) if all(free[slot] for free in marks))
    expected = [slot for slot in range(SLOTS) if starts(bits, length) >> slot & 1]
    earliest = expected[0] if expected else None
    wanted = length * QUARTER

    assert first_by_marks(marks, length) == earliest
    assert list(all_by_marks(marks, length)) == expected
    assert first_by_merging(busy, MIDNIGHT, _at(SLOTS), wanted) == (
        None if earliest is None else _at(earliest)
    )
    assert all_by_merging(busy, MIDNIGHT, _at(SLOTS), wanted, QUARTER) == [
        _at(slot) for slot in expected
    ]


def test_the_frozen_baseline_is_the_one_that_the_results_name() -> None:
    assert f"`{frozen_hash()}`" in PAGE.read_text()


def _at(slot: int) -> datetime:
    return MIDNIGHT + slot * QUARTER
