"""The year and the review pack in headless Chromium: on a desk, on a phone, in both schemes, on paper."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from domain.links import Purpose
from tests.e2e.browsing import faults_everywhere
from tests.e2e.test_observing_in_a_browser import Served
from tests.yearly import a_year
from web.reporting import written
from web.years import report_document


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = Served(tmp_path_factory.mktemp("year"))
    a_year(running.visit)
    yield running
    running.stop()


def paths(served: Served) -> dict[str, str]:
    visit = served.visit
    pack = visit.path(Purpose.PACK, visit.day, about="pack")
    return {"year": f"/year/{visit.state.cohort}", "pack": pack}


def test_pages_are_accessible_and_fit_a_phone(
    served: Served, chromium: Browser, scheme: str, tmp_path: Path
) -> None:
    context = chromium.new_context(color_scheme="dark" if scheme == "dark" else "light")
    page = context.new_page()
    for name, path in paths(served).items():
        page.goto(served.url(path))
        assert faults_everywhere(page) == [], name
    alone = tmp_path / "report.html"
    alone.write_bytes(report_alone(served))
    page.goto(alone.as_uri())
    assert faults_everywhere(page) == []
    context.close()


def report_alone(served: Served) -> bytes:
    """The page that stands alone, opened from a file."""
    visit = served.visit
    year = visit.office.years.report(visit.state.cohort, visit.moment)
    return written(report_document(year), year, "html")


def test_practice_s62_the_year_is_one_printed_page(served: Served, chromium: Browser) -> None:
    page = chromium.new_page()
    page.goto(served.url(paths(served)["year"]))
    expect(page.get_by_role("heading", name="How the program listens")).to_be_visible()

    printed = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))

    assert len(printed.pages) == 1
    text = " ".join(printed.pages[0].extract_text().split())
    assert "What the company measures" in text
    assert "Quarters" not in text
    page.close()


def test_practice_s50_a_pack_is_chosen_without_javascript(
    served: Served, chromium: Browser
) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(served.url(paths(served)["pack"]))
    page.get_by_role("button", name="Download PDF").click()
    expect(page.get_by_role("alert")).to_contain_text("Tick what goes in")
    page.get_by_label("In your own words").fill("I ask first now.")
    page.get_by_role("checkbox").first.check()

    with page.expect_download() as download:
        page.get_by_role("button", name="Download JSON").click()
    text = download.value.path().read_text()
    page.get_by_role("button", name="Send me a code").first.click()
    expect(page.get_by_role("checkbox").first).to_be_checked()
    page.get_by_label("Code").first.fill(served.visit.code())
    page.get_by_label("Code").first.press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("can read it now")
    assert "I ask first now." in text
    assert text.count('"key"') == 1
    page.goto(served.url(f"/r/{served.visit.state.rotation}/pack"))
    expect(page.get_by_text("I ask first now.")).to_be_visible()
    context.close()
    looked_at = chromium.new_page()
    for address in (page.url, served.url(paths(served)["pack"])):
        looked_at.goto(address)
        assert faults_everywhere(looked_at) == []
    looked_at.close()
