"""Signed pages of proxies: answer for somebody without mail; and, at a kiosk, choose who may."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from domain.errors import Refused
from domain.links import LinkClaim, Purpose
from domain.rotation import Answer
from web.overview import With
from web.rendering import plain, signed_page
from web.services import Services

router = APIRouter(prefix="/t")

_ANSWERS = {Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED}


@router.post("/{token}/proxy")
def answer(services: With, token: str, answer: Annotated[str, Form()] = "") -> RedirectResponse:
    """Answer in somebody's place."""
    claim = services.office.links.read(token, Purpose.PROXY)
    if answer not in _ANSWERS:
        raise Refused("Say yes, no, or that another time would be better.")
    sayings, now = services.office.sayings, services.office.now()
    sayings.answer_as_proxy(claim.about, claim.person, Answer(answer), now)
    return RedirectResponse(f"/t/{token}?said=for-them", 303)


@router.post("/{token}/choose-proxy")
def choose(
    request: Request,
    services: With,
    token: str,
    who: Annotated[str, Form()] = "",
    take_back: Annotated[bool, Form()] = False,
) -> Response:
    """Choose a proxy, or take the choice back; what is not right is said beside what was typed."""
    claim = services.office.links.read(token, Purpose.CHOOSE_PROXY)
    proxies, now = services.office.proxies, services.office.now()
    if take_back:
        proxies.take_back(claim.person, now)
        return RedirectResponse(f"/t/{token}?said=no-proxy", 303)
    try:
        proxies.choose(claim.person, proxies.known_as(plain(who)), now)
    except Refused as refused:
        facts = choose_facts(services, claim) | {"who": who, "sentence": str(refused)}
        return signed_page(request, claim, token, facts, 409)
    return RedirectResponse(f"/t/{token}?said=proxy", 303)


def proxy_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """What a proxy may know of the invite: never what the person writes."""
    return {"invite": services.office.proxies.page(claim.about, claim.person)}


def choose_facts(services: Services, claim: LinkClaim) -> dict[str, object]:
    """Who may answer by now."""
    return {"proxy": services.office.proxies.name_of(claim.person), "who": "", "sentence": ""}
