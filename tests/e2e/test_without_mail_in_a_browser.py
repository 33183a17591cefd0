"""Day sheets, proxies and needs in headless Chromium: on a desk, on a phone, in both schemes, on paper."""

import io
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from pypdf import PdfReader
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from store.database import reading, writing
from store.tables.mail import InviteTable
from store.tables.people import PersonTable
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("sheets"))
    yield running
    running.stop()


def lead(served: Served) -> str:
    return next(a.person for a in served.visit.day.attendees if a.seat is Seat.HOST_LEAD)


def test_sheets_are_accessible_and_fit_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(served.url(served.visit.path(Purpose.ANSWER, served.visit.day, lead(served))))
    link = page.get_by_role("link", name="Day sheet to print").get_attribute("href") or ""
    page.goto(served.url(urlsplit(link).path))
    expect(page.get_by_role("heading", name="What is not asked of you")).to_be_visible()
    assert faults_everywhere(page) == []

    with page.expect_download() as download:
        page.get_by_role("link", name="Download PDF").click()
    assert len(PdfReader(download.value.path()).pages) == 1
    page.goto(served.url(f"/r/{served.visit.state.rotation}"))
    page.get_by_text("Day sheet for").first.get_by_role("link").first.click()
    assert faults_everywhere(page) == []
    context.close()


def test_proxies_and_needs_are_accessible_and_fit_a_phone(
    served: Served, chromium: Browser, scheme: str
) -> None:
    visit, office = served.visit, served.visit.office
    with reading(office.engine) as session:
        query = select(InviteTable).where(InviteTable.step == visit.day.key)
        uids = {row.person: row.uid for row in session.scalars(query)}
    host, visitor = lead(served), visit.state.participant
    coordinator = office.views.person("lena.hoffmann@sojourn.example")
    office.needs.say(uids[host], "No early start", visit.moment)
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(served.url(visit.path(Purpose.ANSWER, visit.day, visitor, about=uids[visitor])))
    page.get_by_text("What would make this work for you?").click()
    expect(page.get_by_text("and nobody else")).to_be_visible()
    assert faults_everywhere(page) == []
    for purpose, person, about in (
        (Purpose.NEED, coordinator, uids[host]),
        (Purpose.CHOOSE_PROXY, host, ""),
    ):
        page.goto(served.url(visit.path(purpose, visit.day, person, about=about)))
        assert faults_everywhere(page) == []
    with writing(office.engine) as session:
        row = session.get_one(PersonTable, host)
        row.email, row.facts = None, {**row.facts, "email": None}
    office.proxies.choose(host, coordinator, visit.moment)
    page.goto(served.url(visit.path(Purpose.PROXY, visit.day, coordinator, about=uids[host])))
    page.get_by_role("button", name="Yes").click()
    expect(page.get_by_role("status").first).to_contain_text("They see that it was you")
    assert faults_everywhere(page) == []
    context.close()


def test_a_visit_to_the_kiosk_goes_from_page_to_page_until_it_is_left(
    served: Served, chromium: Browser, scheme: str
) -> None:
    visit, office = served.visit, served.visit.office
    host = lead(served)
    with writing(office.engine) as session:
        row = session.get_one(PersonTable, host)
        row.email, row.facts = None, {**row.facts, "email": None}
    visit.moment += timedelta(seconds=1)
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    page.goto(served.url("/kiosk"))
    page.get_by_label("Code").fill(office.kiosk.issue(host, "a test", visit.moment))
    page.get_by_role("button", name="Open my pages").click()
    invites = page.get_by_role("heading", name="Your invites")
    expect(invites).to_be_visible()
    assert faults_everywhere(page) == []
    page.goto(served.url(_path(page, "Shadowing")))
    expect(page.get_by_role("button", name="Accept")).to_be_visible()
    assert faults_everywhere(page) == []
    page.go_back()
    expect(invites).to_be_visible()
    page.goto(served.url(_path(page, "Who may answer for you")))
    page.goto(served.url(_path(page, "Back to my pages")))
    expect(invites).to_be_visible()

    page.get_by_role("button", name="Done, forget me here").click()

    expect(page.get_by_role("status")).to_contain_text("nobody can go back to your pages")
    assert faults_everywhere(page) == []
    page.go_back()
    expect(page.get_by_role("heading", name="This link is over")).to_be_visible()
    assert faults_everywhere(page) == []
    context.close()


def _path(page: Page, link: str) -> str:
    href = page.get_by_role("link", name=link).first.get_attribute("href") or ""
    return urlsplit(href).path


def test_a_sheet_is_one_printed_page_without_its_buttons(served: Served, chromium: Browser) -> None:
    page = chromium.new_page()
    step, person = served.visit.day.key, lead(served)
    page.goto(served.url(f"/r/{served.visit.state.rotation}/day-sheets/{step}/{person}"))

    printed = PdfReader(io.BytesIO(page.pdf(format="A4")))

    text = " ".join(printed.pages[0].extract_text().split())
    assert len(printed.pages) == 1
    assert "another day is looked for" in text
    assert "Download PDF" not in text
    page.close()
