"""When people are busy in the weeks of a cohort, as their calendars say, and which steps that breaks.

A collision is told once for each time that a step has: told again it would be the same news.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Text, cast, or_, select
from sqlalchemy.orm import Session

from domain.calendars import BusyTimes
from domain.events import Unavailable
from domain.moments import Interval, Intervals, merged, without
from domain.moves import may_clash
from domain.planning import overlooked
from domain.program import Program
from domain.rotation import RotationState, StepState
from store.news import tell_rotation
from store.people import OVER, program_planned, rotations_of
from store.tables.mail import InviteTable
from store.tables.planning import CalendarTable
from store.tables.rotations import RotationTable

A_FEW = 8
"""People whose rotations are looked for by what is written in them; for more, all are read."""


class Kept(NamedTuple):
    """When somebody is busy or away, and the digest of the calendar that says so."""

    intervals: dict[str, Any]
    digest: str


def intervals_of(session: Session, cohort: str, person: str, times: BusyTimes) -> dict[str, Any]:
    """Return what is stored of a calendar: a person's seats in steps of the cohort are the plan itself."""
    query = (
        select(InviteTable.starts, InviteTable.ends)
        .join(RotationTable, RotationTable.id == InviteTable.rotation)
        .where(RotationTable.cohort == cohort, InviteTable.person == person)
        .where(InviteTable.called_off_at.is_(None))
    )
    seats = [Interval(starts=starts, ends=ends) for starts, ends in session.execute(query)]
    others = (left for interval in times.unnamed for left in without(interval, seats))
    kept = times.model_copy(update={"busy": merged((*times.busy, *others))})
    return kept.model_dump(mode="json", include={"busy", "absences"})


def keep_intervals(
    session: Session, cohort: str, changed: Mapping[str, Kept], now: datetime
) -> None:
    """Store when people are busy or away, and tell rotations whose steps to come that breaks."""
    for person, kept in changed.items():
        session.merge(
            CalendarTable(
                cohort=cohort, person=person, digest=kept.digest, intervals=kept.intervals
            )
        )
    program = program_planned(session, cohort)
    for state in _attended_by(session, cohort, changed) if changed else ():
        attending = {a.person for step in state.steps for a in step.attendees}
        for person in sorted(attending & changed.keys()):
            _tell_clashes(session, state, program, person, changed[person].intervals, now)


def tell_clashes(session: Session, state: RotationState, now: datetime) -> None:
    """Tell a rotation that begins what calendars have shown since it was planned."""
    program = program_planned(session, state.cohort)
    people = {a.person for step in state.steps for a in step.attendees}
    query = select(CalendarTable).where(
        CalendarTable.cohort == state.cohort, CalendarTable.person.in_(people)
    )
    for row in session.scalars(query.order_by(CalendarTable.person)):
        _tell_clashes(session, state, program, row.person, row.intervals, now)


def _attended_by(session: Session, cohort: str, people: Collection[str]) -> Iterator[RotationState]:
    """Yield rotations of a cohort that some of them may attend: of a few people, only those."""
    states = rotations_of(cohort).with_only_columns(RotationTable.state)
    states = states.where(RotationTable.state.is_not(None), RotationTable.stage.not_in(OVER))
    if len(people) <= A_FEW:
        text = cast(RotationTable.state, Text)
        states = states.where(or_(*(text.contains(f'"{person}"') for person in people)))
    yield from map(RotationState.model_validate, session.scalars(states).all())


def _tell_clashes(
    session: Session,
    state: RotationState,
    program: Program,
    person: str,
    intervals: dict[str, Any],
    now: datetime,
) -> None:
    for step in may_clash(state, person, now):
        if _is_broken(step, program, person, intervals):
            event = Unavailable(step=step.key, person=person, revision=step.revision)
            update_id = f"{event.kind}:{state.rotation}:{step.key}:{person}:{step.revision}"
            tell_rotation(session, state.rotation, update_id, event, now)


def _is_broken(step: StepState, program: Program, person: str, intervals: dict[str, Any]) -> bool:
    """Absences rule every step out, meetings only those that may not lie over them."""
    seat = next(a.seat for a in step.attendees if a.person == person)
    over_meetings = overlooked(seat, program.step(step.key))
    lists: Iterable[str] = ("absences",) if over_meetings else ("absences", "busy")
    hours = Interval(starts=step.starts, ends=step.ends)
    return any(
        hours.overlaps(interval)
        for name in lists
        for interval in Intervals.validate_python(intervals.get(name, ()))
    )
