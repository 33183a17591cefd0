"""Policy changes as figures count them: kept up to date with every word of a change, so that nobody reads states to count."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select
from sqlalchemy.orm import Session

from domain.indicators import Viewpoint, is_diverse
from domain.looptimes import loop_days
from domain.people import Seat
from domain.policy import Disposition, PolicyState
from domain.policymoves import PolicyErrand
from domain.rotation import RotationState, needed_since
from store.database import insert_once
from store.people import people, program_of, rotation_row, teams
from store.tables.changes import PolicyTable, ReceiptTable
from store.tables.learning import InsightChangeTable, InsightTable
from store.tables.people import PersonTable

_USED = frozenset({Disposition.ADOPTED, Disposition.PARTLY})


def count_change(session: Session, row: PolicyTable, state: PolicyState) -> None:
    """Bring what is counted of a change to what it says now; a repeat changes nothing.

    What stood behind a decision is counted as it was when it was made.
    """
    decided, just_now = state.decided_at, row.decided_at is None
    row.phase, row.attention_since = state.phase.value, needed_since(state.attention)
    row.decided_at, row.adopted_at = decided, _adopted_at(state)
    row.in_force_at, row.verdict = state.in_force_at, state.verdict and state.verdict.value
    if decided and just_now:
        row.loop_days = _loop_days(session, row, decided)
        row.is_diverse = is_diverse(_viewpoints(session, state))
        row.from_customers = _is_from_customers(session, state.policy)
    _owe_receipts(session, row, state)


def letter_key(
    policy: str, errand: PolicyErrand, person: str, extended: int, handed_over: int = 0
) -> str:
    """Return the business identity of a letter; the next one is another after an extension.

    So is what an owner is asked after each time that one was named.
    """
    named = f":{handed_over}" if handed_over else ""
    return f"{policy}:{errand.value}:{person}:{extended}{named}"


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


def _owe_receipts(session: Session, row: PolicyTable, state: PolicyState) -> None:
    """Every voice is to hear of a decision once, and of each verdict; counted here, sent elsewhere.

    Who has no mail is to hear of the proposal as well, as long as it can be weighed. Nothing is owed to
    somebody who was erased.
    """
    there = [v for v in state.voices if session.get_one(PersonTable, v).erased_at is None]
    for errand, extended in _to_tell(state):
        for voice in there:
            _owe(session, row, errand, voice, extended)
    if not state.decided_at:
        for voice in there:
            if people(session)[voice].email is None and voice != state.owner:
                _owe(session, row, PolicyErrand.SHOW_PROPOSAL, voice, 0)
    else:
        late = ReceiptTable.errand == PolicyErrand.SHOW_PROPOSAL.value, owed_in_person()
        session.execute(delete(ReceiptTable).where(ReceiptTable.policy == row.id, *late))


def owed_in_person() -> ColumnElement[bool]:
    """What somebody without mail is owed and has not been told."""
    return ReceiptTable.by_word & ReceiptTable.told_at.is_(None)


def _owe(
    session: Session, row: PolicyTable, errand: PolicyErrand, voice: str, extended: int
) -> None:
    insert_once(
        session,
        ReceiptTable,
        key=letter_key(row.id, errand, voice, extended),
        cohort=row.cohort,
        policy=row.id,
        person=voice,
        errand=errand.value,
        by_word=people(session)[voice].email is None,
    )


def _to_tell(state: PolicyState) -> Iterator[tuple[PolicyErrand, int]]:
    if state.decided_at:
        yield PolicyErrand.TELL_DECISION, 0
    if state.verdict:
        yield PolicyErrand.TELL_VERDICT, state.extended
