"""A visit whose proposal waits to be written, and the change that comes of it."""

import httpx
from sqlalchemy import select

from domain.links import Purpose
from domain.policy import PolicyPhase, PolicyState
from domain.policymoves import PolicyDispatch
from domain.program import StepKind
from domain.rotation import Phase
from domain.telling import dispatch
from store.database import reading
from store.tables.changes import PolicyTable
from tests.visit import DAY, Visit


def hold_workshop(visit: Visit) -> None:
    """The workshop was held, and the proposal waits to be written."""
    for kind, phase in ((StepKind.CO_CREATION, Phase.HELD), (StepKind.PROPOSAL, Phase.OPEN)):
        step = visit.step(kind).model_copy(update={"phase": phase})
        visit.state = visit.state.with_step(step)
    visit.state = visit.state.model_copy(update={"version": visit.state.version + 1})
    visit.moment = visit.step(StepKind.PROPOSAL).starts + DAY
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))


def co_author(visit: Visit) -> str:
    attendees = visit.step(StepKind.CO_CREATION).attendees
    return next(a.person for a in attendees if a.seat.value == "frontline")


def a_form(visit: Visit, **changes: str) -> dict[str, str]:
    form = {
        "title": "Returns are booked at once",
        "seen": "A return waits for a second signature.",
        "change": "One signature is enough.",
        "metric": "minutes until a return is booked",
        "baseline": "40",
        "target": "10",
        "owner": visit.state.participant,
        "co_author": co_author(visit),
        "decide_by": f"{(visit.moment + 7 * DAY).date()}",
    }
    return form | changes


def page_to_propose(visit: Visit) -> str:
    return visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))


async def propose(visit: Visit, browser: httpx.AsyncClient, **changes: str) -> PolicyTable:
    """Hand the proposal in and return its row; its process has yet to begin."""
    await browser.post(f"{page_to_propose(visit)}/propose", data=a_form(visit, **changes))
    with reading(visit.office.engine) as session:
        (row,) = session.scalars(select(PolicyTable))
    return row


def page_of(visit: Visit, row: PolicyTable, purpose: Purpose, person: str = "") -> str:
    """Return the signed page of a change for its owner, the participant, or for somebody else."""
    return visit.path(purpose, visit.step(StepKind.PROPOSAL), person, about=row.id)


def begin(visit: Visit, row: PolicyTable, **changes: object) -> PolicyState:
    """Play the process of a change: it stands as it was proposed, or with these changes."""
    facts: dict[str, object] = {
        "policy": row.id,
        "cohort": row.cohort,
        "rotation": row.rotation,
        "participant": visit.state.participant,
        "host": visit.state.host,
        "owner": row.proposal["owner"],
        "co_authors": tuple(row.proposal["co_authors"]),
        "voices": (co_author(visit),),
        "proposed_at": visit.moment,
        "decide_by": visit.moment + DAY,
        "version": 1,
    }
    state = PolicyState.model_validate(facts | changes)
    visit.office.policies.carry_out(
        PolicyDispatch(state=state, errands=(), now=visit.moment, sentence="Waiting.")
    )
    return state


def bring_into_force(visit: Visit, row: PolicyTable, **changes: object) -> PolicyState:
    return begin(
        visit,
        row,
        phase=PolicyPhase.IN_FORCE,
        decided_at=visit.moment,
        in_force_at=visit.moment,
        **changes,
    )
