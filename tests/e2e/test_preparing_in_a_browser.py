"""What prepares a visit, in headless Chromium: accessible, as wide as a phone, and without JavaScript."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served
from tests.visit import EXAMPLES


def prepared(folder: Path) -> None:
    """Every day is a ride along, and the register of tensions is on."""
    shutil.copytree(EXAMPLES / "visits", folder / "visits")
    program = folder / "program.toml"
    told = program.read_text().replace("[program]", "[program]\ntension-register = true", 1)
    day = 'kind = "shadowing-day"'
    program.write_text(told.replace(day, f'{day}\nvisit = "support-ride-along"'))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("prepared"), prepared)
    yield running
    running.stop()


def test_the_pages_of_a_prepared_visit_are_accessible_and_fit_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    visit = served.visit
    talk = visit.step(StepKind.LISTENING_SESSION)
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for path in (
        visit.path(Purpose.ANSWER, visit.day),
        visit.path(Purpose.ANSWER, visit.day, lead),
        visit.path(Purpose.HELD, talk, talk.attendees[-1].person),
        "/questions/full",
        f"/r/{visit.state.rotation}/steps/{visit.day.key}/skip",
    ):
        page.goto(served.url(path))
        assert faults_everywhere(page) == []
    context.close()


def test_a_tension_is_raised_and_settled_without_javascript(
    served: Served, chromium: Browser, scheme: str
) -> None:
    visit = served.visit
    context = chromium.new_context(java_script_enabled=False)
    looking = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page, axe = context.new_page(), looking.new_page()
    page.goto(served.url(visit.path(Purpose.TENSION, visit.day)))
    page.get_by_role("button", name="Raise it").click()
    expect(page.get_by_role("alert")).to_contain_text("things are not right below")
    page.get_by_label("What pulls one way").fill("Answers within the hour")
    page.get_by_label("What pulls against it").fill("Answers that hold")
    page.get_by_label("Seen through which lens").select_option("customer")
    page.get_by_label("Who looks at it").select_option(visit.state.participant)
    page.get_by_label("Until when").fill(f"{visit.moment.date()}")
    page.get_by_role("button", name="Raise it").click()
    expect(page.get_by_role("status").first).to_contain_text("Raised.")

    page.goto(served.url("/tensions/full"))
    page.get_by_text("Settle it…").first.click()
    page.get_by_role("button", name="Settle it").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Choose whether it is eased or accepted.")
    for path in (visit.path(Purpose.TENSION, visit.day), "/tensions/full", "/tensions/full/raise"):
        axe.goto(served.url(path))
        assert faults_everywhere(axe) == []
    axe.get_by_role("button", name="Raise it").click()
    expect(axe.get_by_role("alert")).to_contain_text("not right below")
    assert faults_everywhere(axe) == []
    looking.close()
    context.close()
