"""VTIMEZONE that every client understands: one STANDARD, at most one DAYLIGHT, yearly rules.

The rules come from the POSIX footer of the zone's TZif file (RFC 8536 section 3.3), read from the
pinned ``tzdata`` package, so a zone's text changes only with that package.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cache
from importlib import resources

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard, vRecur

from domain.moments import zone_of

_NAME = r"(?:<[^>]+>|[A-Za-z]+)"
_OFFSET = r"[+-]?\d{1,3}(?::\d{2}(?::\d{2})?)?"
_RULE = r"M(\d{1,2})\.(\d)\.(\d)(?:/([+-]?\d{1,3}(?::\d{2})?))?"
_FOOTER = re.compile(rf"^({_NAME})({_OFFSET})(?:({_NAME})({_OFFSET})?,{_RULE},{_RULE})?$")
_DAYS = ("SU", "MO", "TU", "WE", "TH", "FR", "SA")
_LAST = 5


@cache
def vtimezone(zone: str) -> Timezone | None:
    """Return the zone's VTIMEZONE, or None when two yearly rules can't say it (then use UTC)."""
    footer = _footer(zone)
    found = _FOOTER.match(footer or "")
    if not found:
        return None
    standard_name, standard, daylight_name, daylight = found.group(1, 2, 3, 4)
    offset = -_offset(standard)
    component = Timezone()
    component.add("tzid", zone)
    if not daylight_name:
        component.add_component(_observance(TimezoneStandard, standard_name, offset, offset))
        return component
    summer = -_offset(daylight) if daylight else offset + timedelta(hours=1)
    starts, ends = found.group(5, 6, 7, 8), found.group(9, 10, 11, 12)
    if not (_sayable(starts) and _sayable(ends)):
        return None
    component.add_component(_observance(TimezoneStandard, standard_name, summer, offset, ends))
    component.add_component(_observance(TimezoneDaylight, daylight_name, offset, summer, starts))
    return component


def understood(zone: str, *moments: datetime) -> Timezone | None:
    """Return the VTIMEZONE when its readers find these moments (UTC) where they are; else None.

    Its yearly rules miss transitions that the zone's table lists one by one, and programs disagree
    about which of two equal hours a wall time names (RFC 5545 section 3.3.5: the first). A zone whose
    rules don't hold in the years around the moments is not described at all: a reader may keep the
    description for other events.
    """
    component = vtimezone(zone)
    read = _as_read(zone)
    if component is None or read is None:
        return None
    years = {moment.year + step for moment in moments for step in (-1, 0, 1)}
    if not all(_rules_hold(zone, year) for year in sorted(years)):
        return None
    return component if all(_is_read(moment, zone, read) for moment in moments) else None


def _is_read(moment: datetime, zone: str, read: tzinfo) -> bool:
    local = moment.astimezone(zone_of(zone))
    twice = local.utcoffset() != local.replace(fold=1 - local.fold).utcoffset()
    return not twice and local.replace(tzinfo=read).astimezone(UTC) == moment


@cache
def _rules_hold(zone: str, year: int) -> bool:
    """Whether the rules agree with the zone's table in every week of a year."""
    read = _as_read(zone)
    noon = datetime(year, 1, 1, 12, tzinfo=UTC)
    weeks = (noon + timedelta(weeks=number) for number in range(53))
    return read is not None and all(_is_read(week, zone, read) for week in weeks)


@cache
def _as_read(zone: str) -> tzinfo | None:
    component = vtimezone(zone)
    return component.to_tz(lookup_tzid=False) if component else None


def _footer(zone: str) -> str | None:
    folder, _, name = zone.rpartition("/")
    package = ".".join(["tzdata.zoneinfo", *folder.split("/")]) if folder else "tzdata.zoneinfo"
    try:
        raw = resources.files(package).joinpath(name).read_bytes()
    except (OSError, ModuleNotFoundError, ValueError):
        return None
    return raw.rstrip(b"\n").rpartition(b"\n")[2].decode("ascii", "replace")


def _offset(text: str) -> timedelta:
    sign = -1 if text.startswith("-") else 1
    hours, minutes, *_ = [*map(int, text.lstrip("+-").split(":")), 0]
    return sign * timedelta(hours=hours, minutes=minutes)


def _sayable(rule: tuple[str | None, ...]) -> bool:
    """A change before 00:00 or after 24:00 lies on another day than its rule names."""
    at = _offset(rule[3] or "2")
    return timedelta() <= at < timedelta(hours=24)


def _observance(
    kind: type[TimezoneStandard] | type[TimezoneDaylight],
    name: str,
    before: timedelta,
    after: timedelta,
    rule: tuple[str | None, ...] | None = None,
) -> TimezoneStandard | TimezoneDaylight:
    part = kind()
    part.add("tzname", name.strip("<>"))
    part.add("tzoffsetfrom", before)
    part.add("tzoffsetto", after)
    if rule is None:
        part.add("dtstart", datetime(1970, 1, 1))  # noqa: DTZ001 - local by RFC 5545 3.6.5
        return part
    month, week, day = (int(number or 0) for number in rule[:3])
    part.add("dtstart", _first_onset(month, week, day, _offset(rule[3] or "2")))
    by_day = f"{-1 if week == _LAST else week}{_DAYS[day]}"
    part.add("rrule", vRecur({"FREQ": "YEARLY", "BYMONTH": month, "BYDAY": by_day}))
    return part


def _first_onset(month: int, week: int, day: int, at: timedelta) -> datetime:
    """Return the change of 1970 in the local wall time before it."""
    first = datetime(1970, month, 1)  # noqa: DTZ001
    ahead = (day - (first.weekday() + 1)) % 7
    onset = first + timedelta(days=ahead + 7 * (week - 1))
    while onset.month != month:
        onset -= timedelta(days=7)
    return onset + at
