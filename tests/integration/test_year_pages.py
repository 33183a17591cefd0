"""The year of a program: one page with known figures, and the same as files."""

import csv
import io
import json
import re
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader

from domain.events import Extended
from domain.indicators import IndicatorKind
from domain.policy import PolicyPhase, PolicyState, Verdict
from domain.policymoves import PolicyDispatch, apply_policy
from domain.pulse import SMALLEST_CELL
from store.database import writing
from store.exercises import MOST_COUNTED
from store.tables.words import ExerciseEntryTable
from store.years import Receipts, Year, YearReport
from tests.visit import Visit
from tests.yearly import a_year, decide
from web.app import create_app
from web.documents import Document, Section, Table
from web.reporting import KINDS, written
from web.services import services_of
from workflows import handles


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """A visit with a year around it, which tests only look at."""
    found = Visit(tmp_path_factory.mktemp("year"))
    a_year(found)
    return found


@pytest.fixture
def bare(tmp_path: Path) -> Visit:
    """A visit of which nothing has come yet."""
    return Visit(tmp_path)


def year_of(visit: Visit) -> Year:
    return visit.office.years.year(visit.state.cohort, visit.moment)


async def test_practice_s62_one_page_shows_what_a_program_did_and_what_came_of_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get(f"/year/{visit.state.cohort}")).text
    found = year_of(visit)

    assert {v.verdict: v.changes for v in found.verdicts} == {
        Verdict.MET: 2,
        Verdict.NOT_MET: 1,
        Verdict.NEW_QUESTION: 1,
        Verdict.NOT_MEASURED: 1,
    }
    assert found.quarters[-1].insights == 3
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


async def test_practice_s51_indicators_come_from_what_happened(visit: Visit) -> None:
    found = {one.kind: one for one in year_of(visit).indicators}

    assert (found[IndicatorKind.VIEWPOINTS].of, found[IndicatorKind.VIEWPOINTS].share) == (5, 1.0)
    assert found[IndicatorKind.CUSTOMER_VALUE].of == 5
    assert found[IndicatorKind.NEWLY_HEARD].of % 5 == 0


def test_receipts_are_counted_against_what_voices_are_owed_and_four_changes_show_no_share(
    bare: Visit,
) -> None:
    states = [decide(bare, policy * 8, Verdict.MET) for policy in "abcd"]
    waiting = year_of(bare)
    assert all(one.share is None for one in waiting.indicators)
    assert waiting.decisions.owed == sum(len(state.voices) for state in states)
    assert waiting.effects.owed == waiting.decisions.owed
    assert waiting.decisions.given == waiting.effects.given == 0

    for mail in bare.office.outbox.due(bare.moment, 999):
        bare.office.outbox.delivered(mail.number, bare.moment)
    for policy, keys in bare.office.by_word.owed(bare.state.cohort).items():
        bare.office.by_word.tell(policy, keys, bare.moment)

    told = year_of(bare)
    assert told.decisions.given == told.decisions.owed - told.decisions.by_word
    assert told.effects.given == told.effects.owed - told.effects.by_word

    again = states[0].model_copy(update={"extended": 1, "version": 2})
    unheard = PolicyDispatch(state=again, errands=(), now=bare.moment, sentence="Measured again.")
    bare.office.policies.carry_out(unheard)
    assert year_of(bare).effects.owed == told.effects.owed + len(again.voices)
    assert year_of(bare).effects.given == told.effects.given
    assert year_of(bare).decisions == told.decisions


def test_after_an_extension_nothing_is_measured_until_somebody_measures_again(bare: Visit) -> None:
    state = decide(bare, "a" * 8, Verdict.NOT_MET)
    reviewed = state.model_copy(update={"phase": PolicyPhase.REVIEWED, "version": 2})
    show(bare, reviewed)
    (before,) = bare.office.years.report(bare.state.cohort, bare.moment).changes

    bare.office.changes.extend(state.policy, bare.moment)
    show(bare, apply_policy(reviewed, Extended(), bare.moment)[0])

    (after,) = bare.office.years.report(bare.state.cohort, bare.moment).changes
    assert (before.measured, after.measured) == (2.5, None)


def show(visit: Visit, state: PolicyState) -> None:
    visit.office.policies.carry_out(
        PolicyDispatch(state=state, errands=(), now=visit.moment, sentence="So it stands.")
    )


def test_practice_s2_trust_is_the_mean_of_the_newest_answers_in_whole_cells(bare: Visit) -> None:
    """The first thirteen say 1 and all others 5; the newest three make no cell yet."""
    office, person = bare.office, bare.state.participant
    with writing(office.engine) as session:
        for number in range(MOST_COUNTED + 2 * SMALLEST_CELL + 3):
            value = "1" if number < 2 * SMALLEST_CELL + 3 else "5"
            given = json.dumps({"safe": value, "known": value, "follows": value})
            session.add(
                ExerciseEntryTable(
                    rotation=bare.state.rotation,
                    step=f"step-{number}",
                    exercise="pulse-before",
                    person=person,
                    version=1,
                    reader="counted",
                    sealed=office.vault.seal(session, person, given),
                    mark="",
                    complete=True,
                    late=False,
                    written_at=bare.moment + timedelta(minutes=number),
                )
            )

    safe, *_ = (one for one in office.exercises.pulse(bare.state.cohort) if one.answers)
    assert safe.answers == MOST_COUNTED
    assert safe.mean == pytest.approx((3 * 1 + (MOST_COUNTED - 3) * 5) / MOST_COUNTED)


async def test_practice_s62_a_year_with_nothing_in_it_says_what_to_do(bare: Visit) -> None:
    client = await handles.connect(bare.office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(bare.office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        page = (await opened.get(f"/year/{bare.state.cohort}")).text

    for said in (
        "No change is in force yet.",
        "nobody is owed an answer",
        "sojourn metrics import",
        "fewer than 5",
    ):
        assert said.replace("'", "&#39;") in page
    assert ">0%" not in page


async def test_an_unknown_cohort_or_kind_of_file_is_said(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    assert (await browser.get("/year")).headers["location"] == f"/year/{visit.state.cohort}"
    for path in ("/year/nowhere", "/year/nowhere/report.pdf"):
        answer = await browser.get(path)
        assert (answer.status_code, "no cohort" in answer.text) == (404, True)
    assert (await browser.get(f"/year/{visit.state.cohort}/report.doc")).status_code == 400


@pytest.mark.parametrize("kind", KINDS)
async def test_practice_s62_it_is_exported_with_the_list_of_changes(
    visit: Visit, browser: httpx.AsyncClient, kind: str
) -> None:
    answer = await browser.get(f"/year/{visit.state.cohort}/report.{kind}")

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
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    address = f"/year/{visit.state.cohort}/report."
    found = {kind: (await browser.get(address + kind)).content for kind in KINDS}

    facts = YearReport.model_validate_json(found["json"])
    assert facts == visit.office.years.report(visit.state.cohort, visit.moment)
    assert dict(facts).items() >= dict(year_of(visit)).items()
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


async def test_no_person_is_named_in_any_of_it(visit: Visit, browser: httpx.AsyncClient) -> None:
    names = visit.office.observations.names_met(visit.state.rotation)
    leader = visit.office.views.rotation(visit.state.rotation).row.participant_name
    for kind in KINDS:
        answer = await browser.get(f"/year/{visit.state.cohort}/report.{kind}")
        text = _read(answer.content, kind)
        for name in (*names, leader):
            assert name not in text
        assert not re.search(r"\bP-\d{4}", text)


def test_a_cell_that_a_spreadsheet_would_work_out_is_text() -> None:
    figures = (("=HYPERLINK(1)", "-4.5"), ("+49", "@home"), ("a,b", "-"))
    table = Table(("Title", "Value"), figures)
    document = Document("Title", "Lead", (Section("one", "One", table=table),))

    text = written(document, Receipts(owed=0, given=0, by_word=0), "csv").decode()

    cells = [line[1::2] for line in csv.reader(io.StringIO(text))][1:]
    assert cells == [["'=HYPERLINK(1)", "-4.5"], ["+49", "'@home"], ["a,b", "'-"]]
