"""Pages of occasions: the shared note of a debrief, and whether somebody is invited after a crisis."""

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from domain.program import StepKind
from store.pages import AnswerPage
from web.overview import With
from web.practising import OFFERED_FOR
from web.rendering import may_see, page, plain, signed_page
from web.services import Services

router = APIRouter()

_YES_OR_NO = "Say yes or no."

PRIVATE = "What somebody went through is for program managers alone."
"""Why observers don't see who reflects after an event."""


@router.post("/t/{token}/note")
async def write_note(request: Request, services: With, token: str) -> Response:
    """Add to one's own part of the note; what can't be kept stays in the form, with the reason."""
    claim, form = services.office.links.read(token, Purpose.NOTE), await request.form()
    words, anew = str(form.get("words", "")), form.get("anew") == "yes"
    notes = services.office.shared_notes
    try:
        notes.write(*_where(claim), plain(words), services.office.now(), anew=anew)
    except Refused as refused:
        typed = {"words": words, "anew": anew, "sentence": str(refused)}
        return signed_page(request, claim, token, note_facts(services, claim) | typed, 409)
    return RedirectResponse(f"/t/{token}?said=kept-note", 303)


@router.post("/t/{token}/note-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send one of those in the debrief a code to their own address."""
    claim = services.office.links.read(token, Purpose.NOTE)
    services.office.shared_notes.ask_code(*_where(claim), services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/t/{token}/note-open")
def read_note(
    request: Request, services: With, token: str, code: Annotated[str, Form()]
) -> Response:
    """Show the whole note, once per code."""
    claim, office = services.office.links.read(token, Purpose.NOTE), services.office
    facts = note_facts(services, claim)
    try:
        opened = office.shared_notes.read(*_where(claim), code, office.now())
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(request, claim, token, facts | {"page": opened, "opened": True})


@router.post("/t/{token}/invite")
def decide(services: With, token: str, invited: Annotated[str, Form()]) -> RedirectResponse:
    """Say whether somebody is invited to a reflection; the first word stands."""
    claim = services.office.links.read(token, Purpose.INVITE)
    return RedirectResponse(f"/t/{token}?said={_decided(services, claim.rotation, invited)}", 303)


@router.get("/o/{occasion}")
def question(request: Request, services: With, occasion: str) -> HTMLResponse:
    """Show program managers what the coordinator is asked, and let them answer as well."""
    if not may_see(request):
        raise HTTPException(403, PRIVATE)
    facts: dict[str, object] = {"question": services.office.happenings.question(occasion)}
    return page(request, "question.html", facts | {"action": f"/o/{occasion}"})


@router.post("/o/{occasion}")
def answer_question(
    services: With, occasion: str, invited: Annotated[str, Form()]
) -> RedirectResponse:
    """Answer in the coordinator's place."""
    _decided(services, occasion, invited)
    return RedirectResponse(f"/o/{occasion}", 303)


def _decided(services: Services, occasion: str, invited: str) -> str:
    if invited not in {"yes", "no"}:
        raise Refused(_YES_OR_NO)
    office = services.office
    office.happenings.decide(occasion, invited=invited == "yes", now=office.now())
    return "invited" if invited == "yes" else "let-be"


def invite_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the coordinator is asked."""
    return {"question": services.office.happenings.question(claim.rotation)}


def note_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """Who shares the note and who has written; the words open with a code."""
    return {
        "found": services.office.views.answer_page(claim),
        "page": services.office.shared_notes.page(*_where(claim)),
        "words": "",
        "anew": False,
        "sentence": "",
        "code_sentence": "",
        "opened": False,
    }


def note_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the shared note of a debrief for the holder of its invite; empty for any other step."""
    if found.step.kind is not StepKind.PEER_DEBRIEF:
        return ""
    to_write = claim.model_copy(update={"purpose": Purpose.NOTE, "about": found.step.key})
    return services.office.links.url(to_write, found.step.ends + OFFERED_FOR)


def reflect_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the page of a reflection on an event, which need not wait for its time; empty for others."""
    if not found.occasion or found.step.kind is not StepKind.REFLECTION:
        return ""
    to_write = claim.model_copy(update={"purpose": Purpose.REFLECT, "about": found.step.key})
    return services.office.links.url(to_write, found.step.ends + OFFERED_FOR)


def _where(claim: LinkClaim) -> tuple[str, str, str]:
    return claim.rotation, claim.step or "", claim.person
