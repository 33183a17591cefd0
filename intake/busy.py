"""When somebody is busy or away, out of the text of their calendar (RFC 5545), within some days.

Whatever a stranger's calendar holds, reading it ends soon: entries that would repeat without measure
or make no sense are counted and left out.
"""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta, tzinfo
from math import prod
from typing import Any, cast

import recurring_ical_events
from dateutil.rrule import rrulestr
from icalendar import Calendar, Event, vDDDLists, vPeriod, vRecur, vText
from recurring_ical_events.adapters.event import EventAdapter

from domain.calendars import BusyTimes, Weeks
from domain.moments import Interval, merged, whole_day, without, zone_of
from intake.dialects import CalendarText, Entry, Line, calendars_in
from intake.foreign_zones import ForeignZones
from intake.recurring import Seconds, occurrences

_FOR_EVER = 2096
"""A leap year, so that every date exists in it; people write 9999, to which no zone can be added."""

_MOST_WORK = 1_000_000
"""What recurrences of one calendar may cost, in days looked at; it takes less than half a minute."""

_RULE, _INSTANCE, _IMPOSSIBLE = 500, 10, 50_000
"""What a rule, an instance and a rule without any instance cost beside a day that is only looked at."""

_PLAIN = 0.5
"""What an event and each of its instances cost where arithmetic is enough."""

_CYCLE, _LAST_YEAR = 400, 9949
"""Days and weekdays are the same every 400 years; the last 50 are left so that 29 February on a Monday is among them."""

_PERIODS = {"YEARLY": 366.0, "MONTHLY": 31.0, "WEEKLY": 7.0, "DAILY": 1.0, "HOURLY": 1 / 24}
"""Days of one period of a rule; rules by the minute have more instances than anybody could attend."""

_WIDTHS = {"YEARLY": 20, "MONTHLY": 3}
"""How much longer a long period takes to look at than a day."""

_AT_WORK = frozenset({"FREE", "WORKINGELSEWHERE"})
_RECURRING = ("RRULE", "RDATE", "RECURRENCE-ID")
_FBTYPE = re.compile(r";FBTYPE=\"?([A-Z-]+)", re.IGNORECASE)
_PERIOD: Any = vPeriod
_ZONED = ("DTSTART", "DTEND", "RECURRENCE-ID", "RDATE", "EXDATE")
_DAY = timedelta(days=1)


def read_busy(raw: bytes, zone: str, weeks: Weeks, shift: timedelta = timedelta()) -> BusyTimes:
    """Return when somebody in ``zone`` is busy or away in these weeks.

    ``shift`` moves everything by whole weeks on the wall clock. Cancelled and transparent events take
    nobody's time, nor do invites of the program itself. Raises ``Unreadable`` for what is no calendar.
    """
    reader = _Reader(zone, weeks, shift)
    for calendar in calendars_in(raw):
        reader.read(calendar)
    return reader.found


class _TooMuch(Exception):
    """An entry that repeats without measure."""


class _Reader:
    def __init__(self, zone: str, weeks: Weeks, shift: timedelta) -> None:
        self._zone = zone
        self._shift = shift
        self._first, self._last = weeks.first - shift, weeks.last - shift
        self._own = weeks.own
        self._work_left = float(_MOST_WORK)
        self._inside = Interval(
            starts=whole_day(weeks.first, zone).starts, ends=whole_day(weeks.last, zone).starts
        )
        self._busy: list[Interval] = []
        self._away: list[Interval] = []
        self._unnamed: list[Interval] = []
        self._plain: list[Seconds] = []
        self._plain_away: list[Seconds] = []
        self._unread = 0
        self._notes: list[str] = []

    @property
    def found(self) -> BusyTimes:
        days, unnamed = _apart(merged(self._unnamed), self._zone)
        return BusyTimes(
            busy=_with(self._busy, self._clipped(self._plain)),
            absences=_with([*self._away, *days], self._clipped(self._plain_away)),
            unnamed=unnamed,
            unread=self._unread,
            notes=tuple(dict.fromkeys(self._notes)),
        )

    def _clipped(self, meetings: list[Seconds]) -> Iterator[Interval]:
        """What of the meetings lies within the weeks, as few intervals."""
        opens, closes = int(self._inside.starts.timestamp()), int(self._inside.ends.timestamp())
        at = datetime.fromtimestamp
        for starts, ends in _union(meetings):
            if opens <= starts and ends <= closes:
                yield Interval.unchecked(at(starts, UTC), at(ends, UTC))
            elif starts < closes and opens < ends:
                yield Interval.unchecked(at(max(starts, opens), UTC), at(min(ends, closes), UTC))

    def read(self, calendar: CalendarText) -> None:
        zones = ForeignZones(calendar, self._zone)
        for entry in calendar.entries:
            for line in entry.lines if entry.kind == "VFREEBUSY" else ():
                with self._one_entry():
                    self._add_periods(line, zones)
        for series in _by_uid(e for e in calendar.entries if e.kind == "VEVENT"):
            if not _uid(series[0]).lower().endswith(self._own):
                with self._one_entry():
                    self._add_series(series, zones)
        self._notes += zones.notes

    @contextmanager
    def _one_entry(self) -> Iterator[None]:
        try:
            yield
        except Exception:  # noqa: BLE001 - whatever one entry does to the libraries, the others count
            self._unread += 1

    def _add_periods(self, line: Line, zones: ForeignZones) -> None:
        """FREEBUSY (RFC 5545 section 3.8.2.6): anything that is not free is busy."""
        kind = _FBTYPE.search(line.params)
        name = kind.group(1).upper() if kind else "BUSY"
        if name == "FREE":
            return
        periods = [_placed(_PERIOD.from_ical(p), zones.of("")) for p in line.value.split(",")]
        times = [self._time(a, a + b if isinstance(b, timedelta) else b) for a, b in periods]
        found = self._away if name == "BUSY-UNAVAILABLE" else self._unnamed
        found += filter(None, times)

    def _add_series(self, entries: list[Entry], zones: ForeignZones) -> None:
        plain = len(entries) == 1 and occurrences(
            entries[0], zones, self._first, self._last, self._shift
        )
        if plain:
            self._spend(_PLAIN * (1 + len(plain.meetings) + len(plain.days)))
            self._away += filter(None, (self._time(*days) for days in plain.days))
            (self._plain_away if plain.away else self._plain).extend(plain.meetings)
        else:
            self._expand(entries, zones)

    def _expand(self, entries: list[Entry], zones: ForeignZones) -> None:
        """Leave unusual events to the library."""
        events = [_event(entry, zones) for entry in entries]
        instances = [e for e in self._instances(events, zones) if not _is_free(e)]
        times = [(e, self._time(*EventAdapter(e).span)) for e in instances]
        for event, time in times:
            all_day = not isinstance(_starts(event), datetime)
            away = all_day or _status(event) == "OOF"
            (self._away if away else self._busy).extend(filter(None, [time]))

    def _instances(self, events: list[Event], zones: ForeignZones) -> Iterable[Event]:
        """An event that does not recur is its own only instance; cancelled ones are among the others."""
        if not any(name in event for event in events for name in _RECURRING):
            return events
        if len(events) == 1 and self._is_past(events[0]):
            return ()
        calendar = Calendar()
        if zones.whole:
            calendar["X-WR-TIMEZONE"] = vText(str(zones.whole))
        for event in events:
            self._bound(event)
            calendar.add_component(_matching(event, events))
        found = recurring_ical_events.of(calendar, skip_bad_series=False)
        instances: Iterable[Event] = found.between(self._first, self._last)
        return instances

    def _is_past(self, event: Event) -> bool:
        """Most series of an old calendar ended long ago."""
        starts, ends = EventAdapter(event).span
        last = [
            _day(until) for rule in _listed(event.get("RRULE")) for until in rule.get("UNTIL", [])
        ]
        endless = len(last) < len(_listed(event.get("RRULE"))) or "RDATE" in event
        return (
            not endless and max(last, default=_day(starts)) + (ends - starts) + _DAY < self._first
        )

    def _bound(self, event: Event) -> None:
        """Refuse rules that would take too long to look at, or for ever."""
        starts, ends = EventAdapter(event).span
        shown = (self._last - self._first) + (ends - starts)
        for rule in _listed(event.get("RRULE")):
            until = min([_day(u) for u in rule.get("UNTIL", [])], default=self._last)
            days = max(1, (min(until, self._last) - _day(starts)).days)
            self._spend(_RULE + _work(rule, days, min(days, shown.days)))
            if not _can_happen(rule, starts):
                self._spend(_IMPOSSIBLE)
                raise _TooMuch
        dates = sum(len(dates.dts) for dates in _listed(event.get("RDATE")))
        self._spend(dates * _INSTANCE)

    def _spend(self, work: float) -> None:
        if work > self._work_left:
            raise _TooMuch
        self._work_left -= work

    def _time(self, starts: date, ends: date) -> Interval | None:
        """Return what of the time lies within the weeks; all-day ones last whole days of the person's zone."""
        if isinstance(starts, datetime) and isinstance(ends, datetime):
            return _within(self._inside, self._moved(starts), self._moved(ends))
        first, last = max(_day(starts), self._first), min(_day(ends), self._last)
        if first >= last:
            return None
        days = (
            whole_day(first + self._shift, self._zone),
            whole_day(last + self._shift - _DAY, self._zone),
        )
        return _within(self._inside, days[0].starts, days[1].ends)

    def _moved(self, moment: datetime) -> datetime:
        """Shift on the wall clock, so that ten o'clock stays ten o'clock."""
        return (moment + self._shift).astimezone(UTC)


def _union(meetings: list[Seconds]) -> list[Seconds]:
    """The same time as few meetings: cheaper to part here than as checked intervals."""
    found: list[Seconds] = []
    for starts, ends in sorted(meetings):
        if found and starts <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ends)
        else:
            found.append((starts, ends))
    return found


def _with(some: list[Interval], merged_already: Iterable[Interval]) -> tuple[Interval, ...]:
    return merged([*some, *merged_already]) if some else tuple(merged_already)


def _by_uid(entries: Iterable[Entry]) -> list[list[Entry]]:
    """Return events with what was changed of their instances; one without a UID stands alone."""
    found: dict[str, list[Entry]] = {}
    for number, entry in enumerate(entries):
        found.setdefault(_uid(entry) or f" {number}", []).append(entry)
    return list(found.values())


def _uid(entry: Entry) -> str:
    return next((line.value.strip() for line in entry.lines if line.name == "UID"), "")


def _event(entry: Entry, zones: ForeignZones) -> Event:
    """Parse an event without its zones, which the parser would look up in what other calendars defined."""
    text = "\n".join(["BEGIN:VEVENT", *(line.text for line in entry.lines), "END:VEVENT", ""])
    event = cast("Event", Event.from_ical(text))
    if event.errors:
        raise ValueError("a line of it is not iCalendar")
    for name in _ZONED:
        lines = [line for line in entry.lines if line.name == name]
        for value, line in zip(_listed(event.get(name)), lines, strict=True):
            for one in value.dts if isinstance(value, vDDDLists) else [value]:
                one.dt = _placed(one.dt, zones.of(line.tzid))
    return event


def _starts(event: Event) -> date:
    value: Any = event["DTSTART"]
    starts: date = value.dt
    return starts


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _placed(value: Any, zone: tzinfo) -> Any:
    """Put a moment, day or period into its zone; what has one keeps it."""
    if isinstance(value, tuple):
        return tuple(_placed(part, zone) for part in value)
    if isinstance(value, date) and value.year > _FOR_EVER:
        value = value.replace(year=_FOR_EVER)
    if isinstance(value, datetime) and value.tzinfo is None:
        return value.replace(tzinfo=zone)
    return value


def _matching(event: Event, series: list[Event]) -> Event:
    """An instance of timed events may be named by its day alone; it is meant at their time."""
    named: Any = event.get("RECURRENCE-ID")
    if named is None or isinstance(named.dt, datetime):
        return event
    starts = (_starts(e) for e in series if "RECURRENCE-ID" not in e)
    first = next(starts, None)
    if isinstance(first, datetime):
        named.dt = datetime.combine(named.dt, first.timetz())
    return event


def _work(rule: vRecur, days: int, shown: int) -> float:
    """What it costs to look at so many days, and to write down the instances of those that are shown."""
    frequency = str(rule["FREQ"][0]).upper()
    if frequency not in _PERIODS:
        raise _TooMuch
    times = prod(len(rule.get(name, [])) or 1 for name in ("BYHOUR", "BYMINUTE", "BYSECOND"))
    looks = days * _WIDTHS.get(frequency, 1) + shown * _INSTANCE
    return looks / _PERIODS[frequency] * times


def _can_happen(rule: vRecur, starts: date) -> bool:
    """Return whether a rule ever has an instance, such as none on 30 February.

    dateutil looks for one until the year 9999, so it is asked in the years before that.
    """
    named = {name: value for name, value in rule.items() if name not in {"UNTIL", "COUNT"}}
    year = starts.year + (_LAST_YEAR - starts.year) // _CYCLE * _CYCLE
    first = datetime.combine(starts.replace(year=year), datetime.min.time())
    shown: Any = vRecur(named)
    return next(iter(rrulestr(shown.to_ical().decode(), dtstart=first)), None) is not None


def _day(moment: date) -> date:
    return moment.date() if isinstance(moment, datetime) else moment


def _is_free(event: Event) -> bool:
    """Cancelled instances are still expanded by the library; they take nobody's time."""
    cancelled = str(event.get("STATUS", "")).upper() == "CANCELLED"
    transparent = str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
    return cancelled or transparent or _status(event) in _AT_WORK


def _status(event: Event) -> str:
    return str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper()


def _within(inside: Interval, starts: datetime, ends: datetime) -> Interval | None:
    first, last = max(inside.starts, starts), min(inside.ends, ends)
    return Interval(starts=first, ends=last) if first < last else None


def _apart(
    unnamed: Iterable[Interval], zone: str
) -> tuple[tuple[Interval, ...], tuple[Interval, ...]]:
    """Part busy times that cover whole local days, which are absences, from all others."""
    days: list[Interval] = []
    others: list[Interval] = []
    for interval in unnamed:
        whole = _whole_days(interval, zone)
        days += whole
        others += without(interval, whole)
    return tuple(days), tuple(others)


def _whole_days(interval: Interval, zone: str) -> list[Interval]:
    day, found = interval.starts.astimezone(zone_of(zone)).date(), []
    while (whole := whole_day(day, zone)).starts < interval.ends:
        if interval.contains(whole):
            found.append(whole)
        day += _DAY
    return found
