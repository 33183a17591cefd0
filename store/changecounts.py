"""Policy changes as figures count them: kept up to date with every word of a change, so that nobody reads states to count."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.indicators import Viewpoint, is_diverse
from domain.looptimes import loop_days
from domain.people import Seat
from domain.policy import Disposition, PolicyState
from domain.rotation import RotationState, needed_since
from store.people import people, program_of, rotation_row, teams
from store.tables import InsightChangeTable, InsightTable, PolicyTable

_USED = frozenset({Disposition.ADOPTED, Disposition.PARTLY})


def count_change(session: Session, row: PolicyTable, state: PolicyState) -> None:
    """Bring what is counted of a change to what it says now; a repeat changes nothing."""
    decided = state.decided_at
    row.phase, row.attention_since = state.phase.value, needed_since(state.attention)
    row.decided_at, row.adopted_at = decided, _adopted_at(state)
    row.in_force_at, row.verdict = state.in_force_at, state.verdict and state.verdict.value
    if decided:
        row.loop_days = _loop_days(session, row, decided)
        row.is_diverse = is_diverse(_viewpoints(session, state))
        row.from_customers = _is_from_customers(session, state.policy)


def _adopted_at(state: PolicyState) -> datetime | None:
    return None if state.disposition is Disposition.DECLINED else state.decided_at


def _loop_days(session: Session, row: PolicyTable, decided: datetime) -> int | None:
    zone = program_of(session, row.cohort).zone
    return loop_days(row.first_noted_at, decided, zone) if row.first_noted_at else None


def _viewpoints(session: Session, state: PolicyState) -> Iterator[Viewpoint]:
    used = (c.person for c in state.concerns if c.disposition in _USED)
    seats = _seats(session, state.rotation)
    for person in dict.fromkeys((*state.co_authors, *used)):
        yield Viewpoint(seat=seats.get(person), team=people(session)[person].team)


def _seats(session: Session, rotation: str) -> Mapping[str, Seat]:
    known = rotation_row(session, rotation).state
    steps = RotationState.model_validate(known).steps if known else ()
    return {a.person: a.seat for step in steps for a in step.attendees}


def _is_from_customers(session: Session, policy: str) -> bool:
    """Whether an insight that it names was learnt in a customer-facing team."""
    grounds = (
        select(InsightTable.team)
        .join(InsightChangeTable, InsightChangeTable.insight == InsightTable.id)
        .where(InsightChangeTable.policy == policy)
    )
    return any(teams(session)[team].customer_facing for team in session.scalars(grounds))
