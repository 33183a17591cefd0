"""The kiosk: somebody without mail enters a code and gets their own pages, on a device that others use too."""

from collections.abc import Iterable
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import NotFound, Refused
from domain.links import BRIEFLY, LinkClaim
from store.pages import Named
from web.overview import With
from web.rendering import page
from web.services import Services

router = APIRouter()

KIOSK = "/kiosk"

_LEFT = "You are done here, and nobody can go back to your pages."


@router.get(KIOSK)
def ask(request: Request, left: bool = False) -> HTMLResponse:
    """Ask for a code."""
    return page(request, "kiosk.html", {"sentence": "", "said": _LEFT if left else ""})


@router.post(KIOSK)
def enter(request: Request, services: With, code: Annotated[str, Form()] = "") -> Response:
    """Use a code up and lead to the pages of whose it is, which last for minutes."""
    kiosk, now = services.office.kiosk, services.office.now()
    try:
        person = kiosk.redeem(code, now)
    except Refused as refused:
        return page(request, "kiosk.html", {"sentence": str(refused), "said": ""}, 409)
    return RedirectResponse(urlsplit(kiosk.url(person, now + BRIEFLY)).path, 303)


@router.post("/t/{token}/leave")
def leave(services: With, token: str) -> RedirectResponse:
    """End the visit before its time: the next person here opens nothing of it."""
    claim = services.office.links.read(token)
    if claim.until is None:
        raise Refused("This page belongs to no kiosk. Close its window when you are done.")
    services.office.kiosk.leave(claim.person, claim.until)
    return RedirectResponse(f"{KIOSK}?left=true", 303)


def new_code(services: Services, known: Iterable[Named], person: str, by: str) -> dict[str, object]:
    """Hand out a code for one of those known without mail; return what a page says of it.

    Raises NotFound for anybody else.
    """
    names = {one.ref: one.name for one in known}
    if person not in names:
        raise NotFound("There is nobody of that name here who needs a code.")
    office = services.office
    code = office.kiosk.issue(person, by, office.now())
    address = office.settings.base_url.rstrip("/") + KIOSK
    return {"code": code, "code_for": names[person], "kiosk": address}


def own_pages_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """The invites of somebody, who answers them, what they can weigh, and what came of what they said."""
    office, person, now = services.office, claim.person, services.office.now()
    until = claim.until or now
    return {
        "person": office.views.named(person),
        "minutes": int((until - now).total_seconds() // 60),
        "invites": office.kiosk.invites(person, until, now),
        "proxy": office.proxies.name_of(person),
        "proxy_url": office.kiosk.proxy_url(person, until, now),
        "changes": office.kiosk.changes(person, until),
        "outcomes": office.receipts.outcomes_of(person, now),
    }
