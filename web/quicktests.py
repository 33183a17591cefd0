"""The signed pages of a quick test: drafted and started by the participant, closed by who looks after it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import Refused
from domain.evidence import Named
from domain.figures import figure_of
from domain.links import LinkClaim, Purpose
from domain.moments import zone_of
from domain.policy import Verdict
from domain.quicktests import LONGEST, LONGEST_LINE, LONGEST_WORDS, Draft
from store.quicktests import LONGEST_LEARNT, Offered
from web.naming import refuse_names_met
from web.observing import notes_of
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")

OFFERED_FOR = timedelta(days=90)
"""From when somebody looked at the page that offers a test."""

_WORDS = ("hypothesis", "adjustment", "owner", "cost", "reversible", "metric")
_REST = ("baseline", "target", "ends_on")


@router.post("/{token}/try")
async def try_it(request: Request, services: With, token: str) -> Response:
    """Keep a draft or start the test; what is missing is said beside its field."""
    claim = services.office.links.read(token, Purpose.TRY)
    form = await request.form()
    facts = try_facts(services, claim)
    start = form.get("do") == "start"
    try:
        typed = {name: plain(form.get(name)) for name in (*_WORDS, *_REST)}
        draft = Draft(**typed, notes=tuple(str(one) for one in form.getlist("note")))
        facts |= {"draft": draft}
        if start:
            words = " ".join(typed[name] for name in _WORDS)
            refuse_names_met(services, claim.rotation, words, form)
        missing = services.office.quick_tests.keep(
            claim.about, claim.person, draft, services.office.now(), start=start
        )
    except Refused as refused:
        facts |= {"sentence": str(refused), "names": isinstance(refused, Named)}
        return signed_page(request, claim, token, facts, 409)
    if missing:
        return signed_page(request, claim, token, facts | {"missing": missing}, 409)
    return RedirectResponse(f"/t/{token}?said={'tried' if start else 'drafted'}", 303)


@router.post("/{token}/remember")
def remember(
    request: Request, services: With, token: str, code: Annotated[str, Form()]
) -> Response:
    """Show the participant what they noted beside the form, once per code."""
    claim = services.office.links.read(token, Purpose.TRY)
    facts = try_facts(services, claim)
    try:
        facts |= {"words": {note.id: note for note in notes_of(services, claim, code)}}
    except Refused as refused:
        return signed_page(request, claim, token, facts | {"code_sentence": str(refused)}, 409)
    return signed_page(request, claim, token, facts)


@router.post("/{token}/result")
async def result(request: Request, services: With, token: str) -> Response:
    """Say what a test showed; what is not right is said beside what was typed."""
    claim = services.office.links.read(token, Purpose.RESULT)
    typed = {name: str(value) for name, value in (await request.form()).items()}
    facts = result_facts(services, claim) | {"typed": typed}
    try:
        _close(services, claim, typed)
    except Refused as refused:
        facts |= {"sentence": str(refused), "names": isinstance(refused, Named)}
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=tested", 303)


def try_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page of an insight shows to who may test it; the form begins with the draft."""
    found = services.office.quick_tests.page(claim.about, claim.person)
    today = services.office.now().astimezone(zone_of(found.zone)).date()
    return {
        "page": found,
        "draft": found.draft,
        "first": today + timedelta(days=1),
        "last": today + LONGEST,
        "longest": {"words": LONGEST_WORDS, "line": LONGEST_LINE},
        "missing": {},
        "sentence": "",
        "names": False,
        "words": None,
        "code_sentence": "",
    }


def result_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What the page of a test shows to who looks after it."""
    found = services.office.quick_tests.result_page(claim.about, claim.person)
    shown = {"typed": {}, "sentence": "", "names": False, "longest": LONGEST_LEARNT}
    return shown | {"page": found}


def to_test(services: Services, claim: LinkClaim) -> list[tuple[Offered, str]]:
    """Return the insights that the holder of another link may test, each with its page."""
    office = services.office
    until = office.now() + OFFERED_FOR
    return [
        (one, office.links.url(_about(claim, one), until))
        for one in office.quick_tests.offered(claim.rotation, claim.person)
    ]


def _about(claim: LinkClaim, offered: Offered) -> LinkClaim:
    changes = {"purpose": Purpose.TRY, "about": offered.insight, "step": offered.step}
    return claim.model_copy(update=changes)


def _close(services: Services, claim: LinkClaim, typed: Mapping[str, str]) -> None:
    said = typed.get("verdict", "")
    if said not in set(Verdict):
        raise Refused("Say whether the target was met, not met, or a new question came up.")
    measured, learnt = figure_of(typed.get("measured", "")), plain(typed.get("learnt"))
    refuse_names_met(services, claim.rotation, learnt, typed)
    services.office.quick_tests.close(
        claim.about, claim.person, measured, Verdict(said), learnt, services.office.now()
    )
