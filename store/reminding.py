"""Reminders: few, in the receiver's working hours, and none once there is an answer."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, func, select, update
from sqlalchemy.orm import Session, aliased

from domain.errands import ErrandKind
from domain.invites import LetterKind
from domain.links import Purpose
from domain.moments import next_working_moment
from domain.people import Person
from domain.policymoves import PolicyErrand
from store.tables import OutboxTable

REMINDERS_PER_WEEK = 2
"""At most so many reminder mails reach one person in seven days."""

GATHERED = timedelta(minutes=15)
"""So long a reminder waits for others to the same person, to leave with them."""

REMINDER_KINDS = (
    LetterKind.REMINDER.value,
    ErrandKind.REMIND_CONSENT.value,
    f"remind-{Purpose.THANK.value}",
    f"remind-{Purpose.PROPOSE.value}",
    f"remind-{Purpose.SUMMARISE.value}",
    f"remind-{Purpose.RELEASE.value}",
    PolicyErrand.REMIND_DECISION.value,
    PolicyErrand.REMIND_IMPACT.value,
)

_CARRIED = aliased(OutboxTable)
_WITHDRAWN = (
    update(OutboxTable)
    .where(
        OutboxTable.rotation == bindparam("of"),
        OutboxTable.step.is_not_distinct_from(bindparam("about")),
        OutboxTable.person == bindparam("reader"),
        OutboxTable.kind.in_(REMINDER_KINDS),
        OutboxTable.state == "waiting",
        ~exists().where(_CARRIED.carrier == OutboxTable.number),
    )
    .values(state="withdrawn", settled_at=bindparam("now"))
)

_WAITING = select(func.min(OutboxTable.next_try_at)).where(
    OutboxTable.person == bindparam("reader"),
    OutboxTable.kind.in_(REMINDER_KINDS),
    OutboxTable.state == "waiting",
    OutboxTable.claimed_by.is_(None),
)


def reminder_due(session: Session, reader: Person, now: datetime) -> datetime | None:
    """Return when a reminder may reach somebody at work (UTC); None when it would be too many.

    It joins one that still waits, and is no further mail then. What counts is when reminders arrive,
    not when they were written: two written on a Friday night arrive on Monday.
    """
    waiting = session.scalar(_WAITING, {"reader": reader.ref})
    if waiting:
        return waiting
    due = next_working_moment(now + GATHERED, reader.hours, reader.zone)
    arrives = func.coalesce(OutboxTable.settled_at, OutboxTable.next_try_at)
    query = select(func.count()).select_from(OutboxTable)
    others = session.scalar(
        query.where(
            OutboxTable.person == reader.ref,
            OutboxTable.kind.in_(REMINDER_KINDS),
            OutboxTable.carrier.is_(None),
            OutboxTable.state != "withdrawn",
            arrives > due - timedelta(days=7),
        )
    )
    return due if (others or 0) < REMINDERS_PER_WEEK else None


def withdraw_reminders(
    session: Session, rotation: str, step: str | None, person: str, now: datetime
) -> None:
    """Take back what still waits for working hours: the person has answered (``step`` None: a consent)."""
    session.execute(_WITHDRAWN, {"of": rotation, "about": step, "reader": person, "now": now})
