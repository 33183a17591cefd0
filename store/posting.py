"""One letter into the outbox, once by its business identity."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.invites import Letter
from domain.ports import Composer
from store.reminding import REMINDER_KINDS
from store.tables import OutboxTable


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
