"""Needs: what would make a step work is read by the coordinator alone, marked as arranged, and let go of."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.rotation import Ending, RotationState
from store.database import reading, writing
from store.erasing import Erasing
from store.needs import KEPT, LONGEST_NEED, Needs
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.installation import AuditTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable, PersonTable
from store.tables.voices import ReadingCodeTable
from store.tables.words import NeedTable
from tests.builders import ANA, LEAD, LEADER, MANAGER
from tests.integration.store.world import (
    NOW,
    VAULT,
    JsonComposer,
    PlainLinks,
    all_leave,
    carry_out,
    invites,
    inviting,
    mails,
    the_step,
)

SESSION = "listening-session"
WORDS = "A way without steps, please"
LATER = NOW + timedelta(minutes=5)
HOUR = timedelta(hours=1)
COORDINATOR = MANAGER
"""The program's coordinator is the boss."""


def needs(engine: Engine) -> Needs:
    codes = ReadingCodes(VAULT, JsonComposer(), PlainLinks())
    return Needs(engine, VAULT, JsonComposer(), PlainLinks(), codes)


def uid_of(engine: Engine, person: str = ANA) -> str:
    return next(row.uid for row in invites(engine, SESSION) if row.person == person)


def invited(engine: Engine) -> tuple[RotationState, str]:
    return inviting(engine, SESSION), uid_of(engine)


def told(engine: Engine) -> list[str]:
    return [mail["reader_name"] for mail in mails(engine) if mail.get("kind") == "read-need"]


def code_of(engine: Engine, uid: str) -> str:
    needs(engine).ask_code(uid, COORDINATOR, NOW)
    with reading(engine) as session:
        sealed = session.get_one(ReadingCodeTable, COORDINATOR).sealed or b""
        return VAULT.open(session, COORDINATOR, sealed)


def open_it(engine: Engine, uid: str) -> None:
    needs(engine).read(uid, COORDINATOR, code_of(engine, uid), NOW)


def coordinated_by(engine: Engine, key: str) -> None:
    """Somebody else looks after the program by now."""
    with writing(engine) as session:
        (row,) = session.scalars(select(CohortTable))
        row.program = {**row.program, "coordinator": key}


def revise(engine: Engine, state: RotationState, by: timedelta) -> None:
    """The next revision of the session, so much later."""
    step = the_step(state, SESSION)
    changes = {"starts": step.starts + by, "ends": step.ends + by, "revision": step.revision + 1}
    moved = state.with_step(step.model_copy(update=changes))
    newest = moved.model_copy(update={"version": state.version + 1})
    carry_out(engine, newest, Errand(kind=ErrandKind.INVITE, step=SESSION), now=LATER)


def meets_at(engine: Engine, where: str) -> None:
    """The program has the session somewhere else by now."""
    with writing(engine) as session:
        (row,) = session.scalars(select(CohortTable))
        steps = [
            {**step, "where": where} if step["key"] == SESSION else step
            for step in row.program["steps"]
        ]
        row.program = {**row.program, "steps": steps}


def test_the_coordinator_hears_that_there_is_something_and_not_what(engine: Engine) -> None:
    state, uid = invited(engine)

    assert needs(engine).say(uid, WORDS, NOW)

    assert told(engine) == ["Boss"]
    (letter,) = (mail for mail in mails(engine) if mail.get("kind") == "read-need")
    assert letter["url"] == f"http://127.0.0.1/need/{COORDINATOR}/{uid}"
    assert "Ana" not in str(letter)
    own = needs(engine).own(uid)
    assert own
    assert (own.reader_name, own.written_at, own.arranged_at) == ("Boss", NOW, None)
    with reading(engine) as session:
        written = [row.raw for row in session.scalars(select(OutboxTable))]
        said = [row for row in session.scalars(select(AuditTable)) if row.rotation]
        rows = session.scalars(select(NeedTable)).all()
    kept = [*written, *(row.sealed for row in rows), str([one.sentence for one in said]).encode()]
    assert not [raw for raw in kept if WORDS.encode() in raw]
    assert not [one for one in said if "coordinator" in one.sentence]
    assert state.rotation not in str(rows)


def test_a_code_opens_it_to_the_coordinator_and_nobody_else(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    closed = needs(engine).page(uid, COORDINATOR)
    assert (closed.name, closed.words) == ("", "")
    code = code_of(engine, uid)

    for stranger in (ANA, LEADER):
        with pytest.raises(NotFound):
            needs(engine).read(uid, stranger, code, NOW)
        with pytest.raises(NotFound):
            needs(engine).arrange(uid, stranger, NOW, NOW)
    opened = needs(engine).read(uid, COORDINATOR, code, NOW)

    assert (opened.name, opened.words) == ("Ana", WORDS)
    with pytest.raises(Refused, match=WRONG_CODE[:20]):
        needs(engine).read(uid, COORDINATOR, code, NOW)


def test_who_wrote_sees_that_it_is_arranged_and_may_ask_anew(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    open_it(engine, uid)

    needs(engine).arrange(uid, COORDINATOR, NOW, NOW)
    own = needs(engine).own(uid)
    assert own
    assert own.arranged_at == NOW
    needs(engine).say(uid, "And a quiet place", LATER)

    own = needs(engine).own(uid)
    assert own
    assert own.arranged_at is None
    assert len(told(engine)) == 2


def test_words_that_nobody_has_read_are_told_of_once_and_read_ones_again(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    needs(engine).say(uid, "No early start", LATER)
    assert len(told(engine)) == 1

    open_it(engine, uid)
    needs(engine).say(uid, "And a quiet place", LATER + HOUR)

    assert len(told(engine)) == 2


@pytest.mark.parametrize("arranged", [False, True])
def test_what_was_taken_back_and_said_again_is_told_of_again(
    engine: Engine, arranged: bool
) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    if arranged:
        open_it(engine, uid)
        needs(engine).arrange(uid, COORDINATOR, NOW, NOW)
    needs(engine).say(uid, "", NOW)

    needs(engine).say(uid, WORDS, LATER)

    assert len(told(engine)) == 2


def test_who_looks_after_the_program_next_is_told_once(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    needs(engine).ask_again(LATER)
    assert told(engine) == ["Boss"]

    coordinated_by(engine, "lead")
    for hours in range(2):
        needs(engine).ask_again(LATER + hours * HOUR)

    assert told(engine) == ["Boss", "Lead"]
    assert needs(engine).page(uid, LEAD)


def test_nobody_is_told_of_what_is_arranged_or_over(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    (ends,) = {row.ends for row in invites(engine, SESSION)}
    coordinated_by(engine, "lead")
    needs(engine).ask_again(ends)
    coordinated_by(engine, "boss")
    open_it(engine, uid)
    needs(engine).arrange(uid, COORDINATOR, NOW, NOW)
    coordinated_by(engine, "lead")

    needs(engine).ask_again(LATER)

    assert told(engine) == ["Boss"]


def test_only_what_was_read_is_arranged(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    with pytest.raises(Refused, match="has changed"):
        needs(engine).arrange(uid, COORDINATOR, NOW, NOW)
    open_it(engine, uid)
    needs(engine).say(uid, "No early start", LATER)
    with pytest.raises(Refused, match="has changed"):
        needs(engine).arrange(uid, COORDINATOR, LATER, LATER)

    open_it(engine, uid)
    with pytest.raises(Refused, match="has changed"):
        needs(engine).arrange(uid, COORDINATOR, NOW, LATER)
    needs(engine).arrange(uid, COORDINATOR, LATER, LATER)

    own = needs(engine).own(uid)
    assert own
    assert own.arranged_at == LATER


def test_it_is_taken_back_where_nobody_can_read_it_any_more(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    coordinated_by(engine, "ana")
    own = needs(engine).own(uid)
    assert own
    assert own.reader_name == ""

    assert not needs(engine).say(uid, "", LATER)

    assert needs(engine).own(uid) is None


def test_it_is_taken_back_by_saying_nothing(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)

    assert not needs(engine).say(uid, "", NOW)

    with pytest.raises(NotFound):
        needs(engine).page(uid, COORDINATOR)
    with pytest.raises(Refused, match="1001"):
        needs(engine).say(uid, "x" * (LONGEST_NEED + 1), NOW)


def test_it_goes_a_month_after_the_step(engine: Engine) -> None:
    _, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    (ends,) = {row.ends for row in invites(engine, SESSION)}

    needs(engine).forget(ends + KEPT)
    assert needs(engine).page(uid, COORDINATOR)
    needs(engine).forget(ends + KEPT + timedelta(seconds=1))

    with pytest.raises(NotFound):
        needs(engine).page(uid, COORDINATOR)


def test_nobody_writes_where_nobody_could_read_it(engine: Engine) -> None:
    state = inviting(engine, SESSION, "goal-talk")
    (own,) = (row.uid for row in invites(engine, "goal-talk") if row.person == COORDINATOR)
    assert needs(engine).own(own) is None
    with pytest.raises(Refused, match="Nobody could read this"):
        needs(engine).say(own, WORDS, NOW)
    uid = uid_of(engine)
    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))
    with pytest.raises(Refused, match="Nobody could read this"):
        needs(engine).say(uid, WORDS, NOW)


@pytest.mark.parametrize(("later", "where"), [(HOUR, ""), (timedelta(), "Another house")])
def test_it_is_asked_anew_for_another_time_or_place(
    engine: Engine, later: timedelta, where: str
) -> None:
    state, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    open_it(engine, uid)
    needs(engine).arrange(uid, COORDINATOR, NOW, NOW)

    meets_at(engine, where)
    revise(engine, state, later)

    own = needs(engine).own(uid)
    assert own
    assert own.arranged_at is None
    assert told(engine) == ["Boss", "Boss"]
    with pytest.raises(Refused, match="has changed"):
        needs(engine).arrange(uid, COORDINATOR, NOW, LATER)


def test_it_stays_arranged_when_nothing_of_the_meeting_changes(engine: Engine) -> None:
    state, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    open_it(engine, uid)
    needs(engine).arrange(uid, COORDINATOR, NOW, NOW)

    revise(engine, state, timedelta())
    needs(engine).ask_again(LATER)

    own = needs(engine).own(uid)
    assert own
    assert own.arranged_at == NOW
    assert told(engine) == ["Boss"]


def test_it_goes_with_its_writer_to_the_invite_that_comes_in_its_place(engine: Engine) -> None:
    state, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    with writing(engine) as session:
        row = session.get_one(PersonTable, ANA)
        row.email, row.facts = "ana@elsewhere.org", {**row.facts, "email": "ana@elsewhere.org"}

    revise(engine, state, timedelta())

    newer = uid_of(engine)
    assert newer != uid
    assert told(engine) == ["Boss", "Boss"]
    assert needs(engine).page(newer, COORDINATOR)
    with pytest.raises(NotFound):
        needs(engine).page(uid, COORDINATOR)


def test_it_goes_when_its_step_is_called_off(engine: Engine) -> None:
    state, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)

    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    with reading(engine) as session:
        assert session.scalars(select(NeedTable)).all() == []
    assert not needs(engine).say(uid, "", NOW)


def test_erasing_its_writer_destroys_it(engine: Engine) -> None:
    state, uid = invited(engine)
    needs(engine).say(uid, WORDS, NOW)
    ended = {"ending": Ending.WITHDRAWN, "version": state.version + 1}
    carry_out(engine, state.model_copy(update=ended))
    all_leave(engine)

    Erasing(engine).erase(ANA, NOW)

    with reading(engine) as session:
        assert session.scalars(select(NeedTable)).all() == []
    with pytest.raises(NotFound):
        needs(engine).page(uid, COORDINATOR)
