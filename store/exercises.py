"""What people write in exercises: sealed, a draft until all is there, read by whom the writer chose."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from sqlalchemy import Engine, and_, func, or_, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.exercises import (
    intentions_of,
    is_late,
    refuse_out_of_time,
    what_is_missing,
    who_is_named,
)
from domain.program import FIGURES, Exercise, FieldKind, FormField, Reader, RoleCard, Timing
from domain.pulse import SMALLEST_CELL, shown_mean
from domain.rotation import RotationState
from domain.value import Moment, Value
from store.asking import Asked, all_asked, asked, foreseen_around
from store.attention import A_PAGE
from store.audit import note
from store.database import reading, writing
from store.people import names_met, people, program_followed, programs_of, state_of
from store.predictions import Comparison, compare, refuse_what_was_seen, when_compared
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.rotations import RotationTable
from store.tables.words import ExerciseEntryTable
from store.vault import Unreadable, Vault
from store.written import Seal, as_answers, as_words, readable, record_seal, seal_of

MOST_COUNTED = 250
"""Answers that a mean is made of, the newest: whole cells, so that no single one can be told."""

_SHARED = and_(ExerciseEntryTable.reader == Reader.PROGRAM.value, ExerciseEntryTable.complete)
"""Finished, and read by the program as the writer chose."""

_COUNTED = frozenset({FieldKind.NUMBER, FieldKind.CHOICE})


class Written(Value):
    """That somebody wrote something, without its words."""

    at: Moment
    complete: bool
    late: bool
    reader: Reader


class ExercisePage(Value):
    """What the signed page of an exercise shows; never any words."""

    step: str
    exercise: Exercise
    written: Written | None
    why_closed: str
    """The sentence that says why nothing can be written now; empty while it can."""
    role: RoleCard | None = None
    """That the reader plays and writes from; None where all write as themselves."""
    seal: Seal | None = None
    """Made before the step, of what was finished by then."""
    opens_at: Moment | None = None
    """When predictions are set beside the answers; None where nothing is compared."""
    meant_at: Moment | None = None
    """When the reader last said in this exercise what they would do; None for never."""
    over: bool = False
    """True where it is not asked any more and what was written can only be read."""


class Kept(Value):
    """What became of what was written."""

    missing: dict[str, str]
    """A sentence for each field that is not as it should be, by its key; until there is none, it is a draft."""
    named: bool
    """Whether it seems to name somebody who was met."""
    stays: bool = False
    """True where something finished stands there, which no draft replaces."""


class Own(Value):
    """What somebody wrote, for their own eyes."""

    answers: dict[str, str]
    meant: tuple[str, ...] = ()
    """What they last said, in the same exercise, they would do."""
    seal: Seal | None = None
    comparison: Comparison | None = None


class SharedEntry(Value):
    """A finished exercise that its writer lets the program read."""

    exercise: Exercise
    rotation: str
    step: str
    person: str
    writer_name: str
    role: RoleCard | None
    at: Moment
    late: bool
    answers: dict[str, str]


class AcrossVisits(Value):
    """What people of a cohort wrote in one exercise and let the program read."""

    exercises: tuple[Exercise, ...]
    """Those whose writers may let the program read them, as their newest version has them."""
    chosen: Exercise | None
    """None in a program that has no such exercise."""
    entries: tuple[SharedEntry, ...]
    """One page of them, the newest first."""
    found: int
    """On all pages."""


class Pulse(Value):
    """What the answers to one counted question come to."""

    exercise: str
    title: str
    timing: Timing
    label: str
    answers: int
    """That the mean is made of; 0 while there are too few."""
    mean: float | None


class Exercises:
    """Keeps and opens what people write; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, codes: ReadingCodes) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes

    def offered(
        self, rotation: str, step: str, person: str, now: datetime
    ) -> tuple[ExercisePage, ...]:
        """Return the exercises that a person is asked around a step, or was and wrote in, in the order of the cards."""
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            around = list(all_asked(session, state, step, person))
            ripe = _ripe(session, state, step, person, now)
            return tuple(_page(session, one, person, now) for one in (*around, *ripe))

    def page(
        self, rotation: str, step: str, exercise: str, person: str, now: datetime
    ) -> ExercisePage:
        """Return one exercise; raises NotFound where the person is not asked it and has not written in it."""
        with reading(self._engine) as session:
            return _page(session, asked(session, rotation, step, exercise, person), person, now)

    def keep(
        self,
        rotation: str,
        step: str,
        exercise: str,
        person: str,
        answers: Mapping[str, str],
        reader: Reader,
        now: datetime,
        *,
        nobody_meant: bool = False,
    ) -> Kept:
        """Keep what was written, as a draft, which nobody else reads, until all is as it should be.

        ``nobody_meant`` says that words which look like names are none. Raises Refused out of its time.
        """
        with writing(self._engine) as session:
            found = asked(session, rotation, step, exercise, person)
            _refuse(session, found, person, now)
            if reader not in found.exercise.readers:
                raise Refused("Choose one of those who may read it.")
            known = {
                field.key: answers.get(field.key, "").strip() for field in found.exercise.fields
            }
            named = {} if nobody_meant else _named(session, found, known)
            missing = named | what_is_missing(found.exercise, known)
            before = _row(session, found, person)
            kept = Kept(
                missing=missing, named=bool(named), stays=_is_finished(before) and bool(missing)
            )
            if kept.stays:
                return kept
            row = before or _entry(found, person)
            row.version, row.reader = found.exercise.version, reader.value
            words = as_words(known)
            row.sealed = self._vault.seal(session, person, words)
            row.mark = self._vault.mark(session, person, words)
            row.complete, row.written_at = not missing, now
            row.late = is_late(found.exercise, found.step, now)
            session.add(row)
            if row.complete and found.exercise.is_sealed:
                record_seal(session, row)
            said = f"{person} wrote {exercise} (version {row.version}) around {step}"
            note(session, now, rotation, said)
            return kept

    def ask_code(self, rotation: str, step: str, exercise: str, person: str, now: datetime) -> None:
        """Send a code to the writer's own address."""
        with writing(self._engine) as session:
            found = asked(session, rotation, step, exercise, person)
            self._codes.send(session, found.state, step, person, now)

    def own(
        self, rotation: str, step: str, exercise: str, person: str, code: str, now: datetime
    ) -> Own:
        """Return what the person wrote, for their own eyes; a code opens it once.

        Raises Refused for a wrong code, and Unreadable for words that no key opens, unless a seal
        can say that they are not what was sealed.
        """
        with writing(self._engine) as session:
            found = asked(session, rotation, step, exercise, person)
            right = self._codes.redeem(session, person, code, now)
            own = self._own(session, found, person, now) if right else None
        if own is None:
            raise Refused(WRONG_CODE)
        return own

    def _own(self, session: Session, found: Asked, person: str, now: datetime) -> Own:
        row, meant = _row(session, found, person), self._meant(session, found, person)
        if row is None:
            return Own(answers={}, meant=meant)
        seal = _seal(session, found, row)
        try:
            words = self._vault.open(session, person, row.sealed)
        except Unreadable:
            if seal is None:
                raise
            return Own(answers={}, meant=meant, seal=seal)
        if seal:
            mark_now = self._vault.mark(session, person, words)
            seal = seal.model_copy(update={"mark_now": mark_now})
        answers = as_answers(words)
        proven = seal is not None and seal.holds and not found.over
        return Own(
            answers=answers,
            meant=meant,
            seal=seal,
            comparison=compare(session, self._vault, found, person, answers, now)
            if proven
            else None,
        )

    def _meant(self, session: Session, found: Asked, person: str) -> tuple[str, ...]:
        before = _written_before(session, found, person)
        if before is None:
            return ()
        of_then = [answers for _, answers in readable(session, self._vault, [before])]
        return tuple(one for answers in of_then for one in intentions_of(found.exercise, answers))

    def shared(self, rotation: str) -> tuple[SharedEntry, ...]:
        """Return the finished exercises of a rotation whose writers let the program read them."""
        query = select(ExerciseEntryTable).where(ExerciseEntryTable.rotation == rotation, _SHARED)
        with reading(self._engine) as session:
            state = state_of(session, rotation)
            known = {e.key: e for e in program_followed(session, state.cohort, rotation).exercises}
            rows = session.scalars(query.order_by(ExerciseEntryTable.written_at)).all()
            return tuple(self._entries(session, known, rows))

    def across(self, cohort: str, exercise: str = "", page: int = 1) -> AcrossVisits:
        """Return what a cohort let the program read of one exercise, the first of the program by default.

        Raises NotFound for an unknown cohort and for an exercise that nobody lets the program read.
        """
        with reading(self._engine) as session:
            versions = reversed(programs_of(session, cohort))
            every = {e.key: e for program in versions for e in program.exercises}
            known = {key: e for key, e in every.items() if Reader.PROGRAM in e.readers}
            if exercise and exercise not in known:
                raise NotFound(
                    f"Cohort '{cohort}' shares no exercise '{exercise}' with its program."
                )
            chosen = known[exercise] if exercise else next(iter(known.values()), None)
            written = select(ExerciseEntryTable).join(
                RotationTable, RotationTable.id == ExerciseEntryTable.rotation
            )
            written = written.where(
                RotationTable.cohort == cohort,
                ExerciseEntryTable.exercise == (chosen.key if chosen else ""),
                _SHARED,
            )
            table = ExerciseEntryTable
            newest = written.order_by(
                table.written_at.desc(), table.rotation, table.step, table.person
            )
            rows = session.scalars(newest.limit(A_PAGE).offset((page - 1) * A_PAGE)).all()
            return AcrossVisits(
                exercises=tuple(known.values()),
                chosen=chosen,
                entries=tuple(self._entries(session, known, rows)),
                found=session.scalar(written.with_only_columns(func.count())) or 0,
            )

    def _entries(
        self, session: Session, known: Mapping[str, Exercise], rows: Iterable[ExerciseEntryTable]
    ) -> Iterator[SharedEntry]:
        """Yield what can be opened, of exercises that are known."""
        for row, answers in readable(session, self._vault, rows):
            if row.exercise in known:
                yield SharedEntry(
                    exercise=known[row.exercise],
                    rotation=row.rotation,
                    step=row.step,
                    person=row.person,
                    role=known[row.exercise].role(row.role),
                    writer_name=people(session)[row.person].name,
                    at=row.written_at,
                    late=row.late,
                    answers=answers,
                )

    def pulse(self, cohort: str) -> tuple[Pulse, ...]:
        """Return what counted answers come to, question by question; small cells stay hidden."""
        with reading(self._engine) as session:
            earlier_last = reversed(programs_of(session, cohort))
            every = [e for program in earlier_last for e in program.exercises]
            known, versions = {e.key: e for e in every}, {(e.key, e.version): e for e in every}
            return tuple(
                Pulse(
                    exercise=exercise.key,
                    title=exercise.title,
                    timing=exercise.timing,
                    label=field.label,
                    answers=shown.answers if shown else 0,
                    mean=shown.mean if shown else None,
                )
                for exercise in known.values()
                if Reader.COUNTED in exercise.readers
                for given in [list(self._given(session, cohort, exercise.key))]
                for field in exercise.fields
                if field.kind in _COUNTED
                for figures in [list(_figures(field, given, versions))]
                for shown in [shown_mean(figures)]
            )

    def _given(
        self, session: Session, cohort: str, exercise: str
    ) -> Iterator[tuple[ExerciseEntryTable, dict[str, str]]]:
        """The newest whole cells of answers, in the order in which they were given."""
        query = (
            select(ExerciseEntryTable)
            .join(RotationTable, RotationTable.id == ExerciseEntryTable.rotation)
            .where(
                RotationTable.cohort == cohort,
                ExerciseEntryTable.exercise == exercise,
                ExerciseEntryTable.reader == Reader.COUNTED.value,
                ExerciseEntryTable.complete,
            )
        )
        given = session.scalar(query.with_only_columns(func.count())) or 0
        newest = query.order_by(
            ExerciseEntryTable.written_at.desc(), ExerciseEntryTable.person.desc()
        )
        whole = newest.offset(given % SMALLEST_CELL).limit(MOST_COUNTED)
        rows = reversed(session.scalars(whole).all())
        yield from readable(session, self._vault, rows)


def _figures(
    field: FormField,
    given: Iterable[tuple[ExerciseEntryTable, Mapping[str, str]]],
    versions: Mapping[tuple[str, int], Exercise],
) -> Iterator[float]:
    """What was answered to a question while it was asked on the same scale."""
    for row, answers in given:
        asked = versions.get((row.exercise, row.version))
        same = asked is not None and _scale(field) in map(_scale, asked.fields)
        if same and answers.get(field.key):
            yield float(answers[field.key].replace(",", "."))


def _scale(field: FormField) -> tuple[str, FieldKind, tuple[str, ...]]:
    return field.key, field.kind, field.choices


def _named(session: Session, found: Asked, answers: Mapping[str, str]) -> dict[str, str]:
    """A sentence for each field that names somebody, where nobody may be named."""
    if not found.exercise.names_nobody:
        return {}
    return who_is_named(found.exercise, answers, names_met(session, found.state))


def _is_finished(before: ExerciseEntryTable | None) -> bool:
    """Whether something finished stands there; raises Refused for a figure, as the next one would tell it."""
    finished = before is not None and before.complete
    if before and finished and before.reader in FIGURES:
        raise Refused("You have answered this already, and it is counted.")
    return finished


def _page(session: Session, found: Asked, person: str, now: datetime) -> ExercisePage:
    row, before = _row(session, found, person), _written_before(session, found, person)
    return ExercisePage(
        step=found.step.key,
        exercise=found.exercise,
        written=_written(row) if row else None,
        why_closed=_why_closed(session, found, person, now),
        role=found.role,
        seal=_seal(session, found, row) if row else None,
        opens_at=when_compared(session, found, person),
        meant_at=before.written_at if before else None,
        over=bool(found.over),
    )


def _ripe(
    session: Session, state: RotationState, step: str, person: str, now: datetime
) -> Iterator[Asked]:
    """Predictions that were finished for another step of the same stop and can be compared by now."""
    for one in foreseen_around(session, state, step, person):
        row, opens = _row(session, one, person), when_compared(session, one, person)
        if row and row.complete and opens and opens <= now:
            yield one


def _row(session: Session, found: Asked, person: str) -> ExerciseEntryTable | None:
    key = (found.state.rotation, found.step.key, found.exercise.key, person)
    return session.get(ExerciseEntryTable, key)


def _seal(session: Session, found: Asked, row: ExerciseEntryTable) -> Seal | None:
    """What proves that nothing was changed; drafts and what is not sealed have none."""
    sealed = row.complete and found.exercise.is_sealed
    return seal_of(session, row, found.step.starts) if sealed else None


def _entry(found: Asked, person: str) -> ExerciseEntryTable:
    return ExerciseEntryTable(
        rotation=found.state.rotation,
        step=found.step.key,
        exercise=found.exercise.key,
        person=person,
        role=found.role.key if found.role else "",
    )


def _written_before(session: Session, found: Asked, person: str) -> ExerciseEntryTable | None:
    """The last time that somebody finished an exercise whose intentions are said again, before this one."""
    if not any(field.intention for field in found.exercise.fields):
        return None
    entry, row = ExerciseEntryTable, _row(session, found, person)
    query = select(entry).where(
        entry.person == person,
        entry.exercise == found.exercise.key,
        entry.complete,
        or_(entry.rotation != found.state.rotation, entry.step != found.step.key),
    )
    if row:
        query = query.where(entry.written_at < row.written_at)
    return session.scalar(query.order_by(entry.written_at.desc()).limit(1))


def _written(row: ExerciseEntryTable) -> Written:
    return Written(
        at=row.written_at, complete=row.complete, late=row.late, reader=Reader(row.reader)
    )


def _refuse(session: Session, found: Asked, person: str, now: datetime) -> None:
    """Raise Refused, saying why, while nothing can be written."""
    if found.over:
        raise Refused(found.over)
    refuse_out_of_time(found.exercise, found.step, now)
    refuse_what_was_seen(session, found, person)


def _why_closed(session: Session, found: Asked, person: str, now: datetime) -> str:
    try:
        _refuse(session, found, person, now)
    except Refused as refused:
        return str(refused)
    return ""
