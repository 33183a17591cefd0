"""Who was heard, in figures from which nobody can be told; and who is asked next."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from itertools import combinations, combinations_with_replacement, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.coverage import Voices, grouped, in_turn, least_heard, with_heard
from domain.pulse import SMALLEST_CELL

K = SMALLEST_CELL

CELLS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.integers(1, 30).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n))),
    max_size=8,
)
"""Each value with how many people it stands for, and how many of them were heard."""


def shown(people: Mapping[str, int], heard: Mapping[str, int]) -> tuple[Voices, ...]:
    return with_heard(grouped(people), heard)


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
def test_first_f7_which_values_stand_together_does_not_depend_on_who_was_heard(
    cells: dict[str, tuple[int, int]],
) -> None:
    nobody = of({value: (people, 0) for value, (people, _) in cells.items()})

    assert {group.values for group in of(cells)} == {group.values for group in nobody}
    assert len({group.heard is None for group in of(cells)}) < 2


def sizes() -> Iterator[dict[str, int]]:
    """Small facts: how many people each value stands for."""
    yield {"a": 12, "b": 11, "c": 30}
    for count in (1, 2, 3):
        for some in combinations_with_replacement((1, 6, 9, 10), count):
            yield dict(zip("abc", some, strict=False))


@pytest.mark.parametrize("people", tuple(sizes()), ids=str)
def test_first_f7_nothing_that_is_shown_has_one_explanation(people: dict[str, int]) -> None:
    """For who knows how many work where: every figure that is not shown could be another one."""
    explained = defaultdict[tuple[Voices, ...], list[set[int]]](lambda: [set() for _ in people])
    for heard in product(*(range(count + 1) for count in people.values())):
        output = shown(people, dict(zip(people, heard, strict=True)))
        for counts, count in zip(explained[output], heard, strict=True):
            counts.add(count)

    for output, known in explained.items():
        told = {g.values[0] for g in output if g.heard is not None and len(g.values) == 1}
        for value, counts in zip(people, known, strict=True):
            assert (len(counts) == 1) == (value in told), (output, value)


def test_a_value_with_few_people_stands_together_with_another() -> None:
    groups = shown({"day": 20, "night": 12, "split": 2}, {"day": 10, "night": 5, "split": 1})

    assert [(g.values, g.people, g.heard) for g in groups] == [
        (("night", "split"), 14, 6),
        (("day",), 20, 10),
    ]
    assert least_heard(groups) == groups[0]


def test_a_group_is_large_enough_to_say_who_was_heard_and_who_was_not() -> None:
    groups = shown({"day": 20, "night": 8, "late": 10}, {"day": 10, "night": 4, "late": 2})

    assert [(g.values, g.people, g.heard) for g in groups] == [
        (("late", "night"), 18, 6),
        (("day",), 20, 10),
    ]


def test_while_few_of_one_group_were_heard_only_people_are_counted() -> None:
    groups = shown({"day": 20, "night": 12, "late": 14}, {"day": 10, "night": 1, "late": 7})

    assert [(g.values, g.people, g.heard) for g in groups] == [
        (("night",), 12, None),
        (("late",), 14, None),
        (("day",), 20, None),
    ]
    assert least_heard(groups) is None


def test_of_few_people_nothing_is_shown() -> None:
    assert grouped({"day": 3, "night": 6}) == ()
    assert grouped({"day": 3, "night": 7})[0].people == 2 * K
    assert grouped({}) == ()


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
