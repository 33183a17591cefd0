"""A look at the mails that a plan would bring, in the words of the very code that writes them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine

from domain.invites import CalendarMail
from domain.ports import Composer, Links
from domain.program import UNMET
from domain.rotation import RotationState
from domain.telling import dispatch
from store.database import reading
from store.inviting import Inviter
from store.pages import PreviewMail


def preview_mails(
    engine: Engine,
    composer: Composer,
    links: Links,
    states: Sequence[RotationState],
    now: datetime,
) -> tuple[PreviewMail, ...]:
    """Return every invite of a plan by its start, as if all had agreed; nothing is written."""
    with reading(engine) as session:
        found = [
            preview_of(composer, mail, key)
            for state in states
            for key, mail in _drafts(
                Inviter(session, composer, links, dispatch(state, (), now)), state
            )
        ]
    return tuple(sorted(found, key=lambda mail: (mail.starts, mail.subject, mail.reader_name)))


def _drafts(inviter: Inviter, state: RotationState) -> Iterator[tuple[str, CalendarMail]]:
    for step in state.steps:
        if step.kind not in UNMET:
            for mail in inviter.drafts(step):
                yield step.key, mail


def preview_of(composer: Composer, mail: CalendarMail, key: str) -> PreviewMail:
    """Return a mail about a step as a person sees it before it is sent."""
    subject, text = composer.words(mail)
    return PreviewMail(
        reader_name=mail.reader_name,
        reader_email=mail.reader_email,
        subject=subject,
        step=key,
        starts=mail.starts,
        text=text,
    )
