"""Debriefing on a phone, in headless Chromium: maps that grow, figures beside guesses, in both schemes."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from domain.links import Purpose
from domain.people import Seat
from domain.program import Reader, StepKind
from domain.rotation import StepState
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served

FIVE = ("waiting", "rules", "tools", "room", "heard")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("debrief"))
    _foresee_and_answer(running)
    yield running
    running.stop()


def _foresee_and_answer(running: Served) -> None:
    """Before the visit all is written; then it is over."""
    visit = running.visit
    talk, keep = visit.step(StepKind.LISTENING_SESSION), visit.office.exercises.keep
    early, rotation = visit.day.starts.replace(hour=0), visit.state.rotation
    guesses = dict.fromkeys(FIVE, "4")
    person = visit.state.participant
    keep(rotation, visit.day.key, "predictions", person, guesses, Reader.WRITER, early)
    for one in talk.attendees:
        if one.seat is Seat.FRONTLINE:
            said = dict.fromkeys(FIVE, "3")
            keep(rotation, talk.key, "our-answers", one.person, said, Reader.COMPARED, early)
    visit.moment = visit.step(StepKind.CO_CREATION).ends


def url(served: Served, key: str, step: StepState) -> str:
    return served.url(served.visit.path(Purpose.PRACTISE, step, about=key))


def talks(served: Served) -> list[StepState]:
    return [s for s in served.visit.state.steps if s.kind is StepKind.LISTENING_SESSION]


def draw(page: Page) -> None:
    page.get_by_label("The decision", exact=True).fill("One form for all returns")
    page.get_by_label("Stakeholder 1", exact=True).fill("customer")
    page.get_by_label("Stakeholder 2", exact=True).fill("desk")
    page.get_by_label("What happens").first.fill("A return comes in")
    page.locator("#map-values-0-0").fill("a quick answer")
    page.locator("#map-mark-0-0").select_option(label="no, it clashes")


def test_practice_s10_a_map_is_drawn_row_by_row_without_losing_a_word(
    served: Served, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(url(served, "decision-map", talks(served)[1]))
    draw(page)
    page.locator("#map-mark-0-0").select_option(index=0)
    page.get_by_role("button", name="One more step").click()
    expect(page.locator("#map-values-0-0")).to_have_value("a quick answer")
    expect(page.get_by_label("What happens")).to_have_count(4)
    page.get_by_label("What happens").nth(3).fill("It is paid back")
    page.get_by_role("button", name="Keep it").last.click()
    expect(page.get_by_role("alert")).to_contain_text("Kept as a draft")
    expect(page.get_by_label("What happens").nth(1)).to_have_value("It is paid back")
    context.close()


def test_every_page_of_a_debrief_is_accessible_and_fits_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(url(served, "decision-map", talks(served)[scheme == "dark"]))
    draw(page)
    assert faults_everywhere(page) == []
    page.get_by_label("the program manager").check()
    page.locator("#map-mark-0-0").select_option(index=0)
    page.get_by_role("button", name="Keep it").last.click()
    expect(page.get_by_text("Say of at least one place")).to_be_visible()
    assert faults_everywhere(page) == []
    page.locator("#map-mark-0-0").select_option(label="no, it clashes")
    page.get_by_role("button", name="Keep it").last.click()

    page.goto(url(served, "predictions", served.visit.day))
    assert faults_everywhere(page) == []
    open_with_a_code(served, page)
    expect(page.get_by_text("75 % near")).to_be_visible()
    assert faults_everywhere(page) == []

    visit = served.visit
    workshop = visit.step(StepKind.CO_CREATION)
    for path in (
        visit.path(Purpose.ANSWER, workshop),
        visit.path(Purpose.PRACTISE, workshop, about="role-cards"),
    ):
        page.goto(served.url(path))
        expect(page.get_by_text("Your role: Frontline.")).to_be_visible()
        assert faults_everywhere(page) == []
    page.get_by_label("What I saw").fill("The queue never ends.")
    page.get_by_label("What I would ask").fill("Why two forms?")
    page.get_by_role("button", name="Keep it").click()

    page.goto(served.url(f"/r/{visit.state.rotation}"))
    expect(page.get_by_text("In the role of Frontline")).to_be_visible()
    expect(page.get_by_text("Mermaid").first).to_be_visible()
    assert faults_everywhere(page) == []
    context.close()


def open_with_a_code(served: Served, page: Page) -> None:
    page.locator("summary").click()
    page.get_by_role("button", name="Send me a code").click()
    page.get_by_label("Code").fill(served.visit.code())
    page.get_by_role("button", name="Open it").click()
