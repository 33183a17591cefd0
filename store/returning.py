"""Old answers come back to their writers after as long as their exercise says, each time once."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.ports import Composer, Links
from domain.program import FIGURES, Exercise
from domain.telling import dispatch
from store.asking import asked
from store.database import quietly, reading
from store.letters import LetterDesk, old_answers_key
from store.people import cohorts, programs_of, state_of
from store.tables.mail import OutboxTable
from store.tables.rotations import RotationTable
from store.tables.words import ExerciseEntryTable

PATIENCE = timedelta(days=30)
"""What is this late does not come back any more: nobody was there to send it."""


class _Due(NamedTuple):
    rotation: str
    step: str
    exercise: str
    person: str
    days: int


class Returning:
    """Sends what is due; ``now`` is the moment of looking (UTC)."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def return_answers(self, now: datetime) -> int:
        """Tell everybody whose answers are due that they can read them again; returns how many letters.

        Looking again, by whichever process, sends nothing twice.
        """
        with reading(self._engine) as session:
            due = list(_due(session, now))
        return sum(self._send(one, now) for one in due)

    def _send(self, due: _Due, now: datetime) -> bool:
        with quietly(self._engine) as session:
            if _was_sent(session, due):
                return False
            state = state_of(session, due.rotation)
            if not _can_be_read(session, due):
                return False
            desk = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
            return desk.return_answers(due.person, due.step, due.exercise, due.days)


def _due(session: Session, now: datetime) -> Iterator[_Due]:
    for cohort in cohorts(session):
        for exercise in _ever_asked(session, cohort):
            for length in exercise.returns:
                query = select(ExerciseEntryTable).join(
                    RotationTable, RotationTable.id == ExerciseEntryTable.rotation
                )
                written = ExerciseEntryTable.written_at
                rows = session.scalars(
                    query.where(
                        RotationTable.cohort == cohort,
                        ExerciseEntryTable.exercise == exercise.key,
                        ExerciseEntryTable.complete,
                        ExerciseEntryTable.reader.not_in([one.value for one in FIGURES]),
                        written <= now - length,
                        written > now - length - PATIENCE,
                    )
                )
                found = (_Due(r.rotation, r.step, r.exercise, r.person, length.days) for r in rows)
                yield from (one for one in found if not _was_sent(session, one))


def _ever_asked(session: Session, cohort: str) -> Iterable[Exercise]:
    """The newest version of each exercise that some rotation of a cohort has."""
    earlier_first = reversed(programs_of(session, cohort))
    return {e.key: e for program in earlier_first for e in program.exercises}.values()


def _can_be_read(session: Session, due: _Due) -> bool:
    """Whether the page that the letter leads to opens."""
    try:
        asked(session, due.rotation, due.step, due.exercise, due.person)
    except NotFound:
        return False
    return True


def _was_sent(session: Session, due: _Due) -> bool:
    query = select(OutboxTable.number).where(OutboxTable.key == old_answers_key(*due))
    return session.scalar(query) is not None
