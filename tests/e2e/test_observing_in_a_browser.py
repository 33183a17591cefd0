"""Noting what one sees on a phone, in headless Chromium: without a connection, in both schemes."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, expect

from domain.insights import Insight, InsightTag, Summary
from domain.links import Purpose
from store.database import writing
from store.learnings import enter_insights
from tests.e2e.browsing import faults_everywhere
from tests.servers import free_port
from tests.visit import DAY, Visit
from tests.waiting import until
from web.app import create_app
from web.services import services_of
from workflows import handles

ASKED = ("assumptions", "understood")


class Served:
    """The pages of a visit on a port of their own."""

    def __init__(self, folder: Path, edit: Callable[[Path], None] = lambda _: None) -> None:
        self.visit = Visit(folder, edit)
        self.port = free_port()
        client = asyncio.run(handles.connect(self.visit.office.settings.temporal, "default"))
        app = create_app(services_of(self.visit.office, client))
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="warning")
        )
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        asyncio.run(until(lambda: self._server.started))

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def kept(self) -> int:
        visit = self.visit
        page = visit.office.observations.page(
            visit.state.rotation, visit.day.key, visit.state.participant, visit.moment
        )
        return len(page.kept)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("visit"))
    yield running
    running.stop()


@pytest.fixture
def page(served: Served, context: BrowserContext) -> Page:
    opened = context.new_page()
    opened.goto(served.url(served.visit.path(Purpose.OBSERVE, served.visit.day)))
    return opened


def note(page: Page, quote: str) -> None:
    page.get_by_label("What was said").fill(quote)
    page.get_by_role("button", name="Note it").click()


def test_notes_made_without_a_connection_arrive_once_when_it_is_back(
    served: Served, page: Page, context: BrowserContext
) -> None:
    before = served.kept()
    note(page, "The first, with a connection.")
    expect(page.locator("#waiting")).to_have_text("Kept.")

    context.set_offline(True)
    note(page, "The second, without.")
    expect(page.locator("#waiting")).to_contain_text("1 note waits on this device")
    note(page, "The third, without.")
    expect(page.locator("#waiting")).to_contain_text("2 notes wait on this device")
    assert served.kept() == before + 1
    page.get_by_label("What happened just then").fill("half a thought")
    context.set_offline(False)

    expect(page.locator("#waiting")).to_have_text("Kept.")
    expect(page.locator("#kept li")).to_have_count(before + 3)
    assert served.kept() == before + 3
    page.reload()
    expect(page.locator("#kept li")).to_have_count(before + 3)
    expect(page.get_by_label("What happened just then")).to_have_value("half a thought")
    assert "without" not in page.evaluate("JSON.stringify(localStorage)")


@pytest.mark.parametrize("status", [200, 401, 410, 429, 502])
def test_a_note_leaves_the_device_only_when_the_server_says_that_it_has_it(
    served: Served, page: Page, context: BrowserContext, status: int
) -> None:
    before = served.kept()
    sign_in = "<h1>Sign in to this network</h1>"
    context.route("**/observe", lambda route: route.fulfill(status=status, body=sign_in))
    note(page, f"Behind a wall of {status}.")
    expect(page.locator("#waiting")).to_contain_text("waits on this device")
    assert served.kept() == before

    context.unroute("**/observe")
    page.reload()

    expect(page.locator("#waiting")).to_have_text("Kept.")
    assert served.kept() == before + 1


def test_a_note_that_is_refused_stays_with_its_reason_and_holds_no_other_up(
    served: Served, page: Page, context: BrowserContext
) -> None:
    before = served.kept()
    context.set_offline(True)
    page.evaluate("document.querySelector('#quote').removeAttribute('maxlength')")
    note(page, "x" * 501)
    note(page, "Short enough.")
    page.get_by_label("What was said").fill("half a thought")
    context.set_offline(False)

    expect(page.locator("#refused li")).to_contain_text("Keep each of these short")
    expect(page.locator("#kept li")).to_have_count(before + 1)
    expect(page.get_by_label("What was said")).to_have_value("half a thought")
    page.get_by_role("button", name="Drop it").click()
    expect(page.locator("#refused li")).to_have_count(0)


def test_notes_wait_for_a_fresh_link_when_theirs_is_over(served: Served, page: Page) -> None:
    visit, before = served.visit, served.kept()
    visit.moment += 2 * DAY
    note(page, "After the link was over.")
    expect(page.locator("#waiting")).to_contain_text("1 note waits on this device. This link has")
    expect(page.locator("#waiting")).to_contain_text("sends you a fresh one")

    page.goto(served.url(visit.path(Purpose.OBSERVE, visit.day)))

    expect(page.locator("#waiting")).to_have_text("Kept.")
    assert served.kept() == before + 1
    visit.moment -= 2 * DAY


def test_notes_outlive_the_page_that_could_not_send_them(
    served: Served, page: Page, context: BrowserContext
) -> None:
    before = served.kept()
    context.set_offline(True)
    note(page, "Before the phone fell asleep.")
    expect(page.locator("#waiting")).to_contain_text("waits on this device")
    address = page.url
    page.close()
    context.set_offline(False)

    again = context.new_page()
    again.goto(address)

    expect(again.locator("#waiting")).to_have_text("Kept.")
    assert served.kept() == before + 1


def test_a_name_and_an_empty_note_are_pointed_at_without_losing_words(
    served: Served, page: Page
) -> None:
    visit = served.visit
    name = visit.office.observations.names_met(visit.state.rotation)[0].split()[0]

    page.get_by_label("How it felt").fill("uneasy")
    page.get_by_role("button", name="Note it").click()
    expect(page.locator("#waiting")).to_contain_text("a feeling alone says too little")
    expect(page.get_by_label("How it felt")).to_have_value("uneasy")
    note(page, f"{name} keeps a list")
    expect(page.locator("#waiting")).to_contain_text(f"It names {name}")


def test_the_page_is_accessible_and_fits_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    visit = served.visit
    for path in (
        visit.path(Purpose.OBSERVE, visit.day),
        visit.path(Purpose.ANSWER, visit.day),
        *(visit.path(Purpose.PRACTISE, visit.day, about=card) for card in ASKED),
    ):
        page = context.new_page()
        page.goto(served.url(path))
        assert faults_everywhere(page) == []
        keep = page.get_by_role("button", name="Keep it")
        if keep.is_visible():
            keep.click()
            expect(page.get_by_role("alert")).to_contain_text("Kept as a draft")
            assert faults_everywhere(page) == []
    context.close()


def test_where_a_link_is_over_words_are_handed_back_accessibly(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    visit, page = served.visit, context.new_page()
    page.goto(served.url(visit.path(Purpose.PRACTISE, visit.day, about="understood")))
    visit.moment += 2 * DAY
    words = "They keep a list of their own"
    page.locator("#understood").fill(words)
    page.get_by_role("button", name="Keep it").click()

    expect(page.get_by_label("Understood")).to_have_value(words)
    assert faults_everywhere(page) == []
    page.get_by_role("button", name="Send me a fresh link").click()
    expect(page.get_by_role("status")).to_contain_text("a fresh link is on its way")
    assert faults_everywhere(page) == []
    visit.moment -= 2 * DAY
    context.close()


def test_the_register_is_accessible_and_fits_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    office, visit = served.visit.office, served.visit
    things = ("Tickets wait for a second signature", "New colleagues learn from the wall")
    body = Summary(
        words="A day.",
        insights=tuple(Insight(text=text, tag=InsightTag.CONSTRAINT) for text in things),
    )
    with writing(office.engine) as session:
        enter_insights(session, visit.state, visit.day, body, visit.moment)
    office.learnings.nothing_follows(
        f"{visit.state.rotation}:{visit.day.key}:1", "It is well as it is.", visit.moment
    )
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for address in ("/learnings", "/learnings?words=nowhere", "/learnings?only_open=true"):
        page.goto(served.url(address))
        assert faults_everywhere(page) == []
    page.get_by_text("Nothing will…").click()
    page.get_by_label("Because").fill(" ")
    page.get_by_role("button", name="Say so").click()
    expect(page.get_by_role("alert")).to_contain_text("Write in a line why")
    assert faults_everywhere(page) == []
    context.close()


def test_the_ledger_is_accessible_and_fits_a_phone_while_a_quarter_goes_on_and_after_it(
    served: Served, chromium: Browser, scheme: str
) -> None:
    visit, now = served.visit, served.visit.moment
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for later in (0, 150):
        visit.moment = now + timedelta(days=later)
        page.goto(served.url(f"/quarters/{visit.state.cohort}"))
        assert faults_everywhere(page) == []
    page.get_by_role("button", name="Close").last.click()
    expect(page.get_by_role("alert")).to_contain_text("None was chosen: say why.")
    assert faults_everywhere(page) == []
    visit.moment = now
    context.close()


def test_a_note_is_kept_without_javascript(served: Served, chromium: Browser) -> None:
    context = chromium.new_context(java_script_enabled=False)
    before = served.kept()
    page = context.new_page()
    page.goto(served.url(served.visit.path(Purpose.OBSERVE, served.visit.day)))
    note(page, "No script was needed.")
    expect(page.get_by_role("status").first).to_contain_text("Noted. Only you can read it.")
    assert served.kept() == before + 1
    context.close()
