"""Steps as figures count them: kept up to date with every word of a rotation, so that nobody reads states to count."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, not_, select
from sqlalchemy.orm import Session

from domain.people import Seat
from domain.program import HEARD_IN, VISITS, StepKind
from domain.rotation import Answer, Phase, RotationState, StepState
from store.tables.mail import InviteTable
from store.tables.rotations import CountedStepTable, FirstHeardTable

COUNTED = HEARD_IN | VISITS | {StepKind.REFLECTION, StepKind.RITUAL_SESSION}
"""Kinds of step that figures ask for."""

TIME_TO_CONFIRM = timedelta(weeks=1)
"""From the beginning of a step: for so long it counts as planned until somebody says that it was held."""


def count_steps(session: Session, state: RotationState) -> None:
    """Bring what is counted to what a rotation says now; a repeat changes nothing."""
    wanted = {step.key: _facts(state, step) for step in state.steps if _counts(step)}
    known = select(CountedStepTable).where(CountedStepTable.rotation == state.rotation)
    for row in session.scalars(known).all():
        facts = wanted.pop(row.step, None)
        if facts is None:
            session.delete(row)
        for name, value in (facts or {}).items():
            setattr(row, name, value)
    for key, facts in wanted.items():
        session.add(CountedStepTable(rotation=state.rotation, step=key, **facts))
    for step in state.steps:
        if step.kind is StepKind.LISTENING_SESSION and step.phase is Phase.HELD:
            _hear(session, state, step)


def said(answer: Answer) -> ColumnElement[bool]:
    """Join each counted step with the invites of those who gave this answer to it last."""
    return and_(
        InviteTable.rotation == CountedStepTable.rotation,
        InviteTable.step == CountedStepTable.step,
        InviteTable.called_off_at.is_(None),
        InviteTable.answer == answer.value,
    )


def to_come(now: datetime) -> ColumnElement[bool]:
    """Steps that have not begun."""
    return and_(not_(CountedStepTable.held), CountedStepTable.starts > now)


def unconfirmed(now: datetime) -> ColumnElement[bool]:
    """Steps that began in the last week, of which nobody has said yet that they were held."""
    begun = CountedStepTable.starts <= now
    return and_(begun, expected(now))


def expected(now: datetime) -> ColumnElement[bool]:
    """Steps to come and those that are not confirmed yet."""
    return to_come(now - TIME_TO_CONFIRM)


def _hear(session: Session, state: RotationState, step: StepState) -> None:
    """Note whom nobody had listened to before; sessions may be confirmed in any order."""
    for person in _frontline(step):
        row = session.get(FirstHeardTable, (state.cohort, person))
        if row is None or step.starts < row.starts:
            row = row or FirstHeardTable(cohort=state.cohort, person=person)
            row.starts, row.rotation, row.step = step.starts, state.rotation, step.key
            session.add(row)


def _frontline(step: StepState) -> Iterator[str]:
    """The frontline colleagues who had not declined it and were not known to be away."""
    missing = {*step.declined, *step.away}
    for attendee in step.attendees:
        if attendee.seat is Seat.FRONTLINE and attendee.person not in missing:
            yield attendee.person


def _counts(step: StepState) -> bool:
    return step.kind in COUNTED and step.phase is not Phase.CANCELLED


def _facts(state: RotationState, step: StepState) -> dict[str, object]:
    return {
        "cohort": state.cohort,
        "participant": state.participant,
        "team": state.host_at(step.stop),
        "kind": step.kind.value,
        "starts": step.starts,
        "held": step.phase is Phase.HELD,
        "in_person": _in_person(state, step),
    }


def _in_person(state: RotationState, step: StepState) -> bool:
    """Whether the participant comes: nobody practises by sending somebody else."""
    return not step.delegated and state.participant not in step.declined
