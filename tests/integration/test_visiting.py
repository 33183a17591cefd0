"""Signing in with one-time links, on pages that a TLS proxy serves to a network."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import text

from domain.due import catch_up
from domain.errors import Refused
from domain.events import GateAnswered
from domain.links import LinkClaim, Purpose
from domain.moves import apply
from domain.program import Gate
from domain.roles import Role
from domain.rotation import Concern, RotationState
from domain.telling import dispatch
from settings import Settings
from store.visitors import SESSION_LASTS
from tests.migrated import give_schema
from tests.servers import free_port
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

URL = "https://rotations.mill.example"
HOUR = timedelta(hours=1)
EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"


class Clock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def office(tmp_path: Path, clock: Clock) -> Office:
    settings = Settings(
        data=tmp_path,
        temporal=f"127.0.0.1:{free_port()}",
        web_host="0.0.0.0",
        web_url=URL,
        organiser="rotations@mill.example",
        keys=f"k1:{'s' * 32}",
    )
    found = Office(settings, clock)
    give_schema(found.engine)
    found.load(EXAMPLE, dry_run=False, today=clock().date())
    found.planning.make_plan("winter", clock())
    return found


@pytest.fixture
async def browser(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))
    async with httpx.AsyncClient(transport=pages, base_url=URL) as opened:
        yield opened


async def enter(office: Office, browser: httpx.AsyncClient, role: Role) -> httpx.Response:
    token = office.visitors.invite("Ines Amaro", role, HOUR, office.now())
    return await browser.post(f"/sign-in/{token}")


@pytest.mark.parametrize("path", ["/", "/changes", "/plan/winter", "/events", "/nowhere", "/docs"])
async def test_without_a_session_no_page_says_anything(
    browser: httpx.AsyncClient, path: str
) -> None:
    turned_away = await browser.get(path)

    assert turned_away.status_code == 401
    assert "sojourn login-link" in turned_away.text
    assert "winter" not in turned_away.text


async def test_without_a_session_nothing_can_be_done(browser: httpx.AsyncClient) -> None:
    assert (await browser.post("/plan/winter/replan")).status_code == 401
    assert (await browser.post("/sign-out")).status_code == 401


async def test_what_needs_no_session_opens(office: Office, browser: httpx.AsyncClient) -> None:
    state = office.planning.rotations("winter", 1)[0]
    claim = LinkClaim(
        purpose=Purpose.CONSENT,
        person=state.gates[0].person,
        rotation=state.rotation,
        about=state.gates[0].gate.value,
    )
    link = office.links.url(claim, office.now() + HOUR).removeprefix(URL)

    for path in ("/healthz", "/static/sojourn.css", link):
        assert (await browser.get(path)).status_code == 200


async def test_a_login_link_is_looked_at_freely_and_signs_in_once(
    office: Office, browser: httpx.AsyncClient
) -> None:
    token = office.visitors.invite("Ines Amaro", Role.PROGRAM_MANAGER, HOUR, office.now())

    looked = [await browser.get(f"/sign-in/{token}") for _ in range(2)]
    inside = await browser.post(f"/sign-in/{token}")
    again = await browser.post(f"/sign-in/{token}")

    assert all("Sign in as Ines Amaro" in page.text for page in looked)
    assert looked[0].headers["referrer-policy"] == "no-referrer"
    assert inside.status_code == 303
    cookie = inside.headers["set-cookie"]
    for part in ("__Host-sojourn=", "HttpOnly", "Secure", "SameSite=lax", "Path=/"):
        assert part in cookie
    assert "Ines Amaro" in (await browser.get("/")).text
    assert again.status_code == 410
    assert "new one" in again.text


async def test_a_link_and_a_session_end_when_their_time_is_over(
    office: Office, browser: httpx.AsyncClient, clock: Clock
) -> None:
    late = office.visitors.invite("Ines Amaro", Role.PROGRAM_MANAGER, HOUR, clock())
    await enter(office, browser, Role.PROGRAM_MANAGER)
    clock.moment += HOUR

    expired = await browser.get(f"/sign-in/{late}")
    assert expired.status_code == 410
    assert (await browser.get("/")).status_code == 200

    clock.moment += SESSION_LASTS
    assert (await browser.get("/")).status_code == 401


async def test_a_login_link_says_what_its_holder_will_see(
    office: Office, browser: httpx.AsyncClient
) -> None:
    said = []
    for role in (Role.PROGRAM_MANAGER, Role.OBSERVER):
        token = office.visitors.invite("Ines Amaro", role, HOUR, office.now())
        said.append((await browser.get(f"/sign-in/{token}")).text)

    assert "you see everything and act on it" in said[0]
    assert "but for portfolios, what participants share with them" in said[1]
    assert "every page" not in said[1]


async def test_an_observer_sees_plans_and_changes_nothing(
    office: Office, browser: httpx.AsyncClient
) -> None:
    await enter(office, browser, Role.OBSERVER)

    assert (await browser.get("/versions/winter")).status_code == 403
    assert "/versions/" not in (await browser.get("/")).text
    plan = await browser.get("/plan/winter")
    row = office.views.plan("winter").assignments[0]
    asked = f"/plan/winter/what-if/{row.rotation}"
    what_if = await browser.get(f"{asked}?team={row.alternatives[0].team}&instead={row.host}")
    pin = {"rotation": row.rotation, "team": row.host, "pinned": "yes"}
    refused = [
        await browser.post("/plan/winter/replan"),
        await browser.post("/plan/winter/pins", data=pin),
        await browser.post(asked, data={"team": row.host}),
    ]

    sheet = await browser.get(f"/r/{row.rotation}/day-sheets/shadowing-day/P-0001")
    assert (sheet.status_code, "for program managers" in sheet.text) == (403, True)
    assert plan.status_code == what_if.status_code == 200
    for words in ("Approve and start", "Pin", "What if?"):
        assert words not in plan.text
    assert "Pin and plan again" not in what_if.text
    assert [answer.status_code for answer in refused] == [403, 403, 403]
    assert "observer" in refused[0].text
    assert office.views.plan("winter").assignments[0].pinned_by == ""


def refused_release(office: Office) -> RotationState:
    """A home manager has said no to a rotation that has begun."""
    office.planning.approve("winter", 1, office.now())
    state = next(s for s in office.planning.rotations("winter", 1) if not s.consented)
    state, errands = catch_up(state, office.now())
    gate = next(g for g in state.ready_gates if g.gate not in {Gate.HOST, Gate.COLLEAGUES})
    no = GateAnswered(gate=gate.gate, person=gate.person, agreed=False)
    state, _ = apply(state, no, office.now())
    office.correspondence.carry_out(dispatch(state, errands, office.now()))
    return state


async def test_an_observer_can_t_tell_a_no_to_a_consent_from_no_answer(
    office: Office, browser: httpx.AsyncClient
) -> None:
    path = f"/r/{refused_release(office).rotation}"
    seen = {}
    for role in Role:
        await enter(office, browser, role)
        pages = [(await browser.get(one)).text for one in (path, "/")]
        told = [bool(re.search(r"said no|>refused<", page)) for page in pages]
        shown = (">open</span>", ">given</span>", "Everything that was done")
        seen[role] = [*told, *(words in pages[0] for words in shown)]

    assert seen == {
        Role.PROGRAM_MANAGER: [True, True, False, True, True],
        Role.OBSERVER: [False, False, True, True, False],
    }


async def test_an_observer_sees_the_same_of_a_no_as_of_silence_that_was_reminded_of(
    office: Office, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Beside the numbers by which pages know that something changed."""
    office.planning.approve("winter", 1, office.now())
    state = next(s for s in office.planning.rotations("winter", 1) if not s.consented)
    for _ in range(20):
        state, errands = catch_up(state, office.now())
        office.correspondence.carry_out(dispatch(state, errands, office.now()))
        clock.moment += timedelta(days=1)
    assert any(one.concern is Concern.GATE_SILENT for one in state.attention)
    await enter(office, browser, Role.OBSERVER)

    async def pages() -> list[str]:
        found = [(await browser.get(path)).text for path in (f"/r/{state.rotation}", "/")]
        return [re.sub(r'data-change="\d+"', "", page) for page in found]

    before = await pages()
    gate = next(g for g in state.open_gates if g.escalated)
    no = GateAnswered(gate=gate.gate, person=gate.person, agreed=False)
    changed, errands = apply(state, no, office.now())
    office.correspondence.carry_out(dispatch(changed, errands, office.now()))

    assert await pages() == before


async def test_a_program_manager_is_let_through_to_the_process(
    office: Office, browser: httpx.AsyncClient
) -> None:
    await enter(office, browser, Role.PROGRAM_MANAGER)

    assert "Approve and start" in (await browser.get("/plan/winter")).text
    assert (await browser.post("/plan/winter/replan")).status_code == 503


async def test_who_signs_out_is_out_and_the_old_cookie_opens_nothing(
    office: Office, browser: httpx.AsyncClient
) -> None:
    await enter(office, browser, Role.OBSERVER)
    kept = dict(browser.cookies)

    await browser.post("/sign-out")

    assert not dict(browser.cookies)
    assert (await browser.get("/", headers={"Cookie": _as_header(kept)})).status_code == 401


async def test_an_admin_ends_every_session_and_link_of_a_person(
    office: Office, browser: httpx.AsyncClient
) -> None:
    await enter(office, browser, Role.OBSERVER)
    unused = office.visitors.invite("Ines Amaro", Role.OBSERVER, HOUR, office.now())

    assert office.visitors.sign_out_everywhere("Ines Amaro", office.now()) == 2

    assert (await browser.get("/")).status_code == 401
    assert (await browser.get(f"/sign-in/{unused}")).status_code == 410


async def test_the_database_holds_no_token(office: Office, browser: httpx.AsyncClient) -> None:
    unused = office.visitors.invite("Ines Amaro", Role.OBSERVER, HOUR, office.now())
    await enter(office, browser, Role.OBSERVER)
    (session,) = browser.cookies.values()

    with office.engine.connect() as connection:
        for table in ("login_link", "session", "audit"):
            rows = str(connection.execute(text(f"SELECT * FROM {table}")).all())
            assert rows
            assert unused not in rows
            assert session not in rows


@pytest.mark.parametrize(
    ("who", "lasts"), [(" ", HOUR), ("x" * 65, HOUR), ("Ines", timedelta(days=8))]
)
def test_a_login_link_without_bounds_is_refused(office: Office, who: str, lasts: timedelta) -> None:
    with pytest.raises(Refused):
        office.visitors.invite(who, Role.OBSERVER, lasts, office.now())


async def test_another_name_for_this_server_is_refused(browser: httpx.AsyncClient) -> None:
    refused = await browser.get("/healthz", headers={"Host": "rotations.evil.example"})

    assert refused.status_code == 421


def _as_header(cookies: dict[str, str]) -> str:
    return "; ".join(f"{name}={value}" for name, value in cookies.items())


async def test_portfolios_and_what_is_shared_are_for_program_managers_alone(
    office: Office, browser: httpx.AsyncClient
) -> None:
    for role, status in ((Role.OBSERVER, 403), (Role.PROGRAM_MANAGER, 200)):
        await enter(office, browser, role)
        assert (await browser.get("/portfolio/winter")).status_code == status
        assert (await browser.get("/shared/winter")).status_code == status
        assert (await browser.get("/coverage/winter")).status_code == 200
        await browser.post("/sign-out")


async def test_receipts_and_the_kiosk_ask_for_no_session(browser: httpx.AsyncClient) -> None:
    assert (await browser.get(f"/v/{'a' * 26}")).status_code == 404
    assert (await browser.get("/kiosk")).status_code == 200
    assert (await browser.post("/kiosk", data={"code": "abcd-efgh"})).status_code == 409
