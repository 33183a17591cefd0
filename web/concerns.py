"""The signed page on which somebody who was met says what speaks against a proposal."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import Refused
from domain.evidence import Named
from domain.links import LinkClaim, Purpose
from store.changes import LONGEST_CONCERN
from web.naming import NOBODY, refuse_names_met
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")


@router.post("/{token}/concern")
def raise_concern(
    request: Request,
    services: With,
    token: str,
    text: Annotated[str, Form()] = "",
    named: Annotated[bool, Form()] = False,
    nobody: Annotated[str, Form()] = "",
) -> Response:
    """Pass a concern on to who decides; what is not right is said beside what was written."""
    claim = services.office.links.read(token, Purpose.CONCERN)
    try:
        refuse_names_met(services, claim.rotation, text, {NOBODY: nobody})
        services.office.changes.raise_concern(
            claim.about, claim.person, plain(text), named=named, now=services.office.now()
        )
    except Refused as refused:
        facts = concern_facts(services, claim) | {
            "text": text,
            "named": named,
            "names": isinstance(refused, Named),
            "sentence": str(refused),
        }
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=concern", 303)


def concern_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the form shows: the proposal, and nothing of what others or the reader have raised."""
    return {
        "change": services.office.change_views.one(claim.about),
        "text": "",
        "named": False,
        "names": False,
        "longest": LONGEST_CONCERN,
        "sentence": "",
    }
