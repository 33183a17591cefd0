"""Deciding on a plan in the pages, over a real store, while Temporal is away."""

import html
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from domain.calendars import BusyTimes, CalendarReading, Seen
from domain.moments import Interval
from settings import Settings
from store.database import reading, writing
from store.planpages import AssignmentRow
from store.plans import Plans
from store.tables.people import TeamTable
from tests.migrated import give_schema
from tests.servers import free_port
from tests.waiting import until_async
from web.app import create_app
from web.services import services_of
from web.working import Workbench
from wiring import Office
from workflows import handles

EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"
NOW = datetime(2026, 11, 23, 22, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    settings = Settings(local=True, data=tmp_path, temporal=f"127.0.0.1:{free_port()}")
    found = Office(settings, lambda: NOW)
    give_schema(found.engine)
    found.load(EXAMPLE, dry_run=False, today=NOW.date())
    found.planning.make_plan("winter", NOW)
    return found


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(office.settings.temporal, "default")
    patient = replace(services_of(office, client), workbench=Workbench(patience=60))
    pages = httpx.ASGITransport(app=create_app(patient))
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as opened:
        yield opened


def mara(office: Office) -> AssignmentRow:
    rows = office.views.plan("winter").assignments
    return next(row for row in rows if row.participant_name == "Mara Stein")


def row_of(page: str, rotation: str) -> str:
    """The row of the table that shows this rotation."""
    return page.split(f'id="{rotation}"', 1)[1].split("</tr>", 1)[0]


def pin(row: AssignmentRow, team: str, pinned: str = "yes") -> dict[str, str]:
    return {"rotation": row.rotation, "team": team, "pinned": pinned}


def a_day_off(office: Office) -> tuple[str, str]:
    """Whom the first shadowing day needs and who is away then since the plan was made, and whose day it is."""
    with reading(office.engine) as session:
        _, plan = Plans().latest(session, "winter")
    day = next(step for step in plan.steps if step.key == "shadowing-day")
    lead = next(a.person for a in day.attendees if a.seat.value == "host-lead")
    away = Interval(starts=day.starts - timedelta(hours=2), ends=day.ends)
    times = (("winter", BusyTimes(absences=(away,))),)
    there = CalendarReading(seen=Seen(digest="d"), times=times)
    office.calendars.upload(lead, there, NOW)
    return office.views.named(lead), day.rotation


async def test_a_plan_shows_its_figures_and_what_every_alternative_costs(
    office: Office, browser: httpx.AsyncClient
) -> None:
    page = (await browser.get("/plan/winter")).text

    review, row = office.views.plan("winter").review, mara(office)
    assert review is not None
    assert f"of at most {review.bound}" in page
    assert "<strong>8 of 8</strong>" in page
    shown = row_of(page, row.rotation)
    for other in row.alternatives:
        assert f'{other.name} <span class="cost less">−{other.less}</span>' in shown


async def test_who_has_no_place_is_said_with_what_would_help_and_can_be_given_a_team(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)
    for team in {a.host for a in office.views.plan("winter").assignments}:
        with writing(office.engine) as session:
            host = session.get_one(TeamTable, team)
            host.facts = {**host.facts, "needs_access": ["clearance"]}
    office.planning.make_plan("winter", NOW)

    page = await _plan(browser)

    review = office.views.plan("winter").review
    assert review is not None
    assert "<strong>0 of 8</strong>" in page
    assert "This plan places nobody." in page
    assert review.remedy
    assert html.escape(review.remedy, quote=False) in html.unescape(page)
    assert f"/plan/winter/what-if/{row.rotation}" in page
    assert "P-0" not in page


async def test_teams_are_a_view_of_their_own(office: Office, browser: httpx.AsyncClient) -> None:
    page = (await browser.get("/plan/winter?by=team")).text

    row = mara(office)
    after = page.split(f'role="rowheader">{row.host_name}<', 1)[1].split("</tr>", 1)[0]
    assert "<strong>Mara Stein</strong>" in after
    assert f"Mara Stein: {row.steps[1].title}" in page.split("<svg", 1)[1]
    assert (await browser.get("/plan/winter?by=moon")).status_code == 400


async def test_a_team_is_pinned_and_unpinned_in_its_row(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)

    pinned = await browser.post("/plan/winter/pins", data=pin(row, row.host))
    shown = row_of((await browser.get("/plan/winter")).text, row.rotation)
    await browser.post("/plan/winter/pins", data=pin(row, row.host, "no"))
    later = row_of((await browser.get("/plan/winter")).text, row.rotation)

    assert pinned.status_code == 303
    assert pinned.headers["location"] == f"/plan/winter#{row.rotation}"
    assert "Pinned" in shown
    assert "Unpin<" in shown
    assert "Pinned" not in later
    history = (await browser.get(f"/r/{row.rotation}")).text
    assert f"{row.host_name} pinned" in history
    assert f"{row.host_name} unpinned" in history


async def test_a_pin_that_can_not_be_is_answered_with_a_sentence(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)
    await browser.post("/plan/winter/pins", data=pin(row, row.host))

    refused = await browser.post("/plan/winter/pins", data=pin(row, row.alternatives[0].team))
    incomplete = await browser.post("/plan/winter/pins", data={"rotation": row.rotation})
    unknown = await browser.post("/plan/winter/pins", data=pin(row, "H-99"))

    assert refused.status_code == 409
    assert "Mara Stein visits one team" in refused.text
    assert incomplete.status_code == 400
    assert unknown.status_code == 404


@pytest.mark.parametrize("path", ["pins", "what-if/aaaaaaaa"])
async def test_other_sites_pin_nothing(
    office: Office, browser: httpx.AsyncClient, path: str
) -> None:
    row = mara(office)
    elsewhere = {"origin": "http://evil.example"}

    sent = await browser.post(f"/plan/winter/{path}", data=pin(row, row.host), headers=elsewhere)

    assert sent.status_code == 403
    assert mara(office).pinned_by == ""


async def test_a_what_if_shows_the_effect_and_stores_nothing(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row, before = mara(office), office.views.change()
    shown_row = row_of(await _plan(browser), row.rotation)
    link = re.search(r'href="(/plan/winter/what-if/[^"]*team=[^"]*)"', shown_row)
    assert link

    shown = await browser.get(html.unescape(link.group(1)))
    again = await browser.get(html.unescape(link.group(1)))

    team = row.alternatives[0].name
    assert f"What if Mara Stein visits {team}?" in shown.text
    assert f"{team} takes the place of {row.host_name}." in shown.text
    assert "Pin and plan again" in shown.text
    assert shown.text == again.text
    assert office.views.change() == before


async def test_a_what_if_without_a_team_offers_those_that_are_open(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)

    page = (await browser.get(f"/plan/winter/what-if/{row.rotation}")).text

    options = re.findall(r"<option[^>]*>([^<]*)<", page)
    assert len(options) == 4
    assert row.host_name not in options
    assert "Pin and plan again" not in page


async def test_pinning_while_temporal_is_away_says_that_the_pin_is_kept(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)
    other = row.alternatives[0].team

    sent = await browser.post(
        f"/plan/winter/what-if/{row.rotation}", data={"team": other, "instead": row.host}
    )

    assert sent.status_code == 503
    assert "The team is pinned" in sent.text
    page = await _plan(browser)
    assert f"Mara Stein does not visit {row.alternatives[0].name}." in page


async def test_a_rule_that_is_broken_since_is_said_listed_and_marked(
    office: Office, browser: httpx.AsyncClient
) -> None:
    assert "Broken since" not in await _plan(browser)
    who, rotation = a_day_off(office)

    page = await _plan(browser)

    assert f"finds {who} away." in page
    assert "Plan again, or ask them to keep that time free." in page
    assert page.count('<text class="mark"') == 1
    assert "breaks a rule today" in page.split("<svg", 1)[1].split("</svg>", 1)[0]
    assert "breaks a rule" in row_of(page, rotation)
    by_team = (await browser.get("/plan/winter?by=team")).text
    assert by_team.count('<text class="mark"') == 1
    assert f"finds {who} away." in by_team


async def test_what_takes_longer_than_a_page_waits_is_shown_when_it_is_there(
    office: Office,
) -> None:
    row, (who, _) = mara(office), a_day_off(office)
    client = await handles.connect(office.settings.temporal, "default")
    hasty = replace(services_of(office, client), workbench=Workbench(patience=0))
    pages = httpx.ASGITransport(app=create_app(hasty))
    asked = f"/plan/winter/what-if/{row.rotation}?team={row.alternatives[0].team}"
    async with httpx.AsyncClient(transport=pages, base_url="http://127.0.0.1:8800") as browser:
        plan, what_if = await _plan(browser), (await browser.get(asked)).text

        assert "Being checked against what is known today" in plan
        assert "Broken since" not in plan
        assert "The planner works it out" in what_if
        assert "Pin and plan again" not in what_if
        assert 'data-live="works"' in plan
        assert 'data-live="works"' in what_if

        async def checked() -> bool:
            return f"finds {who} away." in await _plan(browser)

        async def worked_out() -> bool:
            return "Pin and plan again" in (await browser.get(asked)).text

        await until_async(checked)
        await until_async(worked_out)
        assert "data-live" not in await _plan(browser)


async def test_an_approved_plan_is_only_read(office: Office, browser: httpx.AsyncClient) -> None:
    row = mara(office)
    a_day_off(office)
    office.planning.approve("winter", 1, NOW)

    page = await _plan(browser)
    refused = await browser.post("/plan/winter/pins", data=pin(row, row.host))
    asked = await browser.get(f"/plan/winter/what-if/{row.rotation}?team={row.host}")

    assert "<form" not in page
    assert "What if?" not in page
    assert "Broken since" not in page
    assert refused.status_code == asked.status_code == 409
    assert "Plan 1 is approved and running" in refused.text


async def test_a_page_that_waits_for_the_next_plan_can_do_nothing_until_it_is_there(
    office: Office, browser: httpx.AsyncClient
) -> None:
    waiting = (await browser.get("/plan/winter?newer_than=1")).text
    office.planning.make_plan("winter", NOW)
    there = (await browser.get("/plan/winter?newer_than=1")).text

    assert "A new plan is being made" in waiting
    assert "<form" not in waiting
    assert "data-live" in waiting
    assert "<h1>Plan 2</h1>" in there
    assert "Approve and start" in there
    assert "data-live" not in there
    old = (await browser.get("/plan/winter?version=1")).text
    assert "There is a newer plan" in old
    assert "<form" not in old


async def test_the_invites_of_one_participant_are_read_by_themselves(
    office: Office, browser: httpx.AsyncClient
) -> None:
    row = mara(office)

    everybody = (await browser.get("/plan/winter/mails")).text
    hers = (await browser.get(f"/plan/winter/mails?rotation={row.rotation}")).text

    every, own = (page.count('<details class="mail">') for page in (everybody, hers))
    assert 0 < own < every
    assert "for</span> Mara Stein" in hers


async def _plan(browser: httpx.AsyncClient) -> str:
    return (await browser.get("/plan/winter")).text
