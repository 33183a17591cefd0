"""Moments in other people's calendars: UTC where they can be known, None where only a guess is left."""

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from icalendar import Timezone
from icalendar.timezone import windows_to_olson

from invites.contentlines import Line, Part

_FORM = re.compile(
    r"(\d{4})-?(\d\d)-?(\d\d)[T ](\d\d):?(\d\d)(?::?(\d\d))?(?:\.\d+)?\s*(Z?)$", re.IGNORECASE
)
_DURATION = re.compile(
    r"([+-]?)P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$", re.IGNORECASE
)
_UTC_NAMES = frozenset({"utc", "gmt", "z", "etc/utc", "tzone://microsoft/utc"})
_LONGEST = timedelta(days=366)
_LARGEST_ZONE = 20_000
"""Characters of a VTIMEZONE that are believed."""
_RULE = re.compile(r"^RRULE[^:\r\n]*:([^\r\n]*)", re.IGNORECASE | re.MULTILINE)
_YEARLY = re.compile(
    r"FREQ=YEARLY|(?:BYMONTH|INTERVAL)=\d\d?|BYDAY=[+-]?\d?[A-Z]{2}|BYMONTHDAY=-?\d\d?(?:,-?\d\d?){0,7}"
    r"|WKST=[A-Z]{2}|UNTIL=[\dTZ]{8,16}|",
    re.IGNORECASE,
)
"""Parts of a rule by which clocks change; any other may name every second of a thousand years."""


def moment_of(line: Line | None, calendar: Part) -> datetime | None:
    """Return a DATE-TIME in UTC: of its zone's own VTIMEZONE first, then of its name.

    None for a date without a time, a floating time, and a zone that nobody can name.
    """
    found = _FORM.match(line.value.strip()) if line else None
    if line is None or found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        zone = UTC if found.group(7) else zone_of(line.params.get("TZID", ""), calendar)
        if zone is None:
            return None
        wall = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=zone)
        return wall.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp_of(line: Line | None, calendar: Part) -> datetime | None:
    """Return a DTSTAMP in UTC; without a zone it is UTC, as RFC 5545 section 3.8.7.2 demands."""
    known = moment_of(line, calendar)
    if known or line is None:
        return known
    return moment_of(Line(line.name, {}, f"{line.value.strip()}Z"), calendar)


def day_of(line: Line | None) -> date | None:
    """Return a DATE (RFC 5545 section 3.3.4), of which nobody knows when it begins; else None."""
    found = re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)", line.value.strip()) if line else None
    try:
        return date(*(int(part) for part in found.groups())) if found else None
    except ValueError:
        return None


def duration_of(line: Line | None) -> timedelta | None:
    """Return a DURATION (RFC 5545 section 3.3.6); None for none, a negative or an absurd one."""
    found = _DURATION.match(line.value.strip()) if line else None
    if found is None or found.group(1) == "-":
        return None
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups()[1:])
    try:
        length = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    except OverflowError:
        return None
    return length if timedelta() < length <= _LONGEST else None


def zone_of(name: str, calendar: Part) -> tzinfo | None:
    """Return the zone that a TZID means in this calendar; None when nobody can tell."""
    name = name.strip().strip('"')
    if not name:
        return None
    embedded = _embedded(name, calendar)
    if embedded:
        return embedded
    if name.lower() in _UTC_NAMES:
        return UTC
    for candidate in _names(name):
        try:
            return ZoneInfo(candidate)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
    return None


def _names(name: str) -> list[str]:
    """What an IANA name may be hidden in: a Windows name, or a path such as ``/vendor/Europe/Berlin``."""
    parts = name.strip("/").split("/")
    windows = windows_to_olson.WINDOWS_TO_OLSON.get(name, "")
    paths = ["/".join(parts[-count:]) for count in (3, 2) if len(parts) >= count]
    return [one for one in (name, windows, *paths) if one]


def _embedded(name: str, calendar: Part) -> tzinfo | None:
    for part in calendar.of("VTIMEZONE"):
        line = part.first("TZID")
        if line and name in {line.value.strip().strip('"'), line.text.strip().strip('"')}:
            return _zone_in("\r\n".join(part.source) + "\r\n")
    return None


@lru_cache(maxsize=64)
def _zone_in(source: str) -> tzinfo | None:
    """The zone that a VTIMEZONE describes, whatever its name is elsewhere; None for a strange one."""
    rules = ";".join(rule.strip() for rule in _RULE.findall(source)).split(";")
    if len(source) > _LARGEST_ZONE or not all(_YEARLY.fullmatch(rule) for rule in rules):
        return None
    try:
        zone = Timezone.from_ical(source)
        return zone.to_tz(lookup_tzid=False) if isinstance(zone, Timezone) else None
    except Exception:  # noqa: BLE001 - somebody's broken zone; its name may still be known
        return None
