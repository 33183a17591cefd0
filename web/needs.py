"""What would make a step work for somebody: said on the page of their invite, read by the coordinator alone."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from store.needs import LONGEST_NEED
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")


@router.post("/{token}/need-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the coordinator a code to their own address."""
    claim = services.office.links.read(token, Purpose.NEED)
    services.office.needs.ask_code(claim.about, claim.person, services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/{token}/need-open")
def read(
    request: Request, services: With, token: str, code: Annotated[str, Form()] = ""
) -> Response:
    """Show the coordinator the words, once per code."""
    claim = services.office.links.read(token, Purpose.NEED)
    facts = need_facts(services, claim)
    try:
        opened = services.office.needs.read(claim.about, claim.person, code, services.office.now())
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(request, claim, token, facts | {"need": opened})


@router.post("/{token}/arranged")
def arrange(
    request: Request,
    services: With,
    token: str,
    written_at: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Tell who wrote that what was shown is arranged; ``written_at`` is when those words were written."""
    claim = services.office.links.read(token, Purpose.NEED)
    now = services.office.now()
    try:
        services.office.needs.arrange(claim.about, claim.person, written_at, now)
    except Refused as refused:
        wrong = {"code_sentence": str(refused)}
        return signed_page(request, claim, token, need_facts(services, claim) | wrong, 409)
    return RedirectResponse(f"/t/{token}?said=arranged", 303)


def keep_need(services: Services, claim: LinkClaim, words: str) -> str:
    """Keep what the holder of an invite needs, or take it back; return what is said of that."""
    kept = services.office.needs.say(claim.about, plain(words), services.office.now())
    return "need" if kept else "need-gone"


def own_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page of an invite shows of it: whether something was said, and is arranged."""
    own = services.office.needs.own(claim.about)
    return {"need": own, "need_words": "", "need_sentence": "", "longest_need": LONGEST_NEED}


def need_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """That there is something to read."""
    need = services.office.needs.page(claim.about, claim.person)
    return {"need": need, "code_sentence": ""}
