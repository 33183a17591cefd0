"""Where the time of a signed link is over: what was typed is handed back, and a fresh link goes to its person by mail."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.datastructures import FormData

from domain.errors import DomainError
from domain.links import LinkClaim, LinkExpired, Purpose
from store.fresh_links import FRESH_A_DAY
from web.overview import With
from web.reflecting import LINES
from web.rendering import page
from web.services import SAFE, Services
from web.signed import shown

router = APIRouter(prefix="/t")

_OPENED_BY_CODE = frozenset({Purpose.WEIGH, Purpose.CONVEY})
"""Pages that last for an hour after a code; the page that asks for the code follows them."""

_ON_ITS_WAY = (
    "If a mail address is known of whom this link is for, a fresh link is on its way to it, "
    f"{FRESH_A_DAY} a day at most. Otherwise ask the contact named in the mail."
)

_NOT_TYPED = re.compile(
    "agreed|anew|answer|asked|co_author|code|delegated|do|insight|invited|item|language|lens|mine|mode"
    "|name|named|nobody|note|noted_at|owner|person|place|read|reader|receipt|reversible|take_back|test"
    r"|verdict|written_at|tag\d*|disposition(-.+)?|(note|policy)-.+"
)
"""Fields of forms that somebody ticks or chooses, and what a page sends along."""

_NOT_TYPED_IN_EXERCISES = re.compile(r"_meant|code|more|nobody|reader|.+-mark-\d+-\d+")
"""The same of exercises, whose other fields a program names as it likes."""

_LABELS = {f"line{number}": line for number, line in enumerate(LINES)} | {
    "one": "What pulls one way",
    "other": "What pulls against it",
    "thing": "In a line",
    "value": "Now",
}
"""Of fields whose names say too little."""


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
    claim, token = expired.claim, request.url.path.split("/")[2]
    fresh = _fresh(services, claim) is not None
    if request.method in SAFE:
        return _page(request, claim, token, fresh=fresh)
    typed = list(_typed(claim, await request.form()))
    return _page(request, claim, token, typed=typed, fresh=fresh, too_late=True)


def _typed(claim: LinkClaim, form: FormData) -> Iterator[tuple[str, str]]:
    """What somebody typed, each with the label of its field; of several with one label each has a number."""
    of_exercise = claim.purpose is Purpose.PRACTISE
    not_typed = _NOT_TYPED_IN_EXERCISES if of_exercise else _NOT_TYPED
    found = [
        (_in_plain_words(name) if of_exercise else _label(name), words)
        for name, words in form.multi_items()
        if isinstance(words, str) and words.strip() and not not_typed.fullmatch(name)
    ]
    all_of, so_far = Counter(label for label, _ in found), Counter[str]()
    for label, words in found:
        so_far[label] += 1
        number = f" ({so_far[label]} of {all_of[label]})" if all_of[label] > 1 else ""
        yield label + number, words


def _label(name: str) -> str:
    """A field's label, without the number or id of what it is about."""
    about_one = name.partition("-")[0].rstrip("0123456789")
    return _LABELS.get(name) or _LABELS.get(about_one) or _in_plain_words(about_one)


def _in_plain_words(name: str) -> str:
    return " ".join(re.split("[-_]", name)).strip().capitalize() or "What you typed"


def _fresh(services: Services, claim: LinkClaim) -> LinkClaim | None:
    """What a fresh link opens; None where that is over, or is not asked of its person any more."""
    if claim.purpose in _OPENED_BY_CODE:
        claim = claim.model_copy(update={"purpose": Purpose.HEAR})
    try:
        asked = services.office.fresh_links.is_still_asked(claim)
        shown(services, claim)
    except DomainError:
        return None
    return claim if asked else None


def _page(
    request: Request,
    claim: LinkClaim,
    token: str,
    *,
    typed: Sequence[tuple[str, str]] = (),
    fresh: bool = False,
    too_late: bool = False,
    said: str = "",
) -> HTMLResponse:
    facts: dict[str, object] = {
        "token": token,
        "typed": typed,
        "too_late": too_late,
        "fresh": fresh,
        "said": said,
        "needs_code": claim.purpose in _OPENED_BY_CODE,
    }
    return page(request, "expired.html", facts, 200 if said else 410)
