"""Time as bits: slot ``n`` is the n-th of the program's equal stretches of time, in UTC.

A person's free time is one Python int, so a few shifts find every start of a long enough stretch.
Slots are as long as can be while every start that a step can have begins one: a quarter of an hour
in most programs, minutes in a program whose durations or wall times ask for it. Free time is rounded
inward and taken time outward, which loses no start.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, time, timedelta
from math import gcd

import numpy as np

from domain.moments import Interval, merged
from domain.program import Program

QUARTER = timedelta(minutes=15)
"""Steps without a fixed start begin on the quarter hour."""

_MINUTE = timedelta(minutes=1)
_DAY = timedelta(days=1)


class Horizon:
    """The stretch of time that is planned, cut into slots of that length: a whole part of a quarter."""

    def __init__(self, starts: datetime, ends: datetime, slot: timedelta) -> None:
        self.starts = starts
        self.ends = ends
        self.slot = slot
        self.slots = self.before(ends)
        self.day = self.length(_DAY)
        self.all = stretch(0, self.slots)
        past = timedelta(seconds=starts.timestamp()) % QUARTER
        self.quarters = _every(self.length(QUARTER), self.slots, self.length(-past % QUARTER))

    def before(self, moment: datetime) -> int:
        """Return the slot that holds the moment; negative or beyond the end when outside."""
        return (moment - self.starts) // self.slot

    def since(self, moment: datetime) -> int:
        """Return the first slot that starts at the moment or later, outside too."""
        return -((self.starts - moment) // self.slot)

    def moment(self, slot: int) -> datetime:
        """Return when a slot begins."""
        return self.starts + slot * self.slot

    def length(self, duration: timedelta) -> int:
        """Return a duration in whole slots, rounded up."""
        return -(-duration // self.slot)

    def inside(self, intervals: Iterable[Interval]) -> int:
        """Return the slots that lie wholly inside the intervals."""
        return self._union((self.since(i.starts), self.before(i.ends)) for i in merged(intervals))

    def touching(self, intervals: Iterable[Interval]) -> int:
        """Return the slots that any of the intervals touches."""
        return self._union((self.before(i.starts), self.since(i.ends)) for i in intervals)

    def _union(self, stretches: Iterable[tuple[int, int]]) -> int:
        taken = np.zeros(self.slots, dtype=bool)
        for first, last in stretches:
            taken[max(first, 0) : max(last, 0)] = True
        return int.from_bytes(np.packbits(taken, bitorder="little").tobytes(), "little")


def slot_for(program: Program, starts: datetime) -> timedelta:
    """Return the longest slot at whose beginnings every step of a program can start and end.

    ``starts`` is when the first slot begins (UTC).
    """
    walls = [time.fromisoformat(step.starts_at) for step in program.steps if step.starts_at]
    times = [
        timedelta(seconds=starts.timestamp()),
        *(timedelta(minutes=wall.minute) for wall in walls),
        *(step.duration for step in program.steps),
        *(step.window.opens for step in program.steps),
        *(step.window.closes for step in program.steps),
    ]
    return gcd(QUARTER // _MINUTE, *(one // _MINUTE for one in times)) * _MINUTE


def stretch(first: int, last: int) -> int:
    """Return the slots ``[first, last)`` as bits; what lies before slot 0 is left out."""
    first = max(first, 0)
    return ((1 << (last - first)) - 1) << first if last > first else 0


def runs(free: int, length: int) -> int:
    """Return the slots at which ``length`` consecutive slots are free."""
    done = 1
    while done < length and free:
        shift = min(done, length - done)
        free &= free >> shift
        done += shift
    return free


def leading_to(later: int, low: int, high: int) -> int:
    """Return the slots from which a slot of ``later`` is ``low`` to ``high`` slots away."""
    if high < low:
        return 0
    if high >= later.bit_length():
        return stretch(0, later.bit_length() - low)
    done, width = 1, high - low + 1
    while done < width:
        shift = min(done, width - done)
        later |= later >> shift
        done += shift
    return later >> low if low >= 0 else later << -low


def following(earlier: int, low: int, high: int, within: int) -> int:
    """Return the slots of ``within`` that are ``low`` to ``high`` slots after one of ``earlier``."""
    if high < low:
        return 0
    done, width = 1, high - low + 1
    while done < width:
        shift = min(done, width - done)
        earlier |= earlier << shift & within
        done += shift
    return (earlier << low if low >= 0 else earlier >> -low) & within


def at_least(wanted: int, sets: Iterable[int], everything: int) -> int:
    """Return the slots that are in at least ``wanted`` of the sets."""
    reached = [everything] + [0] * wanted
    for members in sets:
        for count in range(wanted, 0, -1):
            reached[count] |= reached[count - 1] & members
    return reached[wanted]


def each(bits: int) -> Iterator[int]:
    """Yield the slots that are set, earliest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def day_by_day(bits: int, day: int) -> Iterator[int]:
    """Yield the first slot of every ``day`` slots, then all the others: far apart choices come first."""
    rest, later = bits, 0
    while rest:
        first = (rest & -rest).bit_length() - 1
        yield first
        end = (first // day + 1) * day
        later |= rest & stretch(first + 1, end)
        rest = rest >> end << end
    yield from each(later)


def _every(step: int, slots: int, offset: int) -> int:
    count = -(-slots // step)
    pattern: int = ((1 << step * count) - 1) // ((1 << step) - 1)
    return pattern << offset & stretch(0, slots)
