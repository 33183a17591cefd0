"""Forms in which people write: what belongs to customers stays out, and so do names of people who were met."""

from pathlib import Path

import httpx
import pytest

from domain.links import Purpose
from tests.proposing import (
    a_form,
    bring_into_force,
    co_author,
    hold_workshop,
    page_of,
    page_to_propose,
    propose,
)
from tests.visit import DAY, Visit

TEMPLATES = Path(__file__).parents[2] / "web" / "templates"
OTHERWISE = {
    "_need.html",
    "expired.html",
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
    hold_workshop(visit)
    return visit


def met(visit: Visit) -> str:
    """The first name of somebody who was met."""
    return visit.office.observations.names_met(visit.state.rotation)[0].split()[0]


async def test_a_proposal_that_names_somebody_is_handed_back_as_it_was_typed(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = page_to_propose(visit)
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
    path = page_to_propose(visit)
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
    path = page_to_propose(visit)

    back = await browser.post(f"{path}/propose", data=a_form(visit, **changes))

    assert back.status_code == 409
    assert said in back.text
    assert "One signature is enough.</textarea>" in back.text


async def test_what_was_decided_and_measured_and_what_speaks_against_it_name_nobody(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser)
    doubt = page_of(visit, row, Purpose.CONCERN, co_author(visit))

    named = await browser.post(f"{doubt}/concern", data={"text": f"{met(visit)} is alone then."})

    assert (named.status_code, NOBODY in named.text, NOTICE in named.text) == (409, True, True)
    assert f"{met(visit)} is alone then.</textarea>" in named.text
    decide = page_of(visit, row, Purpose.DECIDE)
    day = f"{(visit.moment + DAY).date()}"
    ruling = {"disposition": "adopted", "reason": f"{met(visit)} is right.", "in_force": day}
    named = await browser.post(f"{decide}/decide", data=ruling)
    assert (named.status_code, NOBODY in named.text, NOTICE in named.text) == (409, True, True)
    assert f"{met(visit)} is right.</textarea>" in named.text
    bring_into_force(visit, row)
    measure = page_of(visit, row, Purpose.MEASURE)
    form = {"value": "9", "verdict": "met", "learnt": f"{met(visit)} was right."}
    named = await browser.post(f"{measure}/measure", data=form)
    assert (named.status_code, NOBODY in named.text) == (409, True)
    assert 'value="met" required checked' in named.text
    unclear = await browser.post(f"{measure}/measure", data=form | {"verdict": "not-measured"})
    assert "Say whether the target was met" in unclear.text
    taken = await browser.post(f"{measure}/measure", data=form | {"nobody": "yes"})
    assert taken.status_code == 303
