"""The local inbox: what everybody would see in their own mail program. Local mode only."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import NotFound
from domain.rotation import Answer
from invites.answering import opened
from store.pages import SinkMail
from web.overview import With
from web.rendering import page

router = APIRouter(prefix="/inbox")

Number = Annotated[int, Path(ge=1, le=2**31 - 1)]


@router.get("")
def inbox(request: Request, services: With, to: str = "") -> HTMLResponse:
    """Show the newest mails of one mailbox or of all, invites as cards."""
    sink = services.office.sink
    mails = sink.mails(60, to or None)
    latest = _latest(sink.mails(500, to or None))
    cards = []
    for mail in mails:
        raw = sink.raw(mail.id) or b""
        current = mail.uid is not None and latest.get(mail.uid) == mail.id
        cards.append((mail, *opened(raw), current))
    answers = services.office.views.answers(latest)
    facts: dict[str, object] = {
        "cards": cards,
        "boxes": sink.boxes(),
        "to": to,
        "answers": answers,
    }
    return page(request, "inbox.html", facts)


@router.get("/messages.json")
def messages(services: With) -> list[dict[str, object]]:
    """List the mails of the sink, oldest first."""
    shown = {"id", "to", "subject", "uid", "method", "sequence"}
    mails = reversed(services.office.sink.mails(10_000))
    return [mail.model_dump(include=shown) for mail in mails]


@router.get("/messages/{number}.eml")
def message(services: With, number: Number) -> Response:
    """Give one mail as it came."""
    raw = services.office.sink.raw(number)
    if raw is None:
        raise NotFound("There is no such mail in the local inbox.")
    return Response(raw, media_type="message/rfc822")


@router.post("/messages/{number}/answer")
async def answer(
    services: With,
    number: Number,
    answer: Annotated[Answer, Form()],
    to: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Answer an invite as its reader's calendar would: by a REPLY over SMTP."""
    await asyncio.to_thread(services.office.answer_from_inbox, number, answer)
    return RedirectResponse(f"/inbox?to={to}" if to else "/inbox", 303)


def _latest(mails: tuple[SinkMail, ...]) -> dict[str, int]:
    """The newest mail about each UID is the one that a calendar would show."""
    found: dict[str, int] = {}
    for mail in mails:
        if mail.uid:
            found.setdefault(mail.uid, mail.id)
    return found
