"""Predictions set beside what those say about whom they were made, for the eyes of who made them."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.foresight import Foreseen, accuracy, opens_at, points_of, together
from domain.program import Exercise, FormField
from domain.rotation import Phase, RotationState, StepState
from domain.value import Moment, Value
from store.asking import Asked
from store.people import host_of, program_of, state_of
from store.tables import ExerciseEntryTable
from store.vault import Vault
from store.written import opened, readable

MOST_EARLIER = 12
"""Other visits whose accuracy is shown."""


class Score(Value):
    """How near the predictions for one visit were."""

    host_name: str
    opened_at: Moment
    percent: int


class Comparison(Value):
    """Predictions and answers, question by question; no questions while fewer than three have answered."""

    opens_at: Moment
    is_open: bool
    questions: tuple[Foreseen, ...] = ()
    percent: int | None = None
    others: tuple[Score, ...] = ()
    """Of other visits of the same person, the latest first."""


def when_compared(asked: Asked) -> datetime | None:
    """Return when predictions can be set beside the answers (UTC); None for any other exercise."""
    answers = _answers_to(asked)
    if answers is None:
        return None
    around = list(_steps_of(asked.state, asked.step, answers))
    return max([asked.step.ends, *(opens_at(asked.step, answers, step) for step in around)])


def compare(
    session: Session, vault: Vault, asked: Asked, row: ExerciseEntryTable, now: datetime
) -> Comparison | None:
    """Return what became of somebody's predictions; the first time that it shows, the answers are fixed.

    An answer that came later would be told by the difference. None for any other exercise.
    """
    opens, answers = when_compared(asked), _answers_to(asked)
    if opens is None or answers is None or not row.complete:
        return None
    if now < opens:
        return Comparison(opens_at=opens, is_open=False)
    mine = opened(session, vault, row)
    questions = tuple(_questions(session, vault, asked, answers, row, mine))
    if questions and row.opened_at is None:
        row.opened_at = now
    return Comparison(
        opens_at=opens,
        is_open=True,
        questions=questions,
        percent=accuracy(questions) if questions else None,
        others=tuple(_others(session, vault, row)),
    )


def _answers_to(asked: Asked) -> Exercise | None:
    key = asked.exercise.compares_with
    return next((one for one in asked.program.exercises if one.key == key), None)


def _steps_of(state: RotationState, foreseen: StepState, answers: Exercise) -> Iterator[StepState]:
    """The steps around which the team of that stop answers."""
    for step in state.steps:
        held = step.phase is not Phase.CANCELLED
        if held and step.kind is answers.step and step.stop == foreseen.stop:
            yield step


def _questions(
    session: Session,
    vault: Vault,
    asked: Asked,
    answers: Exercise,
    row: ExerciseEntryTable,
    mine: Mapping[str, str],
) -> Iterator[Foreseen]:
    given = list(_given(session, vault, asked, answers, row))
    for field in asked.exercise.fields:
        foreseen, points = _point(field, mine), points_of(field)
        said = [point for one in given if (point := _point(field, one)) is not None]
        mean = together(said)
        if foreseen is not None and mean is not None:
            span = points[-1] - points[0]
            yield Foreseen(question=field.label, foreseen=foreseen, together=mean, span=span)


def _given(
    session: Session, vault: Vault, asked: Asked, answers: Exercise, row: ExerciseEntryTable
) -> Iterator[dict[str, str]]:
    entry = ExerciseEntryTable
    query = select(entry).where(
        entry.rotation == row.rotation,
        entry.step.in_([step.key for step in _steps_of(asked.state, asked.step, answers)]),
        entry.exercise == answers.key,
        entry.complete,
        entry.person != row.person,
    )
    if row.opened_at:
        query = query.where(entry.written_at <= row.opened_at)
    yield from (one for _, one in readable(session, vault, session.scalars(query).all()))


def _point(field: FormField, answers: Mapping[str, str]) -> int | None:
    """The point that was chosen; None where an earlier version did not offer it."""
    chosen = answers.get(field.key, "")
    return int(chosen) if points_of(field) and chosen in field.choices else None


def _others(session: Session, vault: Vault, row: ExerciseEntryTable) -> Iterator[Score]:
    entry = ExerciseEntryTable
    query = (
        select(entry)
        .where(
            entry.person == row.person,
            entry.exercise == row.exercise,
            entry.opened_at.is_not(None),
            or_(entry.rotation != row.rotation, entry.step != row.step),
        )
        .order_by(entry.opened_at.desc())
        .limit(MOST_EARLIER)
    )
    for other, mine in list(readable(session, vault, session.scalars(query).all())):
        score = _score(session, vault, other, mine)
        if score:
            yield score


def _score(
    session: Session, vault: Vault, row: ExerciseEntryTable, mine: Mapping[str, str]
) -> Score | None:
    state = state_of(session, row.rotation)
    program, step = program_of(session, state.cohort), state.step(row.step)
    exercise = next((one for one in program.exercises if one.key == row.exercise), None)
    if step is None or exercise is None or row.opened_at is None:
        return None
    asked = Asked(program, state, step, exercise, None)
    answers = _answers_to(asked)
    questions = tuple(_questions(session, vault, asked, answers, row, mine)) if answers else ()
    if not questions:
        return None
    name = host_of(session, state, step.stop).name
    return Score(host_name=name, opened_at=row.opened_at, percent=accuracy(questions))
