"""Reminders to one person that fall due together leave as one mail."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.invites import Letter, LetterKind
from domain.ports import Composer
from store.inviting import contact_of
from store.people import people, program_followed, rotation_row
from store.reminding import BUNDLED, REMINDER_KINDS
from store.tables.mail import OutboxTable


def bundle_reminders(
    session: Session, composer: Composer, due: Sequence[OutboxTable], now: datetime
) -> list[OutboxTable]:
    """Return the mails that leave: of one person's reminders the first, which carries the others.

    A mail that was handed out before keeps its bytes.
    """
    for row in due:
        if row.asks and row.claimed_by is None and row.state != BUNDLED:
            others = _others(session, row, now)
            if others:
                _carry(session, composer, row, others, now)
    return [row for row in due if row.state != BUNDLED]


def carried_by(session: Session, mail: int) -> Sequence[OutboxTable]:
    """Return the reminders that wait in a mail, or left with it."""
    carried = select(OutboxTable).where(OutboxTable.carrier == mail)
    return session.scalars(carried.where(OutboxTable.state != "withdrawn")).all()


def _others(session: Session, first: OutboxTable, now: datetime) -> Sequence[OutboxTable]:
    """Return every other reminder to the same address that may leave now, however many mails are due."""
    query = select(OutboxTable).where(
        OutboxTable.person == first.person,
        OutboxTable.kind.in_(REMINDER_KINDS),
        OutboxTable.recipient == first.recipient,
        OutboxTable.state == "waiting",
        OutboxTable.next_try_at <= now,
        OutboxTable.claimed_by.is_(None),
        OutboxTable.number != first.number,
    )
    rows = session.scalars(query.order_by(OutboxTable.number)).all()
    return [row for row in rows if row.asks]


def _carry(
    session: Session,
    composer: Composer,
    first: OutboxTable,
    others: Sequence[OutboxTable],
    now: datetime,
) -> None:
    everybody = people(session)
    reader = everybody[first.person]
    rotation = rotation_row(session, first.rotation or "")
    program = program_followed(session, rotation.cohort, rotation.id)
    language = reader.language_in(program.language)
    asks = [row.asks for row in (first, *others) if row.asks]
    rendered = composer.letter(
        Letter(
            kind=LetterKind.REMINDERS,
            key=f"reminders:{first.key}",
            written=now,
            reader_name=reader.name,
            reader_email=first.recipient,
            facts=(("count", str(len(asks))),),
            urls=tuple(one["url"] for one in asks),
            lines=tuple("\n".join(_lines(one)) for one in asks),
            contact=contact_of(program, everybody),
            reminder=True,
            language=language,
            texts=program.texts_in(language),
        )
    )
    first.raw, first.message_id, first.sender = rendered.raw, rendered.message_id, rendered.sender
    for row in others:
        row.carrier, row.state = first.number, BUNDLED


def _lines(asks: dict[str, str]) -> Iterator[str]:
    yield asks["subject"]
    if asks["when"]:
        yield asks["when"]
    yield asks["url"]
