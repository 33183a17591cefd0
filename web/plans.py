"""A plan: table, Gantt, reasons and every mail, before anybody hears of it."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from store.planpages import AssignmentRow
from web.gantt import draw
from web.overview import With
from web.rendering import page

router = APIRouter(prefix="/plan")


@router.get("/{cohort}")
def plan(
    request: Request,
    services: With,
    cohort: str,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1)] = None,
) -> HTMLResponse:
    """Show a plan version, the newest when none is named."""
    views = services.office.views
    row = views.cohort(cohort)
    found = views.plan(cohort, version)
    lines = [
        (stops[0].participant_name, f"/r/{rotation}", [step for a in stops for step in a.steps])
        for rotation, stops in _by_rotation(found.assignments)
    ]
    open_to_approve = row.approved_plan is None and row.latest_plan == found.plan
    facts = {
        "plan": found,
        "cohort": row,
        "zone": row.zone,
        "gantt": draw(lines, services.office.now(), row.zone),
        "open_to_approve": open_to_approve,
        "mails": services.office.preview(cohort, found.plan) if open_to_approve else (),
    }
    return page(request, "plan.html", facts)


def _by_rotation(rows: Iterable[AssignmentRow]) -> Iterable[tuple[str, list[AssignmentRow]]]:
    found: dict[str, list[AssignmentRow]] = {}
    for row in rows:
        found.setdefault(row.rotation, []).append(row)
    return found.items()


@router.post("/{cohort}/approve")
async def approve(services: With, cohort: str, plan: Annotated[int, Form()]) -> RedirectResponse:
    """Approve a version; its rotations start."""
    services.office.organisation.refuse_dissolved(cohort, plan)
    await services.approve(cohort, plan)
    return RedirectResponse(f"/?cohort={cohort}", 303)


@router.post("/{cohort}/replan")
async def replan(services: With, cohort: str) -> RedirectResponse:
    """Make a new version while none is approved."""
    await services.replan(cohort)
    return RedirectResponse(f"/plan/{cohort}", 303)
