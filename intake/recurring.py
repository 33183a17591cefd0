"""When common events take place, by arithmetic from the days that are asked for (RFC 5545 section 3.8.5.3).

Most of a company's calendars are single meetings and plain weekly series. Those are worked out here
at a fraction of what a whole library costs, however long ago they began. Whatever is written in any
other way is not guessed at: it is left to the library.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice
from typing import TypeVar
from zoneinfo import ZoneInfo

from intake.dialects import Entry, Line
from intake.foreign_zones import ForeignZones

Span = tuple[date, date]
"""Start and end: two moments of one zone, or two days of which the second is not included."""

_Moment = TypeVar("_Moment", date, datetime)

_DAY = timedelta(days=1)
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SINGLE = frozenset({"UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE"}) | {
    "STATUS",
    "TRANSP",
    "X-MICROSOFT-CDO-BUSYSTATUS",
}
_YEARS = range(1970, 2097)
_MOST = 1000
"""Instances that are counted from the beginning, where a rule says how many there are."""

_MOMENT = re.compile(r"\d{8}T\d{6}Z?")
_WORD = re.compile(r"[A-Za-z-]+")
_DURATION = re.compile(r"P(?:(\d{1,3})W|(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?)")
_NTH = re.compile(r"([+-]?[1-4])(MO|TU|WE|TH|FR|SA|SU)")
_KEYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH"})


_Days = Callable[[date, date], Iterator[date]]
"""Yields a rule's days in order, from the first to the second."""


class _Unusual(Exception):
    """Something that only the library is trusted with."""


@dataclass(frozen=True)
class Occurrences:
    """All of an event within the days that were asked for; ``free`` where it takes nobody's time."""

    spans: tuple[Span, ...]
    free: bool
    away: bool


def occurrences(entry: Entry, zones: ForeignZones, first: date, last: date) -> Occurrences | None:
    """Return an event's instances that touch ``[first, last)`` in its own zone, or None where it is unusual.

    An event that does not recur is returned wherever it lies.
    """
    try:
        return _occurrences(entry, zones, first, last)
    except (_Unusual, ValueError, OverflowError):
        return None


def _occurrences(entry: Entry, zones: ForeignZones, first: date, last: date) -> Occurrences:
    lines = _one_each(entry)
    starts, ends = _span(lines, zones)
    status = _word(lines.get("X-MICROSOFT-CDO-BUSYSTATUS"))
    away = status == "OOF" or not isinstance(starts, datetime)
    free = (
        _word(lines.get("STATUS")) == "CANCELLED"
        or _word(lines.get("TRANSP")) == "TRANSPARENT"
        or status in {"FREE", "WORKINGELSEWHERE"}
    )
    left_out = {_moment(value, line, zones) for line in entry.lines for value in _dates(line)}
    if any(_kind(one) != _kind(starts) for one in left_out):
        raise _Unusual
    if "RRULE" not in lines:
        if left_out:
            raise _Unusual
        return Occurrences(((starts, ends),), free, away)
    if zones.whole and _kind(starts) is UTC:
        raise _Unusual
    rule = _rule(lines["RRULE"])
    spans = _recurring(rule, starts, ends, first, last)
    return Occurrences(tuple(s for s in spans if s[0] not in left_out), free, away)


def _one_each(entry: Entry) -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in entry.lines:
        if line.name == "EXDATE":
            continue
        if line.name not in _SINGLE or line.name in found:
            raise _Unusual
        found[line.name] = line
    if "DTSTART" not in found or ("DTEND" in found and "DURATION" in found):
        raise _Unusual
    if "SEQUENCE" in found and not (
        found["SEQUENCE"].value.isdecimal() and not found["SEQUENCE"].params
    ):
        raise _Unusual
    return found


def _word(line: Line | None) -> str:
    if line is None:
        return ""
    if line.params or not _WORD.fullmatch(line.value):
        raise _Unusual
    return line.value.upper()


def _span(lines: dict[str, Line], zones: ForeignZones) -> Span:
    starts = _moment(lines["DTSTART"].value, lines["DTSTART"], zones)
    if "DTEND" in lines:
        ends = _moment(lines["DTEND"].value, lines["DTEND"], zones)
    elif "DURATION" in lines:
        ends = starts + _duration(lines["DURATION"])
    elif isinstance(starts, datetime):
        raise _Unusual
    else:
        ends = starts + _DAY
    if _kind(starts) != _kind(ends) or ends <= starts:
        raise _Unusual
    return starts, ends


def _kind(moment: date) -> tzinfo | None:
    return moment.tzinfo if isinstance(moment, datetime) else None


def _moment(value: str, line: Line, zones: ForeignZones) -> date:
    """Read a day or a moment with its zone; anything but the two plain forms is unusual."""
    if line.params.upper() == ";VALUE=DATE" and not line.tzid:
        if len(value) != len("YYYYMMDD") or not value.isdecimal():
            raise _Unusual
        return _plausible(datetime.strptime(value, "%Y%m%d").date())  # noqa: DTZ007 - a day
    if line.params.upper() not in {"", ";VALUE=DATE-TIME"} or not _MOMENT.fullmatch(value):
        raise _Unusual
    moment = _plausible(datetime.strptime(value[:15], "%Y%m%dT%H%M%S"))  # noqa: DTZ007 - placed below
    if value.endswith("Z") and line.tzid:
        raise _Unusual
    zone = UTC if value.endswith("Z") else zones.of(line.tzid)
    if zone is not UTC and not isinstance(zone, ZoneInfo):
        raise _Unusual
    return moment.replace(tzinfo=zone)


def _plausible(moment: _Moment) -> _Moment:
    if moment.year not in _YEARS:
        raise _Unusual
    return moment


def _duration(line: Line) -> timedelta:
    found = _DURATION.fullmatch(line.value)
    if line.params or not found:
        raise _Unusual
    weeks, days, hours, minutes = (int(part or 0) for part in found.groups())
    return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)


def _dates(line: Line) -> list[str]:
    return line.value.split(",") if line.name == "EXDATE" else []


def _rule(line: Line) -> dict[str, str]:
    parts = [part.partition("=") for part in line.value.upper().split(";")]
    rule = {name: value for name, _, value in parts}
    if line.params or len(rule) < len(parts) or not rule.keys() <= _KEYS:
        raise _Unusual
    return rule


def _recurring(
    rule: dict[str, str], starts: date, ends: date, first: date, last: date
) -> Iterator[Span]:
    """Every instance on its wall clock; one in an hour that is skipped or twice there is unusual."""
    length = ends - starts
    day = starts.date() if isinstance(starts, datetime) else starts
    from_day = day if "COUNT" in rule else max(day, first - length - 2 * _DAY)
    days = _days(rule, day)
    if day not in days(day, day):
        raise _Unusual
    most = _number(rule["COUNT"], _MOST) if "COUNT" in rule else None
    within = _until(rule, starts)
    for one in islice(days(from_day, last + _DAY), most):
        begins = datetime.combine(one, starts.timetz()) if isinstance(starts, datetime) else one
        if not within(begins):
            return
        span = begins, begins + length
        if _touches(span, first, last):
            if isinstance(starts, datetime):
                _check_clock(span)
            yield span


def _touches(span: Span, first: date, last: date) -> bool:
    starts, ends = span
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        opens = datetime.combine(first, datetime.min.time(), starts.tzinfo)
        closes = datetime.combine(last, datetime.min.time(), starts.tzinfo)
        return starts < closes and ends > opens
    return starts < last and ends > first


def _check_clock(span: Span) -> None:
    for moment in span:
        if (
            isinstance(moment, datetime)
            and moment.utcoffset() != moment.replace(fold=1).utcoffset()
        ):
            raise _Unusual


def _until(rule: dict[str, str], starts: date) -> Callable[[date], bool]:
    text = rule.get("UNTIL")
    if text is None:
        return lambda _: True
    if isinstance(starts, datetime):
        if not _MOMENT.fullmatch(text) or not text.endswith("Z"):
            raise _Unusual
        moment = datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        return lambda one: isinstance(one, datetime) and one.astimezone(UTC) <= moment
    if len(text) != len("YYYYMMDD"):
        raise _Unusual
    day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day
    return lambda one: one <= day


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise _Unusual
    return int(text)


def _days(rule: dict[str, str], day: date) -> _Days:
    interval = _number(rule.get("INTERVAL", "1"), _MOST)
    by = {name for name in rule if name.startswith("BY")}
    match rule.get("FREQ"), by:
        case "DAILY", by if by <= {"BYDAY"}:
            among = _weekdays(rule["BYDAY"]) if by else set(range(7))
            return lambda lo, hi: _daily(day, interval, among, lo, hi)
        case "WEEKLY", by if by <= {"BYDAY"}:
            among = _weekdays(rule["BYDAY"]) if by else {day.weekday()}
            begins = _WEEKDAYS.index(rule.get("WKST", "MO"))
            return lambda lo, hi: _weekly(day, interval, among, begins, lo, hi)
        case "MONTHLY", by if by <= {"BYDAY"} or by == {"BYMONTHDAY"}:
            in_month = _in_month(rule, day)
            return lambda lo, hi: _monthly(day, interval, in_month, lo, hi)
        case "YEARLY", by if not by or _is_same_day(rule, day):
            in_month = _month_day(day.day)
            return lambda lo, hi: _monthly(day, 12 * interval, in_month, lo, hi)
    raise _Unusual


def _weekdays(text: str) -> set[int]:
    return {_WEEKDAYS.index(one) for one in text.split(",")}


def _is_same_day(rule: dict[str, str], day: date) -> bool:
    named = rule.get("BYMONTH"), rule.get("BYMONTHDAY"), "BYDAY" in rule
    return named == (str(day.month), str(day.day), False)


def _daily(day: date, interval: int, among: set[int], lo: date, hi: date) -> Iterator[date]:
    one = day + -(-max((lo - day).days, 0) // interval) * interval * _DAY
    while one <= hi:
        if one.weekday() in among:
            yield one
        one += interval * _DAY


def _weekly(
    day: date, interval: int, among: set[int], begins: int, lo: date, hi: date
) -> Iterator[date]:
    start = day - (day.weekday() - begins) % 7 * _DAY
    week = start + max((lo - start).days, 0) // (7 * interval) * 7 * interval * _DAY
    while week <= hi:
        for one in (week + n * _DAY for n in range(7)):
            if one.weekday() in among and max(day, lo) <= one <= hi:
                yield one
        week += 7 * interval * _DAY


def _monthly(
    day: date, interval: int, in_month: Callable[[int, int], date | None], lo: date, hi: date
) -> Iterator[date]:
    begins, wanted = day.year * 12 + day.month - 1, lo.year * 12 + lo.month - 1
    month = begins + max(wanted - begins, 0) // interval * interval
    while month <= hi.year * 12 + hi.month - 1:
        one = in_month(month // 12, month % 12 + 1)
        if one and max(day, lo) <= one <= hi:
            yield one
        month += interval


def _in_month(rule: dict[str, str], day: date) -> Callable[[int, int], date | None]:
    if "BYDAY" in rule:
        found = _NTH.fullmatch(rule["BYDAY"])
        if not found:
            raise _Unusual
        number, weekday = int(found[1]), _WEEKDAYS.index(found[2])
        return lambda year, month: _nth(year, month, number, weekday)
    if "BYMONTHDAY" in rule:
        return _month_day(_number(rule["BYMONTHDAY"], 31))
    return _month_day(day.day)


def _month_day(number: int) -> Callable[[int, int], date | None]:
    def found(year: int, month: int) -> date | None:
        one = date(year, month, 1) + (number - 1) * _DAY
        return one if one.month == month else None

    return found


def _nth(year: int, month: int, number: int, weekday: int) -> date:
    if number > 0:
        one = date(year, month, 1)
        return one + ((weekday - one.weekday()) % 7 + 7 * (number - 1)) * _DAY
    one = date(year + month // 12, month % 12 + 1, 1) - _DAY
    return one - ((one.weekday() - weekday) % 7 + 7 * (-number - 1)) * _DAY
