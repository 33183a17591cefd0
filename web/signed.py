"""Signed pages: one link, one purpose, one person. GET shows, POST acts."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import NotFound, Refused
from domain.links import LinkClaim, Purpose
from domain.moments import zone_of
from domain.moves import THANKS_LET_GO
from domain.program import Gate
from domain.rotation import Answer
from store.pages import AnswerPage
from web.changes import change_facts, propose_facts
from web.concerns import concern_facts
from web.daysheets import sheet_facts, sheet_url
from web.kiosk import own_pages_facts
from web.needs import keep_need, need_facts, own_facts
from web.observing import observe_facts, observe_url
from web.occasions import invite_facts, note_facts, note_url, reflect_url
from web.overview import With
from web.packs import pack_facts, pack_url
from web.practising import offered, practise_facts
from web.proxies import choose_facts, proxy_facts
from web.quicktests import result_facts, to_test, try_facts
from web.reflecting import reflect_facts
from web.rendering import LONGEST, plain, signed_page
from web.services import Services
from web.summaries import summary_facts
from web.tensions import tension_facts, tension_url
from web.voices import (
    around,
    convey_facts,
    hear_facts,
    hear_url,
    log_facts,
    mode_facts,
    speak_facts,
    weigh_facts,
)

router = APIRouter(prefix="/t")

_SAID = {
    "accepted": "You said yes. It is in the calendar; see you there.",
    "tentative": "You said maybe. The coordinator knows.",
    "declined": "You said no, and that is noted. If it can't be without you, another time is looked for.",
    "need": "Passed on to the coordinator, who alone can read it. You see here when it is arranged.",
    "need-gone": "Nothing of it is kept.",
    "arranged": "Noted. Who wrote it sees that it is arranged.",
    "for-them": "Noted. They see that it was you, and can change it.",
    "proxy": "Noted. Your invites go to them too; you can take it back here.",
    "no-proxy": "Taken back. Nobody answers for you any more.",
    "agreed": "You said yes. Thank you.",
    "refused": "You said no. That is all; only the coordinator and the program managers see it.",
    "kept-note": "Kept. Everybody in the debrief can read it, and nobody else.",
    "invited": "They get an invite in a moment, and may decline it without a reason.",
    "let-be": "Nobody is invited, and they hear nothing of it.",
    "held": "Noted: it took place. Thank you.",
    "not-today": "Noted: not today. Another day is being looked for; no reason is needed.",
    "kept": "Kept. Only you can read it.",
    "kept-exercise": "Kept. You can come back to it.",
    "asked": "Thank you. It is counted for the program; nobody reads who asked what.",
    "noted": "Noted. Only you can read it.",
    "named": "Noted. It names somebody: before you share it, say it without the name.",
    "code": "A code is on its way to your address. It works once, within 15 minutes.",
    "drafted": "Kept as a draft. It starts when you say so.",
    "tried": "It has started. Whoever looks after it knows, and so does the lead of the team.",
    "tested": "Recorded. Everybody whom it concerns is told, with thanks.",
    "sent": "Your thanks are on their way.",
    "summed-up": "The host lead reads it first. Until then you can change it here.",
    "shared": "Thank you. Those who were there get it now.",
    "unshared": "Noted. It stays between the two of you.",
    "proposed": "Handed in. You and everybody who spoke hear what comes of it.",
    "mine": "Then it counts. Answers from that address count from now on.",
    "not-mine": "Then it does not count. Please answer the invite yourself.",
    "tension": "Raised. The register shows it with its lens, and not by whom.",
    "concern": "Passed on. You hear what becomes of it, and why.",
    "decided": "Decided. Everybody who spoke is told, with your reason.",
    "pack-shared": "The program manager can read it now. You can take it back here.",
    "taken-back": "Taken back. Nobody can read it any more, and nothing of it is kept.",
    "measured": "Recorded. Everybody who spoke is told.",
    "mode": "Noted. Everybody reads it before they type.",
    "weighed": "Kept. Who said it is told what you answered, and why.",
    "conveyed": "Passed on. It gets an answer and a reason.",
    "nothing": "Nothing was written, so nothing has changed.",
}


@router.get("/{token}")
def show(request: Request, services: With, token: str, said: str = "") -> HTMLResponse:
    """Show what a link is for; nothing changes."""
    claim = services.office.links.read(token)
    return signed_page(request, claim, token, shown(services, claim), said=_SAID.get(said, ""))


def shown(services: Services, claim: LinkClaim) -> dict[str, object]:
    """Return what the page of a link shows; raises DomainError where there is nothing for its person."""
    return _SHOWN[claim.purpose](services, claim)


@router.post("/{token}/answer")
def answer(services: With, token: str, answer: Annotated[str, Form()]) -> RedirectResponse:
    """Accept, decline or leave open; on the day itself say 'not today'."""
    claim = services.office.links.read(token, Purpose.ANSWER)
    sayings = services.office.sayings
    if answer == "not-today":
        sayings.not_today(claim.rotation, claim.step or "", claim.person, services.office.now())
    elif answer in {"accepted", "tentative", "declined"}:
        sayings.answer(claim.about, Answer(answer), "link", services.office.now())
    else:
        raise Refused("Say yes, maybe or no.")
    return _shown(token, answer)


@router.post("/{token}/need")
def need(
    request: Request, services: With, token: str, words: Annotated[str, Form()] = ""
) -> Response:
    """Tell the coordinator what would make a step work; without words, take it back."""
    claim = services.office.links.read(token, Purpose.ANSWER)
    try:
        return _shown(token, keep_need(services, claim, words))
    except Refused as refused:
        typed = {"need_words": words, "need_sentence": str(refused)}
        return signed_page(request, claim, token, _answer_facts(services, claim) | typed, 409)


@router.post("/{token}/consent")
def consent(services: With, token: str, agreed: Annotated[str, Form()]) -> RedirectResponse:
    """Give or refuse a consent."""
    claim = services.office.links.read(token, Purpose.CONSENT)
    yes = agreed == "yes"
    gate = Gate(claim.about)
    services.office.sayings.consent(
        claim.rotation, gate, claim.person, agreed=yes, now=services.office.now()
    )
    return _shown(token, "agreed" if yes else "refused")


@router.post("/{token}/held")
def held(
    services: With, token: str, delegated: Annotated[bool, Form()] = False
) -> RedirectResponse:
    """Confirm that a step took place, with the participant or with somebody else in their place."""
    claim = services.office.links.read(token, Purpose.HELD)
    now = services.office.now()
    services.office.sayings.took_place(
        claim.rotation, claim.step or "", claim.person, now, delegated=delegated
    )
    return _shown(token, "held")


@router.post("/{token}/vouch")
def vouch(services: With, token: str, mine: Annotated[str, Form()]) -> RedirectResponse:
    """Say whether an answer that came from elsewhere is one's own."""
    claim = services.office.links.read(token, Purpose.VOUCH)
    office, number = services.office, int(claim.about)
    if mine == "yes":
        office.answers.vouch(number, claim.person, office.read_again(number), office.now())
    else:
        office.answers.drop(number, office.now())
    return _shown(token, "mine" if mine == "yes" else "not-mine")


@router.post("/{token}/thank")
def thank(
    request: Request, services: With, token: str, words: Annotated[str, Form()] = ""
) -> Response:
    """Send thanks in the writer's own words, once everything that was said has its answer."""
    claim = services.office.links.read(token, Purpose.THANK)
    try:
        services.office.sayings.write(
            claim.rotation, claim.step or "", claim.person, _some(words), services.office.now()
        )
    except Refused as refused:
        typed = {"words": words, "sentence": str(refused)}
        return signed_page(request, claim, token, _thank_facts(services, claim) | typed, 409)
    return _shown(token, "sent")


def _some(typed: str) -> str:
    text = plain(typed)
    if not text:
        raise Refused("The page is still empty. Write a line, or close it; nobody will ask twice.")
    return text


def _shown(token: str, said: str) -> RedirectResponse:
    return RedirectResponse(f"/t/{token}?said={said}", 303)


def _answer_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    found = services.office.views.answer_page(claim)
    return own_facts(services, claim) | {
        "found": found,
        "today": _is_today(found, services.office.now()),
        "observe_url": observe_url(services, found, claim),
        "exercises": offered(services, found, claim),
        "note_url": note_url(services, found, claim),
        "reflect_url": reflect_url(services, found, claim),
        "to_test": to_test(services, claim),
        "pack_url": pack_url(services, found, claim),
        "sheet_url": sheet_url(services, found, claim),
        "tension_url": tension_url(services, found, claim),
        "visit": services.office.questions.of_visit(
            claim.rotation, found.step.key, claim.person, services.office.now()
        ),
        "voices": around(services, found, claim),
    }


def _is_today(found: AnswerPage, now: datetime) -> bool:
    zone = zone_of(found.step.zone)
    return found.step.starts.astimezone(zone).date() == now.astimezone(zone).date()


def _consent_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    found = services.office.views.rotation(claim.rotation)
    mine = [c for c in found.consents if c.person == claim.person and c.gate.value == claim.about]
    return {"found": found, "consent": mine[0] if mine else None}


def _vouch_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """The answer that is held back, while it is."""
    try:
        held = services.office.read_again(int(claim.about))
    except NotFound:
        held = None
    return {"found": services.office.views.answer_page(claim), "held": held}


def _step_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    found = services.office.views.answer_page(claim)
    return {"found": found, "pack_url": pack_url(services, found, claim)}


def _held_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    found = services.office.views.answer_page(claim)
    return {"found": found, "exercises": offered(services, found, claim)}


def _thank_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """The form, and what has to be answered before it."""
    office, key = services.office, claim.step or ""
    return _step_facts(services, claim) | {
        "words": "",
        "longest": LONGEST,
        "sentence": "",
        "let_go": THANKS_LET_GO,
        "waits": office.hearing.waiting(claim.rotation, key, office.now()),
        "hear_url": hear_url(services, claim, key),
    }


_SHOWN: dict[Purpose, Callable[[Services, LinkClaim], dict[str, object]]] = {
    Purpose.ANSWER: _answer_facts,
    Purpose.CONSENT: _consent_facts,
    Purpose.HELD: _held_facts,
    Purpose.VOUCH: _vouch_facts,
    Purpose.REFLECT: reflect_facts,
    Purpose.OBSERVE: observe_facts,
    Purpose.PRACTISE: practise_facts,
    Purpose.NOTE: note_facts,
    Purpose.INVITE: invite_facts,
    Purpose.TRY: try_facts,
    Purpose.RESULT: result_facts,
    Purpose.TENSION: tension_facts,
    Purpose.THANK: _thank_facts,
    Purpose.SUMMARISE: summary_facts,
    Purpose.RELEASE: summary_facts,
    Purpose.PROPOSE: propose_facts,
    Purpose.CONCERN: concern_facts,
    Purpose.DECIDE: change_facts,
    Purpose.MEASURE: change_facts,
    Purpose.PACK: pack_facts,
    Purpose.SPEAK: speak_facts,
    Purpose.VOICE_MODE: mode_facts,
    Purpose.HEAR: hear_facts,
    Purpose.WEIGH: weigh_facts,
    Purpose.CONVEY: convey_facts,
    Purpose.LOG: log_facts,
    Purpose.DAY_SHEET: sheet_facts,
    Purpose.NEED: need_facts,
    Purpose.PROXY: proxy_facts,
    Purpose.OWN_PAGES: own_pages_facts,
    Purpose.CHOOSE_PROXY: choose_facts,
}
