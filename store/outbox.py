"""Rendered mails on their way out; the relay alone sends them."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, exists, func, select
from sqlalchemy.orm import Session, aliased

from domain.events import Delivery
from domain.ports import QueuedMail
from store.database import reading, writing
from store.news import tell_rotation
from store.tables import InstallationTable, OutboxTable

MAIL_UNREACHABLE = "mail-unreachable"
UNREACHABLE_SENTENCE = (
    "The mail server can't be reached. Mails wait and will be sent by themselves."
)
LONGEST_PAUSE = timedelta(minutes=5)
SHORTEST_PAUSE = timedelta(seconds=2)


class OutboxDesk:
    """Implements ``domain.ports.Outbox``; one relay at a time holds the lease for it."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def due(self, now: datetime, limit: int) -> tuple[QueuedMail, ...]:
        """Return due mails, oldest first, never one whose UID has an earlier mail still waiting."""
        earlier = aliased(OutboxTable)
        overtakes = exists().where(
            earlier.uid == OutboxTable.uid,
            earlier.state == "waiting",
            earlier.number < OutboxTable.number,
        )
        query = (
            select(OutboxTable)
            .where(OutboxTable.state == "waiting", OutboxTable.next_try_at <= now, ~overtakes)
            .order_by(OutboxTable.number)
            .limit(limit)
        )
        with reading(self._engine) as session:
            return tuple(_queued(row) for row in session.scalars(query))

    def waiting(self) -> int:
        """Return how many mails have not left yet."""
        query = select(func.count()).select_from(OutboxTable).where(OutboxTable.state == "waiting")
        with reading(self._engine) as session:
            return session.scalar(query) or 0

    def delivered(self, number: int, now: datetime) -> None:
        """The server took responsibility for the mail."""
        with writing(self._engine) as session:
            row = _row(session, number)
            failed_before = row.state == "refused"
            row.state, row.settled_at, row.attempts = "sent", now, row.attempts + 1
            unreachable = session.get(InstallationTable, MAIL_UNREACHABLE)
            if unreachable:
                session.delete(unreachable)
            if failed_before:
                _say(session, row, now, delivered=True)

    def refused(self, number: int, reply: str, now: datetime) -> None:
        """The address was refused for good: no retry; the rotation is told."""
        with writing(self._engine) as session:
            row = _row(session, number)
            row.state, row.settled_at, row.reply = "refused", now, reply[:500]
            row.attempts += 1
            _say(session, row, now, delivered=False)

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
