"""What follows from an incoming mail besides its answer: a resend, a question back, a delivery that failed."""

from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from domain.incoming import Incoming
from store.coalescing import OF_THE_INVITE
from store.tables.mail import AliasTable, InviteTable, OutboxTable
from store.tables.people import PersonTable


def send_again(session: Session, invite: InviteTable, why: str, now: datetime) -> bool:
    """Send the latest mail about an invite once more, byte for byte; False when that was done already.

    A repeat for the same reason sends nothing, nor does it while the latest mail still waits or when it
    was erased.
    """
    query = select(OutboxTable).where(
        OutboxTable.uid == invite.uid, OutboxTable.kind.in_(m.value for m in OF_THE_INVITE)
    )
    latest = session.scalars(query.order_by(OutboxTable.number.desc()).limit(1)).first()
    key = f"{invite.uid}:{invite.sequence}:again:{why}"
    known = select(OutboxTable.number).where(OutboxTable.key == key)
    if latest is None or not latest.raw or latest.state == "waiting" or session.scalar(known):
        return False
    session.add(
        OutboxTable(
            key=key,
            rotation=latest.rotation,
            step=latest.step,
            person=latest.person,
            kind=latest.kind,
            uid=latest.uid,
            sequence=latest.sequence,
            message_id=latest.message_id,
            sender=latest.sender,
            recipient=latest.recipient,
            raw=latest.raw,
            created_at=now,
            next_try_at=now,
        )
    )
    session.flush()
    return True


def mail_returned(session: Session, bounce: Incoming) -> OutboxTable | None:
    """Return the mail of ours that a bounce is about: by its envelope sender, its Message-ID, its UID."""
    named = or_(
        OutboxTable.sender.in_(bounce.recipients), OutboxTable.message_id.in_(bounce.refers_to)
    )
    return _newest(session, named) or (
        _newest(session, OutboxTable.uid == bounce.uid) if bounce.uid else None
    )


def mail_answered(session: Session, note: Incoming) -> OutboxTable | None:
    """Return the mail of ours that somebody answers in words, when they are who got it."""
    found = _newest(session, OutboxTable.message_id.in_(note.refers_to))
    if found is None or found.recipient.lower() == note.sender:
        return found
    alias = session.get(AliasTable, note.sender)
    return found if alias and alias.person == found.person else None


def is_somebodys(session: Session, address: str) -> bool:
    """Return whether an address belongs to a person of this installation."""
    query: Select[str] = select(PersonTable.ref).where(
        func.lower(PersonTable.facts["email"].as_string()) == address
    )
    return session.scalar(query.limit(1)) is not None


def _newest(session: Session, which: object) -> OutboxTable | None:
    query = select(OutboxTable).where(which)  # type: ignore[arg-type]
    return session.scalars(query.order_by(OutboxTable.number.desc()).limit(1)).first()
