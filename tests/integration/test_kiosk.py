"""People without mail: a code opens their own pages once, on a device that others use too."""

import re
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from cli.main import app
from domain.errors import NotFound, Refused
from domain.links import BRIEFLY, Purpose
from domain.people import Seat
from domain.program import StepKind, VoiceMode
from domain.rotation import Phase
from domain.telling import dispatch
from store.database import reading, writing
from store.kiosk import CODE_LASTS, MISSES_AN_HOUR
from store.tables.installation import AuditTable
from store.tables.people import PersonTable
from store.tables.voices import KioskCodeTable, VoiceTable
from tests.integration.conftest import pages_of
from tests.visit import Visit

CODE = re.compile(r"<strong>([a-z2-7]{4}-[a-z2-7]{4})</strong>")


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """The session has just begun, and one of those invited has no mail."""
    visit.moment = visit.step(StepKind.LISTENING_SESSION).starts
    take_mail_from(visit, without_mail(visit))
    return visit


def take_mail_from(visit: Visit, person: str) -> None:
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, person)
        row.email, row.facts = None, {**row.facts, "email": None}


def without_mail(visit: Visit) -> str:
    attendees = visit.step(StepKind.LISTENING_SESSION).attendees
    return next(a.person for a in attendees if a.seat is Seat.FRONTLINE)


def lead(visit: Visit) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)


def issued(visit: Visit) -> str:
    return visit.office.kiosk.issue(without_mail(visit), "a test", visit.moment)


async def entered(browser: httpx.AsyncClient, code: str) -> httpx.Response:
    """The pages that a code leads to."""
    led = await browser.post("/kiosk", data={"code": code})
    assert led.status_code == 303
    return await browser.get(led.headers["location"])


async def test_a_code_opens_the_pages_of_somebody_without_mail_once(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    code = issued(visit)
    asked = await browser.get("/kiosk")
    opened = await entered(browser, f" {code.upper()} ")
    again = await browser.post("/kiosk", data={"code": code})

    assert "Open my pages" in asked.text
    assert visit.office.views.named(without_mail(visit)) in opened.text
    assert opened.headers["cache-control"] == "no-store"
    (invite,) = re.findall(r'href="http://127.0.0.1:\d+(/t/answer[^"]+)"', opened.text)
    assert "These pages work for 20 more minutes." in opened.text
    assert (again.status_code, "was used" in again.text) == (409, True)
    page = await browser.get(invite)
    assert "Say what should be heard" in page.text
    answered = await browser.post(f"{invite}/answer", data={"answer": "accepted"})
    assert answered.status_code == 303


async def test_every_link_that_follows_from_a_kiosk_ends_with_its_code(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    opened = await entered(browser, issued(visit))
    links = re.findall(r'href="http://127.0.0.1:\d+(/t/[^"]+)"', opened.text)
    late = BRIEFLY - timedelta(minutes=1)
    visit.moment += late
    for link in list(links):
        links += re.findall(
            r'href="http://127.0.0.1:\d+(/t/[^"]+)"', (await browser.get(link)).text
        )
    assert len(links) > 2
    assert {(await browser.get(link)).status_code for link in links} == {200}

    visit.moment += BRIEFLY - late + timedelta(seconds=1)

    assert {(await browser.get(link)).status_code for link in links} == {410}


async def test_every_page_of_a_visit_leads_back_to_all_of_them(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    own = r'<a class="button quiet" href="http://127.0.0.1:\d+(/t/own-pages[^"]+)">Back to my pages'
    opened = await entered(browser, issued(visit))
    assert not re.findall(own, opened.text)
    (invite,) = re.findall(r'href="http://127.0.0.1:\d+(/t/answer[^"]+)"', opened.text)
    page = (await browser.get(invite)).text
    (speak,) = re.findall(r'href="http://127.0.0.1:\d+(/t/speak[^"]+)"', page)
    said = {"receipt": "a" * 26, "text": "The key is lost", "language": "en", "mode": "named"}
    visit.office.voices.choose(
        visit.state.rotation,
        visit.step(StepKind.LISTENING_SESSION).key,
        lead(visit),
        VoiceMode.NAMED,
        visit.moment,
    )
    pages = [
        await browser.get(invite),
        await browser.get(speak),
        await browser.post(f"{speak}/speak", data=said),
        await browser.post(f"{speak}/receipt", data={"receipt": "a" * 26}),
        await browser.post(f"{invite}/answer", data={"answer": "perhaps"}),
    ]

    backs = [re.findall(own, page.text) for page in pages]

    assert [len(back) for back in backs] == [1] * len(pages)
    again = await browser.get(backs[0][0])
    assert re.findall(r"/t/answer[^\"]+", again.text)
    mailed = visit.path(Purpose.ANSWER, visit.day, visit.state.participant)
    assert "Back to my pages" not in (await browser.get(mailed)).text


async def test_who_is_done_leaves_nothing_to_go_back_to(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    led = await browser.post("/kiosk", data={"code": issued(visit)})
    own = led.headers["location"]
    opened = await browser.get(own)
    (invite,) = re.findall(r'href="http://127.0.0.1:\d+(/t/answer[^"]+)"', opened.text)

    left = await browser.post(f"{invite}/leave")

    assert left.status_code == 303
    asked = await browser.get(left.headers["location"])
    assert "nobody can go back to your pages" in asked.text
    for page in (own, invite):
        over = await browser.get(page)
        assert (over.status_code, "Ask for a new code" in over.text) == (410, True)
        assert over.headers["cache-control"] == "no-store"
    visit.moment += timedelta(seconds=1)
    assert (await entered(browser, issued(visit))).status_code == 200
    mailed = visit.path(Purpose.ANSWER, visit.day, visit.state.participant)
    assert (await browser.post(f"{mailed}/leave")).status_code == 409


async def test_a_shared_device_keeps_no_notes(visit: Visit, browser: httpx.AsyncClient) -> None:
    own = visit.path(Purpose.OBSERVE, visit.day)
    claim = visit.office.links.read(own.removeprefix("/t/"))
    shared = claim.model_copy(update={"until": visit.moment + BRIEFLY})
    url = urlsplit(visit.office.links.url(shared, visit.moment + BRIEFLY)).path

    assert "notes.js" in (await browser.get(own)).text
    page = await browser.get(url)

    assert "What was said" in page.text
    for kept in ("notes.js", "data-notes"):
        assert kept not in page.text


async def test_what_came_of_points_by_name_is_shown_without_what_was_said(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    office, step, person = visit.office, visit.step(StepKind.LISTENING_SESSION), without_mail(visit)
    rotation = visit.state.rotation
    office.voices.choose(rotation, step.key, lead(visit), VoiceMode.NAMED, visit.moment)
    office.voices.say(rotation, step.key, person, "a" * 26, "The key is lost", "en", visit.moment)

    page = (await entered(browser, issued(visit))).text

    assert "The key is lost" not in page
    assert "has yet to answer" in page
    no = {"disposition": "declined", "reason": "The lock stays."}
    with writing(office.engine) as session:
        session.execute(update(VoiceTable).values(no))
    page = (await entered(browser, issued(visit))).text
    assert "The key is lost" not in page
    assert "It is declined.</strong> The lock stays." in page


async def test_what_was_confided_stands_on_no_shared_device(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    office, step, person = visit.office, visit.step(StepKind.LISTENING_SESSION), without_mail(visit)
    rotation = visit.state.rotation
    office.voices.choose(rotation, step.key, lead(visit), VoiceMode.FACILITATOR, visit.moment)
    office.voices.say(rotation, step.key, person, "a" * 26, "The key is lost", "en", visit.moment)

    page = (await entered(browser, issued(visit))).text

    assert "The key is lost" not in page


async def test_codes_expire_are_replaced_and_stand_nowhere(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    first, second = issued(visit), issued(visit)
    with reading(visit.office.engine) as session:
        (row,) = session.scalars(select(KioskCodeTable)).all()
        said = [one.sentence for one in session.scalars(select(AuditTable)).all()]
    for code in (first, second):
        assert code.replace("-", "") not in f"{row.digest} {said}"
    assert f"a test got a code for {without_mail(visit)}" in said

    assert (await browser.post("/kiosk", data={"code": first})).status_code == 409
    visit.moment += CODE_LASTS + timedelta(minutes=1)
    assert (await browser.post("/kiosk", data={"code": second})).status_code == 409


async def test_very_many_wrong_codes_close_the_kiosk_for_an_hour(visit: Visit) -> None:
    code, kiosk = issued(visit), visit.office.kiosk
    for number in range(MISSES_AN_HOUR):
        with pytest.raises(Refused, match="wrong"):
            kiosk.redeem(f"wrong{number}", visit.moment)
    with pytest.raises(Refused, match="Try again in an hour"):
        kiosk.redeem(code, visit.moment)

    assert kiosk.redeem(code, visit.moment + timedelta(minutes=61)) == without_mail(visit)


def test_codes_are_for_people_without_mail(visit: Visit) -> None:
    with pytest.raises(Refused, match="links come by mail"):
        visit.office.kiosk.issue(visit.state.participant, "a test", visit.moment)
    with pytest.raises(NotFound):
        visit.office.kiosk.issue("P-9999", "a test", visit.moment)


async def test_a_lead_hands_a_code_to_somebody_of_their_session(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = visit.path(Purpose.VOICE_MODE, visit.step(StepKind.LISTENING_SESSION), lead(visit))
    given = await browser.post(f"{path}/kiosk-code", data={"person": without_mail(visit)})
    other = await browser.post(f"{path}/kiosk-code", data={"person": visit.state.participant})

    (code,) = CODE.findall(given.text)
    assert other.status_code == 404
    assert (await entered(browser, code)).status_code == 200


async def test_a_lead_hands_out_codes_beside_the_day_sheet_without_any_voices(
    tmp_path: Path,
) -> None:
    visit = Visit(tmp_path / "quiet", without_voices)
    session = visit.step(StepKind.LISTENING_SESSION)
    invited = session.model_copy(update={"invited_at": visit.moment, "phase": Phase.INVITED})
    state = visit.state.with_step(invited)
    visit.state = state.model_copy(update={"version": state.version + 1})
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))
    person = without_mail(visit)
    take_mail_from(visit, person)
    path = visit.path(Purpose.DAY_SHEET, visit.day, lead(visit), about=lead(visit))
    async with pages_of(visit) as browser:
        sheet = await browser.get(path)
        given = await browser.post(f"{path}/day-sheet/kiosk-code", data={"person": person})
        other = await browser.post(f"{path}/day-sheet/kiosk-code", data={"person": lead(visit)})

        name = visit.office.views.named(person)
        assert f"A code for {name}" in sheet.text
        (code,) = CODE.findall(given.text)
        assert f"{visit.office.settings.base_url}/kiosk" in given.text
        assert (await entered(browser, code)).status_code == 200
        assert other.status_code == 404


async def test_a_program_manager_hands_out_codes_on_the_page_of_the_rotation(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path, person = f"/r/{visit.state.rotation}", without_mail(visit)
    shown = await browser.get(path)

    given = await browser.post(f"{path}/kiosk-code", data={"person": person})
    other = await browser.post(f"{path}/kiosk-code", data={"person": visit.state.participant})

    assert f"A code for {visit.office.views.named(person)}" in shown.text
    (code,) = CODE.findall(given.text)
    assert (await entered(browser, code)).status_code == 200
    assert other.status_code == 404


async def test_where_a_code_is_entered_is_the_address_of_the_installation(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    """Behind a proxy that ends TLS a request says http, and its own host."""
    path = visit.path(Purpose.VOICE_MODE, visit.step(StepKind.LISTENING_SESSION), lead(visit))
    given = await browser.post(
        f"{path}/kiosk-code", data={"person": without_mail(visit)}, headers={"host": "localhost"}
    )

    assert f"<code>{visit.office.settings.base_url}/kiosk</code>" in given.text
    assert "localhost" not in given.text


def without_voices(folder: Path) -> None:
    program = folder / "program.toml"
    program.write_text(re.sub(r"(?m)^voice-mode.*$", "", program.read_text()))


def test_a_program_manager_issues_a_code_from_the_terminal(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOJOURN_LOCAL", "true")
    monkeypatch.setenv("SOJOURN_DATA", str(visit.office.settings.data))
    done = CliRunner().invoke(app, ["code", "issue", "--person", "emil"])
    assert re.match(r"[a-z2-7]{4}-[a-z2-7]{4}\n", done.stdout)
    assert "/kiosk" in done.stdout


async def test_who_was_erased_has_no_code_and_is_nobody_without_mail(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    code, person = issued(visit), without_mail(visit)
    with writing(visit.office.engine) as session:
        session.get_one(PersonTable, person).erased_at = visit.moment

    refused = await browser.post("/kiosk", data={"code": code})

    assert (refused.status_code, "is wrong" in refused.text) == (409, True)
    with pytest.raises(NotFound):
        issued(visit)
    rotation, step = visit.state.rotation, visit.step(StepKind.LISTENING_SESSION).key
    asked = visit.office.voices.how(rotation, step, lead(visit)).without_mail
    assert person not in {one.ref for one in asked}
    assert not visit.office.voices.offered(rotation, step, person)
