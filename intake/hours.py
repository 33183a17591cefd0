"""Working hours and durations as people write them."""

import re
from datetime import time, timedelta

from domain.moments import WorkingHours

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS_REMEDY = "write it as 'Mon-Fri 09:00-17:00' or 'Mon-Wed 08:00-12:00; Thu 10:00-16:00'"
DURATION_REMEDY = "write it as '30m', '6h', '1h30m', '2d' or '1w'"

_STRETCH = re.compile(
    r"^([a-z]{3})(?:-([a-z]{3}))?\s+(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$", re.IGNORECASE
)
_DURATION = re.compile(r"^(?:(\d{1,3})w)?(?:(\d{1,4})d)?(?:(\d{1,5})h)?(?:(\d{1,6})m)?$")


def working_hours(text: str) -> tuple[WorkingHours, ...]:
    """Return the week's working time; raises ValueError with a sentence for anything unclear."""
    hours: list[WorkingHours] = []
    for stretch in filter(None, (part.strip() for part in text.split(";"))):
        hours += _stretch(stretch)
    if not hours:
        raise ValueError("no working time is given")
    for one in hours:
        if any(_overlap(one, other) for other in hours if other is not one):
            raise ValueError(f"two stretches on {DAYS[one.weekday].capitalize()} overlap")
    return tuple(sorted(hours, key=lambda h: (h.weekday, h.starts)))


def _stretch(text: str) -> list[WorkingHours]:
    found = _STRETCH.match(text)
    if not found:
        raise ValueError(f"'{text[:40]}' is not a stretch of working time")
    first, last = found.group(1).lower(), (found.group(2) or found.group(1)).lower()
    if first not in DAYS or last not in DAYS or DAYS.index(first) > DAYS.index(last):
        raise ValueError(f"'{text[:40]}' names no days from Monday on")
    hour, minute, last_hour, last_minute = (int(number) for number in found.groups()[2:])
    try:
        starts, ends = time(hour, minute), time(last_hour, last_minute)
    except ValueError:
        raise ValueError(f"'{text[:40]}' names no time of day") from None
    if ends <= starts:
        raise ValueError(f"'{text[:40]}' ends before it starts")
    days = range(DAYS.index(first), DAYS.index(last) + 1)
    return [WorkingHours(weekday=day, starts=starts, ends=ends) for day in days]


def _overlap(one: WorkingHours, other: WorkingHours) -> bool:
    same_day = one.weekday == other.weekday
    return same_day and one.starts < other.ends and other.starts < one.ends


def duration(text: str) -> timedelta:
    """Return a length of time; raises ValueError for anything unclear, ``0h`` is zero."""
    found = _DURATION.match(text.strip())
    if not found or not text.strip():
        raise ValueError(f"'{text[:40]}' is not a length of time")
    weeks, days, hours, minutes = (int(number or 0) for number in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
