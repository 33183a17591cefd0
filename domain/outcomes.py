"""Outcome metrics: figures that a company measures anyway, before a program and now.

What nobody measured is no data, never 0.
"""

from datetime import date, timedelta
from enum import StrEnum
from math import isclose

from pydantic import Field

from domain.moments import Days
from domain.value import TeamRef, Value

LONGEST_METRIC = 60
"""Characters of a metric's name."""

LONGEST_UNIT = 20
"""Characters."""


class Better(StrEnum):
    """Which way a metric is meant to go."""

    HIGHER = "higher"
    LOWER = "lower"


class Course(StrEnum):
    """What became of a metric between its two windows."""

    BETTER = "better"
    WORSE = "worse"
    UNCHANGED = "unchanged"
    NO_DATA = "no-data"


class MetricValue(Value):
    """One figure of one day; of a whole program where ``team`` is None."""

    metric: str = Field(min_length=1, max_length=LONGEST_METRIC)
    unit: str = Field(max_length=LONGEST_UNIT)
    better: Better
    team: TeamRef | None = None
    day: date
    value: float


class Windows(Value):
    """How long a metric is looked at: so long before a program begins, and so long until today."""

    baseline: timedelta = timedelta(weeks=13)
    current: timedelta = timedelta(weeks=13)


class Figure(Value):
    """The mean of so many values; None of no value."""

    values: int = 0
    mean: float | None = None


class Outcome(Value):
    """A metric before a program and now."""

    metric: str
    unit: str
    better: Better
    team_name: str
    """Empty for the whole program."""
    baseline: Figure
    current: Figure

    @property
    def course(self) -> Course:
        """Whether it went the way it is meant to go."""
        before, now = self.baseline.mean, self.current.mean
        if before is None or now is None:
            return Course.NO_DATA
        if isclose(before, now, abs_tol=1e-9):
            return Course.UNCHANGED
        return Course.BETTER if (now > before) is (self.better is Better.HIGHER) else Course.WORSE


def baseline_days(windows: Windows, starts_on: date) -> Days:
    """Return the days before a program began that it is compared with."""
    return starts_on - windows.baseline, starts_on - timedelta(days=1)


def current_days(windows: Windows, starts_on: date, today: date) -> Days:
    """Return the last days up to today; none of them lies before the program began.

    Before its first day the window is empty: its last day comes before its first.
    """
    return max(starts_on, today - windows.current + timedelta(days=1)), today
