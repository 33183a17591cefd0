"""What is missing of the three kinds of practice, and what comes next."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.portfolio import Practised, next_practice, weeks_since
from domain.program import Cadence, Practice
from domain.quarters import Quarter

QUARTER = Quarter(2026, 4)
BEGAN = date(2026, 8, 3)
TODAY = date(2026, 11, 30)
CADENCE = Cadence(
    perspective_taking=timedelta(weeks=6),
    customer_immersion=timedelta(weeks=13),
    reflection=timedelta(weeks=4),
)
WEEK = timedelta(weeks=1)


def ago(practice: Practice, weeks: int | None, planned: date | None = None) -> Practised:
    last = None if weeks is None else TODAY - weeks * WEEK
    return Practised(practice=practice, last=last, planned=planned)


def following(*practised: Practised) -> Practice | None:
    return next_practice(practised, CADENCE, BEGAN, TODAY, QUARTER)


def test_practice_s1_a_kind_without_any_this_quarter_is_missing() -> None:
    reflection = Practice.REFLECTION

    assert ago(reflection, None).is_missing_in(QUARTER)
    assert Practised(practice=reflection, last=date(2026, 9, 30)).is_missing_in(QUARTER)
    assert not Practised(practice=reflection, last=date(2026, 10, 1)).is_missing_in(QUARTER)


def test_practice_s1_each_kind_has_its_own_cadence() -> None:
    due = {p: ago(p, 6).is_due(CADENCE, BEGAN, TODAY) for p in Practice}

    assert due == {
        Practice.PERSPECTIVE: True,
        Practice.CUSTOMERS: False,
        Practice.REFLECTION: True,
    }
    assert ago(Practice.PERSPECTIVE, None).is_due(CADENCE, BEGAN, TODAY)
    assert not ago(Practice.PERSPECTIVE, None).is_due(CADENCE, TODAY - WEEK, TODAY)


def test_practice_s54_what_comes_next_is_the_largest_gap_in_its_own_cadence() -> None:
    perspective, customers, reflection = Practice

    assert following(ago(perspective, 7), ago(customers, 12), ago(reflection, 8)) is reflection
    assert following(ago(perspective, 13), ago(customers, 12), ago(reflection, 8)) is perspective
    assert following(ago(perspective, 1), ago(customers, 14), ago(reflection, 1)) is customers


def test_practice_s54_what_has_a_date_already_and_what_is_not_due_is_not_proposed() -> None:
    perspective, customers, reflection = Practice
    dated = ago(reflection, 20, planned=TODAY + WEEK)

    assert following(ago(perspective, 7), ago(customers, 1), dated) is perspective
    assert following(ago(perspective, 1), ago(customers, 1), ago(reflection, 1)) is None
    assert following() is None


@given(st.lists(st.integers(0, 60), min_size=3, max_size=3))
def test_practice_s54_nothing_that_is_open_has_a_larger_gap(weeks: list[int]) -> None:
    every = [ago(practice, n) for practice, n in zip(Practice, weeks, strict=True)]

    chosen = following(*every)

    gaps = {one.practice: (TODAY - (one.last or BEGAN)) / CADENCE.of(one.practice) for one in every}
    open_kinds = [
        one.practice
        for one in every
        if one.is_missing_in(QUARTER) or one.is_due(CADENCE, BEGAN, TODAY)
    ]
    assert (chosen is None) == (not open_kinds)
    assert all(chosen and gaps[chosen] >= gaps[one] for one in open_kinds)


def test_practice_s17_weeks_are_whole_and_never_negative() -> None:
    assert [weeks_since(TODAY - timedelta(days=n), TODAY) for n in (-3, 0, 6, 7, 20)] == [
        0,
        0,
        0,
        1,
        2,
    ]
