"""Quick tests of insights: drafted and started by their participant, closed by who looks after them or by time.

Each saying is one transaction. ``now`` is always the moment it was said or looked at (UTC).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.insights import InsightTag
from domain.moments import short_time, whole_day, zone_of
from domain.policy import Verdict
from domain.ports import Composer, Links
from domain.program import RESULTS_REVIEW, Card, Program
from domain.quicktests import (
    Course,
    CourseErrand,
    Draft,
    InsightState,
    as_test,
    what_is_missing,
)
from domain.rotation import RotationState
from domain.sessionmoves import FEWEST
from domain.value import Moment, Value
from domain.verdicts import refuse_verdict
from store.audit import note
from store.chains import record_hypothesis, record_result
from store.chance import UNGUESSABLE, short_id
from store.database import reading, writing
from store.occasions import Occasions
from store.pages import Named
from store.people import (
    host_of,
    people,
    possible_owners,
    program_followed,
    program_of,
    state_of,
    step_of,
    teams,
)
from store.quicktestletters import QuickTestLetters
from store.quicktestrows import (
    QuickTestRow,
    course_of,
    evidence_of,
    insight_row,
    quick_test_of,
    quick_test_row,
    shown,
    standing_of,
    started_tests,
    step_key,
)
from store.reminding import withdraw_owners_reminders
from store.tables.learning import InsightTable, QuickTestTable
from store.tables.people import PersonTable
from store.tables.rotations import OccasionTable
from store.tables.words import ObservationTable
from store.vault import Vault

AT_ONCE = 200
"""Tests that one look carries on; the next look goes on with the rest."""

LONGEST_LEARNT = 2000
"""Characters."""


class NoteRow(Value):
    """That something was observed, without its words."""

    id: str
    tag: InsightTag
    noted_at: Moment


class Offered(Value):
    """An insight that its participant may test."""

    insight: str
    step: str
    """Of the summary that it comes from."""
    text: str
    state: InsightState


class TryPage(Value):
    """What the signed page of an insight shows to the participant who may test it."""

    text: str
    team_name: str
    zone: str
    state: InsightState
    tests: tuple[QuickTestRow, ...]
    """Those that have started, the oldest first."""
    draft: Draft
    notes: tuple[NoteRow, ...]
    owners: tuple[Named, ...]

    @property
    def running(self) -> QuickTestRow | None:
        return next((one for one in self.tests if not one.closed_at), None)


class ResultPage(Value):
    """What the signed page of a test shows to who looks after it."""

    text: str
    team_name: str
    zone: str
    participant_name: str
    test: QuickTestRow


class Tried(Value):
    """A closed test with what it was about."""

    text: str
    team_name: str
    test: QuickTestRow


class QuickTests:
    """Keeps, starts, watches over and closes tests."""

    def __init__(
        self,
        engine: Engine,
        vault: Vault,
        composer: Composer,
        links: Links,
        base_url: str,
        occasions: Occasions,
        chance: Random = UNGUESSABLE,
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links
        self._occasions = occasions
        self._page = f"{base_url.rstrip('/')}/learnings"
        self._chance = chance

    def offered(self, rotation: str, person: str) -> tuple[Offered, ...]:
        """Return the insights that a person may test: the participant, where the program has the card."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            if person != state.participant or not _is_on(
                program_followed(session, state.cohort, state.rotation)
            ):
                return ()
            query = select(InsightTable).where(InsightTable.rotation == rotation)
            rows = session.scalars(query.order_by(InsightTable.number)).all()
            tests = started_tests(session, [row.id for row in rows])
            return tuple(
                Offered(
                    insight=row.id,
                    step=step_key(row.id),
                    text=row.text,
                    state=standing_of(tests.get(row.id, ())).state,
                )
                for row in rows
            )

    def page(self, insight: str, person: str) -> TryPage:
        """Return what the participant may test and has tested; raises NotFound for anybody else."""
        with reading(self._engine) as session:
            row, state, program = _asked(session, insight, person)
            tests = started_tests(session, [insight]).get(insight, [])
            draft = _draft_of(session, insight)
            return TryPage(
                text=row.text,
                team_name=host_of(session, state, step_of(state, step_key(insight)).stop).name,
                zone=program.zone,
                state=standing_of(tests).state,
                tests=tuple(shown(session, tests)),
                draft=Draft.model_validate(draft.draft) if draft else Draft(),
                notes=_notes(session, insight),
                owners=_owners(session, state, insight),
            )

    def keep(
        self, insight: str, person: str, draft: Draft, now: datetime, *, start: bool
    ) -> dict[str, str]:
        """Keep a draft, and start the test when that is wanted and nothing is missing.

        Returns a sentence for each field that keeps it from starting. Raises Refused while a test of
        the insight goes on: what it began with is locked.
        """
        with writing(self._engine) as session:
            row, state, program = _asked(session, insight, person)
            _refuse_another(session, insight, program)
            known = _with_what_is_known(session, state, insight, draft)
            test = _draft_of(session, insight) or QuickTestTable(
                id=short_id(self._chance), insight=insight, rotation=row.rotation, person=person
            )
            test.draft = known.model_dump(mode="json")
            session.add(test)
            missing = what_is_missing(known, now.astimezone(zone_of(program.zone)).date())
            if start and not missing:
                self._start(session, program, test, known, now)
            return missing if start else {}

    def result_page(self, test: str, person: str) -> ResultPage:
        """Return a test for who looks after it; raises Refused for anybody else."""
        with reading(self._engine) as session:
            row = _owned(session, test, person)
            state = state_of(session, row.rotation)
            step = step_of(state, step_key(row.insight))
            (one,) = shown(session, [row])
            return ResultPage(
                text=insight_row(session, row.insight).text,
                team_name=host_of(session, state, step.stop).name,
                zone=program_followed(session, state.cohort, state.rotation).zone,
                participant_name=people(session)[row.person].name,
                test=one,
            )

    def close(
        self,
        test: str,
        person: str,
        measured: float,
        verdict: Verdict,
        learnt: str,
        now: datetime,
    ) -> None:
        """Say what a test showed and what was learnt, which is told to everybody it concerns; the first word stands.

        Where the program has the card of results reviews, they are invited to look at it together.
        """
        words = learnt.strip()
        if len(words) > LONGEST_LEARNT:
            raise Refused(f"Keep it to {LONGEST_LEARNT} characters; it has {len(words)}.")
        with writing(self._engine) as session:
            row = _owned(session, test, person)
            if row.closed_at:
                raise Refused("The result of this test is recorded already.")
            if row.asked_at is None:
                raise Refused("This test still goes on. You are asked for the figure at its end.")
            known = quick_test_of(row)
            refuse_verdict(known.baseline, known.target, measured, verdict)
            if not words:
                raise Refused(
                    "Write in a line what was learnt; it is told to everybody it concerns."
                )
            row.measured, row.learnt = measured, words
            withdraw_owners_reminders(session, test, now)
            self._close(session, row, verdict, now)
            self._review(session, row, now)

    def closed(self, most: int) -> tuple[tuple[Tried, ...], bool]:
        """Return closed tests, the newest first, and whether there are more than so many."""
        query = (
            select(QuickTestTable)
            .where(QuickTestTable.closed_at.is_not(None))
            .order_by(QuickTestTable.closed_at.desc(), QuickTestTable.id)
            .limit(most + 1)
        )
        with reading(self._engine) as session:
            rows = session.scalars(query).all()
            return tuple(_tried(session, rows[:most])), len(rows) > most

    def look_after(self, now: datetime) -> int:
        """Ask for the results of tests that have ended, remind, and close those that nobody measured.

        Returns for how many something was done. Looking again, by whichever process, does nothing twice.
        """
        query = select(QuickTestTable.id).where(QuickTestTable.next_at <= now)
        with reading(self._engine) as session:
            due = session.scalars(query.order_by(QuickTestTable.next_at).limit(AT_ONCE)).all()
        return sum(self._carry_on(test, now) for test in due)

    def _start(
        self,
        session: Session,
        program: Program,
        row: QuickTestTable,
        draft: Draft,
        now: datetime,
    ) -> None:
        test = as_test(draft)
        row.body, row.draft = test.model_dump(mode="json"), {}
        row.owner, row.started_at = test.owner, now
        row.ends_at = whole_day(test.ends_on, program.zone).ends - timedelta(minutes=1)
        row.next_at = Course(ends_at=row.ends_at).next_at
        session.flush()
        record_hypothesis(session, self._vault, row, test, now)
        self._letters(session, row, now).tell_start()
        note(session, now, row.rotation, f"{row.person} started test {row.id} of {row.insight}")

    def _carry_on(self, test: str, now: datetime) -> bool:
        with writing(self._engine) as session:
            row = quick_test_row(session, test)
            errand = course_of(row).due(now) if row.next_at else None
            if errand:
                self._carry_out(session, row, errand, now)
            return errand is not None

    def _carry_out(
        self, session: Session, row: QuickTestTable, errand: CourseErrand, now: datetime
    ) -> None:
        letters = self._letters(session, row, now)
        if errand is CourseErrand.GIVE_UP:
            self._close(session, row, Verdict.NOT_MEASURED, now)
            letters.tell_silence(f"{self._page}#{row.insight}")
            return
        letters.ask_result(reminder=errand is CourseErrand.REMIND)
        if errand is CourseErrand.ASK:
            row.asked_at = now
        else:
            row.reminded_at = now
        row.next_at = course_of(row).next_at

    def _close(
        self, session: Session, row: QuickTestTable, verdict: Verdict, now: datetime
    ) -> None:
        row.verdict, row.closed_at, row.next_at = verdict.value, now, None
        record_result(session, self._vault, row, now)
        self._letters(session, row, now).tell_result()
        note(session, now, row.rotation, f"test {row.id} of {row.insight}: {verdict}")

    def _review(self, session: Session, row: QuickTestTable, now: datetime) -> None:
        """Open the occasion on which a result is looked at, led by who looked after the test; nobody does so alone."""
        cohort = state_of(session, row.rotation).cohort
        owner = quick_test_of(row).owner
        concerned = (owner, *self._letters(session, row, now).concerned)
        coming = _not_erased(session, dict.fromkeys(concerned))
        if RESULTS_REVIEW in program_of(session, cohort).cards and len(coming) >= FEWEST:
            review = self._occasions.open(
                session, cohort, RESULTS_REVIEW, coming, row.id, None, now
            )
            session.get_one(OccasionTable, review).about = row.id

    def _letters(self, session: Session, row: QuickTestTable, now: datetime) -> QuickTestLetters:
        return QuickTestLetters(session, self._composer, self._links, row, now)


def _tried(session: Session, rows: Iterable[QuickTestTable]) -> Iterator[Tried]:
    for one in shown(session, rows):
        insight = insight_row(session, one.insight)
        yield Tried(text=insight.text, team_name=teams(session)[insight.team].name, test=one)


def _is_on(program: Program) -> bool:
    return Card.QUICK_TEST in program.cards


def _asked(
    session: Session, insight: str, person: str
) -> tuple[InsightTable, RotationState, Program]:
    row = insight_row(session, insight)
    state = state_of(session, row.rotation)
    program = program_followed(session, state.cohort, state.rotation)
    if person != state.participant or not _is_on(program):
        raise NotFound("This is not asked of you, or not any more.")
    return row, state, program


def _owned(session: Session, test: str, person: str) -> QuickTestTable:
    row = quick_test_row(session, test)
    if row.owner != person:
        raise Refused("Somebody else looks after this test.")
    return row


def _not_erased(session: Session, refs: Iterable[str]) -> tuple[str, ...]:
    query = select(PersonTable.ref).where(
        PersonTable.ref.in_(refs), PersonTable.erased_at.is_(None)
    )
    left = set(session.scalars(query))
    return tuple(ref for ref in refs if ref in left)


def _draft_of(session: Session, insight: str) -> QuickTestTable | None:
    query = select(QuickTestTable).where(
        QuickTestTable.insight == insight, QuickTestTable.started_at.is_(None)
    )
    return session.scalar(query)


def _refuse_another(session: Session, insight: str, program: Program) -> None:
    for row in started_tests(session, [insight]).get(insight, ()):
        if row.closed_at is None:
            until = short_time(row.ends_at, program.zone)
            raise Refused(
                f"A test of this goes on until {until}. Its figures are locked since it started."
            )


def _with_what_is_known(
    session: Session, state: RotationState, insight: str, draft: Draft
) -> Draft:
    """The draft without notes that are not the insight's, and without an owner who can't be one."""
    notes = {one.id for one in _notes(session, insight)}
    owners = {one.ref for one in _owners(session, state, insight)}
    changes = {
        "notes": tuple(one for one in draft.notes if one in notes),
        "owner": draft.owner if draft.owner in owners else "",
    }
    return draft.model_copy(update=changes)


def _owners(session: Session, state: RotationState, insight: str) -> tuple[Named, ...]:
    return possible_owners(session, state, step_of(state, step_key(insight)).stop)


def _notes(session: Session, insight: str) -> tuple[NoteRow, ...]:
    """The observations that an insight stands on, in the order of their moments."""
    query = select(ObservationTable).where(ObservationTable.id.in_(evidence_of(session, insight)))
    rows = session.scalars(query.order_by(ObservationTable.noted_at, ObservationTable.id))
    return tuple(NoteRow(id=r.id, tag=InsightTag(r.tag), noted_at=r.noted_at) for r in rows)
