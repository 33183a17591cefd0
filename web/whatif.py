"""What if somebody visited another team: the effect on the whole plan, before anything is stored or sent."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from web.overview import With
from web.plans import planned_again
from web.rendering import page
from workflows.handles import Unreachable

router = APIRouter(prefix="/plan")

PINNED_ONLY = (
    "The team is pinned, but the plan can't be made again now (Temporal or its worker is away). "
    "Press 'Plan again' on the plan's page in a minute."
)


@router.get("/{cohort}/what-if/{rotation}")
def what_if(
    request: Request,
    services: With,
    cohort: str,
    rotation: str,
    team: str | None = None,
    instead: str | None = None,
) -> HTMLResponse:
    """Show what a visit to a team would change; teams to choose from when none is named."""
    office = services.office
    asked = office.what_if.page(cohort, rotation, team or None, instead or None, office.now())
    broken = office.conflicts.of(cohort, asked.plan, office.now()) if asked.effect else ()
    return page(request, "whatif.html", {"asked": asked, "broken": broken})


@router.post("/{cohort}/what-if/{rotation}")
async def pin_and_plan_again(
    services: With,
    cohort: str,
    rotation: str,
    team: Annotated[str, Form()],
    instead: Annotated[str, Form()] = "",
) -> RedirectResponse:
    """Pin the team and make a new version with it."""
    office = services.office
    office.pins.pin(cohort, rotation, team, office.now(), instead or None)
    try:
        return await planned_again(services, cohort)
    except Unreachable as away:
        raise Unreachable(PINNED_ONLY) from away
