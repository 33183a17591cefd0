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
from starlette.responses import PlainTextResponse, Response

from domain.errors import DomainError, NotFound
from domain.links import LinkOver
from web import (
    asking,
    changes,
    concerns,
    coverage,
    daysheets,
    events,
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


def _say_refusal(request: Request, refused: Exception) -> Response:
    if isinstance(refused, NotFound):
        return sorry(request, 404, "Not found", str(refused))
    if isinstance(refused, LinkOver):
        return sorry(request, 410, "This link is over", str(refused))
    if isinstance(refused, Unreachable):
        return sorry(request, 503, "Not now", str(refused))
    return sorry(request, 409, "That can't be done", str(refused))


def _say_http(request: Request, failed: Exception) -> Response:
    status = failed.status_code if isinstance(failed, HTTPException) else 500
    if status == 404:
        return sorry(request, 404, "Not found", "There is no page at this address.")
    if status == 403 and isinstance(failed, HTTPException):
        return sorry(request, 403, "Not for observers", failed.detail)
    return sorry(request, status, "That did not work", _INCOMPLETE)


def _say_incomplete(request: Request, wrong: Exception) -> Response:
    del wrong
    return sorry(request, 400, "That did not work", _INCOMPLETE)
