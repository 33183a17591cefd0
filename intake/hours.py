"""Working hours and durations as people write them."""

import re
from collections.abc import Iterator
from datetime import time, timedelta
from itertools import pairwise

from domain.moments import WorkingHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_REMEDY = (
    "write it as 'Mon-Fri 09:00-17:00', 'Mon-Wed 08:00-12:00; Thu 10:00-16:00', "
    "or with week after week between bars: 'Mon-Fri 06:00-14:00 | Mon-Fri 14:00-22:00'"
)
DURATION_REMEDY = "write it as '30m', '6h', '1h30m', '2d' or '1w'"

MOST_WEEKS = 8
"""Of a shift pattern."""

_A_DAY = 24 * 60

LONGEST = 14 * 60
"""Minutes of one stretch: what is longer is a slip of the pen, such as the two times exchanged."""

_STRETCH = re.compile(
    r"^([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$", re.IGNORECASE
)
_DURATION = re.compile(r"^(?:(\d{1,3})w)?(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?$")


def working_hours(text: str, first_week: int = 0) -> tuple[WorkingHours, ...]:
    """Return somebody's working time; raises ValueError with a sentence for anything unclear.

    Weeks of a shift pattern stand between bars and take turns from ``first_week`` on, a
    ``week_number``.
    """
    patterns = text.split("|")
    if len(patterns) > MOST_WEEKS:
        raise ValueError(f"a pattern has at most {MOST_WEEKS} weeks")
    hours = [
        WorkingHours(
            weekday=day,
            starts=starts,
            ends=ends,
            weeks=len(patterns),
            week=(first_week + number) % len(patterns),
        )
        for number, pattern in enumerate(patterns)
        for stretch in filter(None, (part.strip() for part in pattern.split(";")))
        for day, starts, ends in _stretch(stretch)
    ]
    if not hours:
        raise ValueError("no working time is given")
    _check_apart(hours)
    return tuple(sorted(hours, key=lambda h: (h.week, h.weekday, h.starts)))


def _stretch(text: str) -> Iterator[tuple[int, time, time]]:
    found = _STRETCH.match(text)
    if not found:
        raise ValueError(f"'{text[:40]}' is not a stretch of working time")
    first, last = found.group(1).lower(), (found.group(2) or found.group(1)).lower()
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise ValueError(f"'{text[:40]}' names no days from Monday on")
    hour, minute, last_hour, last_minute = (int(number) for number in found.groups()[2:])
    to_midnight = (last_hour, last_minute) == (24, 0)
    try:
        starts, ends = time(hour, minute), time(0 if to_midnight else last_hour, last_minute)
    except ValueError:
        raise ValueError(f"'{text[:40]}' names no time of day") from None
    lasts = (_minute(ends) - _minute(starts)) % _A_DAY
    if not 0 < lasts <= LONGEST:
        raise ValueError(f"'{text[:40]}' is no working time of at most {LONGEST // 60} hours")
    for day in range(DAYS.index(first), DAYS.index(last) + 1):
        yield day, starts, ends


def _check_apart(hours: list[WorkingHours]) -> None:
    """Raise ValueError where a stretch begins before the one before it has ended, round the whole pattern."""
    whole = hours[0].weeks * 7 * _A_DAY
    ordered = sorted(hours, key=_begins)
    begins = [*map(_begins, ordered), _begins(ordered[0]) + whole]
    for one, later, (starts, follows) in zip(
        ordered, [*ordered[1:], ordered[0]], pairwise(begins), strict=True
    ):
        if starts + _lasts(one) > follows:
            raise ValueError(f"two stretches on {DAYS[later.weekday].capitalize()} overlap")


def _begins(one: WorkingHours) -> int:
    """Minutes from the first Monday of the pattern."""
    return (one.week * 7 + one.weekday) * _A_DAY + _minute(one.starts)


def _lasts(one: WorkingHours) -> int:
    return _minute(one.ends) - _minute(one.starts) + one.over_night * _A_DAY


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def duration(text: str) -> timedelta:
    """Return a length of time; raises ValueError for anything unclear, ``0h`` is zero."""
    found = _DURATION.match(text.strip())
    if not found or not text.strip():
        raise ValueError(f"'{text[:40]}' is not a length of time")
    weeks, days, hours, minutes = (int(number or 0) for number in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
