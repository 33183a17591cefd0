"""One letter into the outbox, once by its business identity."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.invites import Letter, LetterKind
from domain.people import Person
from domain.ports import Composer
from domain.program import Program
from store.inviting import contact_of
from store.people import people
from store.reminding import REMINDER_KINDS, reminder_due
from store.tables.mail import OutboxTable


def write_to(
    session: Session,
    composer: Composer,
    program: Program,
    reader: Person,
    kind: LetterKind,
    key: str,
    facts: Mapping[str, str],
    now: datetime,
    *,
    rotation: str | None = None,
    verb: str = "",
    url: str | None = None,
    lines: tuple[str, ...] = (),
    reminder: bool = False,
) -> bool:
    """Write one letter about a program in the reader's language; ``verb`` is what it does, its kind by default.

    False for a repeat, for somebody without mail, and for a reminder that is one too many.
    """
    due = reminder_due(session, reader, now) if reminder else now
    if reader.email is None or due is None:
        return False
    language = reader.language_in(program.language)
    letter = Letter(
        kind=kind,
        key=key,
        written=now,
        reader_name=reader.name,
        reader_email=reader.email,
        facts=tuple(facts.items()),
        lines=lines,
        contact=contact_of(program, people(session)),
        url=url,
        reminder=reminder,
        language=language,
        texts=program.texts_in(language),
    )
    return post(
        session,
        composer,
        letter,
        rotation=rotation,
        person=reader.ref,
        verb=verb or kind.value,
        due=due,
    )


def post(
    session: Session,
    composer: Composer,
    letter: Letter,
    *,
    rotation: str | None,
    person: str,
    verb: str,
    due: datetime,
    step: str | None = None,
) -> bool:
    """Render the letter and let it wait for the relay until ``due``; False for a repeat, which writes nothing."""
    if session.scalar(select(OutboxTable.number).where(OutboxTable.key == letter.key)):
        return False
    rendered = composer.letter(letter)
    session.add(
        OutboxTable(
            key=letter.key,
            rotation=rotation,
            step=step,
            person=person,
            kind=verb,
            message_id=rendered.message_id,
            sender=rendered.sender,
            recipient=rendered.recipient,
            raw=rendered.raw,
            created_at=letter.written,
            next_try_at=due,
            asks=_asked(composer, letter) if verb in REMINDER_KINDS else None,
        )
    )
    session.flush()
    return True


def _asked(composer: Composer, reminder: Letter) -> dict[str, str]:
    """What a mail that carries several reminders says of this one."""
    first_asked = composer.letter(reminder.model_copy(update={"reminder": False}))
    when = dict(reminder.facts).get("when", "")
    return {"subject": first_asked.subject, "when": when, "url": reminder.url or ""}
