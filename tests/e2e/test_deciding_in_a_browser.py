"""A program manager decides on a plan: looks, asks what if, pins, plans again, approves."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from settings import local_settings
from tests.e2e.browsing import faults_everywhere
from tests.installation import Installation
from tests.mill import BAKERS, PEOPLE, TONI, write_folder
from wiring import Office

LONG = "Wilhelmina-Charlotte von Hohenzollern-Sigmaringen"


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Two participants and two teams, planned and not yet approved."""
    home = tmp_path_factory.mktemp("deciding")
    people = (PEOPLE + TONI + BAKERS).replace("Toni Ruf", LONG)
    running = Installation(home, write_folder(home, people=people), None, "--review")
    running.start()
    yield running
    running.stop()


@pytest.fixture
def office(installation: Installation) -> Office:
    return Office(local_settings(installation.home / ".sojourn"))


@pytest.fixture
def page(context: BrowserContext, installation: Installation) -> Page:
    opened = context.new_page()
    opened.goto(f"{installation.url}/plan/spring")
    return opened


def team_of(office: Office, name: str) -> str:
    rows = office.views.plan("spring").assignments
    return next(row.host_name for row in rows if row.participant_name == name)


def test_the_plan_in_all_its_views_is_accessible_and_fits_a_phone(
    installation: Installation, page: Page, scheme: str
) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    asked = page.get_by_role("link", name="What if? Vera Lang").first.get_attribute("href")
    other = page.get_by_role("link", name=f"Another team… for {LONG}").get_attribute("href")
    paths = (
        "/plan/spring",
        "/plan/spring?by=team",
        "/plan/spring?newer_than=1",
        "/plan/spring/mails",
        asked,
        other,
    )
    found = {}
    for path in paths:
        page.goto(f"{installation.url}{path}")
        found[path] = faults_everywhere(page)
    assert {path: problems for path, problems in found.items() if problems} == {}


def test_a_what_if_is_asked_left_and_then_pinned_and_the_next_plan_shows_by_itself(
    installation: Installation, page: Page, office: Office
) -> None:
    before = team_of(office, "Vera Lang")
    link = page.get_by_role("link", name="What if? Vera Lang").first
    asked = link.inner_text()

    link.click()
    page.get_by_role("heading", name="What if Vera Lang visits").wait_for()
    assert "Nothing is stored" in page.locator("main").inner_text()
    page.get_by_role("link", name="Leave it").click()
    assert page.get_by_role("heading", name="Plan 1").is_visible()
    assert page.get_by_text("Pinned").count() == 0

    page.get_by_role("link", name="What if? Vera Lang").first.click()
    page.get_by_role("button", name="Pin and plan again").click()
    page.get_by_role("heading", name="Plan 2").wait_for(timeout=20_000)

    assert asked.startswith("What if?")
    row = page.get_by_role("row", name="Vera Lang")
    assert "Pinned" in row.inner_text()
    assert team_of(office, "Vera Lang") != before
    assert installation.mails() == []


def test_pins_work_without_javascript(
    installation: Installation, chromium: Browser, office: Office
) -> None:
    plain = chromium.new_context(java_script_enabled=False)
    page = plain.new_page()
    page.goto(f"{installation.url}/plan/spring")

    page.get_by_role("button", name=re.compile("^Unpin .* for Vera Lang$")).click()
    page.get_by_role("button", name=re.compile(f"^Pin .* for {LONG}$")).click()
    page.get_by_role("button", name="Plan again").click()
    installation.until(lambda: office.views.cohort("spring").latest_plan == 3)
    page.get_by_role("link", name="Look again").click()

    assert page.get_by_role("heading", name="Plan 3").is_visible()
    assert page.get_by_text("Pinned").count() == 1
    assert "Pinned" in page.get_by_role("row", name=LONG).inner_text()
    plain.close()


def test_the_command_pins_as_the_page_does(installation: Installation, office: Office) -> None:
    team = next(
        row.host_name
        for row in office.views.plan("spring").assignments
        if row.participant_name == "Vera Lang"
    )

    done = installation.command("pin", "vera", team, "--cohort", "spring")
    shown = installation.command("plan", "--cohort", "spring")
    off = installation.command("pin", "Vera Lang", team, "--cohort", "spring", "--off")
    wrong = installation.command("pin", "iris", team, "--cohort", "spring")

    assert f"{team} is pinned for Vera Lang." in done.stdout
    assert "(pinned)" in shown.stdout
    assert f"{team} is not pinned for Vera Lang." in off.stdout
    assert wrong.returncode == 1
    assert "Iris Kern has no rotation in cohort 'spring'." in wrong.stderr


def test_an_approved_plan_is_only_read(installation: Installation, page: Page) -> None:
    page.get_by_role("button", name="Approve and start").click()
    page.get_by_role("link", name="Vera Lang").first.wait_for(timeout=20_000)
    page.goto(f"{installation.url}/plan/spring")

    assert page.locator("main button").count() == 0
    assert page.get_by_role("link", name="What if?").count() == 0
    assert "This is what was planned" in page.locator("main").inner_text()
    assert faults_everywhere(page) == []
