"""What people write in exercises: sealed, a draft until all is there, read by whom the writer chose."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.exercises import is_late, refuse_out_of_time, what_is_missing
from domain.program import Exercise, FieldKind, Program, Reader
from domain.pulse import shown_mean
from domain.rotation import RotationState, StepState
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.people import people, program_followed, programs_of, state_of, step_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables import ExerciseEntryTable, RotationTable
from store.vault import Unreadable, Vault

_COUNTED = frozenset({FieldKind.NUMBER, FieldKind.CHOICE})


class Written(Value):
    """That somebody wrote something, without its words."""

    at: Moment
    complete: bool
    late: bool
    reader: Reader


class ExercisePage(Value):
    """What the signed page of an exercise shows; never any words."""

    exercise: Exercise
    written: Written | None
    why_closed: str
    """The sentence that says why nothing can be written now; empty while it can."""


class SharedEntry(Value):
    """A finished exercise that its writer lets the program read."""

    exercise: Exercise
    writer_name: str
    at: Moment
    late: bool
    answers: dict[str, str]


class Pulse(Value):
    """What the answers to one counted question come to."""

    exercise: str
    title: str
    label: str
    answers: int
    """That the mean is made of; 0 while there are too few."""
    mean: float | None


class _Asked(NamedTuple):
    program: Program
    state: RotationState
    step: StepState
    exercise: Exercise


class Exercises:
    """Keeps and opens what people write; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, codes: ReadingCodes) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes

    def offered(
        self, rotation: str, step: str, person: str, now: datetime
    ) -> tuple[ExercisePage, ...]:
        """Return the exercises that a person is asked around a step, in the order of the cards."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            program, found = _program(session, state), step_of(state, step)
            return tuple(
                self._page(session, state, found, exercise, person, now)
                for exercise in _asked_of(program, found, person)
            )

    def page(
        self, rotation: str, step: str, exercise: str, person: str, now: datetime
    ) -> ExercisePage:
        """Return one exercise; raises NotFound where the person is not asked it."""
        with reading(self._engine) as session:
            asked = _asked(session, rotation, step, exercise, person)
            return self._page(session, asked.state, asked.step, asked.exercise, person, now)

    def keep(
        self,
        rotation: str,
        step: str,
        exercise: str,
        person: str,
        answers: Mapping[str, str],
        reader: Reader,
        now: datetime,
    ) -> dict[str, str]:
        """Keep what was written and return a sentence for each field that is not as it should be.

        Until there is none, it is a draft, which nobody else reads. Raises Refused out of its time.
        """
        with writing(self._engine) as session:
            asked = _asked(session, rotation, step, exercise, person)
            refuse_out_of_time(asked.exercise, asked.step, now)
            if reader not in asked.exercise.readers:
                raise Refused("Choose one of those who may read it.")
            known = {
                field.key: answers.get(field.key, "").strip() for field in asked.exercise.fields
            }
            missing = what_is_missing(asked.exercise, known)
            before = session.get(ExerciseEntryTable, (rotation, step, exercise, person))
            _refuse_to_replace(before, missing)
            words = json.dumps(known, ensure_ascii=False, sort_keys=True)
            row = before or ExerciseEntryTable(
                rotation=rotation, step=step, exercise=exercise, person=person
            )
            row.version, row.reader = asked.exercise.version, reader.value
            row.sealed = self._vault.seal(session, person, words)
            row.mark = self._vault.mark(session, person, words)
            row.complete, row.written_at = not missing, now
            row.late = is_late(asked.exercise, asked.step, now)
            session.add(row)
            said = f"{person} wrote {exercise} (version {row.version}) around {step}"
            note(session, now, rotation, said)
            return missing

    def ask_code(self, rotation: str, step: str, exercise: str, person: str, now: datetime) -> None:
        """Send a code to the writer's own address."""
        with writing(self._engine) as session:
            asked = _asked(session, rotation, step, exercise, person)
            self._codes.send(session, asked.state, step, person, now)

    def own(
        self, rotation: str, step: str, exercise: str, person: str, code: str, now: datetime
    ) -> dict[str, str]:
        """Return what the person wrote, for their own eyes; a code opens it once."""
        with writing(self._engine) as session:
            _asked(session, rotation, step, exercise, person)
            right = self._codes.redeem(session, person, code, now)
            row = session.get(ExerciseEntryTable, (rotation, step, exercise, person))
            words = self._answers(session, row) if right and row else {}
        if not right:
            raise Refused(WRONG_CODE)
        return words

    def shared(self, rotation: str) -> tuple[SharedEntry, ...]:
        """Return the finished exercises of a rotation whose writers let the program read them."""
        query = select(ExerciseEntryTable).where(
            ExerciseEntryTable.rotation == rotation,
            ExerciseEntryTable.reader == Reader.PROGRAM.value,
            ExerciseEntryTable.complete,
        )
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            known = {e.key: e for e in _program(session, state).exercises}
            rows = session.scalars(query.order_by(ExerciseEntryTable.written_at)).all()
            return tuple(
                SharedEntry(
                    exercise=known[row.exercise],
                    writer_name=people(session)[row.person].name,
                    at=row.written_at,
                    late=row.late,
                    answers=answers,
                )
                for row, answers in self._readable(session, rows)
                if row.exercise in known
            )

    def pulse(self, cohort: str) -> tuple[Pulse, ...]:
        """Return what counted answers come to, question by question; small cells stay hidden."""
        with reading(self._engine) as session:
            earlier_last = reversed(programs_of(session, cohort))
            known = {e.key: e for program in earlier_last for e in program.exercises}
            return tuple(
                Pulse(
                    exercise=exercise.key,
                    title=exercise.title,
                    label=field.label,
                    answers=shown.answers if shown else 0,
                    mean=shown.mean if shown else None,
                )
                for exercise in known.values()
                if Reader.COUNTED in exercise.readers
                for given in [list(self._given(session, cohort, exercise.key))]
                for field in exercise.fields
                if field.kind in _COUNTED
                for shown in [shown_mean([float(a[field.key].replace(",", ".")) for a in given])]
            )

    def _given(self, session: Session, cohort: str, exercise: str) -> Iterator[dict[str, str]]:
        query = (
            select(ExerciseEntryTable)
            .join(RotationTable, RotationTable.id == ExerciseEntryTable.rotation)
            .where(
                RotationTable.cohort == cohort,
                ExerciseEntryTable.exercise == exercise,
                ExerciseEntryTable.reader == Reader.COUNTED.value,
                ExerciseEntryTable.complete,
            )
            .order_by(ExerciseEntryTable.written_at, ExerciseEntryTable.person)
        )
        yield from (answers for _, answers in self._readable(session, session.scalars(query).all()))

    def _readable(
        self, session: Session, rows: Iterable[ExerciseEntryTable]
    ) -> Iterator[tuple[ExerciseEntryTable, dict[str, str]]]:
        """Entries with their answers, without those that no key of the installation opens any more."""
        for row in rows:
            with suppress(Unreadable):
                yield row, self._answers(session, row)

    def _answers(self, session: Session, row: ExerciseEntryTable) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._vault.open(session, row.person, row.sealed))
        return found

    def _page(
        self,
        session: Session,
        state: RotationState,
        step: StepState,
        exercise: Exercise,
        person: str,
        now: datetime,
    ) -> ExercisePage:
        row = session.get(ExerciseEntryTable, (state.rotation, step.key, exercise.key, person))
        return ExercisePage(
            exercise=exercise,
            written=_written(row) if row else None,
            why_closed=_why_closed(exercise, step, now),
        )


def _refuse_to_replace(before: ExerciseEntryTable | None, missing: Mapping[str, str]) -> None:
    """What is finished is not made a draft again, and a figure that followed a change would tell it."""
    if before is None or not before.complete:
        return
    if before.reader == Reader.COUNTED.value:
        raise Refused("You have answered this already, and it is counted.")
    if missing:
        raise Refused("What you finished before stays as it is until all of this is there.")


def _asked(session: Session, rotation: str, step: str, exercise: str, person: str) -> _Asked:
    state = state_of(session, rotation)
    program, found = _program(session, state), step_of(state, step)
    mine = (e for e in _asked_of(program, found, person) if e.key == exercise)
    asked = next(mine, None)
    if asked is None:
        raise NotFound("This is not asked of you, or not any more.")
    return _Asked(program, state, found, asked)


def _program(session: Session, state: RotationState) -> Program:
    return program_followed(session, state.cohort, state.rotation)


def _asked_of(program: Program, step: StepState, person: str) -> Iterator[Exercise]:
    seats = [a.seat for a in step.attendees if a.person == person]
    yield from program.exercises_of(program.step(step.key), seats)


def _written(row: ExerciseEntryTable) -> Written:
    return Written(
        at=row.written_at, complete=row.complete, late=row.late, reader=Reader(row.reader)
    )


def _why_closed(exercise: Exercise, step: StepState, now: datetime) -> str:
    try:
        refuse_out_of_time(exercise, step, now)
    except Refused as refused:
        return str(refused)
    return ""
