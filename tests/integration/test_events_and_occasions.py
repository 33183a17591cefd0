"""Events over HTTP, the coordinator's word, the shared note of a debrief: through the pages, on a real store."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from urllib.parse import quote

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from typer.testing import CliRunner

from cli import mail
from cli.main import app
from domain.due import catch_up
from domain.happenings import BadEvent
from domain.links import LinkClaim, Purpose
from domain.people import Seat
from domain.program import AFTER, PEER_DEBRIEF, RESULTS_REVIEW
from domain.roles import Role
from domain.rotation import RotationState
from domain.telling import dispatch
from invites.answering import words_of
from settings import Settings
from store.database import reading, writing
from store.tables.installation import FeedEntryTable
from store.tables.mail import OutboxTable
from store.tables.people import PersonTable
from store.tables.words import DocumentTable
from tests.visit import DAY, Visit
from tests.waiting import until
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

TOKEN = "t" * 43
HEADERS = {"Authorization": f"Bearer {TOKEN}"}
STRUCTURED = HEADERS | {"Content-Type": "application/cloudevents+json; charset=utf-8"}
CANARY = "Nobody else ever reads these words"


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """One visit for all of these: each tells of events of its own."""
    return Visit(tmp_path_factory.mktemp("visit"))


@pytest.fixture
async def pages(visit: Visit) -> AsyncIterator[httpx.AsyncClient]:
    """The pages of an installation that takes events."""
    known = visit.office
    settings = known.settings.model_copy(update={"events_token": SecretStr(TOKEN)})
    visit.office = Office(settings, known.now)
    client = await handles.connect(settings.temporal, "default")
    served = httpx.ASGITransport(app=create_app(services_of(visit.office, client)))
    async with httpx.AsyncClient(transport=served, base_url="http://127.0.0.1:8800") as opened:
        yield opened


def key_of(visit: Visit, person: str = "") -> str:
    with reading(visit.office.engine) as session:
        return session.get_one(PersonTable, person or visit.state.participant).key


def event_of(visit: Visit, identity: str, kind: str = "decision") -> dict[str, object]:
    return {
        "specversion": "1.0",
        "id": identity,
        "source": "/board",
        "type": f"sojourn.event.{kind}",
        "time": visit.moment.isoformat(),
        "data": {"person": key_of(visit)},
    }


async def tell(
    pages: httpx.AsyncClient, event: Mapping[str, object], headers: Mapping[str, str] = STRUCTURED
) -> httpx.Response:
    return await pages.post("/api/events", content=json.dumps(event), headers=headers)


def waiting(visit: Visit) -> dict[str, RotationState]:
    """Occasions that were opened and whose process has not begun, by id."""
    return {one.rotation: one for one in visit.office.occasions.pending(visit.moment, 99)}


def begun(visit: Visit, occasion: str) -> RotationState:
    """The occasion's workflow does what is due at its start."""
    state, errands = catch_up(waiting(visit)[occasion], visit.moment)
    visit.office.correspondence.carry_out(dispatch(state, errands, visit.moment))
    visit.office.occasions.begun(occasion)
    return state


def subjects(visit: Visit, person: str) -> list[str]:
    query = select(OutboxTable.raw).where(OutboxTable.person == person)
    with reading(visit.office.engine) as session:
        mails = session.scalars(query.order_by(OutboxTable.number)).all()
    return [
        re.sub(r"\r\n ", " ", m.decode().partition("\nSubject: ")[2].partition("\r\n")[0])
        for m in mails
    ]


def path_of(visit: Visit, purpose: Purpose, state: RotationState, person: str) -> str:
    step = state.steps[0].key
    claim = LinkClaim(
        purpose=purpose, person=person, rotation=state.rotation, about=step, step=step
    )
    url = visit.office.links.url(claim, visit.moment + 60 * DAY)
    return url.removeprefix(visit.office.settings.base_url)


async def test_practice_s25_a_posted_event_becomes_one_invite(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    before = subjects(visit, visit.state.participant)

    first = await tell(pages, event_of(visit, "one"))
    again = await tell(pages, event_of(visit, "one"))

    assert (first.status_code, again.status_code) == (202, 200)
    occasion = first.json()["occasion"]
    assert occasion == again.json()["occasion"]
    assert again.json()["sentence"] == "This event was told before; nothing happens twice."
    state = begun(visit, occasion)
    assert state.occasion == AFTER["decision"]
    assert [a.person for a in state.steps[0].attendees] == [visit.state.participant]
    sent = subjects(visit, visit.state.participant)[len(before) :]
    assert len([s for s in sent if "quiet half hour" in s]) == 1
    assert occasion not in waiting(visit)
    assert f'href="/r/{occasion}"' in (await pages.get("/")).text


async def test_practice_s25_binary_mode_says_the_same(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    event = event_of(visit, "Grüße 17")
    names = ("id", "source", "type", "specversion", "time")
    headers = {f"ce-{name}": quote(str(event[name])) for name in names}
    headers |= HEADERS | {"Content-Type": "application/json"}

    binary = await tell(pages, {"person": key_of(visit)}, headers)
    structured = await tell(pages, event)

    assert (binary.status_code, structured.status_code) == (202, 200)
    assert binary.json()["occasion"] == structured.json()["occasion"]


async def test_what_is_wrong_is_named_in_plain_json(visit: Visit, pages: httpx.AsyncClient) -> None:
    before = waiting(visit)
    wrong: list[tuple[str, dict[str, object]]] = [
        ("specversion", {"specversion": "0.3"}),
        ("id", {"id": None}),
        ("type", {"type": "sojourn.event.party"}),
        ("time", {"time": "soon"}),
        ("data", {"data": "mara"}),
        ("data.person", {"data": {"person": "nobody-here"}}),
        ("data.person", {"data": {"person": "a\0b"}}),
        ("data.cohort", {"data": {"person": key_of(visit), "cohort": "none-such"}}),
    ]
    for field, changes in wrong:
        answer = await tell(pages, event_of(visit, "wrong") | changes)

        assert answer.status_code == 400, answer.text
        assert answer.headers["content-type"] == "application/json"
        assert answer.json()["field"] == field
        assert answer.json()["sentence"].endswith(".")
    assert waiting(visit) == before


async def test_whatever_else_comes_is_answered_with_a_sentence(pages: httpx.AsyncClient) -> None:
    form = HEADERS | {"Content-Type": "application/x-www-form-urlencoded"}
    batch = HEADERS | {"Content-Type": "application/cloudevents-batch+json"}
    answers: list[tuple[int, bytes, dict[str, str]]] = [
        (401, b"{}", {}),
        (401, b"{}", {"Authorization": "Bearer x"}),
        (401, b"{}", {"Authorization": "Bearer \u00e9"}),
        (401, b"{}", {"Authorization": f"Basic {TOKEN}"}),
        (400, b"{", STRUCTURED),
        (400, b"[1]", STRUCTURED),
        (400, b"\xff", STRUCTURED),
        (400, b"[" * 60000, STRUCTURED),
        (413, b" " * 70000, STRUCTURED),
        (415, b"[]", batch),
        (415, b"person=mara", form),
    ]
    for status, body, headers in answers:
        coded = [(name.encode(), value.encode()) for name, value in headers.items()]
        answer = await pages.post("/api/events", content=body, headers=coded)

        assert answer.status_code == status, answer.text
        assert answer.json()["sentence"]
        assert answer.headers.get("www-authenticate") == ("Bearer" if status == 401 else None)


async def test_without_a_token_in_the_settings_no_event_is_taken(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    settings = visit.office.settings
    client = await handles.connect(settings.temporal, "default")
    off = Office(settings.model_copy(update={"events_token": SecretStr("")}), visit.office.now)
    served = httpx.ASGITransport(app=create_app(services_of(off, client)))
    async with httpx.AsyncClient(transport=served, base_url=str(pages.base_url)) as opened:
        answer = await tell(opened, event_of(visit, "off"))

    assert answer.status_code == 404
    assert "SOJOURN_EVENTS_TOKEN" in answer.json()["sentence"]


async def test_practice_s25_after_a_crisis_nobody_is_invited_before_the_coordinator_says_so(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    occasion = (await tell(pages, event_of(visit, "two", "crisis"))).json()["occasion"]
    coordinator = visit.office.views.person(visit.office.views.cohorts()[0].coordinator_name)
    with reading(visit.office.engine) as session:
        query = select(OutboxTable.raw).where(OutboxTable.kind == "may-invite")
        (mail,) = session.scalars(query)
    link = re.search(r"http\S+(/t/\S+)", words_of(mail))
    assert link
    path = link.group(1)

    shown = await pages.get(path)
    await pages.get(path)
    assert "be invited to a quiet half hour?" in shown.text
    assert occasion not in waiting(visit)
    assert f'href="/o/{occasion}"' in (await pages.get("/")).text
    assert (await pages.get(f"/o/{occasion}")).status_code == 200
    assert (await pages.post(f"{path}/invite", data={"invited": "perhaps"})).status_code == 409

    said = await pages.post(f"{path}/invite", data={"invited": "yes"}, follow_redirects=True)
    assert "They get an invite in a moment" in said.text
    assert "nothing to decide any more" in said.text
    assert waiting(visit)[occasion].occasion == AFTER["crisis"]
    for action in (f"{path}/invite", f"/o/{occasion}"):
        late = await pages.post(action, data={"invited": "no"})
        assert (late.status_code, "already: they are invited" in late.text) == (409, True)
    assert (await pages.post(f"{path}/invite", data={"invited": "yes"})).status_code == 303
    assert occasion in waiting(visit)
    assert f'href="/o/{occasion}"' not in (await pages.get("/")).text
    assert coordinator != visit.state.participant
    other = path_of(visit, Purpose.REFLECT, begun(visit, occasion), visit.state.participant)
    assert (await pages.post(f"{other}/invite", data={"invited": "no"})).status_code == 409


async def test_practice_s11_words_weeks_after_the_event_are_marked_as_late(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    told = await tell(pages, event_of(visit, "three"))
    state = begun(visit, told.json()["occasion"])
    me = visit.state.participant
    invite = await pages.get(path_of(visit, Purpose.ANSWER, state, me))
    link = re.search(r'href="http://[^/]+(/t/[^"]+)">Write it now', invite.text)
    assert link
    path = link.group(1)

    assert "marked as late" not in (await pages.get(path)).text
    await pages.post(f"{path}/reflect", data={"line0": CANARY})
    shown = (await pages.get(f"/r/{state.rotation}")).text
    assert "Reflection after a decision, just now. " in shown
    visit.moment = state.steps[0].ends + 8 * DAY
    assert "marked as late" in (await pages.get(path)).text
    await pages.post(f"{path}/reflect", data={"line0": CANARY})
    shown = (await pages.get(f"/r/{state.rotation}")).text

    assert "Reflection after a decision, just now, late" in shown
    assert CANARY not in shown


async def test_what_has_no_time_says_so_and_stands_in_no_calendar(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    me = visit.state.participant
    with writing(visit.office.engine) as session:
        opened = visit.office.occasions.open(
            session, visit.state.cohort, PEER_DEBRIEF, (me,), "alone", None, visit.moment
        )
        entered = select(FeedEntryTable).where(FeedEntryTable.rotation == opened)
        assert session.scalars(entered).all() == []

    assert "No time yet" in (await pages.get(f"/r/{opened}")).text


async def test_observers_don_t_see_who_reflects_after_an_event(
    visit: Visit, pages: httpx.AsyncClient
) -> None:
    asked, told = [
        (await tell(pages, event_of(visit, f"seen-{kind}", kind))).json()["occasion"]
        for kind in ("crisis", "decision")
    ]
    step = begun(visit, told).steps[0].key
    known, url = visit.office.settings, "https://rotations.mill.example"
    settings = Settings(
        data=known.data,
        temporal=known.temporal,
        web_host="0.0.0.0",
        web_url=url,
        organiser="rotations@mill.example",
        keys=f"k1:{'s' * 32}",
    )
    office = Office(settings, visit.office.now)
    client = await handles.connect(known.temporal, "default")
    served = httpx.ASGITransport(app=create_app(services_of(office, client)))
    seen = {}
    for role in Role:
        async with httpx.AsyncClient(transport=served, base_url=url) as browser:
            token = office.visitors.invite("Ines Amaro", role, DAY, visit.moment)
            await browser.post(f"/sign-in/{token}")
            first = (await browser.get("/")).text
            paths = f"/o/{asked}", f"/r/{told}", f"/r/{told}/steps/{step}/skip"
            statuses = [(await browser.get(path)).status_code for path in paths]
            seen[role] = [asked in first, told in first, *statuses]
            assert (await browser.get(f"/r/{visit.state.rotation}")).status_code == 200

    assert seen == {
        Role.PROGRAM_MANAGER: [True, True, 200, 200, 200],
        Role.OBSERVER: [False, False, 403, 403, 403],
    }


@pytest.fixture
def debrief(visit: Visit, request: pytest.FixtureRequest) -> tuple[RotationState, str, str, str]:
    """A debrief of two, and somebody who is not in it."""
    me, about = visit.state.participant, request.node.name
    query = select(PersonTable.ref).where(PersonTable.ref != me).order_by(PersonTable.ref)
    with writing(visit.office.engine) as session:
        other, stranger, *_ = session.scalars(query)
        opened = visit.office.occasions.open(
            session, visit.state.cohort, PEER_DEBRIEF, (me, other), about, None, visit.moment
        )
    return begun(visit, opened), me, other, stranger


async def test_practice_s28_a_note_is_read_and_written_by_exactly_those_in_the_debrief(
    visit: Visit, pages: httpx.AsyncClient, debrief: tuple[RotationState, str, str, str]
) -> None:
    state, me, other, stranger = debrief
    mine, theirs, nobodys = (
        path_of(visit, Purpose.NOTE, state, person) for person in (me, other, stranger)
    )
    invite = await pages.get(path_of(visit, Purpose.ANSWER, state, me))
    assert "Shared note" in invite.text
    assert "Visit of" not in invite.text

    empty = await pages.post(f"{mine}/note", data={"words": "  "})
    assert (empty.status_code, "Write a line first" in empty.text) == (409, True)
    long = await pages.post(f"{mine}/note", data={"words": "x" * 4001})
    assert (long.status_code, "Keep each answer" in long.text) == (409, True)
    assert "x" * 4001 in long.text
    await pages.post(f"{mine}/note", data={"words": "They wait for a signature."})
    await pages.post(f"{mine}/note", data={"words": CANARY})
    await pages.post(f"{theirs}/note", data={"words": "So do mine."})
    closed = await pages.get(theirs)
    assert CANARY not in closed.text
    await pages.post(f"{theirs}/note-code")
    wrong = await pages.post(f"{theirs}/note-open", data={"code": "1234567"})
    assert (wrong.status_code, CANARY in wrong.text) == (409, False)
    code = visit.code()
    for who in (mine, nobodys):
        refused = await pages.post(f"{who}/note-open", data={"code": code})
        assert refused.status_code in {404, 409}
        assert CANARY not in refused.text
    opened = await pages.post(f"{theirs}/note-open", data={"code": code})

    for words in ("They wait for a signature.", CANARY, "So do mine."):
        assert words in opened.text
    assert (await pages.post(f"{theirs}/note-open", data={"code": code})).status_code == 409
    for method, path in (
        ("GET", nobodys),
        ("POST", f"{nobodys}/note"),
        ("POST", f"{nobodys}/note-code"),
    ):
        answer = await pages.request(method, path, data={"words": "I was here"})
        assert answer.status_code == 404
    page = (await pages.get(f"/r/{state.rotation}")).text
    assert "The words stay with those in it" in page
    assert CANARY not in page
    with reading(visit.office.engine) as session:
        assert all(
            CANARY.encode() not in row.sealed for row in session.scalars(select(DocumentTable))
        )
        kept = select(DocumentTable).where(DocumentTable.rotation == state.rotation)
        assert len(session.scalars(kept).all()) == 2


async def test_a_part_is_replaced_only_where_that_is_asked_for_and_only_ones_own(
    visit: Visit, pages: httpx.AsyncClient, debrief: tuple[RotationState, str, str, str]
) -> None:
    state, me, other, _ = debrief
    mine, theirs = (path_of(visit, Purpose.NOTE, state, person) for person in (me, other))
    await pages.post(f"{theirs}/note", data={"words": "Theirs."})
    await pages.post(f"{mine}/note", data={"words": CANARY})
    assert "in place of what I wrote" in (await pages.get(mine)).text
    await pages.post(f"{mine}/note", data={"words": "Better said.", "anew": "yes"})

    visit.office.shared_notes.ask_code(state.rotation, PEER_DEBRIEF, me, visit.moment)
    opened = await pages.post(f"{mine}/note-open", data={"code": visit.code()})

    assert "Better said." in opened.text
    assert "Theirs." in opened.text
    assert CANARY not in opened.text


def test_the_participants_of_the_example_agree_on_times_of_their_own(visit: Visit) -> None:
    """A free time lies in the working hours of both and over no step of theirs."""
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    me = visit.state.participant
    with writing(visit.office.engine) as session:
        office = visit.office
        found = office.occasions.open(
            session,
            visit.state.cohort,
            PEER_DEBRIEF,
            (me, lead),
            "y",
            timedelta(days=21),
            office.now(),
        )
    (step,) = visit.office.views.state_of(found).steps
    mine = [s for s in visit.state.steps if me in {a.person for a in s.attendees}]

    assert step.starts >= visit.moment + DAY
    assert not [
        s
        for s in mine
        if s.kind.value not in ("summary", "proposal", "thanks")
        and s.starts < step.ends
        and step.starts < s.ends
    ]


async def test_an_occasion_waits_while_temporal_is_away(visit: Visit) -> None:
    with writing(visit.office.engine) as session:
        found = visit.office.occasions.open(
            session,
            visit.state.cohort,
            RESULTS_REVIEW,
            (visit.state.participant,),
            "away",
            None,
            visit.moment,
        )
    stop = asyncio.Event()
    serving = asyncio.create_task(mail.serve(visit.office, stop))

    await until(lambda: found not in waiting(visit))
    stop.set()
    await serving

    visit.moment += timedelta(minutes=1)
    assert found in waiting(visit)


def test_an_event_can_be_told_by_hand(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOJOURN_LOCAL", "true")
    monkeypatch.setenv("SOJOURN_DATA", str(visit.office.settings.data))
    person = ["--person", key_of(visit)]

    first, again, asked, nobody = (
        CliRunner().invoke(app, ["event", *said])
        for said in (
            ["decision", *person],
            ["decision", *person],
            ["crisis", *person, "--id", "by-hand"],
            ["decision", "--person", "nobody-here"],
        )
    )

    assert "They are invited to a quiet half hour" in first.output
    assert "nothing happens twice" in again.output
    assert "The coordinator is asked first" in asked.output
    assert isinstance(nobody.exception, BadEvent)


async def test_a_form_of_a_shared_note_that_is_sent_twice_is_kept_once(
    visit: Visit, pages: httpx.AsyncClient, debrief: tuple[RotationState, str, str, str]
) -> None:
    state, me, *_ = debrief
    path = path_of(visit, Purpose.NOTE, state, me)
    added = ("They wait for a signature.", "for a signature.", "They wait for a signature.")

    for words in added:
        for _ in range(2):
            await pages.post(f"{path}/note", data={"words": words})
    await pages.post(f"{path}/note-code")
    opened = await pages.post(f"{path}/note-open", data={"code": visit.code()})

    assert opened.text.count("for a signature.") == len(added)
