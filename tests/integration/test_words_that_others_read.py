"""Forms in which people write: what belongs to customers stays out, and so do names of people who were met."""

from pathlib import Path

import httpx
import pytest
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

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
OTHERWISE = {
    "_need.html",
    "learnings.html",
    "quarters.html",
}
NOTICE = "Leave out what belongs to customers"
NOBODY = "Nobody is meant by that word"


def forms() -> list[str]:
    """Every form with room for words; a register shows words of its own form."""
    pages = (path for path in sorted(TEMPLATES.glob("*.html")) if path.name != "tensions.html")
    return [path.name for path in pages if "<textarea" in path.read_text()]


@pytest.mark.parametrize("form", [name for name in forms() if name not in OTHERWISE])
def test_every_form_for_what_was_seen_asks_to_leave_customers_out(form: str) -> None:
    assert '{% include "_leave_out.html" %}' in (TEMPLATES / form).read_text()


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """The workshop was held, and the proposal waits to be written."""
    for kind, phase in ((StepKind.CO_CREATION, Phase.HELD), (StepKind.PROPOSAL, Phase.OPEN)):
        step = visit.step(kind).model_copy(update={"phase": phase})
        visit.state = visit.state.with_step(step)
    visit.state = visit.state.model_copy(update={"version": visit.state.version + 1})
    visit.moment = visit.step(StepKind.PROPOSAL).starts + DAY
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))
    return visit


def co_author(visit: Visit) -> str:
    attendees = visit.step(StepKind.CO_CREATION).attendees
    return next(a.person for a in attendees if a.seat.value == "frontline")


def met(visit: Visit) -> str:
    """The first name of somebody who was met."""
    return visit.office.observations.names_met(visit.state.rotation)[0].split()[0]


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


async def test_a_proposal_that_names_somebody_is_handed_back_as_it_was_typed(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))
    form = a_form(visit, seen=f"{met(visit)} waits for a signature.")
    assert NOTICE in (await browser.get(path)).text

    back = await browser.post(f"{path}/propose", data=form)

    assert back.status_code == 409
    assert f"Name nobody: {met(visit)} is somebody you met" in back.text
    assert f"{met(visit)} waits for a signature.</textarea>" in back.text
    assert f'value="{form["co_author"]}" checked' in back.text
    assert NOBODY in back.text
    taken = await browser.post(f"{path}/propose", data=form | {"nobody": "yes"})
    assert taken.status_code == 303


@pytest.mark.parametrize("field", ["policy", "process", "incentive"])
async def test_what_a_proposal_touches_names_nobody(
    visit: Visit, browser: httpx.AsyncClient, field: str
) -> None:
    path = visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))
    form = a_form(visit, **{field: f"the rule of {met(visit)}"})

    back = await browser.post(f"{path}/propose", data=form)

    assert (back.status_code, f"Name nobody: {met(visit)}" in back.text) == (409, True)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"baseline": "forty"}, "Write the figure as a number"),
        ({"title": ""}, "Fill in every field"),
        ({"decide_by": "soon"}, "Choose a day"),
        ({"co_author": ""}, "co-author"),
    ],
)
async def test_a_proposal_that_is_not_whole_stays_in_its_form(
    visit: Visit, browser: httpx.AsyncClient, changes: dict[str, str], said: str
) -> None:
    path = visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))

    back = await browser.post(f"{path}/propose", data=a_form(visit, **changes))

    assert back.status_code == 409
    assert said in back.text
    assert "One signature is enough.</textarea>" in back.text


async def test_what_was_decided_and_measured_and_what_speaks_against_it_name_nobody(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))
    await browser.post(f"{path}/propose", data=a_form(visit))
    with reading(visit.office.engine) as session:
        (row,) = session.scalars(select(PolicyTable))
    doubt = visit.path(
        Purpose.CONCERN, visit.step(StepKind.PROPOSAL), co_author(visit), about=row.id
    )

    named = await browser.post(f"{doubt}/concern", data={"text": f"{met(visit)} is alone then."})

    assert (named.status_code, NOBODY in named.text, NOTICE in named.text) == (409, True, True)
    assert f"{met(visit)} is alone then.</textarea>" in named.text
    decide = visit.path(Purpose.DECIDE, visit.step(StepKind.PROPOSAL), about=row.id)
    day = f"{(visit.moment + DAY).date()}"
    ruling = {"disposition": "adopted", "reason": f"{met(visit)} is right.", "in_force": day}
    named = await browser.post(f"{decide}/decide", data=ruling)
    assert (named.status_code, NOBODY in named.text, NOTICE in named.text) == (409, True, True)
    assert f"{met(visit)} is right.</textarea>" in named.text
    _in_force(visit, row)
    measure = visit.path(Purpose.MEASURE, visit.step(StepKind.PROPOSAL), about=row.id)
    form = {"value": "9", "verdict": "met", "learnt": f"{met(visit)} was right."}
    named = await browser.post(f"{measure}/measure", data=form)
    assert (named.status_code, NOBODY in named.text) == (409, True)
    assert 'value="met" required checked' in named.text
    unclear = await browser.post(f"{measure}/measure", data=form | {"verdict": "not-measured"})
    assert "Say whether the target was met" in unclear.text
    taken = await browser.post(f"{measure}/measure", data=form | {"nobody": "yes"})
    assert taken.status_code == 303


def _in_force(visit: Visit, row: PolicyTable) -> None:
    state = PolicyState(
        policy=row.id,
        cohort=row.cohort,
        rotation=row.rotation,
        participant=visit.state.participant,
        host=visit.state.host,
        owner=row.proposal["owner"],
        co_authors=tuple(row.proposal["co_authors"]),
        voices=(co_author(visit),),
        proposed_at=visit.moment,
        decide_by=visit.moment + DAY,
        phase=PolicyPhase.IN_FORCE,
        decided_at=visit.moment,
        in_force_at=visit.moment,
        version=1,
    )
    visit.office.policies.carry_out(
        PolicyDispatch(state=state, errands=(), now=visit.moment, sentence="Waiting.")
    )
