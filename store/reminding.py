"""Reminders: few, in the receiver's working hours, and none once there is an answer."""

from datetime import datetime, timedelta

from sqlalchemy import String, cast, exists, func, select, update
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql import ColumnElement

from domain.errands import ErrandKind
from domain.invites import LetterKind
from domain.links import Purpose
from domain.moments import next_working_moment
from domain.people import Person
from domain.policymoves import PolicyErrand
from domain.quicktests import CourseErrand
from store.tables.mail import OutboxTable

REMINDERS_PER_WEEK = 2
"""At most so many reminder mails reach one person in seven days."""

GATHERED = timedelta(minutes=15)
"""So long a reminder waits for others to the same person, to leave with them."""

BUNDLED = "bundled"
"""The state of a reminder that waits in another mail."""

_OF_CONSENTS = (ErrandKind.REMIND_CONSENT.value,)
_OF_OWNERS = (
    PolicyErrand.REMIND_DECISION.value,
    PolicyErrand.REMIND_IMPACT.value,
    CourseErrand.REMIND.value,
)
_OF_STEPS = (
    LetterKind.REMINDER.value,
    f"remind-{Purpose.THANK.value}",
    f"remind-{Purpose.PROPOSE.value}",
    f"remind-{Purpose.SUMMARISE.value}",
    f"remind-{Purpose.RELEASE.value}",
)
OF_PROXIES = "remind-proxy"
"""A reminder to who may answer in somebody's place."""

REMINDER_KINDS = (*_OF_STEPS, *_OF_CONSENTS, *_OF_OWNERS, OF_PROXIES)

_CARRIED = aliased(OutboxTable)
_carries = exists().where(_CARRIED.carrier == OutboxTable.number, _CARRIED.state == BUNDLED)
_has_not_left = OutboxTable.state.in_(("waiting", BUNDLED))
_open = OutboxTable.kind.in_(REMINDER_KINDS) & _has_not_left

WAITS_FOR_A_PROXY = (OutboxTable.kind == OF_PROXIES) & _has_not_left
"""Reminders to proxies that have not left."""


def reminder_due(session: Session, reader: Person, now: datetime) -> datetime | None:
    """Return when a reminder may reach somebody at work (UTC); None when it would be too many.

    It joins one that still waits, and is no further mail then. What counts is when reminders arrive,
    not when they were written: two written on a Friday night arrive on Monday.
    """
    theirs = (OutboxTable.person == reader.ref) & OutboxTable.kind.in_(REMINDER_KINDS)
    waiting = session.scalar(
        select(func.min(OutboxTable.next_try_at)).where(
            theirs,
            OutboxTable.state == "waiting",
            OutboxTable.claimed_by.is_(None),
            OutboxTable.recipient == reader.email,
        )
    )
    if waiting:
        return waiting
    due = next_working_moment(now + GATHERED, reader.hours, reader.zone)
    arrives = func.coalesce(OutboxTable.settled_at, OutboxTable.next_try_at)
    others = session.scalar(
        select(func.count()).where(
            theirs,
            OutboxTable.carrier.is_(None),
            OutboxTable.state != "withdrawn",
            arrives > due - timedelta(days=7),
        )
    )
    return due if (others or 0) < REMINDERS_PER_WEEK else None


def withdraw_reminders(
    session: Session, rotation: str, step: str | None, person: str, now: datetime
) -> None:
    """Take back what still waits: the person has answered, or the step is another (None: a consent)."""
    kinds = _OF_CONSENTS if step is None else _OF_STEPS
    about = (OutboxTable.rotation == rotation) & OutboxTable.step.is_not_distinct_from(step)
    _withdraw(session, about & (OutboxTable.person == person) & OutboxTable.kind.in_(kinds), now)


def withdraw_owners_reminders(session: Session, about: str, now: datetime) -> None:
    """Take back what still waits for the owner of a policy change or test: it is settled, or another's."""
    theirs = OutboxTable.kind.in_(_OF_OWNERS) & OutboxTable.key.startswith(f"{about}:")
    _withdraw(session, theirs, now)


def withdraw_proxys_reminders(session: Session, uid: str, now: datetime) -> None:
    """Take back what still waits for a proxy: the invite is answered, has another time, or is called off."""
    theirs = (OutboxTable.kind == OF_PROXIES) & OutboxTable.key.startswith(
        f"{uid}:", autoescape=True
    )
    _withdraw(session, theirs, now)


def _withdraw(session: Session, about: ColumnElement[bool], now: datetime) -> None:
    """A mail that speaks for others leaves for those alone; once it speaks for nobody, it does not leave.

    What was withdrawn may be written again: it never reached anybody.
    """
    if session.scalar(select(OutboxTable.number).where(about, _open).limit(1)) is None:
        return
    gone = {
        "state": "withdrawn",
        "settled_at": now,
        "key": OutboxTable.key + ":" + cast(OutboxTable.number, String),
    }
    session.execute(update(OutboxTable).where(about, _open, _carries).values(asks=None))
    session.execute(update(OutboxTable).where(about, _open, ~_carries).values(gone))
    speaks_for_nobody = OutboxTable.asks.is_(None) & OutboxTable.carrier.is_(None) & ~_carries
    session.execute(update(OutboxTable).where(_open, speaks_for_nobody).values(gone))
