"""The first page: what needs a person, then everybody's way; live while it is open."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse

from store.attention import A_PAGE
from store.pages import CohortRow, Wanted
from web.gantt import draw
from web.rendering import PageNumber, may_see, page, pages_of
from web.services import Services

router = APIRouter()


def services_of_request(request: Request) -> Services:
    """Return what wiring gave to the application."""
    found: Services = request.app.state.services
    return found


With = Annotated[Services, Depends(services_of_request)]


@router.get("/")
def overview(
    request: Request,
    services: With,
    cohort: str | None = None,
    name: str = "",
    number: PageNumber = 1,
) -> HTMLResponse:
    """Show one cohort: what needs a person first, then one page of the rotations of who is called so."""
    views = services.office.views
    found = views.overview(cohort, Wanted(number, name.strip()), discreet=not may_see(request))
    zone = found.cohort.zone if found.cohort else "UTC"
    lines = [(f"{r.participant_name}", f"/r/{r.rotation}", r.steps) for r in found.rotations]
    facts = {
        "overview": found,
        "cohorts": views.cohorts(),
        "zone": zone,
        "name": name.strip(),
        "number": number,
        "pages": pages_of(found.found, A_PAGE),
        "other_page": f"/?{urlencode(_asked(found.cohort, name))}&page=",
        "gantt": draw([line for line in lines if line[2]], services.office.now(), zone),
    }
    return page(request, "overview.html", facts)


def _asked(cohort: CohortRow | None, name: str) -> dict[str, str]:
    asked = {"cohort": cohort.cohort if cohort else "", "name": name.strip()}
    return {key: value for key, value in asked.items() if value}


@router.get("/events")
async def events(request: Request, services: With) -> StreamingResponse:
    """Stream one event whenever something changed that a page may show."""
    return StreamingResponse(_changes(request, services), media_type="text/event-stream")


@router.get("/healthz")
def health(services: With) -> JSONResponse:
    """Say that pages can be read."""
    return JSONResponse({"status": "ok", "change": services.office.views.change()})


async def _changes(request: Request, services: Services) -> AsyncIterator[str]:
    known = await asyncio.to_thread(services.office.views.change)
    yield f"id: {known}\nevent: hello\ndata: {known}\n\n"
    while not await request.is_disconnected():
        await asyncio.sleep(1)
        number = await asyncio.to_thread(services.office.views.change)
        if number != known:
            known = number
            yield f"id: {known}\nevent: change\ndata: {known}\n\n"
        else:
            yield ": still here\n\n"
