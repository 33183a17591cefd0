"""Templates and the words that all pages share."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from domain.decisionmap import map_of
from domain.errors import Refused
from domain.figures import figure
from domain.links import LinkClaim
from domain.moments import ago, short_time, zone_of
from domain.program import Gate
from domain.rotation import Answer, Phase
from domain.wording import word_diff
from web.drawing import draw

_ROTATION = re.compile(r"/r/[^/]+")
_FOLDER = Path(__file__).parent

templates = Jinja2Templates(directory=_FOLDER / "templates")
STATIC = _FOLDER / "static"

_PHASES = {
    Phase.PLANNED: "planned",
    Phase.INVITED: "invited",
    Phase.CONFIRMED: "confirmed",
    Phase.REPAIRING: "needs a new time",
    Phase.OPEN: "open to write",
    Phase.SHOWN: "with the host",
    Phase.HELD: "held",
    Phase.CANCELLED: "called off",
}

_GATES = {
    Gate.GOALS: "learning goals",
    Gate.RELEASE: "release by the manager",
    Gate.HOST: "host team",
    Gate.COLLEAGUES: "talk with colleagues",
}

_ANSWERS = {
    Answer.NEEDS_ACTION: "no answer yet",
    Answer.ACCEPTED: "accepted",
    Answer.TENTATIVE: "maybe",
    Answer.DECLINED: "declined",
}


PageNumber = Annotated[int, Query(alias="page", ge=1, le=10_000)]
"""Which page of a list is asked for."""


def pages_of(found: int, a_page: int) -> int:
    """Return how many pages hold what was found."""
    return -(-found // a_page)


LONGEST = 4000
"""Characters of one field of a form."""


def plain(typed: object) -> str:
    """Return what was typed, as every database takes it: one kind of line break, no NUL, no half characters.

    Raises Refused for more than a field holds.
    """
    text = "" if typed is None else str(typed)
    text = text.replace("\r\n", "\n").replace("\0", "")
    text = text.encode("utf-8", "replace").decode().strip()
    if len(text) > LONGEST:
        raise Refused(f"Keep each answer to {LONGEST} characters; one has {len(text)}.")
    return text


def clock(moment: datetime, zone: str) -> str:
    """Return only the time of day in a zone."""
    return f"{moment.astimezone(zone_of(zone)):%H:%M}"


def signed(number: int) -> str:
    """Return a number with its sign, as typesetters write it."""
    return f"{number:+d}".replace("-", "−")


templates.env.filters |= {
    "signed": signed,
    "figure": figure,
    "draw": draw,
    "wall": short_time,
    "clock": clock,
    "since": ago,
    "diff": word_diff,
    "plain": lambda key: key.replace("-", " "),
    "drawn": map_of,
    "gate": lambda gate: _GATES[gate],
    "phase": lambda phase: _PHASES[phase],
    "answer": lambda answer: _ANSWERS[answer],
    "input_time": lambda moment, zone: f"{moment.astimezone(zone_of(zone)):%Y-%m-%dT%H:%M}",
}


def may_act(request: Request) -> bool:
    """Return whether whoever looks may act: on this machine, or by the role they signed in with."""
    services = request.app.state.services
    visitor = getattr(request.state, "visitor", None)
    return visitor.role.may_act if visitor else services.local and not services.rehearsed


def may_see(request: Request) -> bool:
    """Return whether whoever looks sees what is not for observers; in a rehearsal nobody is real."""
    return may_act(request) or request.app.state.services.rehearsed


def signed_page(
    request: Request,
    claim: LinkClaim,
    token: str,
    facts: Mapping[str, object],
    status: int = 200,
    said: str = "",
) -> HTMLResponse:
    """Return the page of a signed link, also as it is after something was typed on it."""
    around = at_kiosk(request, claim, token)
    has_mail = request.app.state.services.office.views.has_mail(claim.person)
    shown = {**facts, **around, "claim": claim, "said": said, "has_mail": has_mail}
    return page(request, f"signed_{claim.purpose.value}.html", shown, status)


def at_kiosk(request: Request, claim: LinkClaim, token: str) -> dict[str, object]:
    """Return what a page needs that somebody may see at a shared device: the way back, and the way out."""
    kiosk = request.app.state.services.office.kiosk
    own_url = kiosk.url(claim.person, claim.until) if claim.until else ""
    return {"token": token, "own_url": own_url}


def page(request: Request, name: str, facts: dict[str, object], status: int = 200) -> HTMLResponse:
    """Return a page; every page knows whether it is local and where Temporal's pages are."""
    services = request.app.state.services
    visitor = getattr(request.state, "visitor", None)
    common = {
        "local": services.local,
        "temporal_ui": services.temporal_ui,
        "rehearsed": services.rehearsed,
        "visitor": visitor,
        "may_act": may_act(request),
        "now": services.office.now(),
        "own_url": "",
    }
    return templates.TemplateResponse(request, name, common | facts, status_code=status)


def sorry(request: Request, status: int, heading: str, sentence: str) -> HTMLResponse:
    """Return a page that says what went wrong and what can be done."""
    back = _ROTATION.match(request.url.path)
    facts: dict[str, object] = {
        "heading": heading,
        "sentence": sentence,
        "back": back.group() if back else "/",
    }
    return page(request, "sorry.html", facts | _still_at_kiosk(request), status)


def _still_at_kiosk(request: Request) -> dict[str, object]:
    """The way back from what went wrong, while the visit to a shared device goes on."""
    if request.url.path.startswith("/t/"):
        token = request.url.path.split("/")[2]
        with suppress(Refused):
            claim = request.app.state.services.office.links.read(token)
            return at_kiosk(request, claim, token)
    return {}
