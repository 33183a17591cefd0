"""Versions of a cohort's program: which there are, who keeps to which, and what differs between two."""

from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from fastapi.responses import HTMLResponse

from domain.difference import by_reach
from web.overview import With
from web.rendering import may_see, page

router = APIRouter()

Version = Annotated[int | None, Query(ge=0, le=2**31 - 1)]

_NOT_YOURS = "Versions of a program are for program managers."


@router.get("/versions/{cohort}")
def versions(
    request: Request, services: With, cohort: str, old: Version = None, new: Version = None
) -> HTMLResponse:
    """Show every version of a cohort's program, and what differs between two: the newest, if none are named."""
    if not may_see(request):
        raise HTTPException(403, _NOT_YOURS)
    programs, row = services.office.programs, services.office.views.cohort(cohort)
    rows = programs.versions(cohort)
    newest = rows[0].version if new is None else new
    before = rows[min(1, len(rows) - 1)].version if old is None else old
    facts = {
        "cohort": row,
        "zone": row.zone,
        "versions": rows,
        "old": before,
        "new": newest,
        "differences": by_reach(programs.compare(cohort, before, newest)),
    }
    return page(request, "versions.html", facts)
