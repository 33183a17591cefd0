"""Reminders: few, in the receiver's working hours, and none once there is an answer."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from domain.errands import ErrandKind
from domain.invites import LetterKind
from domain.links import Purpose
from domain.policymoves import PolicyErrand
from store.tables import OutboxTable

REMINDERS_PER_WEEK = 2
"""At most so many reminder mails reach one person in seven days."""

REMINDER_KINDS = (
    LetterKind.REMINDER.value,
    ErrandKind.REMIND_CONSENT.value,
    f"remind-{Purpose.THANK.value}",
    f"remind-{Purpose.PROPOSE.value}",
    PolicyErrand.REMIND_DECISION.value,
    PolicyErrand.REMIND_IMPACT.value,
)


def may_remind(session: Session, person: str, now: datetime) -> bool:
    """Return whether one more reminder of any kind is not too many for this person."""
    written = session.scalar(
        select(func.count())
        .select_from(OutboxTable)
        .where(
            OutboxTable.person == person,
            OutboxTable.kind.in_(REMINDER_KINDS),
            OutboxTable.state != "withdrawn",
            OutboxTable.created_at > now - timedelta(days=7),
        )
    )
    return (written or 0) < REMINDERS_PER_WEEK


def withdraw_reminders(
    session: Session, rotation: str, step: str | None, person: str, now: datetime
) -> None:
    """Take back what still waits for working hours: the person has answered (``step`` None: a consent)."""
    session.execute(
        update(OutboxTable)
        .where(
            OutboxTable.rotation == rotation,
            OutboxTable.step.is_not_distinct_from(step),
            OutboxTable.person == person,
            OutboxTable.kind.in_(REMINDER_KINDS),
            OutboxTable.state == "waiting",
        )
        .values(state="withdrawn", settled_at=now)
    )
