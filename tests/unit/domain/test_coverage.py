"""Who was heard, in figures from which nobody can be told; and who is asked next."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Voices, in_turn, least_heard, shown
from domain.pulse import SMALLEST_CELL

K = SMALLEST_CELL

CELLS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    max_size=8,
)
"""Each value with how many people it stands for, and how many of them were heard."""


def of(cells: dict[str, tuple[int, int]]) -> tuple[Voices, ...]:
    people = {value: cell[0] for value, cell in cells.items()}
    return shown(people, {value: cell[1] for value, cell in cells.items() if cell[1]})


def figures(group: Voices) -> list[int]:
    return [n for n in (group.people, group.heard, group.unheard) if n is not None]


@given(CELLS)
def test_first_f7_no_figure_and_no_sum_of_figures_stands_for_fewer_than_five(
    cells: dict[str, tuple[int, int]],
) -> None:
    groups = of(cells)

    for size in range(1, len(groups) + 1):
        for some in combinations(groups, size):
            for column in zip(*map(figures, some), strict=True):
                assert sum(column) >= K


@given(CELLS)
def test_first_f7_what_is_shown_adds_up_to_everybody(cells: dict[str, tuple[int, int]]) -> None:
    groups = of(cells)

    if groups:
        assert sorted(v for group in groups for v in group.values) == sorted(cells)
    for group in groups:
        assert group.people == sum(cells[value][0] for value in group.values)
        assert group.heard in (None, sum(cells[value][1] for value in group.values))


@given(CELLS)
def test_first_f7_no_hidden_cell_follows_from_the_totals_even_for_who_knows_how_many_work_where(
    cells: dict[str, tuple[int, int]],
) -> None:
    for group in of(cells):
        if group.heard is None or len(group.values) == 1:
            continue
        for value in group.values:
            own, rest = cells[value][0], group.people - cells[value][0]
            fewest, most = max(0, group.heard - rest), min(own, group.heard)
            assert fewest < most, (group, value)


@given(CELLS, st.data())
def test_first_f7_two_quarters_can_not_be_taken_from_one_another(
    cells: dict[str, tuple[int, int]], data: st.DataObject
) -> None:
    """Whoever was heard, what is shown is made of the same smallest groups of people."""
    nobody = of({value: (people, 0) for value, (people, _) in cells.items()})
    smallest = [set(group.values) for group in nobody]

    for group in of(cells):
        assert any(one <= set(group.values) for one in smallest)
        assert all(one <= set(group.values) or not one & set(group.values) for one in smallest)


def test_a_value_with_few_people_stands_together_with_another() -> None:
    groups = shown({"day": 20, "night": 12, "split": 2}, {"day": 10, "night": 5, "split": 1})

    assert [(g.values, g.people, g.heard) for g in groups] == [
        (("night", "split"), 14, 6),
        (("day",), 20, 10),
    ]
    assert least_heard(groups) == groups[0]


def test_a_single_hidden_value_hides_another_with_it() -> None:
    groups = shown({"day": 20, "night": 12, "late": 14}, {"day": 10, "night": 1, "late": 7})

    assert [g.values for g in groups] == [("late", "night"), ("day",)]
    assert [g.heard for g in groups] == [8, 10]


def test_while_few_were_heard_only_people_are_counted() -> None:
    groups = shown({"day": 20, "night": 12}, {"day": 4})

    assert [(g.values, g.people, g.heard) for g in groups] == [
        (("night",), 12, None),
        (("day",), 20, None),
    ]
    assert least_heard(groups) is None


def test_of_few_people_nothing_is_shown() -> None:
    assert shown({"day": 3, "night": 1}, {"day": 3}) == ()
    assert shown({}, {}) == ()


VOICES = {
    "P-0001": ("shift:day", "level:expert"),
    "P-0002": ("shift:day", "level:expert"),
    "P-0003": ("shift:night", "level:expert"),
    "P-0004": ("shift:night", "level:beginner"),
}


@pytest.mark.parametrize(
    ("heard", "asked", "order"),
    [
        ((), {}, ["P-0001", "P-0004", "P-0002"]),
        (("shift:day",), {}, ["P-0003", "P-0004", "P-0001"]),
        (("shift:day", "level:expert"), {}, ["P-0004", "P-0001", "P-0002"]),
        (("shift:day",), {"P-0003": 1, "P-0004": 1}, ["P-0001", "P-0002", "P-0004"]),
        (("shift:day", "shift:night", "level:expert", "level:beginner"), {}, sorted(VOICES)[:3]),
    ],
)
def test_first_f7_among_those_asked_equally_often_who_speaks_for_the_unheard_comes_first(
    heard: tuple[str, ...], asked: dict[str, int], order: list[str]
) -> None:
    found = in_turn(VOICES, 3, lambda p: asked.get(p, 0), VOICES.__getitem__, heard)

    assert found == order


@given(st.sets(st.sampled_from(sorted(VOICES))), st.integers(0, 5))
def test_nobody_is_asked_twice_and_without_facts_the_order_is_what_it_was(
    some: set[str], wanted: int
) -> None:
    known = in_turn(some, wanted, lambda _: 0, VOICES.__getitem__, ())
    silent = in_turn(some, wanted, lambda _: 0, lambda _: (), ())

    assert len(known) == len(set(known)) == min(wanted, len(some))
    assert silent == sorted(some)[:wanted]
