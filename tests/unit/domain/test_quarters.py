"""Quarters of a year, and when the program's promise is kept."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.quarters import (
    NOTICE,
    Quarter,
    falls_short,
    is_kept,
    quarter_of,
    quarters,
    refuse_closing,
)

LAST = Quarter(2026, 4)
DAY = timedelta(days=1)


@given(st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 12, 31)))
def test_every_day_lies_in_the_quarter_that_holds_it(day: date) -> None:
    quarter = quarter_of(day)
    assert quarter.first_day <= day <= quarter.last_day
    assert quarter.next.first_day == quarter.last_day + DAY
    assert list(quarters(day, quarter.next.last_day)) == [quarter, quarter.next]


def test_a_quarter_reads_like_a_quarter() -> None:
    assert (str(LAST), LAST.first_day, LAST.last_day) == (
        "2026-Q4",
        date(2026, 10, 1),
        date(2026, 12, 31),
    )


@pytest.mark.parametrize(
    ("insights", "changes", "kept"),
    [(3, 1, True), (5, 2, True), (2, 1, False), (3, 0, False), (3, 3, False)],
)
def test_the_promise_is_three_insights_and_one_or_two_changes(
    insights: int, changes: int, kept: bool
) -> None:
    assert is_kept(insights, changes) is kept


def test_practice_s59_two_insights_are_told_of_three_weeks_before_the_end() -> None:
    near = LAST.last_day - NOTICE
    assert falls_short(LAST, 2, 1, near)
    assert falls_short(LAST, 3, 0, LAST.last_day)
    assert not falls_short(LAST, 2, 1, near - DAY)
    assert not falls_short(LAST, 2, 1, LAST.last_day + DAY)
    assert not falls_short(LAST, 3, 1, near)


def test_practice_s60_none_or_three_changes_ask_for_a_reason() -> None:
    after = LAST.last_day + DAY
    for changes in (1, 2):
        refuse_closing(LAST, changes, "", after)
    for changes, why in ((0, "None was chosen"), (3, "3 are more than can be seen through")):
        with pytest.raises(Refused, match=why):
            refuse_closing(LAST, changes, "", after)
        refuse_closing(LAST, changes, "The house moved.", after)
    with pytest.raises(Refused, match="goes on until 2026-12-31"):
        refuse_closing(LAST, 1, "", LAST.last_day)
    with pytest.raises(Refused, match="Keep it to 500"):
        refuse_closing(LAST, 0, "x" * 501, after)
