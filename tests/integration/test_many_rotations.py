"""The first page where there are more rotations than one page shows."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from bench.folders import write_folder
from domain.due import catch_up
from domain.rotation import Ending, RotationState
from domain.telling import dispatch
from settings import Settings
from store.attention import A_PAGE
from store.database import writing
from tests.migrated import give_schema
from tests.servers import free_port
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

PARTICIPANTS = 70
SILENT = timedelta(weeks=3)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """Seventy rotations, whose consents nobody has given for three weeks."""
    folder = write_folder(tmp_path / "company", PARTICIPANTS, weeks=16)
    goals = folder / "goals.csv"
    goals.write_text(goals.read_text().replace(",2025-12-10", ","))
    program = folder / "program.toml"
    program.write_text(program.read_text().replace("cards = []", 'cards = ["portfolio"]'))
    found = Office(Settings(local=True, data=tmp_path, temporal=f"127.0.0.1:{free_port()}"))
    give_schema(found.engine)
    now = datetime.now(UTC)
    assert not found.load(folder, dry_run=False, today=now.date()).rejected
    (cohort,) = found.views.cohorts()
    found.planning.make_plan(cohort.cohort, now)
    found.planning.approve(cohort.cohort, 1, now)
    for state in found.planning.rotations(cohort.cohort, 1):
        for later in (now, now + SILENT, now + 2 * SILENT):
            state, _ = catch_up(state, later)
        show(found, state, now + 2 * SILENT)
    return found


def show(office: Office, state: RotationState, now: datetime) -> None:
    with writing(office.engine) as session:
        office.correspondence.carry_out_within(session, dispatch(state, (), now))


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


async def test_rotations_come_page_by_page_and_can_be_looked_for(
    office: Office, browser: httpx.AsyncClient
) -> None:
    first, second, third = [(await browser.get(f"/?page={n}")).text for n in (1, 2, 3)]
    one = (await browser.get("/?name=pART7")).text
    nobody = (await browser.get("/?name=__")).text
    (cohort,) = office.views.cohorts()
    every = office.views.rotations(cohort.cohort)

    shown = [r for r in every if f'href="/r/{r.rotation}">{r.participant_name}</a>' in first]
    rest = [r for r in every if f'href="/r/{r.rotation}">{r.participant_name}</a>' in second]
    assert [*shown, *rest] == list(every)
    assert (len(shown), len(rest)) == (A_PAGE, PARTICIPANTS - A_PAGE)
    assert "Page 1 of 2" in first
    assert "Page 2 of 2" in second
    assert "There is no page 3" in third
    assert ">Part7<" in one
    assert ">Part8<" not in one
    assert "No participant is called so" in nobody
    assert (await browser.get("/?page=0")).status_code == 400


async def test_practice_s1_portfolios_come_page_by_page_and_can_be_looked_for(
    office: Office, browser: httpx.AsyncClient
) -> None:
    office.now = lambda: datetime.now(UTC) + 2 * SILENT
    (cohort,) = office.views.cohorts()
    first, second, third = [
        (await browser.get(f"/portfolio/{cohort.cohort}?page={n}")).text for n in (1, 2, 3)
    ]
    one = (await browser.get(f"/portfolio/{cohort.cohort}?name=pART7")).text
    nobody = (await browser.get(f"/portfolio/{cohort.cohort}?name=__")).text

    names = sorted(f"Part{n}" for n in range(PARTICIPANTS))
    shown = [name for name in names if f">{name}</a></h2>" in first]
    rest = [name for name in names if f">{name}</a></h2>" in second]
    assert (shown, rest) == (names[:A_PAGE], names[A_PAGE:])
    assert "Page 1 of 2" in first
    assert "There is no page 3" in third
    assert ">Part7</a>" in one
    assert ">Part8</a>" not in one
    assert "No participant is called so" in nobody


async def test_host_teams_of_the_coverage_can_be_looked_for(
    office: Office, browser: httpx.AsyncClient
) -> None:
    (cohort,) = office.views.cohorts()
    address = f"/coverage/{cohort.cohort}?visits=program"
    one = (await browser.get(f"{address}&name=tEAM 7")).text
    nobody = (await browser.get(f"{address}&name=__")).text
    third = (await browser.get(f"{address}&page=3")).text

    assert ">Team 7</th>" in one
    assert ">Team 8</th>" not in one
    assert "No host team is called so" in nobody
    assert "There is no page 3" in third


async def test_more_needs_a_person_than_a_page_shows(
    office: Office, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get("/")).text

    assert f'<span class="count">{A_PAGE}+</span>' in page
    assert "sojourn list --attention" in page


async def test_who_is_over_comes_last_and_needs_nobody(office: Office) -> None:
    (cohort,) = office.views.cohorts()
    first = office.views.rotations(cohort.cohort)[0]
    state = office.views.state_of(first.rotation)
    over = {"ending": Ending.WITHDRAWN, "attention": (), "version": state.version + 1}
    show(office, state.model_copy(update=over), datetime.now(UTC))

    every = office.views.rotations(cohort.cohort)
    assert every[-1].rotation == first.rotation
    assert first.rotation not in {
        row.rotation for row in office.views.overview(cohort.cohort).attention
    }
    assert office.views.begun(cohort.cohort) == PARTICIPANTS
