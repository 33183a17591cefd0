"""A plan: figures, table, Gantt, conflicts, pins and every mail, before anybody hears of it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from domain.program import AT_HOST, StepKind
from store.pages import StepRow
from store.planpages import AssignmentRow, ConflictRow, PlanPage
from web.gantt import Line, draw
from web.overview import With
from web.rendering import page
from web.services import Services

router = APIRouter(prefix="/plan")

Number = Annotated[int | None, Query(ge=1, le=2**31 - 1)]
"""Of a plan version, as the database counts them."""


class By(StrEnum):
    """Whose rows a plan shows."""

    PARTICIPANT = "participant"
    TEAM = "team"


@dataclass(frozen=True)
class Visit:
    """One participant's stop at a team."""

    rotation: str
    participant_name: str
    days: tuple[StepRow, ...]
    """What takes place with the team, by its start."""


@dataclass(frozen=True)
class Visited:
    """One team with everybody who visits it; ``share`` is None where it isn't known."""

    name: str
    share: int | None
    visits: tuple[Visit, ...]


@router.get("/{cohort}")
def plan(
    request: Request,
    services: With,
    cohort: str,
    version: Number = None,
    by: By = By.PARTICIPANT,
    newer_than: Number = None,
) -> HTMLResponse:
    """Show a plan version, the newest when none is named.

    ``newer_than`` says which one is being replaced: until its successor is there, nothing can be done.
    """
    office = services.office
    row, found = office.views.cohort(cohort), office.views.plan(cohort, version)
    awaited = row.approved_plan is None and row.latest_plan == newer_than
    undecided = row.approved_plan is None and row.latest_plan == found.plan
    open_to_approve = undecided and not awaited
    conflicts = conflicts_of(services, cohort, found.plan) if open_to_approve else ()
    broken = set(_broken(conflicts or (), found))
    visited = tuple(_visited(found))
    lines = list(_by_team(visited) if by is By.TEAM else _by_participant(found))
    facts = {
        "plan": found,
        "cohort": row,
        "zone": row.zone,
        "by": by,
        "visited": visited,
        "gantt": draw(lines, office.now(), row.zone, broken, in_lanes=by is By.TEAM),
        "conflicts": conflicts or (),
        "checking": conflicts is None,
        "broken": broken,
        "awaited": awaited,
        "undecided": undecided,
        "open_to_approve": open_to_approve,
    }
    return page(request, "plan.html", facts)


@router.get("/{cohort}/mails")
def mails(
    request: Request, services: With, cohort: str, rotation: str | None = None
) -> HTMLResponse:
    """Show every invite that approving would bring, or those of one rotation."""
    office = services.office
    found = office.views.plan(cohort)
    facts: dict[str, object] = {
        "plan": found,
        "rotation": rotation,
        "participants": {a.rotation: a.participant_name for a in found.assignments},
        "mails": office.preview(cohort, found.plan, rotation),
    }
    return page(request, "plan_mails.html", facts)


@router.post("/{cohort}/approve")
async def approve(services: With, cohort: str, plan: Annotated[int, Form()]) -> RedirectResponse:
    """Approve a version; its rotations start."""
    services.office.organisation.refuse_dissolved(cohort, plan)
    await services.approve(cohort, plan)
    return RedirectResponse(f"/?cohort={cohort}", 303)


@router.post("/{cohort}/replan")
async def replan(services: With, cohort: str) -> RedirectResponse:
    """Make a new version while none is approved."""
    return await planned_again(services, cohort)


@router.post("/{cohort}/pins")
def pin(
    services: With,
    cohort: str,
    rotation: Annotated[str, Form()],
    team: Annotated[str, Form()],
    pinned: Annotated[bool, Form()],
) -> RedirectResponse:
    """Pin a team for somebody, or let go of it."""
    office = services.office
    act = office.pins.pin if pinned else office.pins.unpin
    act(cohort, rotation, team, office.now())
    return RedirectResponse(f"/plan/{cohort}#{rotation}", 303)


def conflicts_of(services: Services, cohort: str, plan: int) -> tuple[ConflictRow, ...] | None:
    """Return what is broken today in a plan version; None while it is checked."""
    office = services.office
    return services.work(
        ("conflicts", cohort, plan), lambda: office.conflicts.of(cohort, plan, office.now())
    )


async def planned_again(services: Services, cohort: str) -> RedirectResponse:
    """Ask for a new version and go to the page that waits for it."""
    before = services.office.views.cohort(cohort).latest_plan
    await services.replan(cohort)
    return RedirectResponse(f"/plan/{cohort}?newer_than={before}" if before else "/", 303)


def _broken(conflicts: Iterable[ConflictRow], found: PlanPage) -> Iterator[tuple[str, str]]:
    """Yield rotation and step of what to mark; a visit that can't be is marked on its days.

    The step is empty where a whole rotation is meant.
    """
    whole = {one.rotation for one in conflicts if one.step is None}
    yield from ((one.rotation or "", one.step or "") for one in conflicts)
    for step in (step for a in found.assignments for step in a.steps):
        if step.rotation in whole and step.kind is StepKind.SHADOWING_DAY:
            yield step.rotation, step.key


def _by_participant(found: PlanPage) -> Iterator[Line]:
    for rotation, stops in _by_rotation(found.assignments):
        steps = [step for a in stops for step in a.steps]
        yield stops[0].participant_name, f"/r/{rotation}", steps


def _by_team(visited: Iterable[Visited]) -> Iterator[Line]:
    for team in visited:
        days = [
            day.model_copy(update={"title": f"{visit.participant_name}: {day.title}"})
            for visit in team.visits
            for day in visit.days
        ]
        if days:
            yield team.name, "", sorted(days, key=lambda day: day.starts)


def _visited(found: PlanPage) -> Iterator[Visited]:
    """Every team of the plan by name, and after them those that nobody visits."""
    shares = {load.team: load for load in found.review.loads} if found.review else {}
    names = {ref: load.name for ref, load in shares.items()}
    names |= {a.host: a.host_name for a in found.assignments}
    visits: dict[str, list[Visit]] = {}
    for a in found.assignments:
        days = tuple(step for step in a.steps if step.kind in AT_HOST)
        visits.setdefault(a.host, []).append(Visit(a.rotation, a.participant_name, days))
    for ref in sorted(names, key=lambda ref: (ref not in visits, names[ref])):
        share = shares[ref].share if ref in shares else None
        yield Visited(names[ref], share, tuple(sorted(visits.get(ref, ()), key=_begin)))


def _begin(visit: Visit) -> str:
    return min((day.starts.isoformat() for day in visit.days), default="")


def _by_rotation(rows: Iterable[AssignmentRow]) -> Iterable[tuple[str, list[AssignmentRow]]]:
    found: dict[str, list[AssignmentRow]] = {}
    for row in rows:
        found.setdefault(row.rotation, []).append(row)
    return found.items()
