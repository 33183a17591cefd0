"""Review packs: seen by their participant first, holding what they chose, read by whom they let."""

import io
import json
import re
from datetime import timedelta

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from domain.links import Purpose
from domain.people import Seat
from domain.program import StepKind
from domain.roles import Role
from invites.answering import words_of
from settings import Settings
from store.database import reading, writing
from store.tables.changes import PolicyTable
from store.tables.installation import AuditTable
from store.tables.mail import OutboxTable
from store.tables.words import ReviewPackTable
from tests.visit import Visit
from tests.yearly import a_year
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

WORDS = "I ask first now."
SERVED = "https://rotations.mill.example"


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    """One visit with a year around it for all tests here; each shares its own pack."""
    found = Visit(tmp_path_factory.mktemp("packs"))
    a_year(found)
    return found


@pytest.fixture(autouse=True)
def nothing_is_shared(visit: Visit) -> None:
    visit.office.packs.take_back(visit.state.rotation, visit.state.participant, visit.moment)


def pack_path(visit: Visit, person: str = "") -> str:
    return visit.path(Purpose.PACK, visit.day, person, about="pack")


def keys_in(page: str) -> list[str]:
    return re.findall(r'name="item" value="([^"]+)"', page)


async def code_of(visit: Visit, browser: httpx.AsyncClient, path: str) -> str:
    await browser.post(f"{path}/pack-code")
    return visit.code()


async def test_practice_s50_the_leader_sees_it_first_and_only_what_they_tick_goes_in(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = pack_path(visit)

    page = (await browser.get(path)).text
    keys = keys_in(page)
    goal = next(key for key in keys if key.startswith("goal:"))
    change = "change:aaaaaaaa"
    chosen = {"item": [goal, change], "words": WORDS, "do": "json"}
    answer = await browser.post(f"{path}/pack", data=chosen)
    pack = answer.json()

    assert {key.split(":")[0] for key in keys} == {"goal", "step", "insight", "change", "quarter"}
    assert " checked" not in page
    assert answer.headers["content-disposition"] == 'attachment; filename="review-pack.json"'
    assert [item["key"] for item in pack["items"]] == [goal, change]
    assert pack["words"] == WORDS
    assert "The target was met." in pack["items"][1]["lines"]
    assert pack["items"][0]["lines"][0].startswith("Seen by: ")
    with reading(visit.office.engine) as session:
        assert session.scalar(select(ReviewPackTable)) is None


async def test_practice_s50_it_is_downloaded_as_a_page_and_on_paper(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path = pack_path(visit)
    chosen = {"item": ["change:bbbbbbbb"], "words": WORDS}

    html = (await browser.post(f"{path}/pack", data=chosen | {"do": "html"})).text
    pdf = (await browser.post(f"{path}/pack", data=chosen | {"do": "pdf"})).content
    paper = " ".join(" ".join(p.extract_text() for p in PdfReader(io.BytesIO(pdf)).pages).split())

    for text in (html, paper):
        assert "Change b" in text
        assert "The target was not met." in text
        assert WORDS in text
        assert "Change a" not in text
        assert "Learning goals" not in text


async def test_practice_s50_the_program_manager_reads_what_was_shared_and_nothing_after_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    path, rotation = pack_path(visit), visit.state.rotation
    chosen = {"item": ["change:aaaaaaaa"], "words": WORDS}

    before = await browser.get(f"/r/{rotation}/pack")
    asked = await browser.post(f"{path}/pack", data=chosen | {"do": "code"})
    shared = await browser.post(f"{path}/pack", data=chosen | {"do": "share", "code": visit.code()})
    measured_again(visit, 99.0)
    read = await browser.get(f"/r/{rotation}/pack")
    own_page = (await browser.get(path)).text

    assert before.status_code == 404
    assert "A code is on its way" in asked.text
    assert f">{WORDS}</textarea>" in asked.text
    assert 'value="change:aaaaaaaa" checked' in asked.text
    assert shared.status_code == 303
    assert WORDS in read.text
    assert "measured 2.5" in read.text
    assert "Change b" not in read.text
    assert "99" not in read.text
    assert "read the pack they chose" in (await browser.get(f"/r/{rotation}")).text
    assert WORDS not in own_page
    assert " checked" not in own_page

    opened = await browser.post(
        f"{path}/open-pack", data={"code": await code_of(visit, browser, path)}
    )
    assert f">{WORDS}</textarea>" in opened.text
    assert 'value="change:aaaaaaaa" checked' in opened.text
    await browser.post(f"{path}/take-back")
    assert (await browser.get(f"/r/{rotation}/pack")).status_code == 404
    with reading(visit.office.engine) as session:
        assert session.scalar(select(ReviewPackTable)) is None
        said = session.scalars(select(AuditTable.sentence)).all()
    assert not any(WORDS in sentence for sentence in said)
    measured_again(visit, 2.5)


def measured_again(visit: Visit, value: float) -> None:
    with writing(visit.office.engine) as session:
        session.get_one(PolicyTable, "a" * 8).measured = value


WRONG = (
    ({"do": "html"}, "Tick what goes in"),
    ({"do": "html", "item": "goal:99"}, "Tick what goes in"),
    ({"do": "html", "words": "x" * 3001}, "Keep your words to 3000 characters"),
    ({"do": "html", "words": "x" * 4001}, "Keep each answer to 4000 characters"),
    ({"do": "share", "item": "goal:0", "code": "000000"}, "That code is wrong"),
    ({"do": "share", "item": "goal:0"}, "That code is wrong"),
    ({"do": "print", "item": "goal:0"}, "Choose whether to download"),
    ({"item": "goal:0"}, "Choose whether to download"),
)


async def test_what_is_not_right_is_said_and_what_was_typed_stays(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    for typed, sentence in WRONG:
        answer = await browser.post(f"{pack_path(visit)}/pack", data=typed)

        assert answer.status_code == 409
        assert sentence in answer.text
        if typed.get("item") == "goal:0":
            assert 'value="goal:0" checked' in answer.text
    assert (await browser.get(f"/r/{visit.state.rotation}/pack")).status_code == 404


async def test_a_pack_names_nobody_who_was_met(visit: Visit, browser: httpx.AsyncClient) -> None:
    path = pack_path(visit)
    name = visit.office.observations.names_met(visit.state.rotation)[0].split()[0]
    typed = {"do": "json", "words": f"{name} keeps a list"}

    refused = await browser.post(f"{path}/pack", data=typed)
    meant = await browser.post(f"{path}/pack", data=typed | {"nobody": "yes"})

    assert (refused.status_code, meant.status_code) == (409, 200)
    assert f"Name nobody: {name}" in refused.text
    assert "Nobody is meant by that word" in refused.text


async def test_a_pack_is_the_participants_alone(visit: Visit, browser: httpx.AsyncClient) -> None:
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    path = pack_path(visit, lead)
    for answer in (
        await browser.get(path),
        await browser.post(f"{path}/pack", data={"do": "json", "item": "goal:0"}),
        await browser.post(f"{path}/take-back"),
        await browser.post(f"{path}/open-pack", data={"code": "1"}),
    ):
        assert answer.status_code == 404
        assert "belongs to the participant" in answer.text
    assert (await browser.get("/r/nowhere2/pack")).status_code == 404


async def test_the_words_of_whoever_decided_and_measured_are_not_in_it(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    with writing(visit.office.engine) as session:
        row = session.get_one(PolicyTable, "a" * 8)
        row.reason, row.learnt = "Because of the owner", "Owners learnt"
    path = pack_path(visit)

    page = await browser.get(path)
    pack = await browser.post(
        f"{path}/pack", data={"do": "json", "item": keys_in(page.text), "words": ""}
    )

    assert "change:aaaaaaaa" in json.dumps(pack.json())
    for words in ("Because of the owner", "Owners learnt"):
        assert words not in page.text
        assert words not in pack.text


async def test_the_way_to_it_is_on_the_participants_own_pages_and_in_a_mail(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    lead = next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)
    mine = (await browser.get(visit.path(Purpose.ANSWER, visit.day))).text
    hosts = (await browser.get(visit.path(Purpose.ANSWER, visit.day, lead))).text
    rotation = f"/r/{visit.state.rotation}"
    assert "the way to it" in (await browser.get(rotation)).text
    for _ in range(2):
        assert (await browser.post(f"{rotation}/pack/send")).status_code == 303
    visit.moment += timedelta(days=1)
    assert (await browser.post(f"{rotation}/pack/send")).status_code == 303

    with reading(visit.office.engine) as session:
        query = select(OutboxTable).where(OutboxTable.kind == "review-pack")
        mails = session.scalars(query).all()
    link = re.search(r"/t/pack\.\S+", words_of(mails[0].raw))
    thanks = visit.path(Purpose.THANK, visit.step(StepKind.THANKS))

    assert "Your review pack" in mine
    assert "Your review pack" not in hosts
    assert len(mails) == 2
    assert {mail.person for mail in mails} == {visit.state.participant}
    assert link
    assert "Only" not in (await browser.get(link.group())).text.split("<main")[0]
    assert "Your review pack" in (await browser.get(link.group())).text
    assert "Your review pack" in (await browser.get(thanks)).text


async def test_an_observer_reads_no_pack(visit: Visit, browser: httpx.AsyncClient) -> None:
    path, rotation = pack_path(visit), visit.state.rotation
    code = await code_of(visit, browser, path)
    await browser.post(f"{path}/pack", data={"do": "share", "item": "goal:0", "code": code})
    office = served(visit)
    client = await handles.connect(office.settings.temporal, "default")
    pages = httpx.ASGITransport(app=create_app(services_of(office, client)))

    found = {}
    for role in Role:
        async with httpx.AsyncClient(transport=pages, base_url=SERVED) as signed_in:
            token = office.visitors.invite("Ines", role, timedelta(hours=1), office.now())
            await signed_in.post(f"/sign-in/{token}")
            page = (await signed_in.get(f"/r/{rotation}")).text
            answer = await signed_in.get(f"/r/{rotation}/pack")
            found[role] = (answer.status_code, "read the pack they chose" in page)

    assert found == {Role.PROGRAM_MANAGER: (200, True), Role.OBSERVER: (404, False)}


def served(visit: Visit) -> Office:
    """The same installation on a network, where people sign in."""
    keys = ",".join(f"{name}:{secret}" for name, secret in visit.office.keys)
    settings = Settings(
        data=visit.office.settings.data,
        temporal=visit.office.settings.temporal,
        web_host="0.0.0.0",
        web_url=SERVED,
        organiser="rotations@mill.example",
        keys=keys,
    )
    return Office(settings, lambda: visit.moment)
