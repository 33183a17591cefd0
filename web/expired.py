"""Where the time of a signed link is over: what was typed is handed back, and a fresh link goes to its person by mail."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import DomainError
from domain.links import LinkClaim, LinkExpired, Purpose
from web.overview import With
from web.rendering import page
from web.services import SAFE, Services
from web.signed import shown

router = APIRouter(prefix="/t")

_OPENED_BY_CODE = frozenset({Purpose.WEIGH, Purpose.CONVEY})
"""Pages that last for an hour after a code; the page that asks for the code follows them."""

_ON_ITS_WAY = (
    "If a mail address is known of whom this link is for, a fresh link is on its way to it. "
    "Otherwise ask the contact named in the mail."
)


@router.post("/{token}/fresh-link")
def send(request: Request, services: With, token: str) -> Response:
    """Mail a fresh link to whom an expired one is for; says the same whoever that is."""
    try:
        services.office.links.read(token)
        return RedirectResponse(f"/t/{token}", 303)
    except LinkExpired as expired:
        fresh = _fresh(services, expired.claim)
        if fresh:
            services.office.fresh_links.send(fresh, services.office.now())
        return _page(request, expired.claim, token, said=_ON_ITS_WAY)


async def say_expired(request: Request, expired: LinkExpired) -> HTMLResponse:
    """Return the page of an expired link, with the words that were sent to it."""
    services: Services = request.app.state.services
    form = {} if request.method in SAFE else await request.form()
    typed = [words for words in map(str, form.values()) if len(words.split()) > 1]
    fresh = _fresh(services, expired.claim) is not None
    token = request.url.path.split("/")[2]
    return _page(request, expired.claim, token, typed=typed, fresh=fresh)


def _fresh(services: Services, claim: LinkClaim) -> LinkClaim | None:
    """What a fresh link opens; None where there is nothing any more that it could."""
    if claim.purpose in _OPENED_BY_CODE:
        claim = claim.model_copy(update={"purpose": Purpose.HEAR})
    try:
        shown(services, claim)
    except DomainError:
        return None
    return claim


def _page(
    request: Request,
    claim: LinkClaim,
    token: str,
    *,
    typed: list[str] | None = None,
    fresh: bool = False,
    said: str = "",
) -> HTMLResponse:
    facts: dict[str, object] = {
        "token": token,
        "typed": typed or [],
        "fresh": fresh,
        "said": said,
        "needs_code": claim.purpose in _OPENED_BY_CODE,
    }
    return page(request, "expired.html", facts, 200 if said else 410)
