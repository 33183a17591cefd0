"""Outcome metrics: windows, and which way a figure went."""

from datetime import date, timedelta

import pytest

from domain.outcomes import (
    Better,
    Course,
    Figure,
    Outcome,
    Windows,
    baseline_days,
    current_days,
)

START = date(2026, 3, 2)


def outcome(before: float | None, now: float | None, better: Better = Better.LOWER) -> Outcome:
    return Outcome(
        metric="resolution time",
        unit="h",
        better=better,
        team_name="",
        baseline=Figure(values=int(before is not None), mean=before),
        current=Figure(values=int(now is not None), mean=now),
    )


@pytest.mark.parametrize(
    ("before", "now", "better", "course"),
    [
        (8, 6, Better.LOWER, Course.BETTER),
        (8, 6, Better.HIGHER, Course.WORSE),
        (6, 8, Better.HIGHER, Course.BETTER),
        (0, 0, Better.LOWER, Course.UNCHANGED),
        (0.1 + 0.2, 0.3, Better.LOWER, Course.UNCHANGED),
        (None, 8, Better.LOWER, Course.NO_DATA),
        (8, None, Better.LOWER, Course.NO_DATA),
        (0, None, Better.LOWER, Course.NO_DATA),
    ],
)
def test_practice_s52_a_figure_goes_its_way_or_there_is_no_data(
    before: float | None, now: float | None, better: Better, course: Course
) -> None:
    assert outcome(before, now, better).course is course


def test_practice_s52_the_windows_meet_at_the_first_day_and_never_overlap() -> None:
    weeks = Windows(baseline=timedelta(weeks=2), current=timedelta(weeks=1))
    assert baseline_days(weeks, START) == (date(2026, 2, 16), date(2026, 3, 1))
    assert current_days(weeks, START, date(2026, 3, 4)) == (START, date(2026, 3, 4))
    assert current_days(weeks, START, date(2026, 4, 30)) == (date(2026, 4, 24), date(2026, 4, 30))
    first, last = current_days(weeks, START, date(2026, 2, 1))
    assert last < first
