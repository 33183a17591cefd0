"""The pages of who was heard and what was practised, and the same figures for other programs."""

import csv
import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from domain.coverage import Voices
from domain.links import Purpose
from domain.program import StepKind
from domain.quarters import quarter_of
from tests.covered import CANARY, Covered
from tests.visit import DAY, Visit
from web.app import create_app
from web.coverage import said
from web.services import services_of
from workflows import handles


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Covered:
    return Covered(tmp_path_factory.mktemp("covered"))


async def text(browser: httpx.AsyncClient, path: str, status: int = 200) -> str:
    answer = await browser.get(path, follow_redirects=True)
    assert answer.status_code == status, answer.text
    return " ".join(answer.text.split())


async def test_first_f7_page_and_exports_show_the_same_figures_and_none_below_five(
    visit: Covered, browser: httpx.AsyncClient
) -> None:
    page = await text(browser, "/coverage")
    name = str(next(iter(visit.office.coverage.page("full", visit.moment).quarters)))
    as_json = (await browser.get("/coverage/full.json")).json()
    as_csv = await browser.get("/coverage/full.csv")

    (shift,) = as_json["voices"]["facts"]
    groups = {tuple(g["values"]): (g["people"], g["heard"]) for g in shift["groups"]}
    assert groups == {("", CANARY): (18, 5), ("days",): (10, 5)}
    together = f'["", "{CANARY}"]'
    rows = list(csv.reader(io.StringIO(as_csv.text)))
    assert rows[:3] == [
        ["table", "row", "column", "measure", "figure"],
        ["voices", "shift", together, "people", "18"],
        ["voices", "shift", together, "heard", "5"],
    ]
    assert min(int(row[4]) for row in rows if row[0] == "voices") == 5
    assert f'filename="coverage-full-{name}.csv"' in as_csv.headers["content-disposition"]
    assert f"Least heard: not said and {CANARY}." in page
    assert "These figures change with each session and each import until" in page
    assert 'data-label="Not heard">13<' in page
    assert 'data-label="Not heard">5<' in page


def test_a_value_with_a_comma_is_one_value() -> None:
    group = Voices(values=("nights, weekends", "days", ""), people=12)

    assert said(group) == "nights, weekends and days and not said"


async def test_first_f7_a_quarter_that_is_over_says_that_it_stays_as_it_is(
    visit: Covered, browser: httpx.AsyncClient
) -> None:
    before, path = visit.moment, f"/coverage/full?quarter={quarter_of(visit.moment.date())}"
    visit.moment += 100 * DAY
    try:
        assert "is written down within the hour" in await text(browser, path)
        assert visit.office.look_after() == 0
        kept = await text(browser, path)
    finally:
        visit.moment = before

    assert "stay as they are" in kept
    assert "These figures change" not in kept
    assert 'data-label="Heard">5<' in kept


async def test_lenses_by_team_say_in_words_what_their_colour_says(
    visit: Covered, browser: httpx.AsyncClient
) -> None:
    page = await text(browser, "/coverage/full?visits=program")

    found = visit.office.coverage.page("full", visit.moment, visits_in="program")
    assert found.gaps
    for team, lens in found.gaps:
        assert f"{lens} at {team}" in page
    assert 'class="heat0">none<' in page
    planned = [cell for team in found.teams for cell in team.cells if cell.planned]
    assert planned
    for cell in planned:
        assert f'class="heat{cell.level}">{cell.planned} planned<' in page
    assert "not its lens" in page


async def test_a_quarter_that_there_is_not_is_not_found(browser: httpx.AsyncClient) -> None:
    for path in ("/coverage/full?quarter=1999-Q1", "/coverage/full.csv?quarter=x", "/coverage/no"):
        await text(browser, path, 404)
    await text(browser, "/portfolio/no", 404)


async def test_practice_s1_a_portfolio_names_what_is_missing_and_what_comes_next(
    visit: Covered, browser: httpx.AsyncClient
) -> None:
    quarter = visit.office.portfolios.page("full", visit.moment).quarter

    page = await text(browser, "/portfolio")

    names = [page.index(name) for name in ("Felix Aumann", "Jonas Weber", "Mara Stein")]
    assert names == sorted(names)
    assert f"none in {quarter}" in page
    assert "nobody knows when" in page
    assert "<strong>Next: " in page
    assert CANARY not in page


async def test_practice_s13_who_was_there_can_say_that_somebody_else_came(
    visit: Covered, browser: httpx.AsyncClient
) -> None:
    lead = next(a.person for a in visit.day.attendees if a.person != visit.state.participant)
    path = visit.path(Purpose.HELD, visit.day, lead)
    leader = visit.office.views.rotation(visit.state.rotation).row.participant_name
    asked = await text(browser, path)
    assert f"Yes, but somebody else came in {leader}’s place" in asked
    session = visit.step(StepKind.REFLECTION)
    assert "somebody else" not in await text(browser, visit.path(Purpose.HELD, session, lead))

    answer = await browser.post(f"{path}/held", data={"delegated": "true"})
    assert answer.status_code == 303
    wrong = await browser.post(f"{path}/held", data={"delegated": "perhaps"})
    assert wrong.status_code == 400

    assert f"held already, with somebody else in {leader}’s place" in await text(browser, path)
    assert "somebody else came" in await text(browser, f"/r/{visit.state.rotation}")
    row = next(
        r for r in visit.office.portfolios.page("full", visit.moment).rows if r.name == leader
    )
    assert row.practices[1].practised.last is None


@pytest.fixture
def plain(tmp_path: Path) -> Visit:
    """A program whose cards leave the portfolio out."""

    def without_portfolio(folder: Path) -> None:
        program = folder / "program.toml"
        program.write_text(program.read_text().replace(', "portfolio"', ""))

    return Visit(tmp_path, without_portfolio)


@pytest.fixture
async def of_plain(plain: Visit) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(plain.office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(plain.office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


async def test_where_there_is_nothing_pages_say_what_to_do(
    plain: Visit, of_plain: httpx.AsyncClient
) -> None:
    assert "Add the columns <code>works_at</code>" in await text(of_plain, "/coverage")
    assert 'Add <code>"portfolio"</code> to <code>cards</code>' in await text(
        of_plain, "/portfolio"
    )
    plain.moment -= 200 * DAY
    assert "The first quarter begins with the program" in await text(of_plain, "/coverage")
    assert (await of_plain.get("/coverage/full.csv")).status_code == 200
