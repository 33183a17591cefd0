"""Calendar feeds: the addresses that calendar programs read, and the page where they are made."""

import gzip
import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.responses import PlainTextResponse, Response

from domain.errors import NotFound
from domain.links import LinkOver
from invites.feed_text import feed_text
from store.feeds import A_PAGE
from web.overview import With
from web.rendering import PageNumber, page
from web.services import Services

router = APIRouter()

FEEDS = "/feeds/"
"""Below this nobody signs in: the token in the address is what lets a calendar program in."""

_FRESH_SECONDS = 900
_HEADERS = {
    "Cache-Control": f"private, max-age={_FRESH_SECONDS}",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex",
}
_UNSTORED = _HEADERS | {"Cache-Control": "no-store"}


@router.api_route(FEEDS + "{token}.ics", methods=["GET", "HEAD"])
def subscribed(request: Request, services: With, token: str) -> Response:
    """Serve one feed: 304 while nothing changed, 410 once it was revoked, 404 for any other address."""
    feeds, now = services.office.feeds, services.office.now()
    try:
        body = feed_text(feeds.read(token, now))
    except LinkOver as over:
        return PlainTextResponse(str(over), 410, _UNSTORED)
    except NotFound as unknown:
        return PlainTextResponse(str(unknown), 404, _UNSTORED)
    digest = hashlib.sha256(body).hexdigest()[:32]
    return _served(request, body, digest, feeds.served(token, digest, now))


def _served(request: Request, body: bytes, digest: str, since: datetime) -> Response:
    """The compressed bytes are others than the plain ones and have their own ETag (RFC 9110 8.8.3)."""
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    etag = f'"{digest}-gzip"' if zipped else f'"{digest}"'
    headers = _HEADERS | {
        "ETag": etag,
        "Last-Modified": format_datetime(since.astimezone(UTC), usegmt=True),
        "Vary": "Accept-Encoding",
    }
    if _known(request, etag, since):
        return Response(status_code=304, headers=headers)
    headers["Content-Disposition"] = 'inline; filename="sojourn.ics"'
    if zipped:
        headers["Content-Encoding"] = "gzip"
        body = gzip.compress(body, mtime=0)
    return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")


def _known(request: Request, etag: str, since: datetime) -> bool:
    """Return whether the reader has this text already; an ETag says more than a date (RFC 9110 13.2.2)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return tags.strip() == "*" or etag in {
            tag.strip().removeprefix("W/") for tag in tags.split(",")
        }
    try:
        seen = parsedate_to_datetime(request.headers.get("if-modified-since", ""))
    except ValueError:
        return False
    return seen.tzinfo is not None and since <= seen


@router.get("/calendars")
def calendars(
    request: Request, services: With, name: str = "", number: PageNumber = 1
) -> HTMLResponse:
    """Show who is called so and has a feed, and who can get one."""
    return _page(request, services, {}, name.strip(), number)


@router.post("/calendars")
def create(request: Request, services: With, whose: Annotated[str, Form()]) -> HTMLResponse:
    """Make a feed and show its address, this once."""
    return _told_once(request, services, whose, services.office.feeds.create)


@router.post("/calendars/{whose}/rotate")
def rotate(request: Request, services: With, whose: str) -> HTMLResponse:
    """Give a feed a new address and show it, this once."""
    return _told_once(request, services, whose, services.office.feeds.rotate)


@router.post("/calendars/{whose}/revoke")
def revoke(services: With, whose: str) -> RedirectResponse:
    """End a feed."""
    services.office.feeds.revoke(whose, services.office.now())
    return RedirectResponse("/calendars", 303)


def _told_once(
    request: Request, services: Services, whose: str, make: Callable[[str, datetime], str]
) -> HTMLResponse:
    """An address in a redirect would stay in the browser's history, so the answer itself shows it."""
    address = make(whose, services.office.now())
    named = services.office.views.named(whose)
    shown = _page(request, services, {"address": address, "whose": named})
    shown.headers.update(_UNSTORED)
    return shown


def _page(
    request: Request,
    services: Services,
    facts: dict[str, object],
    name: str = "",
    number: int = 1,
) -> HTMLResponse:
    feeds = services.office.feeds
    served, others = feeds.subscribed(name, number), feeds.unsubscribed(name)
    shown = {
        "served": served,
        "others": others,
        "name": name,
        "number": number,
        "more": len(served) == A_PAGE,
        "many": bool(name) or number > 1 or A_PAGE in (len(served), len(others)),
        "other_page": f"/calendars?{urlencode({'name': name})}&page=",
    }
    return page(request, "calendars.html", shown | facts)
