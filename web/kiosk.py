"""The kiosk: somebody without mail enters a code and gets their own pages, on a device that others use too."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse

from domain.errors import Refused
from web.overview import With
from web.rendering import page

router = APIRouter()

KIOSK = "/kiosk"


@router.get(KIOSK)
def ask(request: Request) -> HTMLResponse:
    """Ask for a code."""
    return page(request, "kiosk.html", {"sentence": "", "person": ""})


@router.post(KIOSK)
def enter(request: Request, services: With, code: Annotated[str, Form()] = "") -> HTMLResponse:
    """Use a code up and show the invites of whose it is, and what came of what they said by name."""
    office = services.office
    try:
        person = office.kiosk.redeem(code, office.now())
    except Refused as refused:
        return page(request, "kiosk.html", {"sentence": str(refused), "person": ""}, 409)
    facts: dict[str, object] = {
        "sentence": "",
        "person": office.views.named(person),
        "invites": office.kiosk.invites(person, office.now()),
        "proxy": office.proxies.name_of(person),
        "proxy_url": office.kiosk.proxy_url(person, office.now()),
        "outcomes": office.receipts.outcomes_of(person, office.now()),
    }
    return page(request, "kiosk.html", facts)
