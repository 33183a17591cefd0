"""Ritual sessions: who belongs to one, and its place among the processes of a cohort."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.events import MemberJoined, MemberLeft
from domain.moments import at_wall_time, days_of, zone_of
from domain.problems import Holidays
from domain.program import Program, Ritual, StepKind
from domain.rituals import (
    QUORUM,
    ComingSession,
    Series,
    is_session_of,
    next_session,
    number_of,
    series_of,
    session,
)
from domain.rota import Member, Seats, came, lens_for, own_lenses, seats_of
from domain.rotation import Ending, Phase, RotationState
from domain.value import PersonRef
from store import audit
from store.database import reading, writing
from store.news import tell_rotation
from store.people import OVER, coordinator_of, meetings_of, people, program_of, rotations_of, teams
from store.tables.people import CohortTable, PersonTable
from store.tables.rotations import RotationTable

_LEFT = frozenset({Ending.WITHDRAWN, Ending.CANCELLED})

MOST_SESSIONS = 260
"""The rota remembers so many sessions of a ritual: five years of weeks."""

_WEEK = timedelta(weeks=1)

_AHEAD = timedelta(days=100)
"""Within so many days after a session the next one is held, if ever."""


class RitualDesk:
    """Implements ``domain.ports.Rituals``."""

    def __init__(self, engine: Engine, holidays: Holidays) -> None:
        self._engine = engine
        self._holidays = holidays

    def series(self, cohort: str) -> tuple[Series, ...]:
        """Return the rituals of a cohort's program."""
        with reading(self._engine) as opened:
            return series_of(program_of(opened, cohort))

    def next_session(self, series: Series, now: datetime) -> RotationState | None:
        """Open the next session and return it as it begins; the same session for the same moment.

        None when the series is over, the program has it no longer, or fewer than two people take part.
        """
        with writing(self._engine) as opened:
            program = program_of(opened, series.cohort)
            ritual = next((r for r in program.rituals if r.key == series.ritual.key), None)
            if ritual is None:
                return None
            series = series.model_copy(update={"ritual": ritual})
            found = next_session(series, now, self._closed(opened, program, now))
            if found is None:
                return None
            members = _members(opened, series.cohort)
            held = _held(opened, series.cohort, ritual, found.held.starts)
            seats = seats_of(ritual, members.coming, held)
            if len(seats) < QUORUM:
                return None
            plan = opened.get_one(CohortTable, series.cohort).approved_plan or 0
            rotation = session_id(opened, series, program.starts_on, found)
            state = session(series, rotation, found.held, seats, plan)
            known = opened.get(RotationTable, state.rotation)
            if known is None:
                _open(opened, state, now)
            return state if known is None or known.state is None else None

    def _closed(self, opened: Session, program: Program, now: datetime) -> frozenset[date]:
        """Return the days to come on which no session is held.

        They are the program's blackouts and, where it keeps holidays, those of its coordinator's place.
        """
        zone = zone_of(program.zone)
        first = now.astimezone(zone).date() - timedelta(days=1)
        shut = {day for days in program.blackouts for day in days_of(days)}
        where = coordinator_of(program, people(opened))
        if where and program.holidays:
            place = where.country, where.subdivision, program.zone
            found = self._holidays(*place, first, first + _AHEAD)
            shut |= {one.starts.astimezone(zone).date() for one in found}
        return frozenset(shut)


@dataclass(frozen=True)
class _Members:
    """The participants of a cohort: those who agreed, in an order that stays, and those who left.

    Who was erased is none of them.
    """

    coming: tuple[Member, ...]
    gone: frozenset[PersonRef]


def _members(opened: Session, cohort: str) -> _Members:
    known = rotations_of(cohort).join(PersonTable, PersonTable.ref == RotationTable.participant)
    known = known.where(PersonTable.erased_at.is_(None))
    rows = opened.scalars(known.order_by(RotationTable.participant))
    states = [RotationState.model_validate(row.state) for row in rows if row.state]
    everybody, hosts = people(opened), tuple(teams(opened).values())
    return _Members(
        coming=tuple(
            Member(person=s.participant, own=own_lenses(everybody[s.participant], hosts))
            for s in states
            if _agreed(s) and s.ending not in _LEFT
        ),
        gone=frozenset(s.participant for s in states if s.ending in _LEFT),
    )


def _held(opened: Session, cohort: str, ritual: Ritual, before: datetime) -> tuple[Seats, ...]:
    """Return who came to the sessions before that one, the oldest first; those called off are none.

    Of the session that is about to begin, or has just begun, everybody counts who has not declined.
    """
    query = (
        select(RotationTable.state)
        .where(
            RotationTable.cohort == cohort,
            RotationTable.ritual == ritual.key,
            RotationTable.session_at < before,
            RotationTable.state.is_not(None),
        )
        .order_by(RotationTable.session_at.desc())
        .limit(MOST_SESSIONS)
    )
    states = list(map(RotationState.model_validate, opened.scalars(query)))
    steps = [step for state in reversed(states) for step in state.steps]
    return tuple(
        came(step.attendees, frozenset(step.declined))
        for step in steps
        if step.phase is not Phase.CANCELLED
    )


def _agreed(state: RotationState) -> bool:
    """Return whether all have agreed who must for the first visit; a later one may still be open."""
    return state.allows(state.steps[0])


def membership(state: RotationState) -> tuple[object, ...]:
    """Return what decides who belongs to a session: a rotation's consents and end, a session's seats."""
    seated = {a.person for step in state.steps for a in step.attendees} if state.apart else None
    return _agreed(state), state.ending in _LEFT, seated


def seat_members(opened: Session, cohort: str, now: datetime) -> None:
    """Tell each session and debrief to come who joined since it was opened, and who left; each is told once.

    Called whenever a rotation or a session says something new about who belongs, so that it does not
    matter which of the two spoke first. Who was erased leaves reviews and reflections as well. A consent that a repair asks for anew takes no seat away.
    """
    to_come = meetings_of(cohort).with_only_columns(RotationTable.state)
    to_come = to_come.where(RotationTable.next_at > now).order_by(RotationTable.id)
    sessions = opened.scalars(to_come).all()
    if not sessions:
        return
    program, members = program_of(opened, cohort), _members(opened, cohort)
    for state in map(RotationState.model_validate, sessions):
        for event in _changes(opened, program, members, state):
            _tell(opened, state, event, now)


def unseat(opened: Session, person: PersonRef, now: datetime) -> None:
    """Tell every meeting outside the plan that goes on that somebody, who is being erased, comes no more."""
    query = select(RotationTable.state).where(
        RotationTable.ritual > "",
        RotationTable.state.is_not(None),
        RotationTable.stage.not_in(OVER),
    )
    for state in map(
        RotationState.model_validate, opened.scalars(query.order_by(RotationTable.id)).all()
    ):
        for step in state.steps:
            if any(a.person == person for a in step.attendees):
                _tell(opened, state, MemberLeft(step=step.key, person=person), now)


def _tell(
    opened: Session, state: RotationState, event: MemberJoined | MemberLeft, now: datetime
) -> None:
    told = f"{event.kind}:{state.rotation}:{event.person}"
    if tell_rotation(opened, state.rotation, told, event, now):
        audit.note(opened, now, state.rotation, f"{event.kind} {event.person}")


def _changes(
    opened: Session, program: Program, members: _Members, state: RotationState
) -> Iterator[MemberJoined | MemberLeft]:
    (step,) = state.steps
    seated = {a.person for a in step.attendees}
    belong = not state.occasion or step.kind is StepKind.PEER_DEBRIEF
    gone = members.gone if belong else frozenset()
    for person in sorted(seated & gone | _erased(opened, seated)):
        yield MemberLeft(step=step.key, person=person)
    if not belong:
        return
    new = [member for member in members.coming if member.person not in seated]
    for ritual in program.rituals if new else ():
        if ritual.key == state.ritual:
            held = _held(opened, state.cohort, ritual, step.starts)
            for member in new:
                lens = lens_for(ritual, member, step.attendees, held)
                yield MemberJoined(step=step.key, person=member.person, lens=lens)


def _erased(opened: Session, seated: set[PersonRef]) -> set[PersonRef]:
    query = select(PersonTable.ref).where(
        PersonTable.ref.in_(seated), PersonTable.erased_at.is_not(None)
    )
    return set(opened.scalars(query))


def _open(opened: Session, state: RotationState, now: datetime) -> None:
    opened.add(
        RotationTable(
            id=state.rotation,
            cohort=state.cohort,
            participant=state.participant,
            workflow_id=f"session-{state.cohort}-{state.rotation}",
            ritual=state.ritual or "",
            session_at=state.steps[0].starts,
        )
    )
    opened.flush()
    audit.note(opened, now, state.rotation, f"A session of {state.ritual} was opened.")


def session_id(opened: Session, series: Series, first_day: date, coming: ComingSession) -> str:
    """Return the same eight letters for the same session, so that asking twice opens it once.

    They follow from its number. Where the ritual was held by another rule before, a session of the same
    week is this one, and the day of the rule stands for a number that an earlier session has.
    """
    known = _in_week_of(opened, series, coming)
    if known is not None:
        return known
    numbered = _letters(series, number_of(series, first_day, coming.due))
    row = opened.get(RotationTable, numbered)
    earlier = row.session_at if row else None
    if earlier is None or is_session_of(series, coming.due, earlier):
        return numbered
    return _letters(series, coming.due.astimezone(zone_of(series.zone)).date())


def _in_week_of(opened: Session, series: Series, coming: ComingSession) -> str | None:
    day = coming.held.starts.astimezone(zone_of(series.zone)).date()
    monday = day - timedelta(days=day.weekday())
    query = select(RotationTable.id).where(
        RotationTable.cohort == series.cohort,
        RotationTable.ritual == series.ritual.key,
        RotationTable.session_at >= at_wall_time(monday, time(), series.zone),
        RotationTable.session_at < at_wall_time(monday + _WEEK, time(), series.zone),
    )
    return opened.scalars(query.order_by(RotationTable.session_at).limit(1)).first()


def _letters(series: Series, which: int | date) -> str:
    about = f"{series.cohort}:{series.ritual.key}:{which}"
    return base64.b32encode(hashlib.sha256(about.encode()).digest()).decode().lower()[:8]
