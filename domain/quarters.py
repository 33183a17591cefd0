"""A program's promise, quarter by quarter: insights learnt, changes decided, and whether it was kept.

It is the program's, never a person's: nothing here counts by who.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from domain.errors import Refused

INSIGHTS = 3
"""Insights that a program promises to learn in a quarter."""

CHANGES = range(1, 3)
"""Changes that it promises to decide on: one or two; more are hard to see through."""

NOTICE = timedelta(weeks=3)
"""So long before a quarter's end somebody is told that the promise is not kept yet."""

LONGEST_REASON = 500
"""Characters."""


class Quarter(NamedTuple):
    """A quarter of a year; it compares and reads like ``2026-Q4``."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def first_day(self) -> date:
        return date(self.year, 3 * self.number - 2, 1)

    @property
    def last_day(self) -> date:
        return self.next.first_day - timedelta(days=1)

    @property
    def next(self) -> "Quarter":
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)


def quarter_of(day: date) -> Quarter:
    """Return the quarter that a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def quarters(first: date, last: date) -> Iterator[Quarter]:
    """Yield the quarters from one day to another, both included; none where the first comes later."""
    quarter = quarter_of(first)
    while first <= last and quarter.first_day <= last:
        yield quarter
        quarter = quarter.next


def is_kept(insights: int, changes: int) -> bool:
    """Return whether a quarter keeps the promise by its numbers."""
    return insights >= INSIGHTS and changes in CHANGES


def nears_its_end(quarter: Quarter, today: date) -> bool:
    """Return whether a quarter goes on and is over in ``NOTICE`` or less."""
    return quarter.last_day - NOTICE <= today <= quarter.last_day


def falls_short(quarter: Quarter, insights: int, changes: int, today: date) -> bool:
    """Return whether it is time to say that something is missing in a quarter that goes on."""
    return nears_its_end(quarter, today) and (insights < INSIGHTS or changes < CHANGES.start)


def refuse_closing(quarter: Quarter, changes: int, reason: str, today: date) -> None:
    """Raise Refused before a quarter is over, and where the number of its changes needs a reason."""
    if today <= quarter.last_day:
        raise Refused(f"{quarter} goes on until {quarter.last_day}. Close it after that.")
    if len(reason) > LONGEST_REASON:
        raise Refused(f"Keep it to {LONGEST_REASON} characters; it has {len(reason)}.")
    if changes not in CHANGES and not reason:
        why = "None was chosen" if not changes else f"{changes} are more than can be seen through"
        raise Refused(f"One or two changes belong to a quarter. {why}: say why.")
