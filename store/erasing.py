"""Erasing a person: their key, their words and their name go; counts and decisions stay.

What they wrote can't be read by anybody from then on, also not from a copy of the database, because
the key that opens it is gone. What others did stays, in pseudonyms.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.insights import Summary
from domain.people import Person
from domain.policy import PolicyState
from domain.rotation import SETTLED, RotationState
from domain.touching import Touches
from domain.value import Value
from store.audit import note
from store.changecounts import owed_in_person
from store.database import writing
from store.heard_quarters import forget_facts
from store.learnings import empty_insights
from store.people import OVER
from store.rituals import unseat
from store.tables.changes import ConcernTable, PolicyTable, ReceiptTable
from store.tables.installation import FeedTable, LoginLinkTable, SessionTable
from store.tables.learning import QuickTestTable, SummaryTable, TensionTable
from store.tables.mail import (
    AliasTable,
    InviteTable,
    OutboxTable,
    ProposedTimeTable,
    RawMailTable,
    SinkTable,
)
from store.tables.people import (
    CohortTable,
    GoalTable,
    PersonKeyTable,
    PersonTable,
    ProgramVersionTable,
    ProxyTable,
    TeamMemberTable,
    TeamTable,
)
from store.tables.planning import (
    CalendarSourceTable,
    CalendarTable,
    PlannedRotationTable,
    UnavailableTable,
)
from store.tables.rotations import ASKING, ExposureToldTable, OccasionTable, RotationTable
from store.tables.voices import KioskCodeTable, KioskLeftTable, ReadingCodeTable, VoiceTable
from store.tables.words import (
    DocumentTable,
    ExerciseEntryTable,
    ExerciseSealTable,
    NeedTable,
    ObservationTable,
    ReviewPackTable,
    TeamFiguresTable,
)

ERASED = "somebody who was erased"
"""What pages call such a person."""

GONE = "(erased at the writer's wish)"
"""What stands where their words were."""


class Erased(Value):
    """How much was erased; mails are those to the person and those of others that named them."""

    writings: int
    mails: int
    calendars: int
    file_is_new: bool = True
    """False where another process kept SQLite's file from being written anew: bytes of it may be left."""


class Erasing:
    """Erases people; ``now`` is the moment of the wish (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def refuse(self, person: str) -> None:
        """Raise Refused, saying what has to happen first, while a process still counts on the person."""
        with writing(self._engine) as session:
            _refuse(session, person)

    def erase(self, person: str, now: datetime) -> Erased:
        """Erase somebody for good; raises Refused while a process still counts on them.

        Erasing again changes nothing.
        """
        with writing(self._engine) as session:
            _refuse(session, person)
            row = session.get_one(PersonTable, person)
            found = Erased(
                writings=_forget_words(session, person),
                mails=_forget_mails(session, row),
                calendars=_forget_calendars(session, person),
            )
            _forget_access(session, row)
            _forget_proxies(session, person)
            _forget_name(session, row, now)
            unseat(session, person, now)
            note(session, now, None, f"{person} was erased")
        return found.model_copy(update={"file_is_new": self._file_is_new()})

    def _file_is_new(self) -> bool:
        """SQLite keeps deleted bytes in free pages until the file is written anew."""
        if self._engine.dialect.name != "sqlite":
            return True
        opened = self._engine.raw_connection()
        try:
            cursor = opened.cursor()
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            busy, *_ = cursor.fetchone() or (1,)
        except sqlite3.OperationalError:
            return False
        finally:
            opened.close()
        return not busy


def _refuse(session: Session, person: str) -> None:
    if session.get(PersonTable, person) is None:
        raise NotFound(f"Nobody is known as '{person}'.")
    for why in (_visits, _planned, _asked_about, _changes, _tests, _leads, _coordinates, _leaving):
        for sentence in why(session, person):
            raise Refused(sentence)


def _visits(session: Session, person: str) -> Iterator[str]:
    """Rotations; sessions of rituals and occasions go on without them."""
    query = select(RotationTable.state).where(
        RotationTable.ritual == "", RotationTable.state.is_not(None)
    )
    for state in map(RotationState.model_validate, session.scalars(query)):
        open_steps = () if state.ending else (s for s in state.steps if s.phase not in SETTLED)
        if state.participant == person and not state.ending:
            yield f"{person} is in rotation {state.rotation}. Withdraw it first."
        elif any(a.person == person for step in open_steps for a in step.attendees):
            yield f"{person} is expected in rotation {state.rotation}, which is under way."
        elif not state.ending and any(gate.person == person for gate in state.open_gates):
            yield f"{person} is asked for a consent in rotation {state.rotation}, which is under way."


def _planned(session: Session, person: str) -> Iterator[str]:
    """Rotations that are planned, but don't run yet, have no state."""
    to_begin = RotationTable.ritual == "", RotationTable.state.is_(None)
    for row in session.scalars(select(RotationTable).where(*to_begin)):
        query = select(PlannedRotationTable.body).where(PlannedRotationTable.rotation == row.id)
        body = session.scalar(query.order_by(PlannedRotationTable.plan.desc()).limit(1)) or {}
        expected = {a["person"] for step in body.get("steps", ()) for a in step["attendees"]}
        if person in {row.participant, *expected}:
            yield (
                f"{person} is planned in rotation {row.id} of cohort {row.cohort}, which has not "
                "begun. Let it begin and withdraw it, or plan the cohort without them."
            )


def _asked_about(session: Session, person: str) -> Iterator[str]:
    for row in session.scalars(select(OccasionTable).where(OccasionTable.phase == ASKING)):
        if person in row.people:
            yield f"Whether {person} is invited to {row.kind} is still open ({row.id}). Answer that first."


def _changes(session: Session, person: str) -> Iterator[str]:
    for row in session.scalars(select(PolicyTable)):
        begun = PolicyState.model_validate(row.state) if row.state else None
        if row.proposal["owner"] == person and not (begun and begun.over):
            yield f"{person} decides the change {row.id}. Hand it over first."


def _tests(session: Session, person: str) -> Iterator[str]:
    theirs = (QuickTestTable.person == person) | (QuickTestTable.owner == person)
    for row in session.scalars(
        select(QuickTestTable).where(theirs, QuickTestTable.next_at.is_not(None))
    ):
        yield f"{person} is awaited in the test {row.id}, which ends by itself. Try again after that."


def _leads(session: Session, person: str) -> Iterator[str]:
    for team in session.scalars(select(TeamTable)):
        if team.facts["lead"] == person:
            yield f"{person} leads {team.ref}. Give the team another lead first."


def _coordinates(session: Session, person: str) -> Iterator[str]:
    key = session.get_one(PersonTable, person).key
    for cohort in session.scalars(select(CohortTable)):
        if cohort.program["coordinator"] == key:
            yield f"{person} coordinates cohort {cohort.key}. Name another coordinator first."
    for earlier in _coordinated_before(session, key):
        followed = select(RotationTable.id).where(
            RotationTable.cohort == earlier.cohort,
            RotationTable.program_version == earlier.version,
            RotationTable.stage.not_in(OVER),
        )
        if session.scalars(followed.limit(1)).first():
            yield (
                f"{person} coordinates what keeps to version {earlier.version} in cohort "
                f"{earlier.cohort}. Let it take a newer version over (sojourn program activate "
                "--running), or wait until it is over."
            )


def _coordinated_before(session: Session, key: str) -> list[ProgramVersionTable]:
    versions = session.scalars(select(ProgramVersionTable))
    return [one for one in versions if one.program["coordinator"] == key]


def _leaving(session: Session, person: str) -> Iterator[str]:
    """What is sent after an erasure would keep the name for good."""
    row = session.get_one(PersonTable, person)
    waiting = select(OutboxTable).where(
        OutboxTable.state == "waiting", OutboxTable.person != person
    )
    names = [] if row.erased_at else [one for one in (row.name, row.email) if one]
    if any(_names(mail.raw, names) for mail in session.scalars(waiting)):
        yield f"Mails that name {person} are about to leave. Try again when they have."


def _forget_words(session: Session, person: str) -> int:
    """Empty what they wrote, keep that they did; without the key, copies of it stay closed."""
    count = 0
    sealed: tuple[tuple[Any, dict[str, object]], ...] = (
        (DocumentTable, {"sealed": b""}),
        (ObservationTable, {"sealed": b""}),
        (ExerciseEntryTable, {"sealed": b"", "mark": "", "reader": "writer"}),
        (ReviewPackTable, {"sealed": b""}),
        (ConcernTable, {"text": GONE}),
        (TensionTable, {"one": GONE, "other": GONE, "initiative": ""}),
        (VoiceTable, {"sealed": b"", "passed_on": None, "awaits_force": False}),
    )
    for table, values in sealed:
        done = session.execute(update(table).where(table.person == person).values(values))
        count += done.rowcount  # type: ignore[attr-defined]
    count += _forget_tests(session, person)
    mine = select(RotationTable.id).where(RotationTable.participant == person)
    for row in session.scalars(select(SummaryTable).where(SummaryTable.rotation.in_(mine))):
        summary = Summary.model_validate(row.body)
        gone = {"text": GONE, "touches": Touches()}
        things = tuple(i.model_copy(update=gone) for i in summary.insights)
        emptied = summary.model_copy(update={"words": GONE, "insights": things})
        row.body, count = emptied.model_dump(mode="json"), count + 1
    empty_insights(session, session.scalars(mine).all(), GONE)
    for table in (
        PersonKeyTable,
        ReadingCodeTable,
        ExerciseSealTable,
        TeamFiguresTable,
        ExposureToldTable,
        KioskCodeTable,
        KioskLeftTable,
        NeedTable,
    ):
        session.execute(delete(table).where(table.person == person))
    session.execute(delete(ReceiptTable).where(ReceiptTable.person == person, owed_in_person()))
    for goal in session.scalars(select(GoalTable).where(GoalTable.person == person)):
        goal.facts, count = {**goal.facts, "text": GONE, "seen_by": GONE}, count + 1
    return count


def _forget_tests(session: Session, person: str) -> int:
    """What they tried keeps its figures, and what others learnt by it."""
    count = 0
    for row in session.scalars(select(QuickTestTable).where(QuickTestTable.person == person)):
        row.draft, count = {}, count + 1
        if row.body:
            gone = dict.fromkeys(("hypothesis", "adjustment", "cost", "metric"), GONE)
            row.body = {**row.body, **gone}
    learnt = (QuickTestTable.owner == person) & (QuickTestTable.learnt != "")
    done = session.execute(update(QuickTestTable).where(learnt).values(learnt=GONE))
    return count + int(done.rowcount)  # type: ignore[attr-defined]


def _forget_mails(session: Session, row: PersonTable) -> int:
    """Empty every mail from them, to them, and to others that names them; return how many those were."""
    names = [] if row.erased_at else [one for one in (row.name, row.email) if one]
    count = _forget_incoming(session, row.ref, names) + _forget_sent(session, row.ref, names)
    mine = InviteTable.person == row.ref
    session.execute(update(InviteTable).where(mine).values(address=None))
    for kept in session.scalars(select(SinkTable)):
        if kept.recipient == row.email or _names(kept.raw, names):
            session.delete(kept)
    return count


def _forget_incoming(session: Session, person: str, names: list[str]) -> int:
    uids = set(session.scalars(select(InviteTable.uid).where(InviteTable.person == person)))
    sent = set(session.scalars(select(OutboxTable.number).where(OutboxTable.person == person)))
    proposed = update(ProposedTimeTable).where(ProposedTimeTable.uid.in_(uids))
    session.execute(proposed.values(comment=""))
    count = 0
    for mail in session.scalars(select(RawMailTable)):
        theirs = mail.uid in uids or mail.answers in sent
        if (mail.raw or mail.said) and (theirs or _names(mail.raw, names)):
            mail.raw, mail.said, count = b"", "", count + 1
    return count


def _forget_sent(session: Session, person: str, names: list[str]) -> int:
    count = 0
    for mail in session.scalars(select(OutboxTable)):
        theirs = mail.person == person
        if mail.raw and (theirs or _names(mail.raw, names)):
            mail.raw, mail.asks, count = b"", None, count + 1
        if theirs:
            mail.recipient = mail.reply = ""
            mail.state = "withdrawn" if mail.state == "waiting" else mail.state
    return count


def _names(raw: bytes, names: Iterable[str]) -> bool:
    """Whether a mail says one of the names, however it is encoded."""
    mail = message_from_bytes(raw, policy=default)
    parts = [
        str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"
    ]
    said = "\n".join([*(str(value) for value in mail.values()), *parts]).replace("\r\n ", "")
    return any(name in said for name in names)


def _forget_calendars(session: Session, person: str) -> int:
    count = 0
    for table in (CalendarTable, CalendarSourceTable, UnavailableTable):
        done = session.execute(delete(table).where(table.person == person))
        count += done.rowcount  # type: ignore[attr-defined]
    return count


def _forget_access(session: Session, row: PersonTable) -> None:
    for table in (LoginLinkTable, SessionTable):
        session.execute(delete(table).where(table.who.in_((row.ref, row.key, row.name))))
    session.execute(delete(FeedTable).where(FeedTable.whose == row.ref))
    session.execute(delete(AliasTable).where(AliasTable.person == row.ref))


def _forget_proxies(session: Session, person: str) -> None:
    """Nobody answers for them, and they answer for nobody; who chose them keeps their own word: nobody."""
    session.execute(delete(ProxyTable).where(ProxyTable.person == person))
    session.execute(update(ProxyTable).where(ProxyTable.proxy == person).values(proxy=None))
    named = PersonTable.facts["proxy"].as_string() == person
    for row in session.scalars(select(PersonTable).where(named)):
        row.facts = {**row.facts, "proxy": None}


def _forget_name(session: Session, row: PersonTable, now: datetime) -> None:
    """What planning needs of anybody stays: a zone and a country."""
    for team in session.scalars(select(TeamTable)):
        colleagues = [one for one in team.facts["frontline"] if one != row.ref]
        team.facts = {**team.facts, "frontline": colleagues}
    known = Person.model_validate(row.facts)
    forget_facts(session, known)
    nobody = Person(
        ref=row.ref,
        key=f"erased-{row.ref.removeprefix('P-')}",
        name=ERASED,
        email=None,
        zone=known.zone,
        country=known.country,
        hours=(),
        team="",
    )
    for earlier in _coordinated_before(session, row.key):
        new = session.get_one(CohortTable, earlier.cohort).program["coordinator"]
        earlier.program = {**earlier.program, "coordinator": new}
    row.key, row.name, row.email, row.erased_at = nobody.key, nobody.name, None, now
    row.facts = nobody.model_dump(mode="json")
    session.execute(delete(TeamMemberTable).where(TeamMemberTable.person == row.ref))
