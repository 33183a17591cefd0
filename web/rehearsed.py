"""The report of a rehearsal as a page."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from web.overview import With
from web.rendering import page

router = APIRouter()


@router.get("/rehearsal")
def report(request: Request, services: With) -> HTMLResponse:
    """Show what the rehearsal came to."""
    return page(request, "rehearsal.html", {"report": services.rehearsed})
