"""Words in confidence are looked for wherever somebody else could read, with everything real."""

import base64
import io
import logging
import quopri
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select
from temporalio.testing import WorkflowEnvironment

from domain.links import LinkClaim, Purpose
from invites.answering import words_of
from store.database import reading
from store.tables.mail import OutboxTable
from tests.mill import PEOPLE, PROGRAM, THANKS
from tests.workflow.company import Company, a_company

VERA, OTTO, KARL, LISA, IRIS = (
    f"{who}@mill.example" for who in ("vera", "otto", "karl", "lisa", "iris")
)
CANARIES = tuple(
    f"Zaunkönig{where}"
    for where in (
        "Reflexion",
        "Zitat",
        "Augenblick",
        "Gefühl",
        "Verstanden",
        "Angenommen",
        "Gelernt",
        "Bedarf",
    )
)
REFLECTION, QUOTE, MOMENT, FEELING, UNDERSTOOD, ASSUMED, LEARNT, NEED = CANARIES
OWN = "ZaunkönigEigenes"
"""In words of one's own in a pack that is downloaded and not shared."""
GOAL = "See how flour is really made"
"""What everybody may read: whoever looks for a canary finds this there."""


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    program = PROGRAM + THANKS
    async with a_company(temporal, tmp_path, PEOPLE, program, ("understood",)) as running:
        yield running


async def write_in_confidence(company: Company) -> None:
    """Vera notes, practises and reflects, for nobody but herself; what she needs is for Iris alone."""
    await company.until(company.step("day").starts)
    page = await company.open(VERA, "Invitation: Day at the mill")
    note = {"name": "f" * 32, "quote": QUOTE, "moment": MOMENT, "feeling": FEELING}
    await post(company, f"{linked(page, 'Write down')}/observe", **note, tag="frustration")
    answers = {"understood": UNDERSTOOD, "assumed": ASSUMED, "learnt": LEARNT, "reader": "writer"}
    await post(company, f"{linked(page, 'Understood')}/practise", **answers)
    await company.press(VERA, "Invitation: Day at the mill", "need", words=NEED)
    held = {
        "talk": (OTTO, "Talk"),
        "day": (KARL, "Day"),
        "listen": (LISA, "Rotation: conversation"),
    }
    for key, (who, title) in held.items():
        await company.until(company.step(key).ends)
        await company.press(who, f"Did {title}", "held")
    await company.until(company.step("reflect").ends)
    await company.press(VERA, "Three lines", "reflect", line0=REFLECTION)


def linked(page: str, text: str) -> str:
    found = re.search(rf'href="[^"]*?(/t/[^"]+)"[^>]*>{text}', page)
    assert found, page
    return found.group(1)


async def post(company: Company, path: str, **form: str | list[str]) -> str:
    answer = await company.web.post(path, data=form)
    assert answer.status_code == 200, answer.text
    await company.at_rest()
    return answer.text


async def packs(company: Company) -> dict[str, str]:
    """The page of a pack, and a pack with everything ticked in every kind of file; it is shared at last."""
    office = company.office
    claim = LinkClaim(
        purpose=Purpose.PACK,
        person=company.state.participant,
        rotation=company.state.rotation,
        about="pack",
    )
    url = office.links.url(claim, office.now() + timedelta(days=1))
    path = url.removeprefix(office.settings.base_url)
    page = (await company.web.get(path)).text
    every = re.findall(r'name="item" value="([^"]+)"', page)
    found = {"page": page}
    for kind in ("html", "pdf", "json"):
        form = {"item": every, "words": OWN, "do": kind}
        answer = await company.web.post(f"{path}/pack", data=form)
        found[kind] = readable(answer)
        assert OWN in found[kind]
    await post(company, f"{path}/pack", item=every, do="code")
    await post(company, f"{path}/pack", item=every, do="share", code=newest_code(company))
    return found


def newest_code(company: Company, who: str = VERA) -> str:
    texts = [company.text(mail) for mail in company.mails() if mail.to == who]
    codes: list[str] = [
        code for text in texts for code in re.findall(r"^(\d{6})\r?$", text, re.MULTILINE)
    ]
    return codes[-1]


def readable(answer: httpx.Response) -> str:
    if answer.headers["content-type"] != "application/pdf":
        return answer.text
    pages = PdfReader(io.BytesIO(answer.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


async def everything_a_manager_reads(company: Company) -> dict[str, str]:
    """All that can be reached from the first page and the year, by path."""
    found: dict[str, str] = {}
    waiting = ["/", f"/year/{company.state.cohort}", f"/r/{company.state.rotation}/pack"]
    while waiting:
        path = waiting.pop()
        if path in found or path.startswith(("/static", "/events", "/t/")):
            continue
        answer = await company.web.get(path)
        found[path] = readable(answer)
        assert answer.status_code == 200, (path, answer.text)
        if "text/html" in answer.headers["content-type"]:
            hrefs = re.findall(r'href="(/[^"#]*)', found[path])
            waiting += [href.replace("&amp;", "&") for href in hrefs]
    return found


def outbox(company: Company) -> str:
    with reading(company.office.engine) as session:
        raws = session.scalars(select(OutboxTable.raw)).all()
    return "\n".join(words_of(raw) for raw in raws)


async def temporal_of(company: Company) -> bytes:
    """Everything that Temporal keeps of every process: histories, attributes, descriptions."""
    client, kept = company.temporal.client, b""
    async for found in client.list_workflows():
        handle = client.get_workflow_handle(found.id, run_id=found.run_id)
        history = await handle.fetch_history()
        kept += b"".join(event.SerializeToString() for event in history.events)
        kept += (await handle.describe()).raw_description.SerializeToString()
    return kept


def files_of(database: Path, backup: Path) -> Iterator[bytes]:
    """The bytes of the database with its log, and of a copy that a backup makes."""
    with closing(sqlite3.connect(database)) as running, closing(sqlite3.connect(backup)) as copy:
        running.backup(copy)
    yield from (file.read_bytes() for file in database.parent.glob(f"{database.name}*"))
    yield backup.read_bytes()


def stands_in(canary: str, raw: bytes) -> bool:
    """Whether a word stands in bytes as it is, or in any of the ways that mails and JSON write it."""
    ways = {canary.encode(way) for way in ("utf-8", "utf-16-le", "utf-16-be", "latin-1")}
    ways.add(canary.encode("unicode_escape"))
    ways.add(quopri.encodestring(canary.encode()))
    for before in range(3):
        padded = base64.b64encode(b"\0" * before + canary.encode())
        ways.add(padded[4 if before else 0 : -4])
    return any(way in raw for way in ways)


async def test_first_f9_words_in_confidence_are_nowhere_but_with_their_writer(
    company: Company, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await write_in_confidence(company)
    packed = await packs(company)
    pages = await everything_a_manager_reads(company)
    file = Path(company.office.engine.url.database or "")
    places: dict[str, bytes] = {
        **{f"pack as {kind}": text.encode() for kind, text in packed.items()},
        **{f"page {path}": text.encode() for path, text in pages.items()},
        **{f"file {n}": raw for n, raw in enumerate(files_of(file, tmp_path / "backup.db"))},
        "mails": outbox(company).encode(),
        "Temporal": await temporal_of(company),
        "log": caplog.text.encode(),
    }

    leaks = [(c, place) for place, raw in places.items() for c in CANARIES if stands_in(c, raw)]
    assert leaks == []
    kept = [place for place, raw in places.items() if stands_in(OWN, raw)]
    assert kept == ["pack as html", "pack as pdf", "pack as json"]

    rotation = company.state.rotation
    assert {f"/r/{rotation}", f"/r/{rotation}/pack", "/learnings", "/inbox"} < pages.keys()
    assert f"/year/{company.state.cohort}/report.pdf" in pages
    open_to_all = [place for place, raw in places.items() if stands_in(GOAL, raw)]
    assert {"file 0", f"page /r/{rotation}", f"page /r/{rotation}/pack"} <= set(open_to_all)
    assert {"pack as page", "pack as html", "pack as pdf", "pack as json"} <= set(open_to_all)
    assert stands_in(company.state.participant, places["Temporal"])
    assert stands_in("Day at the mill", places["mails"])
    assert stands_in(rotation, places["log"])

    await their_writer_reads_them_again(company)


async def their_writer_reads_them_again(company: Company) -> None:
    """They were kept, so that they could have been found."""
    page = await company.open(VERA, "Invitation: Day at the mill")
    notes = linked(page, "Write down")
    await post(company, f"{notes}/code")
    assert QUOTE in await post(company, f"{notes}/notes", code=newest_code(company))
    practised = linked(page, "Understood")
    await post(company, f"{practised}/practise-code")
    assert UNDERSTOOD in await post(company, f"{practised}/reopen", code=newest_code(company))
    about = "somebody said what would make"
    await company.press(IRIS, about, "need-code")
    assert NEED in await company.press(IRIS, about, "need-open", code=newest_code(company, IRIS))
