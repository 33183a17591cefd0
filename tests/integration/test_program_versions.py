"""A new version of a program: what it changes, whom it reaches, and what keeps to the old one."""

import json
import re
import subprocess
from collections.abc import Sequence
from datetime import date
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from cli.main import app
from domain.difference import Reach, differences
from domain.due import catch_up
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import Answered, Cancel, PlanChanged
from domain.folder import Folder
from domain.moves import apply
from domain.people import Seat
from domain.planning import Cause, Disruption
from domain.program import OCCASIONS, RESULTS_REVIEW, TEMPLATE_REVIEW, Program
from domain.rotation import Answer, RotationState
from domain.telling import dispatch
from invites.answering import words_of
from settings import read_settings
from store.database import reading, writing
from store.people import program_planned
from store.tables.mail import InviteTable, OutboxTable
from store.tables.planning import UnavailableTable
from store.tables.rotations import RotationTable
from tests.installation import SOJOURN
from tests.integration.store.world import all_leave
from tests.migrated import give_schema
from tests.mill import PEOPLE, PROGRAM, THANKS, TONI, write_folder
from tests.servers import free_port
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

RITUAL = """
[[rituals]]
key = "lenses"
title = "One case, four lenses"
duration = "1h"
weekday = "Thu"
starts-at = "15:00"
"""
FIRST = PROGRAM.replace('"10d"', '"4d"') + THANKS + RITUAL
TITLES = FIRST.replace("version = 3", "version = 4").replace('"Talk"', '"A first talk"')
REFLECTION = "[[steps]]" + PROGRAM.rpartition("[[steps]]")[2]
SHORTER = TITLES.replace(REFLECTION, "").replace('after = "reflect"', 'after = "listen"')


class Running:
    """Two rotations of the mill, their first invites out."""

    def __init__(
        self, home: Path, monkeypatch: pytest.MonkeyPatch, people: str = PEOPLE + TONI
    ) -> None:
        environment = {
            "SOJOURN_LOCAL": "true",
            "SOJOURN_DATA": str(home),
            "SOJOURN_TEMPORAL": f"127.0.0.1:{free_port()}",
            "COLUMNS": "200",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(home)
        self.home = home
        self.office = Office(read_settings(environment))
        give_schema(self.office.engine)
        self.office.load(self.folder(FIRST, "first", people), dry_run=False, today=self.today)
        self.office.planning.make_plan("spring", self.office.now())
        self.office.planning.approve("spring", 1, self.office.now())
        states = self.office.planning.rotations("spring", 1)
        self.states = [self.begun(state) for state in states]

    @property
    def today(self) -> date:
        return self.office.now().date()

    def folder(self, program: str, name: str, people: str = PEOPLE + TONI) -> Path:
        folder = self.home / name
        folder.mkdir()
        return write_folder(folder, program, people)

    def begun(self, state: RotationState) -> RotationState:
        begun, errands = catch_up(state, self.office.now())
        self.office.correspondence.carry_out(dispatch(begun, errands, self.office.now()))
        return begun

    def program(self, text: str, name: str) -> Program:
        found = self.office.read(self.folder(text, name), today=self.today)
        assert isinstance(found, Folder), found
        return found.program

    def outbox(self) -> Sequence[OutboxTable]:
        with reading(self.office.engine) as session:
            return session.scalars(select(OutboxTable).order_by(OutboxTable.number)).all()

    def activate(self, program: Program, *, running: bool) -> None:
        office = self.office
        seen = office.programs.radius("spring", program, office.now())
        office.programs.activate(seen, program, office.now(), running=running)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Running:
    return Running(tmp_path, monkeypatch)


def title(running: Running, state: RotationState) -> str:
    return running.office.views.rotation(state.rotation).row.steps[0].title


def test_practice_s58_the_old_version_still_runs_for_those_on_it(running: Running) -> None:
    office, (one, other) = running.office, running.states
    (series,) = office.rituals.series("spring")
    before = office.rituals.next_session(series, office.now())
    assert before is not None
    running.begun(before)
    new = running.program(
        SHORTER.replace("One case, four lenses", "Four ways to look").replace(
            "four lenses", "four ways"
        ),
        "next",
    )
    written = len(running.outbox())

    running.activate(new, running=False)

    assert len(running.outbox()) == written
    for state in (one, other):
        page = office.views.rotation(state.rotation)
        assert [step.key for step in page.row.steps] == [
            "talk",
            "day",
            "listen",
            "reflect",
            "thanks",
        ]
        assert page.row.steps[0].title == "Talk"
    talk = one.steps[0]
    away = Answered(id="a", step="talk", person=one.participant, revision=0, answer=Answer.DECLINED)
    declined, errands = apply(one, away, office.now())
    (repair,) = (e.disruption for e in errands if e.disruption)
    summary = office.planning.repair("spring", repair, office.now())
    ((_, event),) = [(r, e) for r, e in summary.told if r == one.rotation]
    moved, errands = apply(declined, event, office.now())
    office.correspondence.carry_out(dispatch(moved, errands, office.now()))
    sent = [words(row) for row in running.outbox()[written:]]
    assert moved.steps[0].starts != talk.starts
    assert any("\nTalk (A day at the mill)\n" in text for text in sent)
    assert not any("A first talk" in text for text in sent)
    assert title(running, before) == "One case, four lenses"
    (series,) = office.rituals.series("spring")
    after = office.rituals.next_session(series, before.steps[0].starts)
    assert after is not None
    running.begun(after)
    assert title(running, after) == "Four ways to look"


def test_practice_s58_what_begins_from_now_on_follows_the_new_version(running: Running) -> None:
    new = running.program(TITLES, "next")
    running.activate(new, running=False)
    running.office.load(
        running.folder(TITLES, "more", PEOPLE + TONI + TONI.replace("toni", "paulr")),
        dry_run=False,
        today=running.today,
    )

    with reading(running.office.engine) as session:
        kept = {r.participant: r.program_version for r in session.scalars(select(RotationTable))}

    assert sorted(kept.values(), key=str) == [3, 3, None]
    assert running.office.programs.current("spring").version == 4


def test_first_f12_taking_new_words_over_sends_exactly_the_previewed_mails(
    running: Running,
) -> None:
    office = running.office
    new = running.program(TITLES, "next")
    with reading(office.engine) as session:
        uid = session.scalars(select(InviteTable.uid).where(InviteTable.step == "talk")).first()
    assert uid
    office.sayings.answer(uid, Answer.ACCEPTED, "link", office.now())
    all_leave(office.engine, office.now())
    invites = _invites(running)
    written = len(running.outbox())
    seen = office.programs.radius("spring", new, office.now())
    assert [one.mails for one in seen.under_way] == [2, 2]
    assert {mail.step for mail in seen.mails} == {"talk"}

    office.programs.activate(seen, new, office.now(), running=True)

    sent = running.outbox()[written:]
    previewed = sorted((mail.reader_email, mail.text) for mail in seen.mails)
    assert sorted((row.recipient, words(row)) for row in sent) == previewed
    assert all("the time stays" in text for _, text in previewed)
    assert all("A first talk" in text for _, text in previewed)
    assert _invites(running) == invites
    answers = {row.uid: answer_in(row.raw) for row in sent}
    assert answers == {row.uid: "ACCEPTED" if row.uid == uid else "NEEDS-ACTION" for row in sent}
    for state in running.states:
        assert title(running, state) == "A first talk"
    with pytest.raises(Refused, match="follows version 4 already"):
        office.programs.activate(seen, new, office.now(), running=True)


def test_first_f12_a_new_place_reaches_who_has_no_mail_and_keeps_their_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = with_proxy(PEOPLE + TONI, "boss", "iris")
    running = Running(tmp_path, monkeypatch, people)
    office = running.office
    with reading(office.engine) as session:
        unmailed = InviteTable.address.is_(None), InviteTable.step == "talk"
        uids = session.scalars(select(InviteTable.uid).where(*unmailed)).all()
    assert uids
    written = len(running.outbox())
    moved = TITLES.replace('title = "A first talk"', 'title = "A first talk"\nwhere = "Room 7"')
    new = running.program(moved, "next")
    seen = office.programs.radius("spring", new, office.now())
    assert seen.letters == len(uids)

    office.programs.activate(seen, new, office.now(), running=True)

    letters = [row for row in running.outbox()[written:] if row.kind == "ask-proxy"]
    assert len(letters) == seen.letters
    assert all("Room 7" in words(row) for row in letters)
    assert all("an answer that was given stay" in words(row) for row in letters)
    with reading(office.engine) as session:
        assert {session.get_one(InviteTable, uid).place for uid in uids} == {"Room 7"}


def test_a_proxy_who_has_heard_nothing_gets_one_letter_also_with_a_new_version(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = with_proxy(PEOPLE + TONI, "boss", "")
    running = Running(tmp_path, monkeypatch, people)
    office = running.office
    named = running.folder(FIRST, "again", with_proxy(PEOPLE + TONI, "boss", "iris"))
    office.load(named, dry_run=False, today=running.today)
    moved = TITLES.replace('title = "A first talk"', 'title = "A first talk"\nwhere = "Room 7"')

    running.activate(running.program(moved, "next"), running=True)
    office.proxies.tell(office.now())

    letters = [row for row in running.outbox() if row.kind == "ask-proxy"]
    assert len(letters) == len({row.key.split(":")[0] for row in letters}) > 0
    for row in letters:
        assert "no longer counts" not in words_of(row.raw)
        assert "Only the place is new" not in words_of(row.raw)


def with_proxy(people: str, person: str, proxy: str) -> str:
    """The same people, of whom one has no mail and this proxy."""
    header, *rows = people.strip().splitlines()
    lines = [f"{header},proxy"]
    for row in rows:
        key, name, mail, *more = row.split(",")
        mine = key == person
        lines.append(",".join([key, name, "" if mine else mail, *more, proxy if mine else ""]))
    return "\n".join(lines) + "\n"


def answer_in(raw: bytes) -> str:
    """The answer that the calendar in a mail shows."""
    parts = message_from_bytes(raw, policy=default).walk()
    calendar = next(part for part in parts if part.get_content_type() == "text/calendar")
    found = re.search(r"PARTSTAT=([A-Z-]+)", calendar.get_content().replace("\r\n ", ""))
    assert found
    return found.group(1)


def words(row: OutboxTable) -> str:
    return words_of(row.raw).replace("\r\n", "\n")


def _invites(running: Running) -> list[tuple[str, int, int, str]]:
    with reading(running.office.engine) as session:
        rows = session.scalars(select(InviteTable).order_by(InviteTable.uid))
        return [(row.uid, row.sequence, row.revision, row.answer) for row in rows]


def test_first_f12_a_step_of_what_runs_cannot_be_taken_away(running: Running) -> None:
    office, new = running.office, running.program(SHORTER, "next")
    seen = office.programs.radius("spring", new, office.now())
    written = len(running.outbox())
    first = min(running.states, key=lambda state: state.rotation)

    with pytest.raises(Refused) as refused:
        office.programs.activate(seen, new, office.now(), running=True)

    assert f"rotation-spring-{first.rotation} can't go on with version 4" in str(refused.value)
    assert "The step 'reflect' is left out." in str(refused.value)
    assert seen.mails == ()
    assert office.programs.current("spring").version == 3
    assert len(running.outbox()) == written


def test_first_f12_mails_that_are_not_those_that_were_shown_are_not_sent(running: Running) -> None:
    office, new = running.office, running.program(TITLES, "next")
    seen = office.programs.radius("spring", new, office.now())
    written = len(running.outbox())
    other = seen.model_copy(update={"mails": seen.mails[1:]})

    with pytest.raises(Refused, match="look at them again"):
        office.programs.activate(other, new, office.now(), running=True)

    assert len(running.outbox()) == written
    assert office.programs.current("spring").version == 3


def test_a_cohort_that_nothing_runs_in_is_planned_again_instead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    running = Running(tmp_path, monkeypatch)
    folder = running.folder(FIRST.replace('"spring"', '"autumn"'), "autumn")
    running.office.load(folder, dry_run=False, today=running.today)
    program = running.program(TITLES.replace('"spring"', '"autumn"'), "next")

    with pytest.raises(Refused, match="plan it again"):
        running.office.programs.refuse("autumn", program)


def test_an_import_does_not_bring_an_earlier_version_back(running: Running) -> None:
    running.activate(running.program(TITLES, "next"), running=False)

    report = running.office.load(running.home / "first", dry_run=False, today=running.today)

    assert [one.field for one in report.rejected] == ["program.version"]


def test_first_f12_a_version_says_the_same_whenever_it_is_imported(running: Running) -> None:
    other = running.folder(TITLES.replace("version = 4", "version = 3"), "other")

    report = running.office.load(other, dry_run=False, today=running.today)
    same = running.office.load(running.home / "first", dry_run=False, today=running.today)

    (rejected,) = report.rejected
    assert "is under way with another version 3" in rejected.problem
    assert "A first talk" in rejected.problem
    assert "write version = 4" in rejected.remedy
    assert not same.rejected
    assert title(running, running.states[0]) == "Talk"


def test_what_is_over_keeps_no_repair_at_an_earlier_version(running: Running) -> None:
    running.activate(running.program(TITLES, "next"), running=False)
    with writing(running.office.engine) as session:
        over, under_way = (session.get_one(RotationTable, s.rotation) for s in running.states)
        over.stage, under_way.program_version = "completed", None
        before = session.get_one(RotationTable, running.states[0].rotation).program_version

    with reading(running.office.engine) as session:
        assert (before, program_planned(session, "spring").version) == (3, 4)


def test_first_f12_an_import_does_not_get_round_what_a_new_version_would_reach(
    running: Running,
) -> None:
    folder = running.folder(TITLES, "next")

    report = running.office.load(folder, dry_run=False, today=running.today)

    (found,) = report.rejected
    assert found.field == "program.version"
    assert "sojourn program diff spring DIR" in found.remedy
    assert "sojourn program activate DIR --cohort spring" in found.remedy
    assert running.office.programs.current("spring").version == 3


def test_an_import_brings_any_version_to_a_cohort_that_nothing_runs_in(running: Running) -> None:
    autumn = running.folder(FIRST.replace('"spring"', '"autumn"'), "autumn")
    later = running.folder(TITLES.replace('"spring"', '"autumn"'), "later")
    for folder in (autumn, later):
        assert not running.office.load(folder, dry_run=False, today=running.today).rejected

    assert running.office.programs.current("autumn").version == 4


def test_first_f12_days_that_a_new_version_closes_are_kept_free_by_repairs_at_once(
    running: Running,
) -> None:
    office, (one, _) = running.office, running.states
    closed = 'blackouts = ["2026-03-02..2026-03-04"]'
    new = running.program(TITLES.replace("weeks = 5", f"weeks = 5\n{closed}"), "next")
    ((first, last),) = new.blackouts
    assert first == one.steps[0].starts.date()
    running.activate(new, running=False)
    away = Answered(id="a", step="talk", person=one.participant, revision=0, answer=Answer.DECLINED)
    _, errands = apply(one, away, office.now())
    (repair,) = (e.disruption for e in errands if e.disruption)

    summary = office.planning.repair("spring", repair, office.now())

    ((_, event),) = [(r, e) for r, e in summary.told if r == one.rotation]
    assert isinstance(event, PlanChanged)
    moved = next(step for step in event.steps if step.key == "talk")
    assert moved.starts.date() > last
    assert office.planning.problem("spring", office.now()).program.version == 3


def test_a_colleague_who_said_no_is_asked_for_none_of_the_weeks_that_were_planned(
    running: Running,
) -> None:
    office, (one, _) = running.office, running.states
    new = running.program(TITLES, "next")
    running.activate(new.model_copy(update={"weeks": 2}), running=False)
    listen = one.steps[2]
    lisa = next(a.person for a in listen.attendees if a.seat is Seat.FRONTLINE)
    refused = Disruption(
        rotation=one.rotation, step=None, cause=Cause.COLLEAGUE_REFUSED, person=lisa
    )

    office.planning.repair("spring", refused, office.now())

    with reading(office.engine) as session:
        query = select(UnavailableTable.ends).where(UnavailableTable.person == lisa)
        (ends,) = session.scalars(query).all()
    assert ends.date() == new.last_day


@pytest.mark.parametrize(("taken_over", "contact"), [(False, "Iris Kern"), (True, "Otto Brandl")])
def test_another_contact_takes_a_new_version_and_is_named_by_what_takes_it_over(
    running: Running, taken_over: bool, contact: str
) -> None:
    office, (one, _) = running.office, running.states
    named = FIRST.replace('coordinator = "iris"', 'coordinator = "boss"')
    report = office.load(running.folder(named, "same"), dry_run=False, today=running.today)
    assert ["write version = 4" in one.remedy for one in report.rejected] == [True]
    all_leave(office.engine, office.now())

    new = running.program(named.replace("version = 3", "version = 4"), "next")
    running.activate(new, running=taken_over)
    over, errands = apply(one, Cancel(), office.now())
    office.correspondence.carry_out(dispatch(over, errands, office.now()))

    called_off = [words(row) for row in running.outbox() if row.kind == "CANCEL"]
    assert called_off
    assert all(f"Ask {contact}" in text for text in called_off)


def test_invites_keep_to_the_domain_of_their_version_and_calendars_know_them_all(
    running: Running,
) -> None:
    office, (one, _) = running.office, running.states
    text = TITLES.replace('"mill.example"', '"new.example"').replace("weeks = 5", "weeks = 2")
    new = running.program(text, "next")
    found = differences(office.programs.current("spring"), new)
    (domain,) = (one for one in found if "mail-domain" in one.sentence)
    assert domain.reach is Reach.WORDS
    running.activate(new, running=False)
    before = len(_invites(running))
    errands = (Errand(kind=kind, step="day") for kind in (ErrandKind.CALL_OFF, ErrandKind.INVITE))
    office.correspondence.carry_out(dispatch(one, tuple(errands), office.now()))

    _, (weeks,) = office.calendars.needed(one.participant, office.now())

    assert weeks.own == ("@new.example", "@mill.example")
    assert (weeks.last - weeks.first).days == 5 * 7 + 2
    assert {uid.partition("@")[2] for uid, *_ in _invites(running)} == {"mill.example"}
    assert len(_invites(running)) > before


def test_first_f12_a_version_that_names_somebody_whom_nobody_knows_is_not_activated(
    running: Running,
) -> None:
    new = running.program(TITLES, "next")
    for changes in (
        {"coordinator": "nobody"},
        {"occasions": (OCCASIONS[TEMPLATE_REVIEW].model_copy(update={"people": ("nobody",)}),)},
    ):
        stranger = new.model_copy(update=changes)
        with pytest.raises(Refused, match="names 'nobody', whom nobody here knows"):
            running.office.programs.refuse("spring", stranger)
        with pytest.raises(Refused, match="of the folder of version 3"):
            running.activate(stranger, running=False)

    assert running.office.programs.current("spring").version == 3


def test_practice_s58_a_session_that_was_opened_just_now_keeps_the_ritual_that_is_left_out(
    running: Running,
) -> None:
    office = running.office
    (series,) = office.rituals.series("spring")
    opened = office.rituals.next_session(series, office.now())
    assert opened is not None
    running.activate(running.program(TITLES.replace(RITUAL, ""), "next"), running=False)

    running.begun(opened)

    assert title(running, opened) == "One case, four lenses"


async def test_practice_s58_a_ritual_that_was_held_is_left_out_by_a_new_version_and_its_pages_stay(
    running: Running,
) -> None:
    office = running.office
    (series,) = office.rituals.series("spring")
    opened = office.rituals.next_session(series, office.now())
    assert opened is not None
    state = running.begun(opened)
    feed = office.feeds.create(state.participant, office.now()).rpartition("/")[2]
    over, errands = apply(state, Cancel(), office.now())
    office.correspondence.carry_out(dispatch(over, errands, office.now()))

    dropped = running.folder(FIRST.replace(RITUAL, ""), "dropped")
    report = office.load(dropped, dry_run=False, today=running.today)
    assert [one.field for one in report.rejected] == ["rituals"]
    running.activate(running.program(TITLES.replace(RITUAL, ""), "next"), running=False)

    for path in ("/", f"/r/{state.rotation}", f"/feeds/{feed}"):
        assert (await pages_of(running, path)).status_code == 200


def test_first_f12_an_occasion_takes_new_words_over_whatever_rotations_were_planned_with(
    running: Running,
) -> None:
    office = running.office
    with writing(office.engine) as session:
        seated = [state.participant for state in running.states]
        office.occasions.open(session, "spring", RESULTS_REVIEW, seated, "x", None, office.now())

    seen = office.programs.radius("spring", running.program(SHORTER, "next"), office.now())

    kept = {one.workflow_id.partition("-")[0]: bool(one.why_not) for one in seen.under_way}
    assert kept == {"occasion": False, "rotation": True}


async def pages_of(running: Running, path: str) -> httpx.Response:
    client = await handles.connect(running.office.settings.temporal, "default")
    served = httpx.ASGITransport(app=create_app(services_of(running.office, client)))
    async with httpx.AsyncClient(transport=served, base_url="http://127.0.0.1:8800") as browser:
        return await browser.get(path)


async def test_practice_s58_a_page_shows_the_versions_who_keeps_to_which_and_what_differs(
    running: Running,
) -> None:
    alone = (await pages_of(running, "/versions/spring")).text
    assert "There is one version so far" in alone
    assert "sojourn program activate my-program-next --cohort spring" in alone
    assert 'href="/versions/spring"' in (await pages_of(running, "/")).text
    running.activate(running.program(TITLES, "next"), running=False)

    page = (await pages_of(running, "/versions/spring")).text

    rows = [
        re.sub(r"<[^>]+>|\s+", " ", row).split()
        for row in re.findall(r"<tr>.*?</tr>", page, re.DOTALL)
    ]
    assert [(row[0], row[1], row[-1]) for row in rows[1:]] == [
        ("4", "activated", "none"),
        ("3", "imported", "2"),
    ]
    assert "Words, which what runs can take over (activate --running)" in page
    assert "The title of the step &#39;talk&#39; is “A first talk” instead of “Talk”." in page
    back = (await pages_of(running, "/versions/spring?old=4&new=3")).text
    assert "is “Talk” instead of “A first talk”." in back
    same = (await pages_of(running, "/versions/spring?old=4&new=4")).text
    assert "These are the same version" in same
    missing = await pages_of(running, "/versions/spring?old=9&new=3")
    assert missing.status_code == 404
    assert "has no version 9" in missing.text
    assert (await pages_of(running, "/versions/no")).status_code == 404


async def test_the_page_of_a_cohort_that_nothing_runs_in_says_import(running: Running) -> None:
    autumn = running.folder(FIRST.replace('"spring"', '"autumn"'), "autumn")
    running.office.load(autumn, dry_run=False, today=running.today)

    page = (await pages_of(running, "/versions/autumn")).text

    assert "sojourn import my-program-next" in page
    assert "sojourn plan --cohort autumn --again" in page
    assert "program activate" not in page


def printed(*words: object) -> str:
    """What a command prints that ends its process."""
    command = [str(SOJOURN), *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_first_f12_two_folders_are_compared_without_an_installation(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    for folder, program in ((old, FIRST), (new, SHORTER)):
        folder.mkdir()
        write_folder(folder, program)

    found = printed("program", "diff", old, new)

    assert "Version 3 to 4 of spring" in found
    assert "- The step 'reflect' is left out." in found
    assert "- The title of the step 'talk' is “A first talk” instead of “Talk”." in found
    assert "under way" not in found


def test_first_f12_a_folder_is_compared_with_what_runs(running: Running) -> None:
    folder = running.folder(TITLES, "next")

    found = json.loads(printed("program", "diff", "spring", folder, "--json"))

    assert [one["follows"] for one in found["under_way"]] == [3, 3]
    assert [one["mails"] for one in found["under_way"]] == [2, 2]
    assert len(found["mails"]) == 4
    (words,) = found["differences"]
    assert words["reach"] == "words"


@pytest.mark.parametrize(
    ("program", "cohort", "says"),
    [
        (FIRST, "spring", "Write version = 4 into program.toml"),
        (TITLES, "autumn", "There is no cohort 'autumn'"),
        (TITLES, "spring", "does not answer"),
    ],
)
def test_first_f12_activating_is_refused_with_what_to_do(
    running: Running, program: str, cohort: str, says: str
) -> None:
    """The last one has no Temporal to replay against."""
    folder = running.folder(program, "next")

    done = CliRunner().invoke(
        app, ["program", "activate", str(folder), "--cohort", cohort, "--yes"]
    )

    assert says in str(done.exception)
    assert running.office.programs.current("spring").version == 3
