"""Time as bits: slot ``n`` is a quarter of an hour from the first slot on; all in UTC.

A person's free time is one Python int. ``runs`` finds every start of a long enough stretch in a
few shifts, whatever the horizon.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from domain.moments import Interval

SLOT = timedelta(minutes=15)


class Horizon:
    """The stretch of time that is planned, cut into slots; 15-minute zones all fit the grid."""

    def __init__(self, starts: datetime, ends: datetime) -> None:
        whole = int(starts.timestamp()) // 900 * 900
        self.starts = datetime.fromtimestamp(whole, UTC)
        self.slots = -((self.starts - ends) // SLOT)
        self.all = (1 << self.slots) - 1

    def floor(self, moment: datetime) -> int:
        """Return the slot that holds the moment, within the horizon."""
        return min(max((moment - self.starts) // SLOT, 0), self.slots)

    def ceil(self, moment: datetime) -> int:
        """Return the first slot that starts at the moment or later, within the horizon."""
        return min(max(-((self.starts - moment) // SLOT), 0), self.slots)

    def moment(self, slot: int) -> datetime:
        return self.starts + slot * SLOT

    def length(self, duration: timedelta) -> int:
        return -(-duration // SLOT)

    def inside(self, intervals: Iterable[Interval]) -> int:
        """Return the slots that lie wholly inside one of the intervals."""
        return _union((self.ceil(i.starts), self.floor(i.ends)) for i in intervals)

    def touching(self, intervals: Iterable[Interval]) -> int:
        """Return the slots that any of the intervals touches."""
        return _union((self.floor(i.starts), self.ceil(i.ends)) for i in intervals)


def _union(stretches: Iterable[tuple[int, int]]) -> int:
    found = 0
    for first, last in stretches:
        found |= stretch(first, last)
    return found


def stretch(first: int, last: int) -> int:
    """Return the slots ``[first, last)`` as bits."""
    return ((1 << (last - first)) - 1) << first if last > first else 0


def runs(free: int, length: int) -> int:
    """Return the slots at which ``length`` consecutive slots are free."""
    done = 1
    while done < length and free:
        shift = min(done, length - done)
        free &= free >> shift
        done += shift
    return free


def each(bits: int) -> Iterator[int]:
    """Yield the slots that are set, earliest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
