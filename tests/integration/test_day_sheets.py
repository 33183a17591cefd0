"""Day sheets: what somebody of a host team may know of a visit, on a page to print."""

import io
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import update
from typer.testing import CliRunner

from cli.main import app
from domain.errors import NotFound
from domain.links import Purpose
from domain.moments import wall_time
from domain.people import Seat
from domain.program import Gate, StepKind, VoiceMode
from domain.rotation import Phase
from domain.telling import dispatch
from domain.voices import closes_at
from store.database import reading, writing
from store.people import goals_of
from store.tables.mail import InviteTable
from store.tables.people import PersonTable
from tests.unit.test_paper import elements, text_of
from tests.visit import Visit
from web.daysheets import sheet_document
from web.documents import Points
from web.pdf import as_pdf


@pytest.fixture
def visit(visit: Visit) -> Visit:
    """Everybody is invited to the listening session too, and one of them has no mail and reads German."""
    session = visit.step(StepKind.LISTENING_SESSION)
    invited = session.model_copy(update={"invited_at": visit.moment, "phase": Phase.INVITED})
    state = visit.state.with_step(invited)
    visit.state = state.model_copy(update={"version": state.version + 1})
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))
    change(visit, without_mail(visit), email=None, language="de")
    return visit


def change(visit: Visit, person: str, **facts: str | None) -> None:
    with writing(visit.office.engine) as session:
        row = session.get_one(PersonTable, person)
        row.facts = {**row.facts, **facts}
        row.email = row.facts["email"]


def without_mail(visit: Visit) -> str:
    attendees = visit.step(StepKind.LISTENING_SESSION).attendees
    return next(a.person for a in attendees if a.seat is Seat.FRONTLINE)


def lead(visit: Visit) -> str:
    return next(a.person for a in visit.day.attendees if a.seat is Seat.HOST_LEAD)


def goals(visit: Visit) -> list[str]:
    with reading(visit.office.engine) as session:
        found = goals_of(session, visit.state.cohort, visit.state.participant)
    return [goal.text for goal in found]


def read(raw: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(raw), strict=True)


def sheet_links(page: str) -> list[str]:
    return re.findall(r'href="(?:http://127.0.0.1:\d+)?(/t/day-sheet[^"]+)"', page)


async def test_the_lead_prints_a_sheet_for_themselves_and_for_who_has_no_mail(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    invite = (await browser.get(visit.path(Purpose.ANSWER, visit.day, lead(visit)))).text
    (link,) = sheet_links(invite)

    own = unescape((await browser.get(link)).text)

    leader = visit.office.views.named(visit.state.participant)
    for said in (f"{leader} visits", "not to check or to decide", "at any time", *goals(visit)):
        assert said in own
    assert "Code: ___" not in own
    other = next(one for one in sheet_links(own) if not one.endswith(".pdf"))
    page = unescape((await browser.get(other)).text)
    assert f"Für {visit.office.views.named(without_mail(visit))}." in page
    assert "Code: ___" in page
    assert "Rotation: Gespräch" in page
    assert "/kiosk" in page
    assert not [goal for goal in goals(visit) if goal in page]


async def test_a_sheet_is_one_tagged_page_in_its_readers_language(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    rotation, step = visit.state.rotation, visit.day.key
    path = f"/r/{rotation}/day-sheets/{step}/{without_mail(visit)}"
    assert path in (await browser.get(f"/r/{rotation}")).text
    assert (await browser.get(path)).status_code == 200

    answered = await browser.get(f"{path}.pdf")

    sheet = read(answered.content)
    root: Any = sheet.trailer["/Root"]
    kinds = [str(one["/S"]) for one in elements(root["/StructTreeRoot"])]
    assert answered.headers["content-type"] == "application/pdf"
    assert (len(sheet.pages), str(root["/Lang"])) == (1, "de")
    assert kinds[:3] == ["/Document", "/H1", "/P"]
    assert kinds[kinds.index("/L") :][:4] == ["/L", "/LI", "/Lbl", "/LBody"]
    assert "Worum Sie nicht gebeten werden" in text_of(sheet)
    assert "• Nichts vorbereiten" in text_of(sheet)


OWN_SHEET = """{{ sheet.leader }} kommt
- vor jeder Überschrift

ein Satz davor
# Wann
- zuerst ein Punkt
dann ein Satz
- und wieder ein Punkt
"""


def test_a_programs_own_sheet_keeps_the_order_of_its_sentences_and_points(tmp_path: Path) -> None:
    def edit(folder: Path) -> None:
        texts = folder / "texts" / "en"
        texts.mkdir(parents=True, exist_ok=True)
        (texts / "day-sheet.txt").write_text(OWN_SHEET)

    visit = Visit(tmp_path / "own", edit)
    document = sheet_document(visit.office, visit.state.rotation, visit.day.key, lead(visit))

    assert document.opening == (Points(("vor jeder Überschrift",)), "ein Satz davor")
    (section,) = document.sections
    assert section.sentences == (
        Points(("zuerst ein Punkt",)),
        "dann ein Satz",
        Points(("und wieder ein Punkt",)),
    )
    said = text_of(read(as_pdf(document)))
    order = ["vor jeder Überschrift", "ein Satz davor", "zuerst", "dann ein", "und wieder"]
    assert sorted(order, key=said.index) == order


@pytest.mark.parametrize("mode", ["named", "anonymous", "facilitator-only"])
def test_a_sheet_says_how_what_is_said_is_taken(visit: Visit, mode: str) -> None:
    sheet = visit.office.day_sheets.sheet(visit.state.rotation, visit.day.key, lead(visit))

    closes = closes_at(visit.step(StepKind.LISTENING_SESSION))
    taken = {"mode": mode, "passes_on": "Iris", "fixed": False, "closes": closes}
    said = visit.office.words_of(sheet.model_copy(update=taken))
    stays = visit.office.words_of(sheet.model_copy(update=taken | {"fixed": True}))

    assert {"named": "By name: ", "anonymous": "Without a name: "}.get(mode, "To Iris only") in said
    assert "Each point gets an answer with a reason" in said
    last_day = wall_time(closes, visit.day.zone)
    assert f"until {last_day}." in said
    assert (f"at the latest on {last_day}" in said) == (mode == "anonymous")
    assert ["As it stands today" in text for text in (said, stays)] == [True, False]


def test_a_sheet_knows_when_how_it_is_taken_can_change_no_more(visit: Visit) -> None:
    session = visit.step(StepKind.LISTENING_SESSION)
    where = visit.state.rotation, session.key
    sheet = visit.office.day_sheets.sheet(visit.state.rotation, visit.day.key, without_mail(visit))
    visit.moment = session.starts
    visit.office.voices.say(*where, without_mail(visit), "a" * 26, "A key", "en", visit.moment)

    later = visit.office.day_sheets.sheet(visit.state.rotation, visit.day.key, without_mail(visit))

    assert [one.fixed for one in (sheet, later)] == [False, True]
    assert sheet.closes == closes_at(session)


def test_a_sheet_promises_nothing_that_nobody_could_keep(visit: Visit) -> None:
    session, sheets = visit.step(StepKind.LISTENING_SESSION), visit.office.day_sheets
    where = visit.state.rotation, visit.day.key, without_mail(visit)
    mode = VoiceMode.FACILITATOR
    visit.office.voices.choose(visit.state.rotation, session.key, lead(visit), mode, visit.moment)
    before = visit.office.words_of(sheets.sheet(*where))
    change(visit, visit.office.views.person("lena"), email=None)

    after = visit.office.words_of(sheets.sheet(*where))

    assert ["Wie aufgenommen wird, was Sie sagen" in said for said in (before, after)] == [
        True,
        False,
    ]


async def test_only_the_lead_of_the_team_has_sheets(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    for person in (visit.state.participant, without_mail(visit)):
        step = visit.step(StepKind.LISTENING_SESSION)
        invite = await browser.get(visit.path(Purpose.ANSWER, step, person))
        assert sheet_links(invite.text) == []
        path = visit.path(Purpose.DAY_SHEET, visit.day, person, about=lead(visit))
        for answered in (await browser.get(path), await browser.get(f"{path}/day-sheet.pdf")):
            assert answered.status_code == 404


def test_nobody_has_a_sheet_of_what_nobody_is_invited_to(visit: Visit) -> None:
    sheets, rotation = visit.office.day_sheets, visit.state.rotation
    back = visit.step(StepKind.RETURN_VISIT)
    for step, reader in (
        (back.key, lead(visit)),
        (visit.day.key, visit.state.participant),
        ("nowhere", lead(visit)),
    ):
        with pytest.raises(NotFound):
            sheets.sheet(rotation, step, reader)
    assert back.key not in {one.step for one in sheets.visits(rotation)}


def test_a_program_manager_writes_one_from_the_terminal(
    visit: Visit, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SOJOURN_LOCAL", "true")
    monkeypatch.setenv("SOJOURN_DATA", str(visit.office.settings.data))
    file = tmp_path / "monday.pdf"
    command = ["day-sheet", visit.state.rotation, "-o", str(file)]

    done = CliRunner().invoke(app, command)
    for_one = CliRunner().invoke(app, [*command, "--person", without_mail(visit)])
    wrong = CliRunner().invoke(app, [*command, "--step", "nowhere"])

    assert visit.office.views.named(lead(visit)) in done.stdout.replace("\n", " ")
    assert for_one.exit_code == 0
    assert "Worum Sie gebeten werden" in text_of(read(file.read_bytes()))
    assert isinstance(wrong.exception, NotFound)


def without_sheet(visit: Visit, reader: str) -> bool:
    (printable,) = (
        one
        for one in visit.office.day_sheets.visits(visit.state.rotation)
        if one.step == visit.day.key
    )
    with pytest.raises(NotFound):
        visit.office.day_sheets.sheet(visit.state.rotation, visit.day.key, reader)
    return reader not in {one.ref for one in printable.readers}


def test_who_has_no_standing_invite_has_no_sheet(visit: Visit) -> None:
    person = without_mail(visit)
    mine = update(InviteTable).where(InviteTable.person == person)
    with writing(visit.office.engine) as session:
        session.execute(mine.values(called_off_at=visit.moment))

    assert without_sheet(visit, person)


def test_who_was_erased_has_no_sheet(visit: Visit) -> None:
    person = without_mail(visit)
    with writing(visit.office.engine) as session:
        session.get_one(PersonTable, person).erased_at = visit.moment

    assert without_sheet(visit, person)


async def test_a_team_whose_lead_has_not_agreed_yet_is_told_nothing(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    gates = tuple(
        gate.model_copy(update={"passed_at": None}) if gate.gate is Gate.HOST else gate
        for gate in visit.state.gates
    )
    changes = {"gates": gates, "version": visit.state.version + 1}
    asked = visit.state.model_copy(update=changes)
    visit.office.correspondence.carry_out(dispatch(asked, (), visit.moment))

    assert visit.office.day_sheets.visits(visit.state.rotation) == ()
    with pytest.raises(NotFound):
        visit.office.day_sheets.sheet(visit.state.rotation, visit.day.key, lead(visit))
    invite = await browser.get(visit.path(Purpose.ANSWER, visit.day, lead(visit)))
    assert (invite.status_code, sheet_links(invite.text)) == (200, [])


async def test_no_sheet_is_offered_once_the_visit_is_over(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    visit.moment = visit.day.ends + timedelta(days=1)
    for late, offered in ((timedelta(), 1), (timedelta(seconds=1), 0)):
        visit.moment += late
        invite = await browser.get(visit.path(Purpose.ANSWER, visit.day, lead(visit)))
        assert len(sheet_links(invite.text)) == offered
        for link in sheet_links(invite.text):
            assert (await browser.get(link)).status_code == 200


async def test_a_link_to_a_sheet_that_lasts_longer_than_the_visit_opens_nothing(
    visit: Visit, browser: httpx.AsyncClient
) -> None:
    """It was made while the visit had a later time."""
    visit.moment = visit.day.ends + timedelta(days=1)
    path = visit.path(Purpose.DAY_SHEET, visit.day, lead(visit), lead(visit))
    asked = {"page": path, "file": f"{path}/day-sheet.pdf"}

    for late, status in ((timedelta(), 200), (timedelta(seconds=1), 404)):
        visit.moment += late
        opened = {name: (await browser.get(url)).status_code for name, url in asked.items()}
        assert opened == {"page": status, "file": status}
    code = await browser.post(f"{path}/day-sheet/kiosk-code", data={"person": without_mail(visit)})
    assert code.status_code == 404
