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
    found = together[: len(together) - wanted + 1].copy()
    for shift in range(1, wanted):
        found &= together[shift : len(together) - wanted + 1 + shift]
    first = int(found.argmax())
    return first if found[first] else None
