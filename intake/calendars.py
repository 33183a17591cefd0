"""Reading a person's calendar: when they are busy and when they are away, and nothing else of it."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import recurring_ical_events
import x_wr_timezone
from icalendar import Calendar, Component

from domain.folder import FolderCalendar, FolderPerson
from domain.moments import Interval, merged, whole_day, zone_of
from domain.program import Program
from intake.rejections import Rejections

FOLDER = "calendars"
LARGEST = 10_000_000
_FOR_EVER = 2096
"""A leap year, so that every date exists in it."""

_AWAY = frozenset({"OOF"})


def read_calendars(
    folder: Path,
    rejections: Rejections,
    people: list[FolderPerson],
    program: Program,
    shift: timedelta,
) -> list[FolderCalendar]:
    """Return the calendars of the folder for the program's weeks; a person may have none."""
    known = {person.key: person for person in people}
    found = []
    for path in sorted((folder / FOLDER).glob("*.ics")):
        name = f"{FOLDER}/{path.name}"
        person = known.get(path.stem)
        if person is None:
            remedy = "name the file after the person's id in people.csv"
            rejections.add(name, None, None, f"there is no person '{path.stem[:40]}'", remedy)
            continue
        calendar = _read(path, name, person, program, shift, rejections)
        if calendar:
            found.append(calendar)
    return found


def _read(
    path: Path,
    name: str,
    person: FolderPerson,
    program: Program,
    shift: timedelta,
    rejections: Rejections,
) -> FolderCalendar | None:
    try:
        raw = _bytes(path)
        first = program.starts_on - timedelta(days=1) - shift
        last = first + timedelta(weeks=program.weeks, days=2)
        events = _events(raw, first, last)
        busy, away = _sorted_out(events, person.zone, shift, first, last)
    except (
        OSError,
        ValueError,
        ArithmeticError,
        TypeError,
        KeyError,
        AttributeError,
        IndexError,
    ) as broken:
        problem = str(broken) if isinstance(broken, ValueError) else type(broken).__name__
        remedy = "export the calendar again as an iCalendar file (.ics)"
        problem = f"it can't be read: {problem[:120]}"
        rejections.add(name, None, None, problem, remedy)
        return None
    return FolderCalendar(
        person=person.key, busy=busy, absences=away, digest=hashlib.sha256(raw).hexdigest()
    )


def _bytes(path: Path) -> bytes:
    if path.stat().st_size > LARGEST:
        raise ValueError("it is larger than 10 MB")
    return path.read_bytes()


def _events(raw: bytes, first: date, last: date) -> list[Component]:
    parsed = Calendar.from_ical(raw)
    for event in parsed.walk("VEVENT"):
        _end_some_day(event)
    calendar = x_wr_timezone.to_standard(parsed)
    if calendar.errors:
        raise ValueError("some of its lines are not iCalendar")
    if any(_ticks(event) for event in calendar.walk("VEVENT")):
        raise ValueError("an event repeats every minute or second")
    return list(recurring_ical_events.of(calendar, skip_bad_series=False).between(first, last))


def _end_some_day(event: Component) -> None:
    """People write the year 9999 for "for ever"; no time zone can be added to that."""
    ends = event.get("DTEND")
    if ends is not None and ends.dt.year > _FOR_EVER:
        ends.dt = ends.dt.replace(year=_FOR_EVER)


def _ticks(event: Component) -> bool:
    """Such a rule has more instances than anybody could attend, and than can be listed in time."""
    rules = event.get("RRULE", [])
    for rule in rules if isinstance(rules, list) else [rules]:
        named = [str(f).upper() for f in rule.get("FREQ", [])]
        if {"SECONDLY", "MINUTELY"} & set(named) or len(rule.get("BYMINUTE", [])) > 4:
            return True
    return False


def _sorted_out(
    events: list[Component], zone: str, shift: timedelta, first: date, last: date
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    busy: list[Interval] = []
    away: list[Interval] = []
    for event in events:
        if _free(event):
            continue
        for interval, all_day in _intervals(event, zone, shift, first, last):
            absent = all_day or _busy_status(event) in _AWAY
            (away if absent else busy).append(interval)
    return merged(busy), merged(away)


def _free(event: Component) -> bool:
    """Cancelled instances are still expanded by the library; they take nobody's time."""
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return cancelled or transparent or _busy_status(event) == "FREE"


def _busy_status(event: Component) -> str:
    return str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()


def _intervals(
    event: Component, zone: str, shift: timedelta, earliest: date, latest: date
) -> Iterator[tuple[Interval, bool]]:
    """Yield when the event takes place, all-day ones day by day within the program's weeks."""
    starts, ends = event.start, event.end  # type: ignore[attr-defined]
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        first, last = _instant(starts, zone, shift), _instant(ends, zone, shift)
        if first < last:
            yield Interval(starts=first, ends=last), False
        return
    day: date = max(starts, earliest)
    while day < min(ends, latest):
        yield whole_day(day + shift, zone), True
        day += timedelta(days=1)


def _instant(moment: datetime, zone: str, shift: timedelta) -> datetime:
    """Shift by whole weeks on the wall clock, so that ten o'clock stays ten o'clock."""
    local = moment if moment.tzinfo else moment.replace(tzinfo=zone_of(zone))
    return (local + shift).astimezone(UTC)
