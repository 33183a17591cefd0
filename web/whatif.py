"""What if somebody visited another team: the effect on the whole plan, before anything is stored or sent."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from web.overview import With
from web.plans import conflicts_of, planned_again
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
    asked = office.what_if.page(cohort, rotation, None, instead or None, office.now())
    names = {choice.ref: choice.name for choice in asked.choices}
    facts: dict[str, object] = {"asked": asked, "team": team, "team_name": names.get(team or "")}
    if team:
        worked_out = services.work(
            ("what-if", cohort, asked.plan, rotation, team, instead),
            lambda: office.what_if.page(cohort, rotation, team, instead or None, office.now()),
        )
        broken = conflicts_of(services, cohort, asked.plan)
        facts |= {"asked": worked_out or asked, "working": worked_out is None, "broken": broken}
    return page(request, "whatif.html", facts)


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
