"""Wall clocks, working hours and half-open intervals; every instant that leaves here is in UTC."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, reset_tzpath

from pydantic import Field, TypeAdapter, model_validator
from pydantic.dataclasses import dataclass

from domain.errors import NonexistentTime, Refused, UnknownZone
from domain.language import Language, said_day
from domain.value import Moment, Value

_SATURDAY = 5

FARTHEST = timedelta(days=366)
"""How far ahead a day may lie that somebody names."""

_A_DAY_ANYWHERE = timedelta(days=2)
"""What a day named in one zone may add in another, to its end."""

# One time zone database everywhere, the pinned tzdata package: the machine's own may be older, and
# an invite would then lie an hour beside the time that was planned.
reset_tzpath(())


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A half-open stretch of time ``[starts, ends)``: the smallest of values, for there are many."""

    starts: Moment
    ends: Moment

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> Self:
        if self.ends <= self.starts:
            raise ValueError(f"an interval must end after it starts: {self.starts} .. {self.ends}")
        return self

    @classmethod
    def unchecked(cls, starts: datetime, ends: datetime) -> "Interval":
        """Return an interval of aware moments in the right order, for whoever makes thousands of them."""
        interval = object.__new__(cls)
        object.__setattr__(interval, "starts", starts)
        object.__setattr__(interval, "ends", ends)
        return interval

    def overlaps(self, other: "Interval") -> bool:
        return self.starts < other.ends and other.starts < self.ends

    def contains(self, other: "Interval") -> bool:
        return self.starts <= other.starts and other.ends <= self.ends


Intervals = TypeAdapter(tuple[Interval, ...])
"""Reads intervals that were stored as JSON."""

Days = tuple[date, date]
"""A stretch of local days: the first and the last, both included."""


class WorkingHours(Value):
    """One weekday's working time in the person's own zone; ``weekday`` counts from Monday = 0.

    An end that is not after the start is on the next day.
    """

    weekday: int
    starts: time
    ends: time
    weeks: int = Field(default=1, ge=1)
    """In how many weeks a shift pattern comes round; 1 for the same hours every week."""
    week: int = Field(default=0, ge=0)
    """In which of them it holds: ``week_number`` leaves this rest."""

    def begins_on(self, day: date) -> bool:
        return self.weekday == day.weekday() and week_number(day) % self.weeks == self.week

    @property
    def over_night(self) -> bool:
        return self.ends <= self.starts


def week_number(day: date) -> int:
    """Return the number of a week, Monday to Sunday, among all weeks since 1 January of the year 1."""
    return (day.toordinal() - 1) // 7


def first_day(week: int) -> date:
    """Return the Monday of a week by its number."""
    return date.fromordinal(week * 7 + 1)


def zone_of(name: str) -> ZoneInfo:
    """Return the IANA zone of that name, or raise UnknownZone naming it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise UnknownZone(
            f"'{name}' is not a time zone; use a name such as Europe/Berlin"
        ) from unknown


def at_wall_time(day: date, wall: time, zone: str) -> datetime:
    """Return the UTC instant at which clocks in ``zone`` show ``wall`` on ``day``.

    An hour that happens twice means its first occurrence (RFC 5545 section 3.3.5); an hour
    that is skipped raises NonexistentTime.
    """
    local = datetime.combine(day, wall, tzinfo=zone_of(zone))
    instant = local.astimezone(UTC)
    if instant.astimezone(local.tzinfo).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NonexistentTime(
            f"{day} {wall:%H:%M} does not exist in {zone}: clocks go forward then"
        )
    return instant


def working_time(day: date, hours: Iterable[WorkingHours], zone: str) -> tuple[Interval, ...]:
    """Return the working intervals that begin on a local day, in order.

    A stretch that begins or ends inside a clock change is left out.
    """
    windows = []
    for stretch in sorted(hours, key=lambda h: h.starts):
        if not stretch.begins_on(day):
            continue
        last = day + timedelta(days=stretch.over_night)
        try:
            starts = at_wall_time(day, stretch.starts, zone)
            ends = at_wall_time(last, stretch.ends, zone)
        except NonexistentTime:
            continue
        if starts < ends:
            windows.append(Interval(starts=starts, ends=ends))
    return tuple(windows)


def next_working_moment(moment: datetime, hours: Iterable[WorkingHours], zone: str) -> datetime:
    """Return the moment itself within working hours, else when they next begin (UTC).

    Somebody without working hours in the next two weeks is never kept waiting: the moment is theirs.
    """
    known = tuple(hours)
    first = moment.astimezone(zone_of(zone)).date() - timedelta(days=1)
    for number in range(16):
        for stretch in working_time(first + timedelta(days=number), known, zone):
            if moment < stretch.ends:
                return max(moment, stretch.starts)
    return moment


def after_weekdays(moment: datetime, span: timedelta, zone: str) -> datetime:
    """Return the moment ``span`` later when only Mondays to Fridays in the zone count (UTC)."""
    tz = zone_of(zone)
    at, left = moment, span
    while True:
        local = at.astimezone(tz)
        midnight = whole_day(local.date(), zone).ends
        if local.weekday() < _SATURDAY:
            if at + left <= midnight:
                return (at + left).astimezone(UTC)
            left -= midnight - at
        at = midnight


def merged(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return the same time as few, ordered, disjoint intervals; touching ones become one."""
    result: list[Interval] = []
    for interval in sorted(intervals, key=lambda i: (i.starts, i.ends)):
        if result and interval.starts <= result[-1].ends:
            if interval.ends > result[-1].ends:
                result[-1] = Interval(starts=result[-1].starts, ends=interval.ends)
        else:
            result.append(interval)
    return tuple(result)


def without(interval: Interval, others: Iterable[Interval]) -> tuple[Interval, ...]:
    """Return what is left of an interval outside all others, in order."""
    left, rest = [], interval.starts
    for other in merged(others):
        if rest < min(other.starts, interval.ends):
            left.append(Interval(starts=rest, ends=min(other.starts, interval.ends)))
        rest = max(rest, other.ends)
    if rest < interval.ends:
        left.append(Interval(starts=rest, ends=interval.ends))
    return tuple(left)


def whole_day(day: date, zone: str) -> Interval:
    """Return the local calendar day as an interval: 23, 24 or 25 hours."""
    tz = zone_of(zone)
    starts = datetime.combine(day, time(), tzinfo=tz).astimezone(UTC)
    ends = datetime.combine(day + timedelta(days=1), time(), tzinfo=tz).astimezone(UTC)
    return Interval(starts=starts, ends=ends)


def whole_days(days: Days, zone: str) -> Interval:
    """Return a stretch of local days as an interval."""
    first, last = days
    return Interval(starts=whole_day(first, zone).starts, ends=whole_day(last, zone).ends)


def days_of(days: Days) -> tuple[date, ...]:
    """Return each day from the first to the last, both included."""
    first, last = days
    return tuple(first + timedelta(days=n) for n in range((last - first).days + 1))


def is_within_a_year(day: date, today: date) -> bool:
    """Return whether a day is today or comes within a year."""
    return today <= day <= today + FARTHEST


def refuse_too_far(moment: datetime, now: datetime) -> None:
    """Raise Refused for a moment beyond every day within a year, whatever its zone."""
    if moment > now + FARTHEST + _A_DAY_ANYWHERE:
        raise Refused("That day is more than a year ahead. Choose an earlier one.")


def wall_clock(moment: datetime, zone: str) -> str:
    """Return what clocks in a zone show at a moment, to the minute: ``2026-12-08T10:00``."""
    return f"{moment.astimezone(zone_of(zone)):%Y-%m-%dT%H:%M}"


def wall_time(moment: datetime, zone: str, language: Language = Language.ENGLISH) -> str:
    """Return a moment as people say it, such as ``Tue 8 Dec 2026, 10:00 (Europe/Berlin)``."""
    local = moment.astimezone(zone_of(zone))
    return f"{said_day(local, language)}, {local:%H:%M} ({zone})"


def short_time(moment: datetime | None, zone: str, language: Language = Language.ENGLISH) -> str:
    """Return a moment for a page or a table, such as ``Tue 8 Dec 2026, 10:00 CET``; empty for None."""
    if moment is None:
        return ""
    local = moment.astimezone(zone_of(zone))
    return f"{said_day(local, language)}, {local:%H:%M %Z}"


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago a moment was, in words."""
    minutes = int((now - moment).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    hours = minutes // 60
    return f"{hours} h ago" if hours < 48 else f"{hours // 24} days ago"
