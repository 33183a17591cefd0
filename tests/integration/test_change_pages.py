"""The pages on which a change is proposed, decided and measured: what is wrong is said beside its field."""

import re
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from domain.errors import Refused
from domain.events import Decided, OwnerChanged
from domain.links import Purpose
from domain.policy import Disposition
from domain.program import StepKind
from domain.proposal import Ruling
from store.database import writing
from store.tables.people import PersonTable
from tests.builders import a_proposal
from tests.proposing import (
    a_form,
    begin,
    bring_into_force,
    co_author,
    hold_workshop,
    page_of,
    page_to_propose,
    propose,
)
from tests.visit import DAY, Visit
from web.changes import DECIDE_WITHIN

FAR = ("9999-12-31", "9999-12-01", "0001-01-01", "2020-01-01")
WITHIN_A_YEAR = "Choose a day from today on, within a year."
ADOPTED = Ruling(disposition=Disposition.ADOPTED, reason="It is right.")


@pytest.fixture
def visit(visit: Visit) -> Visit:
    hold_workshop(visit)
    return visit


@pytest.mark.parametrize("day", FAR)
async def test_a_day_to_decide_by_that_is_over_or_far_is_refused_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient, day: str
) -> None:
    path = page_to_propose(visit)

    back = await browser.post(f"{path}/propose", data=a_form(visit, decide_by=day))

    assert back.status_code == 409
    assert f'id="decide_by-wrong">{WITHIN_A_YEAR}' in back.text
    assert f'value="{day}" required aria-describedby="decide_by-wrong"' in back.text


@pytest.mark.parametrize("day", FAR)
async def test_a_day_of_force_that_is_over_or_far_is_refused_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient, day: str
) -> None:
    row = await propose(visit, browser)
    begin(visit, row)
    path = page_of(visit, row, Purpose.DECIDE)
    form = {"disposition": "adopted", "reason": "It is right.", "in_force": day}

    back = await browser.post(f"{path}/decide", data=form)

    assert back.status_code == 409
    assert f'id="in_force-wrong">{WITHIN_A_YEAR}' in back.text
    assert "It is right.</textarea>" in back.text
    declined = await browser.post(f"{path}/decide", data=form | {"disposition": "declined"})
    assert declined.status_code == 303


async def test_the_last_day_within_a_year_is_taken(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser, decide_by=f"{(visit.moment + 366 * DAY).date()}")
    begin(visit, row)
    path = page_of(visit, row, Purpose.DECIDE)
    last = f"{(visit.moment + 366 * DAY).date()}"
    form = {"disposition": "adopted", "reason": "It is right.", "in_force": last}

    assert (await browser.post(f"{path}/decide", data=form)).status_code == 303


async def test_the_store_takes_no_moment_of_force_that_is_over_or_far(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser)
    begin(visit, row)
    changes, now = visit.office.changes, visit.moment

    for moment, said in (
        (now - timedelta(minutes=1), "or later"),
        (datetime(9999, 12, 10, tzinfo=UTC), "more than a year ahead"),
    ):
        with pytest.raises(Refused, match=said):
            changes.decide(row.id, ADOPTED, moment, {}, now)
    changes.decide(row.id, ADOPTED, now, {}, now)
    pending = visit.office.news.pending(now, 50)
    assert [type(one.event) for one in pending if one.workflow_id == row.workflow_id] == [Decided]


async def test_the_days_that_forms_begin_with_are_those_of_the_programs_zone(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = visit.moment.replace(hour=23, minute=30)
    today = visit.moment.date() + DAY
    form = (await browser.get(page_to_propose(visit))).text
    row = await propose(visit, browser)
    begin(visit, row)

    decide = (await browser.get(page_of(visit, row, Purpose.DECIDE))).text

    assert f'name="decide_by" type="date" value="{today + DECIDE_WITHIN}"' in form
    assert f'name="in_force" type="date" value="{today}"' in decide


def rename(visit: Visit, key: str, **facts: str | None) -> str:
    """Change what is known of somebody, and return their pseudonym."""
    person = visit.office.views.person(key)
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, person)
        row.facts = {**row.facts, **facts}
        row.name, row.email = row.facts["name"], row.facts["email"]
    return person


async def test_whoever_is_named_again_gets_a_link_again_and_the_page_says_so(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser)
    state = begin(visit, row)
    owner = visit.office.change_views.one(row.id).owner_name

    shown = (await browser.get(f"/c/{row.id}")).text
    named = await browser.post(f"/c/{row.id}/owner", data={"who": owner})

    assert f"Name {owner} again where theirs is lost" in shown
    assert named.status_code == 303
    pending = visit.office.news.pending(visit.moment, 50)
    assert OwnerChanged(owner=state.owner) in [one.event for one in pending]


async def test_nobody_without_a_mail_address_is_offered_or_taken_as_an_owner(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = page_to_propose(visit)
    offered = re.findall(r'<option value="(P-\d+)">', (await browser.get(path)).text)
    lost = offered.pop(0)
    rename(visit, lost, email=None)

    again = re.findall(r'<option value="(P-\d+)">', (await browser.get(path)).text)
    back = await browser.post(f"{path}/propose", data=a_form(visit, owner=lost))

    assert again == offered
    assert (back.status_code, "Choose who decides." in back.text) == (409, True)
    proposal = a_proposal(lost, co_author(visit), visit.moment + DAY)
    step = visit.step(StepKind.PROPOSAL).key
    with pytest.raises(Refused, match="has no mail address"):
        visit.office.changes.propose(
            visit.state.rotation, step, visit.state.participant, proposal, visit.moment
        )


async def test_of_two_people_of_one_name_the_id_says_which(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    row = await propose(visit, browser)
    begin(visit, row)
    nadia = visit.office.views.person("nadia")
    rename(visit, "harald", name="Nadia Krüger")
    several = "is 2 people: harald, nadia. Say which of them by the id."
    tension = {"one": "Care", "other": "Pace", "lens": "customer", "due": f"{visit.moment.date()}"}

    refused = await browser.post(f"/c/{row.id}/owner", data={"who": " nadia krüger "})
    raised = await browser.post(
        f"/tensions/{visit.state.cohort}/raise", data=tension | {"owner": "Nadia Krüger"}
    )

    assert (refused.status_code, several in refused.text) == (409, True)
    assert f'id="owner-wrong">&#39;Nadia Krüger&#39; {several}' in raised.text
    await browser.post(f"/c/{row.id}/owner", data={"who": "nadia"})
    assert visit.office.change_views.one(row.id).proposal.owner == nadia


async def test_a_figure_is_shown_as_it_was_typed(visit: Visit, browser: httpx.AsyncClient) -> None:
    row = await propose(visit, browser, baseline="1234567", target="1234500,5")
    bring_into_force(visit, row)

    measure = (await browser.get(page_of(visit, row, Purpose.MEASURE))).text
    change = (await browser.get(f"/c/{row.id}")).text
    year = (await browser.get(f"/year/{row.cohort}/report.html")).text

    assert "1234567 before, target 1234500.5" in measure
    assert "1234567 before, 1234500.5 hoped for" in change
    assert "1234567 to 1234500.5" in year


@pytest.mark.parametrize(
    ("value", "verdict", "field", "said"),
    [
        ("999", "met", "verdict", "999 does not reach the target of 10"),
        ("9", "not-met", "verdict", "9 reaches the target of 10"),
        ("9", "", "verdict", "Say whether the target was met"),
        ("nine", "met", "value", "Write the figure as a number"),
    ],
)
async def test_a_verdict_that_its_figure_speaks_against_is_refused_beside_its_field(
    visit: Visit, browser: httpx.AsyncClient, value: str, verdict: str, field: str, said: str
) -> None:
    row = await propose(visit, browser)
    bring_into_force(visit, row)
    path = page_of(visit, row, Purpose.MEASURE)
    form = {"value": value, "verdict": verdict, "learnt": "It is quicker."}

    back = await browser.post(f"{path}/measure", data=form)

    assert back.status_code == 409
    assert f'id="{field}-wrong">{said}' in back.text
    assert f'aria-describedby="{field}-wrong"' in back.text
    assert "It is quicker.</textarea>" in back.text
    assert visit.office.change_views.one(row.id).measured is None
    asked = await browser.post(f"{path}/measure", data=form | {"value": "9", "verdict": "met"})
    assert asked.status_code == 303
