"""The year of a program: one page with known figures, and the same as files."""

import csv
import io
import json
import re
from collections.abc import AsyncIterator

import httpx
import pytest
from pypdf import PdfReader

from domain.indicators import IndicatorKind
from domain.policy import Verdict
from store.database import writing
from store.tables import PolicyTable
from store.years import Year
from tests.visit import Visit
from tests.yearly import a_year, decide, take_figures
from web.app import create_app
from web.reporting import KINDS
from web.services import services_of
from workflows import handles


@pytest.fixture(scope="module")
def yearly(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A visit with a year around it, which tests only look at."""
    found = Visit(tmp_path_factory.mktemp("year"))
    a_year(found)
    return found


@pytest.fixture
async def reader(yearly: Visit) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(yearly.office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(yearly.office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


def year_of(visit: Visit) -> Year:
    return visit.office.years.year(visit.state.cohort, visit.moment)


async def test_practice_s62_one_page_shows_what_a_program_did_and_what_came_of_it(
    yearly: Visit, reader: httpx.AsyncClient
) -> None:
    page = (await reader.get(f"/year/{yearly.state.cohort}")).text
    found = year_of(yearly)

    assert {v.verdict: v.changes for v in found.verdicts} == {
        Verdict.MET: 2,
        Verdict.NOT_MET: 1,
        Verdict.NEW_QUESTION: 1,
        Verdict.NOT_MEASURED: 1,
    }
    assert found.quarters[-1].insights == 3
    assert found.loop is not None
    assert (found.loop.changes, found.loop.days) == (6, 10.0)
    pair = next(one for one in found.pulse if one.label.startswith("Here I can say"))
    assert pair.before is not None
    assert pair.after is not None
    assert (pair.before.mean, pair.after.mean) == (2.0, 4.0)
    assert page.count('role="img"') == 5
    assert page.count("<desc") == 5
    for said in (
        "Diverse viewpoints used",
        "6.5 h (1)",
        "no data",
        "<td>2.0 (5)</td><td>4.0 (5)</td>",
        "target met",
        "From an insight to a decision: 10 days",
    ):
        assert said in page


async def test_practice_s51_indicators_come_from_what_happened(yearly: Visit) -> None:
    found = {one.kind: one for one in year_of(yearly).indicators}

    assert (found[IndicatorKind.VIEWPOINTS].of, found[IndicatorKind.VIEWPOINTS].share) == (5, 1.0)
    assert found[IndicatorKind.CUSTOMER_VALUE].of == 5
    assert found[IndicatorKind.NEWLY_HEARD].of % 5 == 0


def test_practice_s51_four_changes_are_too_few_to_be_shown(visit: Visit) -> None:
    for policy in "abcd":
        decide(visit, policy * 8, Verdict.MET)

    assert all(one.share is None for one in year_of(visit).indicators)


def test_receipts_are_counted_against_what_voices_are_owed(visit: Visit) -> None:
    state = decide(visit, "a" * 8, Verdict.MET)
    waiting = year_of(visit)
    assert waiting.decisions.owed == waiting.effects.owed == len(state.voices)
    assert waiting.decisions.given == waiting.effects.given == 0

    for mail in visit.office.outbox.due(visit.moment, 999):
        visit.office.outbox.delivered(mail.number, visit.moment)

    told = year_of(visit)
    assert told.decisions.given == told.decisions.owed - told.decisions.by_word
    assert told.effects.given == told.effects.owed - told.effects.by_word


async def test_practice_s62_a_year_with_nothing_in_it_says_what_to_do(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(f"/year/{visit.state.cohort}")).text

    for said in (
        "No change is in force yet.",
        "nobody is owed an answer",
        "sojourn metrics import",
        "fewer than 5",
    ):
        assert said.replace("'", "&#39;") in page
    assert ">0%" not in page
    assert (await browser.get("/year")).headers["location"] == f"/year/{visit.state.cohort}"
    assert (await browser.get("/year/nowhere")).status_code == 404
    assert (await browser.get(f"/year/{visit.state.cohort}/report.doc")).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
async def test_practice_s62_it_is_exported_with_the_list_of_changes(
    yearly: Visit, reader: httpx.AsyncClient, kind: str
) -> None:
    answer = await reader.get(f"/year/{yearly.state.cohort}/report.{kind}")

    assert f"report.{kind}" in answer.headers["content-disposition"]
    text = _read(answer.content, kind)
    for said in ("Change f", "sacks opened twice a day", "Resolution time", "Diverse viewpoints"):
        if kind != "json" or not said.startswith("Diverse"):
            assert said in text


def _read(raw: bytes, kind: str) -> str:
    if kind == "pdf":
        pages = PdfReader(io.BytesIO(raw), strict=True).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())
    return raw.decode()


async def test_practice_s62_all_files_say_the_same(
    yearly: Visit, reader: httpx.AsyncClient
) -> None:
    address = f"/year/{yearly.state.cohort}/report."
    found = {kind: (await reader.get(address + kind)).content for kind in KINDS}

    facts = Year.model_validate_json(found["json"])
    assert facts == year_of(yearly)
    lines = list(csv.DictReader(io.StringIO(found["csv"].decode(), newline="")))
    paper, page = (_read(found[kind], kind) for kind in ("pdf", "html"))
    assert {line["section"] for line in lines} >= {"Policy changes", "What the company measures"}
    for line in lines:
        for cell in (line["about"], line["value"]):
            assert cell in page
            assert cell in paper or any(part in paper for part in cell.split(", "))
    assert "<link" not in page
    assert "<script" not in page
    assert "--paper" in page
    assert json.loads(found["json"])["changes"][0]["policy"]


async def test_no_person_is_named_in_any_of_it(yearly: Visit, reader: httpx.AsyncClient) -> None:
    names = yearly.office.observations.names_met(yearly.state.rotation)
    leader = yearly.office.views.rotation(yearly.state.rotation).row.participant_name
    for kind in KINDS:
        answer = await reader.get(f"/year/{yearly.state.cohort}/report.{kind}")
        text = _read(answer.content, kind)
        for name in (*names, leader):
            assert name not in text
        assert not re.search(r"\bP-\d{4}", text)


async def test_a_cell_that_a_spreadsheet_would_work_out_is_text(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    take_figures(visit)
    state = decide(visit, "a" * 8, Verdict.MET)
    with_formula = "=HYPERLINK(1)"
    rename(visit, state.policy, with_formula)

    found = (await browser.get(f"/year/{visit.state.cohort}/report.csv")).text

    assert f"'{with_formula}" in found
    assert f",{with_formula}" not in found


def rename(visit: Visit, policy: str, title: str) -> None:
    with writing(visit.office.engine) as session:
        row = session.get_one(PolicyTable, policy)
        row.proposal = {**row.proposal, "title": title}
