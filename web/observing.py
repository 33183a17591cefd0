"""The signed page on which a visitor writes down what they see, and reads it again with a code."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response
from pydantic import ValidationError

from domain.errors import Refused
from domain.evidence import NOTES_CLOSE, OBSERVED, Observation, named_in
from domain.insights import InsightTag
from domain.links import LinkClaim, Purpose
from store.chance import UNGUESSABLE, opaque_id
from store.observations import Note
from store.pages import AnswerPage
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")

_STILL_OPENS = timedelta(days=14)
"""After notes close: the page still says so to a device on which some wait, and opens what was noted."""

_TOO_LONG = "Keep each of these short: 500 characters, and 80 for the feeling."


@router.post("/{token}/observe")
def observe(
    request: Request,
    services: With,
    token: str,
    name: Annotated[str, Form(min_length=20, max_length=36, pattern="^[a-z0-9-]+$")],
    quote: Annotated[str, Form()] = "",
    moment: Annotated[str, Form()] = "",
    feeling: Annotated[str, Form()] = "",
    tag: Annotated[InsightTag, Form()] = InsightTag.FRUSTRATION,
    noted_at: Annotated[datetime | None, Form()] = None,
) -> Response:
    """Keep one observation; sent twice under the same name it is kept once.

    A browser that keeps notes while there is no connection asks for JSON.
    """
    claim = services.office.links.read(token, Purpose.OBSERVE)
    typed = {"quote": plain(quote), "moment": plain(moment), "feeling": plain(feeling)}
    by_program = "application/json" in request.headers.get("accept", "")
    try:
        _keep(services, claim, name, typed, tag, noted_at)
    except Refused as refused:
        if by_program:
            raise
        facts = observe_facts(services, claim) | typed
        facts |= {"tag": tag, "sentence": str(refused)}
        return signed_page(request, claim, token, facts, 409)
    named = named_in(f"{quote} {moment}", services.office.observations.names_met(claim.rotation))
    if by_program:
        return JSONResponse({"named": named})
    return RedirectResponse(f"/t/{token}?said={'named' if named else 'noted'}", 303)


@router.post("/{token}/code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the writer a code to their own address."""
    claim = _writer(services, token)
    office = services.office
    office.observations.ask_code(claim.rotation, claim.step or "", claim.person, office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/{token}/notes")
def read_notes(
    request: Request, services: With, token: str, code: Annotated[str, Form()]
) -> Response:
    """Show the writer what they wrote down, once per code."""
    claim = services.office.links.read(token, Purpose.OBSERVE)
    facts = observe_facts(services, claim)
    try:
        facts |= {"notes": notes_of(services, claim, code)}
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(request, claim, token, facts)


def notes_of(services: Services, claim: LinkClaim, code: str) -> tuple[Note, ...]:
    """Return what a link's holder wrote down at that stop; raises Refused without the right code."""
    office = services.office
    return office.observations.own(
        claim.rotation, claim.step or "", claim.person, code, office.now()
    )


def observe_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page shows: the step and how much was noted, but no words."""
    office = services.office
    kept = office.observations.page(claim.rotation, claim.step or "", claim.person, office.now())
    empty = {"quote": "", "moment": "", "feeling": "", "tag": InsightTag.FRUSTRATION}
    return empty | {
        "found": office.views.answer_page(claim),
        "page": kept,
        "tags": tuple(InsightTag),
        "name": opaque_id(UNGUESSABLE),
        "sentence": "",
        "code_sentence": "",
        "notes": None,
    }


def observe_url(services: Services, found: AnswerPage, claim: LinkClaim) -> str:
    """Return the page on which the holder of another link writes down what they see; empty for none."""
    if not found.visitor or found.step.kind not in OBSERVED:
        return ""
    to_observe = claim.model_copy(update={"purpose": Purpose.OBSERVE, "about": found.step.key})
    return services.office.links.url(to_observe, found.step.ends + NOTES_CLOSE + _STILL_OPENS)


def _keep(
    services: Services,
    claim: LinkClaim,
    name: str,
    typed: dict[str, str],
    tag: InsightTag,
    noted_at: datetime | None,
) -> None:
    try:
        observation = Observation(**typed, tag=tag)
    except ValidationError:
        raise Refused(_TOO_LONG) from None
    office = services.office
    aware = noted_at if noted_at and noted_at.tzinfo else None
    office.observations.keep(
        name, claim.rotation, claim.step or "", claim.person, observation, office.now(), aware
    )


def _writer(services: Services, token: str) -> LinkClaim:
    """The claim of a link whose holder writes: at the step itself, in its summary, or to test it."""
    claim = services.office.links.read(token)
    if claim.purpose not in {Purpose.OBSERVE, Purpose.SUMMARISE, Purpose.TRY}:
        raise Refused("This link does not open anything that somebody wrote.")
    return claim
