"""Reminders to one person that fall due together leave as one mail."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.invites import Letter, LetterKind
from domain.ports import Composer
from store.inviting import contact_of
from store.people import people, program_of, rotation_row
from store.tables import OutboxTable

BUNDLED = "bundled"
"""The state of a reminder that waits in another mail."""


def bundle_reminders(
    session: Session, composer: Composer, due: Sequence[OutboxTable], now: datetime
) -> list[OutboxTable]:
    """Return the mails that leave: of one person's reminders the first, which carries the others.

    A mail that was handed out before keeps its bytes.
    """
    together: dict[str, list[OutboxTable]] = {}
    for row in due:
        if row.asks and row.claimed_by is None:
            together.setdefault(row.person, []).append(row)
    for first, *others in together.values():
        if others:
            _carry(session, composer, first, others, now)
    return [row for row in due if row.state != BUNDLED]


def carried_by(session: Session, mail: int) -> Sequence[OutboxTable]:
    """Return the reminders that leave, or left, with a mail."""
    return session.scalars(select(OutboxTable).where(OutboxTable.carrier == mail)).all()


def _carry(
    session: Session,
    composer: Composer,
    first: OutboxTable,
    others: Sequence[OutboxTable],
    now: datetime,
) -> None:
    everybody = people(session)
    reader = everybody[first.person]
    program = program_of(session, rotation_row(session, first.rotation or "").cohort)
    language = reader.language_in(program.language)
    rows = (first, *others)
    rendered = composer.letter(
        Letter(
            kind=LetterKind.REMINDERS,
            key=f"reminders:{first.key}",
            written=now,
            reader_name=reader.name,
            reader_email=first.recipient,
            facts=(("count", str(len(rows))),),
            urls=tuple(row.asks["url"] for row in rows if row.asks),
            lines=tuple(f"{row.asks['subject']}\n{row.asks['url']}" for row in rows if row.asks),
            contact=contact_of(program, everybody),
            reminder=True,
            language=language,
            texts=program.texts_in(language),
        )
    )
    first.raw, first.message_id, first.sender = rendered.raw, rendered.message_id, rendered.sender
    for row in others:
        row.carrier, row.state = first.number, BUNDLED
