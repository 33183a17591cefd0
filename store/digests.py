"""What a cohort learnt, once a month by mail: tests that were closed and changes that were decided, each told once."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.language import Language
from domain.moments import zone_of
from domain.policy import Disposition, PolicyState, Verdict
from domain.ports import Composer
from domain.program import Card, Program
from domain.proposal import Proposal
from domain.rotation import Ending, RotationState
from store.audit import note
from store.database import reading, writing
from store.people import people, rotations_of, teams
from store.posting import write_to
from store.quicktestrows import quick_test_of
from store.rulings import DECISIONS, TEST_VERDICTS
from store.tables.changes import DigestTable, PolicyTable
from store.tables.learning import QuickTestTable
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable

MOST_TOLD = 30
"""Tests, and changes, of one letter; what is more comes a month later."""


class Digests:
    """Writes the letters; ``now`` is the moment of looking (UTC)."""

    def __init__(self, engine: Engine, composer: Composer) -> None:
        self._engine = engine
        self._composer = composer

    def send(self, now: datetime) -> int:
        """Write what is new in each cohort with the card, at the first look of a month in its zone.

        Returns how many letters were written; none where nothing is new. Looking again, by whichever
        process, tells nothing twice.
        """
        with reading(self._engine) as session:
            programs = [
                program
                for row in session.scalars(select(CohortTable))
                for program in [Program.model_validate(row.program)]
                if Card.DIGEST in program.cards and not _was_sent(session, program, now)
            ]
        return sum(self._send(program, now) for program in programs)

    def _send(self, program: Program, now: datetime) -> int:
        month = _month(program, now)
        with writing(self._engine) as session:
            if _was_sent(session, program, now):
                return 0
            session.add(DigestTable(cohort=program.cohort, month=month, at=now))
            tests, changes = _closed(session, program.cohort), _decided(session, program.cohort)
            for test in tests:
                test.told_in = month
            for change in changes:
                change.told_in = month
            if not tests and not changes:
                return 0
            note(session, now, None, f"{program.cohort} was told what was learnt, {month}")
            lines = {one: tuple(_lines(tests, changes, one)) for one in Language}
            return sum(
                self._write(session, program, person, month, lines, now)
                for person in _readers(session, program.cohort)
            )

    def _write(
        self,
        session: Session,
        program: Program,
        person: str,
        month: str,
        lines: dict[Language, tuple[str, ...]],
        now: datetime,
    ) -> bool:
        reader, kind = people(session)[person], LetterKind.DIGEST
        return write_to(
            session,
            self._composer,
            program,
            reader,
            kind,
            f"{program.cohort}:{kind.value}:{month}:{person}",
            {"program": program.name},
            now,
            lines=lines[reader.language_in(program.language)],
        )


def _month(program: Program, now: datetime) -> str:
    return f"{now.astimezone(zone_of(program.zone)):%Y-%m}"


def _was_sent(session: Session, program: Program, now: datetime) -> bool:
    return session.get(DigestTable, (program.cohort, _month(program, now))) is not None


def _closed(session: Session, cohort: str) -> list[QuickTestTable]:
    query = (
        select(QuickTestTable)
        .join(RotationTable, RotationTable.id == QuickTestTable.rotation)
        .where(
            RotationTable.cohort == cohort,
            QuickTestTable.closed_at.is_not(None),
            QuickTestTable.told_in.is_(None),
        )
        .order_by(QuickTestTable.closed_at, QuickTestTable.id)
    )
    return list(session.scalars(query.limit(MOST_TOLD)))


def _decided(session: Session, cohort: str) -> list[PolicyTable]:
    query = (
        select(PolicyTable)
        .where(
            PolicyTable.cohort == cohort,
            PolicyTable.decided_at.is_not(None),
            PolicyTable.told_in.is_(None),
        )
        .order_by(PolicyTable.decided_at, PolicyTable.id)
    )
    return list(session.scalars(query.limit(MOST_TOLD)))


def _lines(
    tests: list[QuickTestTable], changes: list[PolicyTable], language: Language
) -> Iterator[str]:
    for row in tests:
        verdict = TEST_VERDICTS[language][Verdict(row.verdict or Verdict.NOT_MEASURED)]
        yield " ".join(
            part for part in (quick_test_of(row).adjustment, verdict, row.learnt) if part
        )
    for change in changes:
        decided = PolicyState.model_validate(change.state).disposition or Disposition.DECLINED
        title = Proposal.model_validate(change.proposal).title
        yield f"{title}: {DECISIONS[language][decided]} {change.reason}".strip()


def _readers(session: Session, cohort: str) -> tuple[str, ...]:
    """The participants, and the leads of the teams they visit, of rotations that were not given up."""
    found: dict[str, None] = {}
    for row in session.scalars(rotations_of(cohort).where(RotationTable.state.is_not(None))):
        state = RotationState.model_validate(row.state)
        if state.ending in {None, Ending.COMPLETED}:
            leads = (teams(session)[host].lead for host in state.hosts)
            found |= dict.fromkeys((state.participant, *leads))
    return tuple(found)
