"""Ritual sessions: who belongs to one, and its place among the processes of a cohort."""

import base64
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.events import MemberJoined, MemberLeft
from domain.planning import Attendee
from domain.program import Program, Ritual, StepKind
from domain.rituals import (
    QUORUM,
    Series,
    next_session,
    number_of,
    seats_of,
    series_of,
    session,
)
from domain.rotation import Ending, RotationState
from domain.value import PersonRef
from store import audit
from store.database import reading, writing
from store.news import tell_rotation
from store.people import program_of, rotations_of
from store.tables import CohortTable, RotationTable

_LEFT = frozenset({Ending.WITHDRAWN, Ending.CANCELLED})


class RitualDesk:
    """Implements ``domain.ports.Rituals``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def series(self, cohort: str) -> tuple[Series, ...]:
        """Return the rituals of a cohort's program."""
        with reading(self._engine) as opened:
            return series_of(program_of(opened, cohort))

    def next_session(self, series: Series, now: datetime) -> RotationState | None:
        """Open the next session and return it as it begins; the same session for the same moment.

        None when the series is over, the program has it no longer, or fewer than two people take part.
        """
        held = next_session(series, now)
        if held is None:
            return None
        with writing(self._engine) as opened:
            program = program_of(opened, series.cohort)
            number = number_of(series, program.starts_on, held.starts)
            members = _members(opened, series.cohort)
            seats = members.seats(series.ritual, number)
            if series.ritual.key not in {r.key for r in program.rituals} or len(seats) < QUORUM:
                return None
            plan = opened.get_one(CohortTable, series.cohort).approved_plan or 0
            state = session(series, session_id(series, number), held, seats, plan)
            known = opened.get(RotationTable, state.rotation)
            if known is None:
                _open(opened, state, now)
            return state if known is None or known.state is None else None


@dataclass(frozen=True)
class _Members:
    """Every participant of a cohort, in an order that stays: those who agreed, and those who left."""

    roster: tuple[PersonRef, ...]
    coming: frozenset[PersonRef]
    gone: frozenset[PersonRef]

    def seats(self, ritual: Ritual, number: int) -> tuple[Attendee, ...]:
        return seats_of(ritual, self.roster, self.coming, number)


def _members(opened: Session, cohort: str) -> _Members:
    rows = list(opened.scalars(rotations_of(cohort).order_by(RotationTable.participant)))
    states = [RotationState.model_validate(row.state) for row in rows if row.state]
    return _Members(
        roster=tuple(row.participant for row in rows),
        coming=frozenset(s.participant for s in states if _agreed(s) and s.ending not in _LEFT),
        gone=frozenset(s.participant for s in states if s.ending in _LEFT),
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
    matter which of the two spoke first. A consent that a repair asks for anew takes no seat away.
    """
    to_come = select(RotationTable.state).where(
        RotationTable.cohort == cohort, RotationTable.ritual != "", RotationTable.next_at > now
    )
    sessions = opened.scalars(to_come.order_by(RotationTable.id)).all()
    if not sessions:
        return
    program, members = program_of(opened, cohort), _members(opened, cohort)
    for state in map(RotationState.model_validate, sessions):
        for event in _changes(program, members, state):
            told = f"{event.kind}:{state.rotation}:{event.person}"
            if tell_rotation(opened, state.rotation, told, event, now):
                audit.note(opened, now, state.rotation, f"{event.kind} {event.person}")


def _changes(
    program: Program, members: _Members, state: RotationState
) -> Iterator[MemberJoined | MemberLeft]:
    (step,) = state.steps
    if state.occasion and step.kind is not StepKind.PEER_DEBRIEF:
        return
    seated = {a.person for a in step.attendees}
    for person in sorted(seated & members.gone):
        yield MemberLeft(step=step.key, person=person)
    for series in series_of(program):
        if series.ritual.key == state.ritual:
            number = number_of(series, program.starts_on, step.starts)
            for seat in members.seats(series.ritual, number):
                if seat.person not in seated:
                    yield MemberJoined(step=step.key, person=seat.person, lens=seat.lens)


def _open(opened: Session, state: RotationState, now: datetime) -> None:
    opened.add(
        RotationTable(
            id=state.rotation,
            cohort=state.cohort,
            participant=state.participant,
            workflow_id=f"session-{state.cohort}-{state.rotation}",
            ritual=state.ritual or "",
        )
    )
    opened.flush()
    audit.note(opened, now, state.rotation, f"A session of {state.ritual} was opened.")


def session_id(series: Series, number: int) -> str:
    """Return the same eight letters for the same session, so that asking twice opens it once."""
    about = f"{series.cohort}:{series.ritual.key}:{number}"
    return base64.b32encode(hashlib.sha256(about.encode()).digest()).decode().lower()[:8]
