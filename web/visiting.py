"""Signing in with a one-time link, where pages are not on this machine alone."""

import asyncio

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.middleware.base import BaseHTTPMiddleware, RequestResponseEndpoint
from starlette.responses import Response

from store.visitors import SESSION_LASTS
from web.events import EVENTS
from web.feeds import FEEDS
from web.kiosk import KIOSK
from web.overview import With
from web.rendering import page, sorry
from web.services import SAFE, Services
from web.voices import RECEIPTS

router = APIRouter()

OPEN_TO_ALL = ("/t/", RECEIPTS, "/static/", "/sign-in/", KIOSK, FEEDS, EVENTS)
"""What asks for a signed or one-time link, a receipt, a code or a token of its own, and what all pages look like."""


class Door(BaseHTTPMiddleware):
    """Lets in who is signed in; observers change nothing."""

    async def dispatch(self, request: Request, call_next: RequestResponseEndpoint) -> Response:
        path = request.url.path
        if path == "/healthz" or path.startswith(OPEN_TO_ALL):
            return await call_next(request)
        services: Services = request.app.state.services
        token = request.cookies.get(cookie_of(services), "")
        visitor = await asyncio.to_thread(
            services.office.visitors.visitor, token, services.office.now()
        )
        if visitor is None:
            return page(request, "sign_in.html", {"asked": None}, 401)
        request.state.visitor = visitor
        if request.method not in SAFE and path != "/sign-out" and not visitor.role.may_act:
            return sorry(request, 403, "That can't be done", "An observer changes nothing.")
        return await call_next(request)


def cookie_of(services: Services) -> str:
    """Return the name of the session cookie; over TLS browsers bind it to this host (RFC 6265bis)."""
    return "__Host-sojourn" if _over_tls(services) else "sojourn"


@router.get("/sign-in/{token}")
def ask(request: Request, services: With, token: str) -> HTMLResponse:
    """Show whom a login link is for; mail programs that look at links don't use it up."""
    asked = services.office.visitors.invited(token, services.office.now())
    return page(request, "sign_in.html", {"asked": asked, "token": token})


@router.post("/sign-in/{token}")
def sign_in(services: With, token: str) -> RedirectResponse:
    """Use the link up and open a session of seven days on this browser."""
    opened, _ = services.office.visitors.sign_in(token, services.office.now())
    inside = RedirectResponse("/", 303)
    inside.set_cookie(
        cookie_of(services),
        opened,
        max_age=int(SESSION_LASTS.total_seconds()),
        secure=_over_tls(services),
        httponly=True,
        samesite="lax",
    )
    return inside


@router.post("/sign-out")
def sign_out(request: Request, services: With) -> RedirectResponse:
    """End this browser's session."""
    name = cookie_of(services)
    services.office.visitors.sign_out(request.cookies.get(name, ""))
    outside = RedirectResponse("/", 303)
    outside.delete_cookie(name, secure=_over_tls(services), httponly=True, samesite="lax")
    return outside


def _over_tls(services: Services) -> bool:
    return services.office.settings.base_url.startswith("https://")
