"""Rituals: when their sessions are held, and each session as a process of one step.

Each session is invited when the rule of the one before it comes round, so that a schedule needs only one
calendar rule. Wall times are meant in the program's zone and survive a change of clocks. A session whose
day nobody works on is held on another day of its week.
"""

from collections.abc import Iterator, Set
from datetime import UTC, date, datetime, time, timedelta

from domain.moments import Interval, at_wall_time, zone_of
from domain.program import Program, Ritual
from domain.rota import Seats
from domain.rotation import RotationState, StepState
from domain.value import Key, Moment, Value

QUORUM = 2
"""Fewer people than this are no session."""

WORKING_WEEK = 5
"""Monday to Friday: where a session may move to."""

WEEKS_TO_MOVE = 3
"""A monthly session whose week is closed moves on by so many weeks at most, which is before the next one."""


class Series(Value):
    """A ritual of a cohort as its schedule knows it; sessions are held from ``since`` to ``until`` (UTC)."""

    cohort: Key
    ritual: Ritual
    zone: str
    since: Moment
    until: Moment | None = None
    """None for a program that goes on."""


class ComingSession(Value):
    """A session to come: ``due`` is when the rule comes round, ``held`` when people meet for it."""

    due: Moment
    held: Interval


def series_of(program: Program) -> tuple[Series, ...]:
    """Return every ritual of a program; the last session is held in its last week, if it has one."""
    end = program.starts_on + timedelta(weeks=program.weeks)
    since, until = (at_wall_time(day, time(), program.zone) for day in (program.starts_on, end))
    return tuple(
        Series(
            cohort=program.cohort,
            ritual=ritual,
            zone=program.zone,
            since=since,
            until=None if program.continuous else until,
        )
        for ritual in program.rituals
    )


def next_due(series: Series, after: datetime) -> datetime | None:
    """Return when the rule of a series next comes round later than ``after`` (UTC); None when it is over."""
    return next(_dues(series, after), None)


def next_session(
    series: Series, after: datetime, closed: Set[date] = frozenset()
) -> ComingSession | None:
    """Return the first session whose rule comes round, and which starts, later than ``after`` (UTC).

    A session on one of the ``closed`` days is held on the next working day of its week, else on the one
    before. Where the whole week is closed a weekly session is left out, and a monthly one moves on.
    None when the series is over.
    """
    wall = time.fromisoformat(series.ritual.starts_at)
    for due in _dues(series, after):
        day = _open_day(series.ritual, due.astimezone(zone_of(series.zone)).date(), closed)
        starts = at_wall_time(day, wall, series.zone) if day else after
        if starts > after and not _is_over(series, starts):
            return ComingSession(
                due=due, held=Interval(starts=starts, ends=starts + series.ritual.duration)
            )
    return None


def _dues(series: Series, after: datetime) -> Iterator[datetime]:
    ritual, after = series.ritual, max(after, series.since)
    wall = time.fromisoformat(ritual.starts_at)
    day = after.astimezone(zone_of(series.zone)).date()
    while not _is_over(series, due := at_wall_time(day, wall, series.zone)):
        if due > after and _is_session_day(ritual, day):
            yield due
        day += timedelta(days=1)


def _is_over(series: Series, starts: datetime) -> bool:
    return series.until is not None and starts >= series.until


def _is_session_day(ritual: Ritual, day: date) -> bool:
    """Return whether a session is held on that day: each week, or on the n-th such weekday of a month."""
    in_week = ritual.week is None or (day.day - 1) // 7 + 1 == ritual.week
    return day.weekday() == ritual.weekday.number and in_week


def _open_day(ritual: Ritual, day: date, closed: Set[date]) -> date | None:
    """Return the day on which a session is held; None where nobody works when it could be."""
    monday = day - timedelta(days=day.weekday())
    week, *following = (
        [monday + timedelta(weeks=n, days=one) for one in range(WORKING_WEEK)]
        for n in range(1 + (WEEKS_TO_MOVE if ritual.week else 0))
    )
    later = [one for one in week if one > day]
    before = [one for one in reversed(week) if one < day]
    days = (day, *later, *before, *(one for other in following for one in other))
    return next((one for one in days if one not in closed), None)


def number_of(series: Series, first_day: date, due: datetime) -> int:
    """Return how many weeks, or months, lie between the program's first day and a session's rule."""
    day = due.astimezone(zone_of(series.zone)).date()
    if series.ritual.week is None:
        return (day - first_day).days // 7
    return (day.year - first_day.year) * 12 + day.month - first_day.month


def is_session_of(series: Series, due: datetime, starts: datetime) -> bool:
    """Return whether a session that starts then may be the one whose rule comes round at ``due``.

    It is held in the week of its rule; a monthly one in that month, or as far on as it may move.
    """
    day, held = (moment.astimezone(zone_of(series.zone)).date() for moment in (due, starts))
    monthly = series.ritual.week is not None
    monday = day - timedelta(days=day.weekday())
    end = monday + timedelta(weeks=1 + (WEEKS_TO_MOVE if monthly else 0))
    in_month = monthly and (day.year, day.month) == (held.year, held.month)
    return in_month or monday <= held < end


def session(
    series: Series, rotation: str, held: Interval, seats: Seats, plan: int
) -> RotationState:
    """Return a session as a process of one step, invited and answered like any other."""
    (facilitator,) = (a.person for a in seats if a.required)
    step = StepState(
        key=series.ritual.key,
        kind=series.ritual.template.kind,
        starts=held.starts.astimezone(UTC),
        ends=held.ends.astimezone(UTC),
        zone=series.zone,
        attendees=seats,
        quorum=QUORUM - 1,
    )
    return RotationState(
        rotation=rotation,
        cohort=series.cohort,
        participant=facilitator,
        host=None,
        ritual=series.ritual.key,
        plan=plan,
        gates=(),
        steps=(step,),
        sparing=True,
    )
