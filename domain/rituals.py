"""Rituals: when their sessions are held, who looks through which lens, who facilitates.

Each session is invited when the one before it begins, so that a schedule needs only one calendar
rule. Wall times are meant in the program's zone and survive a change of clocks.
"""

from collections.abc import Sequence, Set
from datetime import UTC, date, datetime, time, timedelta

from domain.moments import Interval, at_wall_time, zone_of
from domain.people import Seat
from domain.planning import Attendee
from domain.program import Program, Ritual
from domain.rotation import RotationState, StepState
from domain.value import Key, Moment, PersonRef, Value

QUORUM = 2
"""Fewer people than this are no session."""


class Series(Value):
    """A ritual of a cohort as its schedule knows it; sessions are held from ``since`` to ``until`` (UTC)."""

    cohort: Key
    ritual: Ritual
    zone: str
    since: Moment
    until: Moment


def series_of(program: Program) -> tuple[Series, ...]:
    """Return every ritual of a program; the last session is held in its last week."""
    end = program.starts_on + timedelta(weeks=program.weeks)
    since, until = (at_wall_time(day, time(), program.zone) for day in (program.starts_on, end))
    return tuple(
        Series(cohort=program.cohort, ritual=ritual, zone=program.zone, since=since, until=until)
        for ritual in program.rituals
    )


def next_session(series: Series, after: datetime) -> Interval | None:
    """Return the first session that starts later than ``after`` (UTC); None when the series is over."""
    ritual, after = series.ritual, max(after, series.since)
    wall = time.fromisoformat(ritual.starts_at)
    day = after.astimezone(zone_of(series.zone)).date()
    while (starts := at_wall_time(day, wall, series.zone)) < series.until:
        if starts > after and _is_session_day(ritual, day):
            return Interval(starts=starts, ends=starts + ritual.duration)
        day += timedelta(days=1)
    return None


def _is_session_day(ritual: Ritual, day: date) -> bool:
    """Return whether a session is held on that day: each week, or on the n-th such weekday of a month."""
    in_week = ritual.week is None or (day.day - 1) // 7 + 1 == ritual.week
    return day.weekday() == ritual.weekday.number and in_week


def number_of(series: Series, first_day: date, starts: datetime) -> int:
    """Return how many weeks, or months, lie between the program's first day and a session."""
    day = starts.astimezone(zone_of(series.zone)).date()
    if series.ritual.week is None:
        return (day - first_day).days // 7
    return (day.year - first_day.year) * 12 + day.month - first_day.month


def seats_of(
    ritual: Ritual, roster: Sequence[PersonRef], coming: Set[str], number: int
) -> tuple[Attendee, ...]:
    """Return who takes part with which lens, and who facilitates.

    ``roster`` is everybody who ever belonged, in an order that never changes: a person's lens moves on
    by one with each session, whoever joins or leaves, so that as many sessions as there are lenses show
    everybody each of them once.
    """
    there = [person for person in roster if person in coming]
    if not there:
        return ()
    facilitator = there[number % len(there)]
    return tuple(
        Attendee(
            person=person,
            seat=Seat.FACILITATOR if person == facilitator else Seat.PARTICIPANT,
            required=person == facilitator,
            lens=ritual.lenses[(roster.index(person) + number) % len(ritual.lenses)],
        )
        for person in there
    )


def session(
    series: Series, rotation: str, held: Interval, seats: tuple[Attendee, ...], plan: int
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
