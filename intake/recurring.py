"""When common events take place, by arithmetic from the days that are asked for (RFC 5545 section 3.8.5.3).

Most of a company's calendars are single meetings and plain weekly series. Those are worked out here
at a fraction of what a whole library costs, however long ago they began. Whatever is written in any
other way is not guessed at: it is left to the library.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import chain, islice, takewhile
from typing import TypeVar
from zoneinfo import ZoneInfo

from intake.dialects import Entry, Line
from intake.foreign_zones import ForeignZones

Seconds = tuple[int, int]
"""Start and end, in seconds since 1970 (UTC)."""

Days = tuple[date, date]
"""The first day and the one after the last."""

_Moment = TypeVar("_Moment", date, datetime)

_DAY = timedelta(days=1)
_DAY_SECONDS = 24 * 3600
_EPOCH = date(1970, 1, 1).toordinal()
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_SINGLE = frozenset(
    {"UID", "SEQUENCE", "DTSTART", "DTEND", "DURATION", "RRULE"}
    | {"STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"}
)
_YEARS = range(1970, 2097)
_MOST = 1000
"""Instances that are counted from the beginning, where a rule says how many there are."""

_DATE = re.compile(r"\d{8}", re.ASCII)
_MOMENT = re.compile(r"\d{8}T\d{6}Z?", re.ASCII)
_WORD = re.compile(r"[A-Za-z-]+")
_DURATION = re.compile(r"P(?:(\d{1,3})W|(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,3})H)?(?:(\d{1,4})M)?)?)")
_NTH = re.compile(r"([+-]?[1-4])(MO|TU|WE|TH|FR|SA|SU)")
_KEYS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", "BYMONTHDAY", "BYMONTH"})

_Within = Callable[[int, int], Iterable[int]]
"""A rule's days in order, from the first to the second, as ordinals."""


class _Unusual(Exception):
    """Something that only the library is trusted with."""


@dataclass(frozen=True)
class Occurrences:
    """All of an event within the days that were asked for; none where it takes nobody's time."""

    meetings: tuple[Seconds, ...]
    days: tuple[Days, ...]
    """Of an event that lasts whole days."""
    away: bool


def occurrences(
    entry: Entry, zones: ForeignZones, first: date, last: date, shift: timedelta = timedelta()
) -> Occurrences | None:
    """Return an event's instances that touch ``[first, last)`` in its own zone, or None where it is unusual.

    An event that does not recur is returned wherever it lies. ``shift`` moves meetings afterwards by
    whole days on the wall clock; whole days are returned as they are written.
    """
    try:
        return _occurrences(entry, zones, first, last, shift)
    except (_Unusual, ValueError, OverflowError):
        return None


def _occurrences(
    entry: Entry, zones: ForeignZones, first: date, last: date, shift: timedelta
) -> Occurrences:
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
    if "RRULE" in lines:
        if zones.whole and _kind(starts) is UTC:
            raise _Unusual
        at = _past_midnight(starts)
        gone = {one.toordinal() for one in left_out if _past_midnight(one) == at}
        days = _recurring(_rule(lines["RRULE"]), starts, ends, first, last)
        days = [day for day in days if day not in gone] if gone else days
    elif left_out:
        raise _Unusual
    else:
        days = [starts.toordinal()]
    if free:
        return Occurrences((), (), away)
    if isinstance(starts, datetime) and isinstance(ends, datetime):
        wall = _Wall.of(starts, ends, recurs="RRULE" in lines)
        return Occurrences(tuple(wall.instances(days, shift.days)), (), away)
    length = ends - starts
    whole = ((date.fromordinal(day), date.fromordinal(day) + length) for day in days)
    return Occurrences((), tuple(whole), away)


def _past_midnight(moment: date) -> int:
    """Seconds that clocks show since midnight; none of a whole day."""
    if not isinstance(moment, datetime):
        return 0
    return moment.hour * 3600 + moment.minute * 60 + moment.second


@dataclass(frozen=True)
class _Wall:
    """A meeting's clock: seconds after midnight of the days on which it begins, in its zone."""

    zone: tzinfo
    starts: int
    ends: int
    recurs: bool

    @classmethod
    def of(cls, starts: datetime, ends: datetime, *, recurs: bool) -> "_Wall":
        at = _past_midnight(starts)
        length = (ends - starts) // timedelta(seconds=1)
        return cls(starts.tzinfo or UTC, at, at + length, recurs)

    def instances(self, days: Iterable[int], shift: int) -> Iterator[Seconds]:
        """Yield one instance a day; a recurring one in an hour that is skipped or twice there is unusual."""
        offsets, lasts = _offsets_of(self.zone), self.ends - self.starts
        unmoved = not shift or not self.recurs
        for day in days:
            ahead = offsets[day + shift]
            steady = ahead is not None and (unmoved or offsets[day] is not None)
            if steady and self.ends <= _DAY_SECONDS:
                begins = (day + shift - _EPOCH) * _DAY_SECONDS + self.starts - (ahead or 0)
                yield begins, begins + lasts
            else:
                yield self._over_a_change(day, shift)

    def _over_a_change(self, day: int, shift: int) -> Seconds:
        if self.recurs:
            _check_clock(self.zone, day, self.starts)
            _check_clock(self.zone, day, self.ends)
        return (
            _instant(self.zone, day + shift, self.starts),
            _instant(self.zone, day + shift, self.ends),
        )


def _instant(zone: tzinfo, day: int, seconds: int) -> int:
    """Seconds since 1970 (UTC) at which clocks show so many seconds after midnight of a day."""
    day, seconds = day + seconds // _DAY_SECONDS, seconds % _DAY_SECONDS
    offset = _offset(zone, day)
    if offset is None:
        offset = _seconds_ahead(_at(zone, day, seconds))
    return (day - _EPOCH) * _DAY_SECONDS + seconds - offset


def _check_clock(zone: tzinfo, day: int, seconds: int) -> None:
    day, seconds = day + seconds // _DAY_SECONDS, seconds % _DAY_SECONDS
    if _offset(zone, day) is None:
        moment = _at(zone, day, seconds)
        if moment.utcoffset() != moment.replace(fold=1).utcoffset():
            raise _Unusual


class _Offsets(dict[int, int | None]):
    """How many seconds clocks of a zone are ahead of UTC, by day; None where that changes."""

    def __init__(self, zone: tzinfo) -> None:
        super().__init__()
        self._zone = zone

    def __missing__(self, day: int) -> int | None:
        hours = {_seconds_ahead(_at(self._zone, day, hour * 3600)) for hour in range(0, 25, 3)}
        self[day] = hours.pop() if len(hours) == 1 else None
        return self[day]


_offsets_of = lru_cache(maxsize=500)(_Offsets)


def _offset(zone: tzinfo, day: int) -> int | None:
    return _offsets_of(zone)[day]


def _at(zone: tzinfo, day: int, seconds: int) -> datetime:
    midnight = datetime.fromordinal(day)
    return (midnight + timedelta(seconds=seconds)).replace(tzinfo=zone)


def _seconds_ahead(moment: datetime) -> int:
    return (moment.utcoffset() or timedelta()) // timedelta(seconds=1)


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
    sequence = found.get("SEQUENCE")
    if sequence and (sequence.params or not sequence.value.isdecimal()):
        raise _Unusual
    return found


def _word(line: Line | None) -> str:
    if line is None:
        return ""
    if line.params or not _WORD.fullmatch(line.value):
        raise _Unusual
    return line.value.upper()


def _span(lines: dict[str, Line], zones: ForeignZones) -> tuple[date, date]:
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
        if not _DATE.fullmatch(value):
            raise _Unusual
        return _plausible(_read_day(value))
    if line.params.upper() not in {"", ";VALUE=DATE-TIME"} or not _MOMENT.fullmatch(value):
        raise _Unusual
    moment = _plausible(_read_moment(value))
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
) -> list[int]:
    """The days on which every instance begins that touches ``[first, last)`` on the wall clock."""
    day, length = starts.toordinal(), ends - starts
    opens, closes = first.toordinal(), last.toordinal()
    days = _days(rule, date.fromordinal(day))
    if day not in days(day, day):
        raise _Unusual
    most = _number(rule["COUNT"], _MOST) if "COUNT" in rule else None
    from_day = day if most else max(day, opens - length.days - 2)
    within = _until(rule, starts)
    at = timedelta(seconds=_past_midnight(starts))
    lasts = -(-(at + length) // _DAY)
    found = list(islice(days(from_day, closes - 1), most))
    if within:
        found = list(takewhile(within, found))
    return found[bisect_right(found, opens - lasts) :]


def _until(rule: dict[str, str], starts: date) -> Callable[[int], bool] | None:
    text = rule.get("UNTIL")
    if text is None:
        return None
    if not isinstance(starts, datetime):
        if not _DATE.fullmatch(text):
            raise _Unusual
        day = _read_day(text).toordinal()
        return lambda one: one <= day
    if not _MOMENT.fullmatch(text) or not text.endswith("Z"):
        raise _Unusual
    until = _read_moment(text)
    latest = _instant(UTC, until.toordinal(), _past_midnight(until))
    zone, at = starts.tzinfo or UTC, _past_midnight(starts)
    return lambda one: _instant(zone, one, at) <= latest


def _read_day(text: str) -> date:
    return date(int(text[:4]), int(text[4:6]), int(text[6:8]))


def _read_moment(text: str) -> datetime:
    clock = time(int(text[9:11]), int(text[11:13]), int(text[13:15]))
    return datetime.combine(_read_day(text), clock)


def _number(text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise _Unusual
    return int(text)


def _days(rule: dict[str, str], day: date) -> _Within:
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


def _daily(day: date, interval: int, among: set[int], lo: int, hi: int) -> Iterable[int]:
    begins = day.toordinal()
    first = begins + -(-max(lo - begins, 0) // interval) * interval
    return (one for one in range(first, hi + 1, interval) if (one - 1) % 7 in among)


def _weekly(
    day: date, interval: int, among: set[int], begins: int, lo: int, hi: int
) -> Iterable[int]:
    own, step = day.toordinal(), 7 * interval
    start = own - (day.weekday() - begins) % 7
    week = start + max(lo - start, 0) // step * step
    days = (range(week + (n - begins) % 7, hi + 1, step) for n in among)
    return (one for one in sorted(chain.from_iterable(days)) if one >= max(own, lo))


def _monthly(
    day: date, interval: int, in_month: Callable[[int, int], date | None], lo: int, hi: int
) -> Iterable[int]:
    own, first, last = day.toordinal(), date.fromordinal(lo), date.fromordinal(hi)
    begins = day.year * 12 + day.month - 1
    skipped = max(first.year * 12 + first.month - 1 - begins, 0) // interval * interval
    for month in range(begins + skipped, last.year * 12 + last.month, interval):
        found = in_month(month // 12, month % 12 + 1)
        if found and max(own, lo) <= found.toordinal() <= hi:
            yield found.toordinal()


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
