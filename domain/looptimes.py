"""Loop time: how long it takes from what somebody saw to a decision about it."""

from collections.abc import Iterable
from statistics import median

from domain.moments import zone_of
from domain.value import Moment, Value

FEWEST = 2
"""Decisions of a team from which its loop time is shown."""


class LoopTime(Value):
    """The decisions that came of visits, and the median of their days; None for too few."""

    changes: int
    days: float | None


def loop_days(first_noted: Moment, decided: Moment, zone: str) -> int:
    """Return the calendar days between an observation and a decision, as a calendar of the zone counts them."""
    first, last = (moment.astimezone(zone_of(zone)).date() for moment in (first_noted, decided))
    return (last - first).days


def loop_time(days: Iterable[int]) -> LoopTime:
    """Return what the loops of a team or a program come to."""
    known = list(days)
    middle = float(median(known)) if len(known) >= FEWEST else None
    return LoopTime(changes=len(known), days=middle)
