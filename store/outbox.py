"""Rendered mails on their way out; the relay alone sends them."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Engine, bindparam, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

from domain.events import Delivery
from domain.ports import Composer, QueuedMail
from store.bundling import bundle_reminders, carried_by
from store.database import quietly, reading, writing
from store.news import tell_rotation
from store.reminding import BUNDLED, REMINDER_KINDS
from store.tables.installation import InstallationTable
from store.tables.mail import OutboxTable

MAIL_UNREACHABLE = "mail-unreachable"
UNREACHABLE_SENTENCE = (
    "The mail server can't be reached. Mails wait and will be sent by themselves."
)
LONGEST_PAUSE = timedelta(minutes=5)
SHORTEST_PAUSE = timedelta(seconds=2)

CLAIM = timedelta(seconds=30)
"""So long a mail that one relay took is kept from all others, should that relay die or hang."""

REFUSED = "refused"
"""The state of a mail that an address did not take, or that came back."""

_EARLIER = aliased(OutboxTable)
_DUE = (
    select(OutboxTable)
    .where(
        OutboxTable.state == "waiting",
        OutboxTable.next_try_at <= bindparam("now"),
        or_(
            OutboxTable.claimed_by.is_(None),
            OutboxTable.claimed_by == bindparam("holder"),
            OutboxTable.claimed_until <= bindparam("now"),
        ),
        ~exists().where(
            _EARLIER.uid == OutboxTable.uid,
            _EARLIER.state == "waiting",
            _EARLIER.number < OutboxTable.number,
        ),
    )
    .order_by(OutboxTable.number)
    .limit(bindparam("limit"))
)
_DUE_NUMBERS = _DUE.with_only_columns(OutboxTable.number)
_NEXT_DUE = select(func.min(OutboxTable.next_try_at)).where(OutboxTable.state == "waiting")
_WHOSE = (
    OutboxTable.number,
    OutboxTable.rotation,
    OutboxTable.person,
    OutboxTable.step,
    OutboxTable.kind,
)
_SENT = (
    update(OutboxTable)
    .where(OutboxTable.number == bindparam("sent"))
    .values(state="sent", settled_at=bindparam("now"), attempts=OutboxTable.attempts + 1)
    .returning(*_WHOSE)
)
_SENT_TOO = (
    update(OutboxTable)
    .where(OutboxTable.carrier == bindparam("sent"), OutboxTable.state == BUNDLED)
    .values(state="sent", settled_at=bindparam("now"))
    .returning(*_WHOSE)
)
_LAST_BEFORE = (
    select(OutboxTable.state)
    .where(
        OutboxTable.number != bindparam("number"),
        OutboxTable.rotation == bindparam("rotation"),
        OutboxTable.person == bindparam("person"),
        OutboxTable.step.is_not_distinct_from(bindparam("step")),
        OutboxTable.settled_at.is_not(None),
        OutboxTable.state != "withdrawn",
    )
    .order_by(OutboxTable.settled_at.desc(), OutboxTable.number.desc())
    .limit(1)
)
"""What became of the last settled mail to the same person about the same step."""
_REACHED = delete(InstallationTable).where(InstallationTable.kind == MAIL_UNREACHABLE)


class OutboxDesk:
    """Implements ``domain.ports.Outbox``; each desk claims what it hands out, for one relay."""

    def __init__(self, engine: Engine, composer: Composer) -> None:
        self._engine = engine
        self._composer = composer
        self._holder = secrets.token_hex(8)

    def due(self, now: datetime, limit: int) -> tuple[QueuedMail, ...]:
        """Claim and return due mails, oldest first, never one whose UID has an earlier mail waiting.

        Asked again, the same desk gets what it holds and has not settled; another desk gets that
        only after 30 seconds.
        """
        asked = {"holder": self._holder, "now": now, "limit": limit}
        with reading(self._engine) as session:
            if session.scalar(_DUE_NUMBERS, asked) is None:
                return ()
        with quietly(self._engine) as session:
            due = session.scalars(_DUE, asked).all()
            rows = bundle_reminders(session, self._composer, due, now)
            for row in rows:
                row.claimed_by, row.claimed_until = self._holder, now + CLAIM
            return tuple(_queued(row) for row in rows)

    def waiting(self) -> int:
        """Return how many mails have not left yet."""
        query = select(func.count()).select_from(OutboxTable).where(OutboxTable.state == "waiting")
        with reading(self._engine) as session:
            return session.scalar(query) or 0

    def next_due(self) -> datetime | None:
        """Return when the next waiting mail may leave; None when none waits."""
        with reading(self._engine) as session:
            return session.scalar(_NEXT_DUE)

    def delivered(self, number: int, now: datetime) -> None:
        """The server took responsibility for the mail."""
        with writing(self._engine) as session:
            connection = session.connection()
            mails = [connection.execute(_SENT, {"sent": number, "now": now}).one()]
            if mails[0].kind in REMINDER_KINDS:
                mails += connection.execute(_SENT_TOO, {"sent": number, "now": now}).all()
            connection.execute(_REACHED)
            for mail in mails:
                if connection.scalar(_LAST_BEFORE, mail._asdict()) == REFUSED:
                    _say(session, _row(session, mail.number), now, delivered=True)

    def refused(self, number: int, reply: str, now: datetime) -> None:
        """The address was refused for good: no retry; the rotation is told."""
        with writing(self._engine) as session:
            row = _row(session, number)
            row.attempts += 1
            _failed(session, row, reply[:500], now)

    def postponed(self, number: int, reason: str, now: datetime) -> None:
        """Try again later, with pauses that double from two seconds to five minutes."""
        with writing(self._engine) as session:
            row = _row(session, number)
            row.attempts += 1
            pause = min(LONGEST_PAUSE, SHORTEST_PAUSE * 2 ** min(row.attempts, 10))
            row.next_try_at, row.reply = now + pause, reason[:500]
            if session.get(InstallationTable, MAIL_UNREACHABLE) is None:
                session.add(
                    InstallationTable(
                        kind=MAIL_UNREACHABLE, since=now, sentence=UNREACHABLE_SENTENCE
                    )
                )


def returned(session: Session, row: OutboxTable, now: datetime) -> None:
    """Note, in the caller's transaction, that a mail which a server took came back."""
    _failed(session, row, "it came back", now)


def _failed(session: Session, mail: OutboxTable, reply: str, now: datetime) -> None:
    for row in (mail, *carried_by(session, mail.number)):
        row.state, row.settled_at, row.reply = REFUSED, now, reply
        _say(session, row, now, delivered=False)


def _row(session: Session, number: int) -> OutboxTable:
    return session.get_one(OutboxTable, number)


def _queued(row: OutboxTable) -> QueuedMail:
    return QueuedMail(
        number=row.number,
        message_id=row.message_id,
        sender=row.sender,
        recipient=row.recipient,
        raw=row.raw,
        attempts=row.attempts,
    )


def _say(session: Session, row: OutboxTable, now: datetime, *, delivered: bool) -> None:
    if row.rotation:
        event = Delivery(person=row.person, step=row.step, delivered=delivered)
        tell_rotation(session, row.rotation, f"delivery:{row.number}:{delivered}", event, now)
