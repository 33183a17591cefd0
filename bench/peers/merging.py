"""The first time that people have in common, in the two ways most would write it.

Intervals of datetimes, merged; and one NumPy array of truth values for each person.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Busy = Sequence[tuple[datetime, datetime]]


def first_by_merging(
    busy: Sequence[Busy], opens: datetime, closes: datetime, wanted: timedelta
) -> datetime | None:
    """Return the first moment from which nobody is busy for so long; every list is in order."""
    at = opens
    for starts, ends in sorted(interval for own in busy for interval in own):
        if at + wanted <= starts:
            return at
        at = max(at, ends)
    return at if at + wanted <= closes else None


def first_by_marks(free: Sequence[NDArray[np.bool_]], wanted: int) -> int | None:
    """Return the first slot from which everybody is free for so many slots."""
    together = np.logical_and.reduce(free)
    starts = _starts(together, wanted)
    first = int(starts.argmax())
    return first if starts[first] else None


def all_by_merging(
    busy: Sequence[Busy], opens: datetime, closes: datetime, wanted: timedelta, grid: timedelta
) -> list[datetime]:
    """Return every moment of a grid from which nobody is busy for so long."""
    at, found = opens, []
    for starts, ends in sorted([*(one for own in busy for one in own), (closes, closes)]):
        while at + wanted <= starts:
            found.append(at)
            at += grid
        at = max(at, ends)
    return found


def all_by_marks(free: Sequence[NDArray[np.bool_]], wanted: int) -> NDArray[np.int64]:
    """Return every slot from which everybody is free for so many slots."""
    return np.flatnonzero(_starts(np.logical_and.reduce(free), wanted))


def _starts(together: NDArray[np.bool_], wanted: int) -> NDArray[np.bool_]:
    last = len(together) - wanted + 1
    starts = together[:last].copy()
    for shift in range(1, wanted):
        starts &= together[shift : last + shift]
    return starts
