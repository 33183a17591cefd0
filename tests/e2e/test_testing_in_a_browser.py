"""Quick tests and the board of changes in headless Chromium: for everybody, on a phone, in both schemes."""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from domain.links import Purpose
from domain.program import StepKind
from store.database import writing
from store.tables.changes import PolicyTable
from tests.builders import a_proposal
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served
from tests.released import THINGS, Released, release
from tests.visit import DAY

BEFORE = "Two people sign every ticket above 50 euros."
AFTER = "One person signs every ticket below 200 euros."


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("tested"))
    release(running.visit)
    yield running
    running.stop()


def proposed(served: Served) -> str:
    visit, policy = served.visit, "abcdefgh"
    lead = Released(visit, httpx.AsyncClient()).lead
    proposal = a_proposal(
        lead, lead, visit.moment + DAY, before=BEFORE, change=AFTER, touches={"policy": "Signing"}
    )
    with writing(visit.office.engine) as session:
        session.merge(
            PolicyTable(
                id=policy,
                rotation=visit.state.rotation,
                cohort=visit.state.cohort,
                workflow_id=f"policy-{policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=visit.moment,
            )
        )
    return policy


def test_a_test_is_started_by_hand_and_every_page_of_it_fits_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page, visit = context.new_page(), served.visit
    released = Released(visit, httpx.AsyncClient())
    page.goto(served.url(visit.path(Purpose.SUMMARISE, released.summary)))
    assert faults_everywhere(page) == []
    page.get_by_role("link", name=THINGS[0]).wait_for()

    page.goto(served.url(released.path))
    if page.get_by_role("button", name="Start the test").is_visible():
        page.get_by_role("button", name="Start the test").click()
        expect(page.get_by_role("alert")).to_contain_text("10 things are missing below")
        assert faults_everywhere(page) == []
        page.get_by_label("What I expect to happen").fill("One signature is enough.")
        page.locator("input[name=note]").check()
        page.get_by_label("The one small thing").fill("One signature below 50 euros.")
        page.get_by_label("Who looks after it").select_option(released.lead)
        page.get_by_label("What it may cost at most").fill("nothing")
        page.get_by_label("yes").check()
        page.get_by_label("What is counted or timed").fill("hours until a ticket is signed")
        page.get_by_label("Today").fill("12")
        page.get_by_label("Hoped for").fill("3")
        page.get_by_label("Last day").fill(f"{(visit.moment + 20 * DAY).date()}")
        page.get_by_role("button", name="Start the test").click()
        expect(page.get_by_role("status").first).to_contain_text("It has started.")
    expect(page.get_by_text("The figures are locked since it started.")).to_be_visible()
    assert faults_everywhere(page) == []

    (started,) = (one for one in released.rows() if one.started_at)
    page.goto(served.url(visit.path(Purpose.RESULT, released.summary, released.lead, started.id)))
    expect(page.get_by_role("button", name="Record it")).to_be_visible()
    assert faults_everywhere(page) == []
    context.close()


def test_the_register_the_board_and_a_difference_of_wordings_fit_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page, policy = context.new_page(), proposed(served)
    lead = Released(served.visit, httpx.AsyncClient()).lead
    step = served.visit.step(StepKind.PROPOSAL)
    decide = served.visit.path(Purpose.DECIDE, step, lead, about=policy)
    propose = served.visit.path(Purpose.PROPOSE, step)
    for path in ("/changes", "/learnings", f"/c/{policy}", decide, propose):
        page.goto(served.url(path))
        assert faults_everywhere(page) == []
    page.goto(served.url(f"/c/{policy}"))
    expect(page.locator("ins").first).to_have_text("One person signs")
    assert (
        page.locator("ins").first.evaluate("e => getComputedStyle(e).textDecorationLine")
        == "underline"
    )
    assert (
        page.locator("del").first.evaluate("e => getComputedStyle(e).textDecorationLine")
        == "line-through"
    )
    context.close()
