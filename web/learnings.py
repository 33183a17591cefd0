"""The learning register: what visits taught, searched and filtered, and what followed from it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from domain.errors import Refused
from domain.insights import InsightTag
from store.learnings import A_PAGE, LONGEST_REASON, Wanted
from web.overview import With
from web.rendering import PageNumber, page, pages_of, plain
from web.services import Services

router = APIRouter(prefix="/learnings")

A_FEW = 10
"""Closed tests that are shown at first, and more of at a time."""


@router.get("")
def learnings(
    request: Request,
    services: With,
    words: str = "",
    team: str = "",
    tag: str = "",
    quarter: str = "",
    only_open: bool = False,
    number: PageNumber = 1,
    tried: Annotated[int, Query(ge=A_FEW, le=1000)] = A_FEW,
) -> HTMLResponse:
    """Show what was found, the newest first, a page at a time."""
    wanted = Wanted(plain(words), team, tag, quarter, only_open)
    return page(request, "learnings.html", _facts(services, wanted, number, tried))


@router.post("/{insight}/reason")
def nothing_follows(
    request: Request, services: With, insight: str, reason: Annotated[str, Form()] = ""
) -> Response:
    """Say why nothing follows from an insight; what is not right is said beside what was typed."""
    try:
        services.office.learnings.nothing_follows(insight, plain(reason), services.office.now())
    except Refused as refused:
        facts = _facts(services, Wanted(only_open=True), 1)
        typed = {"typed": {insight: reason}, "sentence": str(refused), "wrong": insight}
        return page(request, "learnings.html", facts | typed, 409)
    return RedirectResponse(f"/learnings#{insight}", 303)


def _facts(
    services: Services, wanted: Wanted, number: int, tried: int = A_FEW
) -> dict[str, object]:
    found = services.office.learnings.find(wanted, number)
    tests, more = services.office.quick_tests.closed(tried)
    asked = {name: value for name, value in wanted._asdict().items() if value}
    return {
        "register": found,
        "wanted": wanted,
        "filtered": bool(asked),
        "tags": tuple(InsightTag),
        "number": number,
        "pages": pages_of(found.found, A_PAGE),
        "other_page": f"/learnings?{urlencode(asked)}&page=",
        "tried": tests,
        "more_tried": f"/learnings?{urlencode(asked | {'tried': tried + A_FEW})}#tried"
        if more
        else "",
        "longest": LONGEST_REASON,
        "typed": {},
        "sentence": "",
        "wrong": "",
    }
