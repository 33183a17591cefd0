"""Voices on a phone, in headless Chromium: from a point to its answer, in both schemes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from store.database import writing
from store.tables.changes import PolicyTable
from tests.builders import a_proposal
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served

POLICY = "abcdefgh"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A session that has just begun, with a change that may take points up."""
    running = Served(tmp_path_factory.mktemp("voices"))
    visit = running.visit
    talk = visit.step(StepKind.LISTENING_SESSION)
    visit.moment = talk.starts
    state, colleague = visit.state, _speaker(running)
    proposal = a_proposal(_lead(running), colleague, talk.ends)
    with writing(visit.office.engine) as session:
        session.add(
            PolicyTable(
                id=POLICY,
                rotation=state.rotation,
                cohort=state.cohort,
                workflow_id=f"policy-{POLICY}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=visit.moment,
                team=state.hosts[0],
            )
        )
    yield running
    running.stop()


def _speaker(served: Served) -> str:
    attendees = served.visit.step(StepKind.LISTENING_SESSION).attendees
    return next(a.person for a in attendees if a.seat is Seat.FRONTLINE)


def _lead(served: Served) -> str:
    return next(a.person for a in served.visit.day.attendees if a.seat is Seat.HOST_LEAD)


def _open(served: Served, page: Page, purpose: Purpose, person: str = "", about: str = "") -> None:
    step = served.visit.step(StepKind.LISTENING_SESSION)
    page.goto(served.url(served.visit.path(purpose, step, person, about=about)))


def _with_code(served: Served, page: Page, person: str = "") -> None:
    _open(served, page, Purpose.HEAR, person)
    page.get_by_text("Open it").first.click()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(served.visit.code())
    page.get_by_role("button", name="Open it").click()


def test_a_point_and_its_answer_are_accessible_and_fit_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page, office = context.new_page(), served.visit.office
    seen: list[str] = []

    def look() -> None:
        seen.extend(f"{page.title()}: {fault}" for fault in faults_everywhere(page))

    _open(served, page, Purpose.VOICE_MODE, _lead(served))
    look()
    private = page.get_by_label("who passes a wording on")
    if private.is_visible():
        private.check()
        page.get_by_role("button", name="Choose it").click()
        look()
    _open(served, page, Purpose.SPEAK, _speaker(served))
    page.get_by_label("What should be heard").fill(office.views.named(_lead(served)))
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_role("alert")).to_contain_text("Name nobody")
    look()
    page.get_by_label("What should be heard").fill("Die Stempel sind montags weggeschlossen")
    page.get_by_label("Language", exact=True).select_option("Deutsch")
    page.get_by_role("button", name="Say it").click()
    receipt = page.locator("#receipt").inner_text()
    look()
    _with_code(served, page, office.views.person("lena"))
    page.get_by_label("In your words").fill("A tool is missing once a week")
    look()
    page.get_by_role("button", name="Pass it on").click()
    look()
    _with_code(served, page)
    look()
    page.get_by_label("Your reason").fill("You see it every day.")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("alert")).to_contain_text("One answer is not whole yet")
    look()
    page.get_by_label("taken up", exact=True).check()
    page.get_by_label("The change that takes it up").select_option("Label the sacks")
    page.get_by_role("button", name="Answer").click()
    expect(page.get_by_role("status")).to_contain_text("told what you answered")
    look()
    page.goto(served.url("/v/" + receipt.rpartition("/")[2]))
    expect(page.locator("main")).to_contain_text("You see it every day.")
    look()
    _open(served, page, Purpose.LOG, _speaker(served), served.visit.state.hosts[0])
    look()
    page.goto(served.url("/kiosk"))
    page.get_by_label("Code").fill("nonsense")
    page.get_by_role("button", name="Open my pages").click()
    expect(page.get_by_role("alert")).to_contain_text("wrong")
    look()
    assert seen == []
    context.close()
