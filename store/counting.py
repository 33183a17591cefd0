"""Steps as figures count them: kept up to date with every word of a rotation, so that nobody reads states to count."""

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from domain.program import HEARD_IN, VISITS, StepKind
from domain.rotation import Answer, Phase, RotationState, StepState
from store.tables import CountedStepTable, InviteTable

COUNTED = HEARD_IN | VISITS | {StepKind.REFLECTION, StepKind.RITUAL_SESSION}
"""Kinds of step that figures ask for."""


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


def said_yes() -> ColumnElement[bool]:
    """Join each counted step with the invites of those who said yes to it."""
    return and_(
        InviteTable.rotation == CountedStepTable.rotation,
        InviteTable.step == CountedStepTable.step,
        InviteTable.called_off_at.is_(None),
        InviteTable.answer == Answer.ACCEPTED.value,
    )


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
