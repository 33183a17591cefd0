"""Signed pages of voices: say what should be heard, choose how, open it with a code, answer it; and receipts."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from domain.policy import Disposition
from domain.program import StepKind, VoiceMode
from domain.voices import ANY_LANGUAGE, CLOSES, KEPT, LANGUAGES, LONGEST_POINT, POINTS_EACH, Weighed
from store.chance import UNGUESSABLE, opaque_id
from store.hearing import HeardPoint
from store.pages import AnswerPage
from store.voices import NameInPoint
from web.kiosk import new_code
from web.naming import NOBODY
from web.overview import With
from web.rendering import at_kiosk, page, plain, signed_page
from web.services import Services

router = APIRouter()

OPEN_FOR = timedelta(hours=1)
"""How long a code opens what was said."""

RECEIPTS = "/v/"
"""Where receipts are read by who holds them."""

_NOT_SAID = "Say whether it is taken up or declined."


@router.post("/t/{token}/speak")
def speak(
    request: Request,
    services: With,
    token: str,
    receipt: Annotated[str, Form(pattern="^[a-z2-7]{26}$")],
    text: Annotated[str, Form()] = "",
    language: Annotated[str, Form()] = "",
    mode: Annotated[str, Form()] = "",
    reader: Annotated[str, Form()] = "",
    nobody: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Keep one point and show its receipt, here and never again; sent twice it is kept once."""
    claim = services.office.links.read(token, Purpose.SPEAK)
    said_in = language if language in LANGUAGES else ANY_LANGUAGE
    try:
        services.office.voices.say(
            *_where(claim),
            receipt,
            plain(text),
            said_in,
            services.office.now(),
            read_as=_mode(mode),
            read_by=reader,
            nobody_meant=nobody,
        )
    except Refused as refused:
        typed = {"text": text, "language": said_in, "sentence": str(refused)}
        names = {"names": isinstance(refused, NameInPoint)}
        return signed_page(request, claim, token, speak_facts(services, claim) | typed | names, 409)
    base = services.office.settings.base_url.rstrip("/")
    kept = {"kept": receipt, "receipt_url": f"{base}{RECEIPTS}{receipt}"}
    return signed_page(request, claim, token, speak_facts(services, claim) | kept)


@router.post("/t/{token}/receipt")
def open_receipt(
    request: Request, services: With, token: str, receipt: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Show a receipt to who has just got it, at an address that says nothing of it to the next person there."""
    claim = services.office.links.read(token, Purpose.SPEAK)
    return _told(request, services, receipt, at_kiosk(request, claim, token))


@router.post("/t/{token}/voice-mode")
def choose_mode(
    request: Request, services: With, token: str, mode: Annotated[str, Form()] = ""
) -> Response:
    """Choose how points are taken around a session."""
    claim = services.office.links.read(token, Purpose.VOICE_MODE)
    try:
        services.office.voices.choose(*_where(claim), _mode(mode), services.office.now())
    except Refused as refused:
        facts = mode_facts(services, claim) | {"sentence": str(refused)}
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=mode", 303)


@router.post("/t/{token}/kiosk-code")
def give_code(
    request: Request, services: With, token: str, person: Annotated[str, Form()] = ""
) -> HTMLResponse:
    """Show the lead a code for somebody of their team without mail, who opens their pages with it."""
    claim = services.office.links.read(token, Purpose.VOICE_MODE)
    known = services.office.voices.how(*_where(claim)).without_mail
    given = new_code(services, known, person, claim.person)
    return signed_page(request, claim, token, mode_facts(services, claim) | given)


@router.post("/t/{token}/hear-code")
def send_code(services: With, token: str) -> RedirectResponse:
    """Send the reader a code to their own address."""
    claim = services.office.links.read(token, Purpose.HEAR)
    services.office.hearing.ask_code(*_where(claim), services.office.now())
    return RedirectResponse(f"/t/{token}?said=code", 303)


@router.post("/t/{token}/hear")
def hear(
    request: Request, services: With, token: str, code: Annotated[str, Form()] = ""
) -> Response:
    """Open what was said for an hour, once per code."""
    office, claim = services.office, services.office.links.read(token, Purpose.HEAR)
    try:
        purpose = office.hearing.open(*_where(claim), code, office.now())
    except Refused as refused:
        facts = hear_facts(services, claim) | {"code_sentence": str(refused)}
        return signed_page(request, claim, token, facts, 409)
    opened = claim.model_copy(update={"purpose": purpose})
    url = office.links.url(opened, office.now() + OPEN_FOR)
    return RedirectResponse(urlsplit(url).path, 303)


@router.post("/t/{token}/weigh")
async def weigh(request: Request, services: With, token: str) -> Response:
    """Answer points; what is whole is kept and told, what is missing is said beside it."""
    office, claim = services.office, services.office.links.read(token, Purpose.WEIGH)
    typed = {key: plain(value) for key, value in (await request.form()).items()}
    shown = office.hearing.to_weigh(*_where(claim), office.now()).points
    wrong, answers = _answers(shown, typed)
    nobody = typed.get(NOBODY) == "yes"
    done = office.hearing.weigh(*_where(claim), answers, office.now(), nobody_meant=nobody)
    wrong |= done.missing
    if wrong:
        handed_back = {"typed": typed, "wrong": wrong, "names": done.named}
        facts = weigh_facts(services, claim) | handed_back
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said={'weighed' if answers else 'nothing'}", 303)


@router.post("/t/{token}/convey")
async def pass_on(request: Request, services: With, token: str) -> Response:
    """Pass wordings on; what names somebody is handed back."""
    office, claim = services.office, services.office.links.read(token, Purpose.CONVEY)
    typed = {key: plain(value) for key, value in (await request.form()).items()}
    wordings = {
        key.removeprefix(_WORDING): words
        for key, words in typed.items()
        if key.startswith(_WORDING) and words
    }
    wrong = office.hearing.pass_on(*_where(claim), wordings, office.now())
    if wrong:
        facts = convey_facts(services, claim) | {"typed": typed, "wrong": wrong}
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said={'conveyed' if wordings else 'nothing'}", 303)


@router.get(RECEIPTS + "{receipt}")
def read_receipt(request: Request, services: With, receipt: str) -> HTMLResponse:
    """Show what came of a point to whoever holds its receipt."""
    return _told(request, services, receipt, {})


def _told(
    request: Request, services: Services, receipt: str, around: Mapping[str, object]
) -> HTMLResponse:
    story = services.office.receipts.story(receipt, services.office.now())
    return page(request, "voice.html", {"story": story, "said": "", **around})


def speak_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the form shows before anybody types: how it is taken and who reads it."""
    office = services.office
    found = office.voices.page(*_where(claim), office.now())
    return {
        "found": office.views.answer_page(claim),
        "page": found,
        "languages": LANGUAGES,
        "language": found.language,
        "longest": LONGEST_POINT,
        "most": POINTS_EACH,
        "receipt": opaque_id(UNGUESSABLE),
        "receipt_url": "",
        "text": "",
        "sentence": "",
        "names": False,
    }


def mode_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What a host lead chooses from."""
    return {
        "found": services.office.views.answer_page(claim),
        "how": services.office.voices.how(*_where(claim)),
        "sentence": "",
        "code": "",
    }


def hear_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """How much waits, and the way to a code."""
    found = services.office.hearing.page(*_where(claim), services.office.now())
    return {"page": found, "code_sentence": ""}


def weigh_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """Every point that the visitor may read."""
    found = services.office.hearing.to_weigh(*_where(claim), services.office.now())
    return {"page": found, "longest": LONGEST_POINT, "typed": {}, "wrong": {}, "names": False}


def convey_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """Every point that waits to be passed on."""
    points = services.office.hearing.to_pass_on(*_where(claim))
    found = services.office.views.answer_page(claim)
    return {"found": found, "points": points, "longest": LONGEST_POINT, "typed": {}, "wrong": {}}


def log_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What was decided about a host team, for its people."""
    team, changes = services.office.change_views.of_team(claim.about, claim.person)
    return {"team": team, "changes": changes}


def hear_url(services: Services, claim: LinkClaim, step: str) -> str:
    """Return the page on which the holder of another link opens what was said; empty for none."""
    office = services.office
    if not office.hearing.offered(claim.rotation, step, claim.person):
        return ""
    return office.links.url(_to(claim, Purpose.HEAR, step), office.now() + CLOSES)


def around(services: Services, found: AnswerPage, claim: LinkClaim) -> list[tuple[str, str]]:
    """Return the pages of voices that the holder of an invite is offered, each with its title."""
    office, step = services.office, found.step
    offered: list[tuple[str, str]] = []
    if office.voices.offered(claim.rotation, step.key, claim.person):
        to_speak = _to(claim, Purpose.SPEAK, step.key)
        offered.append(("Say what should be heard", office.links.url(to_speak, step.ends + CLOSES)))
    if step.kind is StepKind.LISTENING_SESSION:
        offered.append(("Open what should be heard", hear_url(services, claim, step.key)))
    for key in office.voices.to_choose(claim.rotation, step.stop, claim.person):
        to_choose = _to(claim, Purpose.VOICE_MODE, key)
        url = office.links.url(to_choose, step.ends + CLOSES)
        offered.append(("How your team can speak", url))
    team = office.change_views.team_of(claim.rotation, step.stop, claim.person)
    if team:
        to_read = _to(claim, Purpose.LOG, step.key).model_copy(update={"about": team})
        offered.append(
            ("What was decided at your team", office.links.url(to_read, office.now() + KEPT))
        )
    return [(title, url) for title, url in offered if url]


def _to(claim: LinkClaim, purpose: Purpose, step: str) -> LinkClaim:
    return claim.model_copy(update={"purpose": purpose, "about": step, "step": step})


def _mode(chosen: str) -> VoiceMode:
    if chosen not in set(VoiceMode):
        raise Refused("Choose one of the three.")
    return VoiceMode(chosen)


def _where(claim: LinkClaim) -> tuple[str, str, str]:
    return claim.rotation, claim.step or "", claim.person


def _answers(
    shown: tuple[HeardPoint, ...], typed: Mapping[str, str]
) -> tuple[dict[str, str], dict[str, Weighed]]:
    """Sort what was typed: answers to be taken, and a sentence for each that does not say what it is."""
    wrong: dict[str, str] = {}
    answers: dict[str, Weighed] = {}
    for point in shown:
        disposition, policy, reason = (typed.get(f"{name}-{point.id}", "") for name in _FIELDS)
        if point.decision or not (disposition or policy or reason):
            continue
        if disposition in set(Disposition):
            chosen = Disposition(disposition)
            answers[point.id] = Weighed(disposition=chosen, reason=reason, policy=policy)
        else:
            wrong[point.id] = _NOT_SAID
    return wrong, answers


_FIELDS = ("disposition", "policy", "reason")
_WORDING = "wording-"
