"""Changes on pages for who has no mail: weighed and read at the kiosk, told by a program manager."""

import re
from datetime import timedelta
from html import unescape

import httpx
import pytest
from sqlalchemy import select

from domain.links import Purpose
from domain.policy import Disposition, PolicyState
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.program import StepKind
from domain.proposal import Ruling
from store.database import writing
from store.tables.changes import PolicyTable
from store.tables.people import PersonTable
from tests.integration.test_words_that_others_read import visit as visit
from tests.proposing import a_form, co_author
from tests.visit import DAY, Visit

LINK = re.compile(r'href="http://127.0.0.1:\d+(/t/[^"]+)"')
NO = Ruling(disposition=Disposition.DECLINED, reason="A law asks for it.")


@pytest.fixture
async def change(visit: Visit, browser: httpx.AsyncClient) -> PolicyState:
    """A proposal that somebody without mail worked out, and that they can weigh."""
    path = visit.path(Purpose.PROPOSE, visit.step(StepKind.PROPOSAL))
    await browser.post(f"{path}/propose", data=a_form(visit))
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, co_author(visit))
        row.email, row.facts = None, {**row.facts, "email": None}
        (policy,) = session.scalars(select(PolicyTable))
        state = PolicyState(
            policy=policy.id,
            cohort=policy.cohort,
            rotation=policy.rotation,
            participant=visit.state.participant,
            host=visit.state.host,
            owner=policy.proposal["owner"],
            co_authors=(co_author(visit),),
            voices=(co_author(visit),),
            proposed_at=visit.moment,
            decide_by=visit.moment + 7 * DAY,
        )
    follow(visit, state, PolicyErrand.SHOW_PROPOSAL)
    return state


def follow(visit: Visit, state: PolicyState, *errands: PolicyErrand) -> None:
    visit.office.policies.carry_out(
        PolicyDispatch(state=state, errands=errands, now=visit.moment, sentence="Waiting.")
    )


def decide(visit: Visit, change: PolicyState, concern: str) -> None:
    visit.office.changes.decide(change.policy, NO, None, {concern: NO}, visit.moment)
    decided = {"decided_at": visit.moment, "disposition": NO.disposition, "version": 2}
    follow(visit, change.model_copy(update=decided), PolicyErrand.TELL_DECISION)


async def own_pages(visit: Visit, browser: httpx.AsyncClient) -> str:
    visit.moment += timedelta(seconds=1)
    code = visit.office.kiosk.issue(co_author(visit), "a test", visit.moment)
    led = await browser.post("/kiosk", data={"code": code})
    return unescape((await browser.get(led.headers["location"])).text)


async def test_a_proposal_is_weighed_at_the_kiosk_and_its_answer_read_there(
    visit: Visit, browser: httpx.AsyncClient, change: PolicyState
) -> None:
    page = await own_pages(visit, browser)
    assert "Returns are booked at once" in page
    assert "until then you can say what speaks against it" in page
    doubt = next(link for link in LINK.findall(page) if "/t/concern" in link)

    raised = await browser.post(f"{doubt}/concern", data={"text": "It is too small to read."})

    assert raised.status_code == 303
    assert "Back to my pages" in (await browser.get(raised.headers["location"])).text
    (concern,) = visit.office.change_views.one(change.policy).concerns
    decide(visit, change, concern.id)
    page = await own_pages(visit, browser)
    assert page.count("A law asks for it.") == 2
    assert "To what you said against it:" in page
    assert "too small to read" not in page


async def test_a_program_manager_tells_who_has_no_mail_and_says_so(
    visit: Visit, browser: httpx.AsyncClient, change: PolicyState
) -> None:
    name = visit.office.views.named(co_author(visit))
    overview = unescape((await browser.get("/")).text)
    assert f"Nobody has told {name} yet what is proposed" in overview
    assert f'href="/c/{change.policy}"' in overview
    doubt = visit.office.changes.raise_concern(
        change.policy, co_author(visit), "Too small.", named=False, now=visit.moment
    )
    decide(visit, change, doubt)
    path = f"/c/{change.policy}"
    page = unescape((await browser.get(path)).text)
    assert "0 of those who spoke were told, 1 is to be told in person." in page
    assert f"{name}: what was decided, and why" in page
    keys = re.findall(r'name="told" value="([^"]+)"', page)
    assert (await browser.post(f"{path}/told")).status_code == 409

    said = await browser.post(f"{path}/told", data={"told": keys})

    assert said.status_code == 303
    page = unescape((await browser.get(path)).text)
    assert "1 of those who spoke was told." in page
    assert "To be told in person" not in page
    assert f"Nobody has told {name}" not in unescape((await browser.get("/")).text)
    assert visit.office.years.year(change.cohort, visit.moment).decisions.by_word == 1
