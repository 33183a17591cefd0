"""Erasing a person: nothing of theirs can be found, and everything else is as it was."""

import base64
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, MetaData, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.evidence import Observation
from domain.insights import Insight, InsightTag, Summary
from domain.quicktests import QuickTest
from domain.rotation import Ending, RotationState
from domain.telling import dispatch
from invites.composer import MailComposer
from store.correspondence import CorrespondenceDesk
from store.database import open_database, reading, writing
from store.erasing import ERASED, GONE, Erasing
from store.importing import load_folder
from store.learnings import enter_insights
from store.observations import Observations
from store.packs import Packs
from store.people import people, teams
from store.quarters import Quarters
from store.reading_codes import ReadingCodes
from store.sayings import Sayings
from store.tables.learning import QuickTestTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable, PersonTable, ProgramVersionTable
from store.tables.rotations import RotationTable
from store.tables.voices import KioskLeftTable, ReadingCodeTable
from store.tables.words import ObservationTable, ReviewPackTable
from store.vault import Unreadable
from tests.builders import ANA, LEAD, LEADER, MANAGER
from tests.integration.store.world import (
    NOW,
    VAULT,
    PlainLinks,
    a_folder,
    carry_out,
    invited,
    loaded,
    the_step,
)
from tests.migrated import give_schema

CANARY = "the canary sings at noon"
KEYS = ("goal-talk", "shadowing-day", "listening-session")


def visited(engine: Engine, *, sent: bool = True) -> RotationState:
    """A visit with invites, notes and a reflection, which Mara ended by withdrawing."""
    state = invited(loaded(engine), *KEYS)
    desk = CorrespondenceDesk(engine, MailComposer("us@sojourn.example", "Us"), PlainLinks(), VAULT)
    errands = tuple(Errand(kind=ErrandKind.INVITE, step=key) for key in KEYS)
    desk.carry_out(dispatch(state, errands, NOW))
    now = the_step(state, "reflection").starts
    codes = ReadingCodes(VAULT, MailComposer("us@sojourn.example", "Us"), PlainLinks())
    notes = Observations(engine, VAULT, codes)
    seen = Observation(quote=CANARY, tag=InsightTag.DELIGHT)
    notes.keep("a" * 32, state.rotation, "shadowing-day", LEADER, seen, now)
    notes.ask_code(state.rotation, "shadowing-day", LEADER, now)
    Sayings(engine, VAULT).write(state.rotation, "reflection", LEADER, CANARY, now)
    share_a_pack(engine, codes, state, now)
    over = {"ending": Ending.WITHDRAWN, "version": state.version + 1}
    desk.carry_out(dispatch(state.model_copy(update=over), (), now))
    with reading(engine) as session:
        for mail in session.scalars(select(OutboxTable)):
            assert mail.raw
    if sent:
        send_all(engine)
    return state


def share_a_pack(engine: Engine, codes: ReadingCodes, state: RotationState, now: datetime) -> None:
    quarters = Quarters(engine, MailComposer("us@sojourn.example", "Us"), "http://127.0.0.1")
    packs = Packs(engine, VAULT, codes, quarters)
    packs.ask_code(state.rotation, LEADER, now)
    with reading(engine) as session:
        sealed = session.get_one(ReadingCodeTable, LEADER).sealed
        code = VAULT.open(session, LEADER, sealed or b"")
    packs.share(state.rotation, LEADER, ["goal:0"], CANARY, code, now)
    assert packs.shared(state.rotation).pack.words == CANARY


def everything(engine: Engine) -> str:
    """All rows of all tables as text, and mails decoded."""
    tables = MetaData()
    tables.reflect(engine)
    found = []
    with engine.connect() as opened:
        for table in tables.sorted_tables:
            for row in opened.execute(select(table)):
                found += [
                    value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    for value in row
                ]
    return "\n".join(found)


def send_all(engine: Engine) -> None:
    with engine.begin() as opened:
        opened.exec_driver_sql("UPDATE outbox SET state = 'sent'")


def test_nothing_of_an_erased_person_is_left_and_the_others_keep_theirs(engine: Engine) -> None:
    state = visited(engine)
    before = everything(engine)
    assert "Mara" in before
    assert "mara@example.org" in before

    gone = Erasing(engine).erase(LEADER, state.steps[-1].ends)

    after = everything(engine)
    for word in ("Mara", "mara", CANARY, "See a ticket through"):
        assert word not in after, after[after.index(word) - 200 : after.index(word) + 200]
        assert base64.b64encode(word.encode()).decode().rstrip("=") not in after
    assert "ana@example.org" in after
    assert gone.writings >= 4
    assert gone.mails > len(KEYS)
    assert gone.file_is_new
    with reading(engine) as session:
        assert people(session)[LEADER].name == ERASED
        assert session.get_one(ReviewPackTable, state.rotation).sealed == b""
        note = session.get_one(ObservationTable, "a" * 32)
        assert (note.tag, note.sealed) == ("delight", b"")
        with pytest.raises(Unreadable, match="key is gone"):
            VAULT.open(session, LEADER, b"x" * 40)


def test_not_a_byte_is_left_in_the_file(tmp_path: Path) -> None:
    path = tmp_path / "erased.db"
    engine = open_database(f"sqlite:///{path}")
    give_schema(engine)
    state = visited(engine)

    Erasing(engine).erase(LEADER, state.steps[-1].ends)

    left = path.read_bytes() + path.with_name("erased.db-wal").read_bytes()
    for word in (b"mara@example.org", b"See a ticket through", b"Mara"):
        assert word not in left
    engine.dispose()
    assert sqlite3.connect(path).execute("PRAGMA integrity_check").fetchone() == ("ok",)


def with_a_test(engine: Engine, state: RotationState, *, closed: bool) -> None:
    """Mara tests what she learnt; the lead looks after it and says what it showed."""
    insight = Insight(text="Sacks look alike after rain", tag=InsightTag.CONSTRAINT)
    words = dict.fromkeys(("hypothesis", "adjustment", "cost", "metric"), CANARY)
    facts = {"notes": ("a" * 32,), "owner": LEAD, "reversible": True}
    body = QuickTest.model_validate(
        words | facts | {"baseline": 12, "target": 3, "ends_on": NOW.date()}
    )
    with writing(engine) as session:
        summary = Summary(words="A day.", insights=(insight,))
        enter_insights(session, state, the_step(state, "shadowing-day"), summary, NOW)
        session.add(
            QuickTestTable(
                id="tttttttt",
                insight=f"{state.rotation}:shadowing-day:0",
                rotation=state.rotation,
                person=LEADER,
                owner=LEAD,
                draft={},
                body=body.model_dump(mode="json"),
                started_at=NOW,
                ends_at=NOW,
                next_at=None if closed else NOW,
                closed_at=NOW if closed else None,
                verdict="met" if closed else None,
                learnt="What the lead learnt" if closed else "",
            )
        )


def test_a_test_loses_its_writers_words_and_keeps_its_figures(engine: Engine) -> None:
    state = visited(engine)
    with_a_test(engine, state, closed=True)

    Erasing(engine).erase(LEADER, state.steps[-1].ends)

    assert CANARY not in everything(engine)
    with reading(engine) as session:
        row = session.get_one(QuickTestTable, "tttttttt")
        assert row.body
        assert (row.body["hypothesis"], row.body["baseline"]) == (GONE, 12.0)
        assert row.learnt == "What the lead learnt"
        assert QuickTest.model_validate(row.body).metric == GONE


def test_nobody_is_erased_whom_a_test_awaits(engine: Engine) -> None:
    with_a_test(engine, visited(engine), closed=False)
    for person in (LEADER, LEAD):
        with pytest.raises(Refused, match="is awaited in the test tttttttt"):
            Erasing(engine).refuse(person)


def test_erasing_twice_changes_nothing(engine: Engine) -> None:
    state = visited(engine)
    erasing, now = Erasing(engine), state.steps[-1].ends
    erasing.erase(LEADER, now)
    first = everything(engine)

    again = erasing.erase(LEADER, now + timedelta(days=1))

    assert (again.mails, again.calendars) == (0, 0)
    assert ERASED in first
    assert everything(engine).count(ERASED) == first.count(ERASED)


def test_an_erased_colleague_is_not_planned_with_again(engine: Engine) -> None:
    state = visited(engine)
    Erasing(engine).erase(ANA, state.steps[-1].ends)
    with reading(engine) as session:
        assert all(ANA not in team.frontline for team in teams(session).values())


def test_nobody_is_erased_while_a_process_counts_on_them(engine: Engine) -> None:
    state = invited(loaded(engine), *KEYS)
    carry_out(engine, state)
    erasing = Erasing(engine)
    for person, sentence in (
        (LEADER, "Withdraw it first"),
        (ANA, "is expected in rotation"),
        (LEAD, "is expected in rotation"),
    ):
        with pytest.raises(Refused, match=sentence):
            erasing.refuse(person)
    with pytest.raises(NotFound, match="Nobody is known"):
        erasing.erase("P-9999", state.steps[-1].ends)


def test_a_lead_is_erased_when_somebody_else_leads(engine: Engine) -> None:
    visited(engine)
    with pytest.raises(Refused, match="leads H-01"):
        Erasing(engine).refuse(LEAD)


def test_nobody_is_erased_while_mails_that_name_them_are_about_to_leave(engine: Engine) -> None:
    visited(engine, sent=False)
    with pytest.raises(Refused, match="about to leave"):
        Erasing(engine).refuse(LEADER)
    send_all(engine)
    Erasing(engine).refuse(LEADER)


def test_nobody_is_erased_of_a_rotation_that_has_not_begun(engine: Engine) -> None:
    loaded(engine)
    with pytest.raises(Refused, match="is planned in rotation"):
        Erasing(engine).refuse(LEADER)


def test_a_coordinator_is_erased_when_somebody_else_coordinates(engine: Engine) -> None:
    visited(engine)
    with pytest.raises(Refused, match="coordinates cohort winter"):
        Erasing(engine).refuse(MANAGER)


def _coordinated_in_an_earlier_version(engine: Engine, state: RotationState) -> None:
    """The new version names another coordinator; the rotation keeps to the one before."""
    with writing(engine) as session:
        cohort = session.get_one(CohortTable, "winter")
        earlier = ProgramVersionTable(
            cohort="winter", version=1, program=cohort.program, replaced_at=NOW
        )
        session.add(earlier)
        cohort.program = {**cohort.program, "version": 2, "coordinator": "cem"}
        session.get_one(RotationTable, state.rotation).program_version = 1


def test_who_coordinated_an_earlier_version_is_erased_when_nothing_that_runs_keeps_to_it(
    engine: Engine,
) -> None:
    state = visited(engine)
    _coordinated_in_an_earlier_version(engine, state)
    with writing(engine) as session:
        session.get_one(RotationTable, state.rotation).stage = "shadowing-day"
    with pytest.raises(Refused, match="keeps to version 1 in cohort winter"):
        Erasing(engine).refuse(MANAGER)
    with writing(engine) as session:
        session.get_one(RotationTable, state.rotation).stage = Ending.WITHDRAWN.value

    Erasing(engine).erase(MANAGER, NOW + timedelta(days=400))

    with reading(engine) as session:
        earlier = session.get_one(ProgramVersionTable, ("winter", 1))
    assert earlier.program["coordinator"] == "cem"


def test_nothing_new_is_kept_of_an_erased_person(engine: Engine) -> None:
    state = visited(engine)
    Erasing(engine).erase(LEADER, state.steps[-1].ends)

    with writing(engine) as session, pytest.raises(Refused, match="was erased"):
        VAULT.seal(session, LEADER, "new words")
    with reading(engine) as session:
        facts = session.get_one(PersonTable, LEADER).facts
    assert (facts["hours"], facts["manager"], facts["away"]) == ([], None, [])


def test_erasing_forgets_that_a_visit_to_the_kiosk_was_ended(engine: Engine) -> None:
    load_folder(engine, a_folder(), dry_run=False, now=NOW)
    with writing(engine) as session:
        session.add(KioskLeftTable(person="P-0007", until=NOW))

    Erasing(engine).erase("P-0007", NOW)

    with reading(engine) as session:
        assert session.get(KioskLeftTable, "P-0007") is None
