"""The web application: routes, guards and plain words for everything that can go wrong."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.staticfiles import StaticFiles
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import JSONResponse, PlainTextResponse, Response

from domain.errors import DomainError, NotFound
from domain.links import LinkExpired, LinkOver
from web import (
    asking,
    changes,
    concerns,
    coverage,
    daysheets,
    events,
    expired,
    feeds,
    inbox,
    kiosk,
    learnings,
    mapping,
    needs,
    observing,
    occasions,
    overview,
    packs,
    plans,
    practising,
    proxies,
    quarters,
    quicktests,
    reflecting,
    rehearsed,
    rotations,
    shared,
    signed,
    summaries,
    tensions,
    versions,
    visiting,
    voices,
    whatif,
    years,
)
from web.rendering import STATIC, sorry
from web.services import ONLY_TO_READ, SAFE, Services
from workflows.handles import Unreachable

_INCOMPLETE = "Something in the address or the form is missing or not right. Go back and try again."

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
        "base-uri 'none'; form-action 'self'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}


def create_app(services: Services) -> FastAPI:
    """Return the application for these services; the local inbox exists in local mode only."""

    @asynccontextmanager
    async def until_closed(_: FastAPI) -> AsyncIterator[None]:
        yield
        services.workbench.close()

    app = FastAPI(title="Sojourn", docs_url=None, redoc_url=None, lifespan=until_closed)
    app.state.services = services
    if not services.local:
        app.add_middleware(visiting.Door)
        app.include_router(visiting.router)
    app.add_middleware(_Guard)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    for part in (
        overview,
        plans,
        versions,
        whatif,
        rotations,
        changes,
        daysheets,
        learnings,
        quarters,
        coverage,
        years,
        concerns,
        summaries,
        observing,
        practising,
        shared,
        needs,
        proxies,
        mapping,
        occasions,
        events,
        quicktests,
        packs,
        asking,
        tensions,
        voices,
        kiosk,
        feeds,
        reflecting,
        expired,
        signed,
    ):
        app.include_router(part.router)
    if services.rehearsed:
        app.include_router(rehearsed.router)
    if services.local:
        app.include_router(inbox.router)
    app.add_exception_handler(DomainError, _say_refusal)
    app.add_exception_handler(HTTPException, _say_http)
    app.add_exception_handler(RequestValidationError, _say_incomplete)
    app.add_exception_handler(ValidationError, _say_incomplete)
    return app


class _Guard(BaseHTTPMiddleware):
    """Only its own address and its own pages: Host and Origin are checked, headers are set."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        if request.url.hostname not in request.app.state.services.hosts:
            return PlainTextResponse("Sojourn is not served under this name.", 421)
        if "\0" in request.url.path:
            return PlainTextResponse("There is no page at this address.", 404)
        if request.method not in SAFE and not _from_own_page(request):
            return PlainTextResponse("This form was sent from another site.", 403)
        if request.method not in SAFE and request.app.state.services.rehearsed:
            return sorry(request, 409, "That can't be done", ONLY_TO_READ)
        response = await call_next(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if request.url.path.startswith(("/t/", voices.RECEIPTS, kiosk.KIOSK, "/sign-in/")):
            response.headers["Referrer-Policy"] = "no-referrer"
            response.headers["Cache-Control"] = "no-store"
        return response


def _from_own_page(request: Request) -> bool:
    """True for forms of our own pages and for programs, which send neither header.

    Pages with Referrer-Policy no-referrer send ``Origin: null`` with their own forms, so there
    the browser's own word, Sec-Fetch-Site, decides.
    """
    site = request.headers.get("sec-fetch-site")
    if site:
        return site in {"same-origin", "none"}
    origin = request.headers.get("origin")
    try:
        return origin is None or urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:
        return False


async def _say_refusal(request: Request, refused: Exception) -> Response:
    if isinstance(refused, LinkExpired) and not _asks_for_json(request):
        return await expired.say_expired(request, refused)
    for kind, (status, heading) in _REFUSALS.items():
        if isinstance(refused, kind):
            return _say(request, status, heading, str(refused))
    return _say(request, 409, "That can't be done", str(refused))


def _say_http(request: Request, failed: Exception) -> Response:
    status = failed.status_code if isinstance(failed, HTTPException) else 500
    if status == 404:
        return _say(request, 404, "Not found", "There is no page at this address.")
    if status == 403 and isinstance(failed, HTTPException):
        return _say(request, 403, "Not for observers", failed.detail)
    return _say(request, status, "That did not work", _INCOMPLETE)


def _say_incomplete(request: Request, wrong: Exception) -> Response:
    del wrong
    return _say(request, 400, "That did not work", _INCOMPLETE)


def _say(request: Request, status: int, heading: str, sentence: str) -> Response:
    """A page for people, and a sentence for the programs of our pages."""
    if _asks_for_json(request):
        return JSONResponse({"sentence": sentence}, status)
    return sorry(request, status, heading, sentence)


def _asks_for_json(request: Request) -> bool:
    return "application/json" in request.headers.get("accept", "")


_REFUSALS: dict[type[DomainError], tuple[int, str]] = {
    NotFound: (404, "Not found"),
    LinkOver: (410, "This link is over"),
    Unreachable: (503, "Not now"),
}
