"""Predictions set beside what those say about whom they were made, for the eyes of who made them."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.foresight import Foreseen, Seen, accuracy, beside, figures_of, opens_at
from domain.program import Exercise, Reader
from domain.rotation import StepState
from domain.value import Moment, Value
from store.asking import Asked
from store.people import teams
from store.tables.words import ExerciseEntryTable, TeamFiguresTable
from store.vault import Unreadable, Vault
from store.written import readable

MOST_EARLIER = 12
"""Other visits whose accuracy is shown."""


class Score(Value):
    """How near the predictions for one visit were."""

    host_name: str
    opened_at: Moment
    percent: int


class Comparison(Value):
    """Predictions and answers, question by question; no questions while fewer than three have answered."""

    questions: tuple[Foreseen, ...] = ()
    percent: int | None = None
    others: tuple[Score, ...] = ()
    """Of other visits of the same person, the latest first."""


def when_compared(session: Session, asked: Asked, person: str) -> datetime | None:
    """Return when predictions can be set beside the answers, or were first (UTC).

    None for any other exercise, and where the visit or all sessions with the team were called off.
    """
    answers = _answers_to(asked)
    if answers is None:
        return None
    row = _row(session, asked, answers, person)
    return row.opened_at if row else opens_at(asked.step, _steps_of(asked, answers))


def refuse_what_was_seen(session: Session, asked: Asked, person: str) -> None:
    """Raise Refused for predictions of what their writer has seen already."""
    answers = _answers_to(asked)
    if answers and _row(session, asked, answers, person):
        raise Refused("You have seen what the team answers; what you foresaw stays as it was.")


def compare(
    session: Session,
    vault: Vault,
    asked: Asked,
    person: str,
    guesses: Mapping[str, str],
    now: datetime,
) -> Comparison | None:
    """Return what became of somebody's finished predictions; None before that time, and for any other exercise.

    What the team says is worked out at the first look and kept: a later figure would tell, by the
    difference, what somebody answered in between, or had answered who was erased.
    """
    opens, answers = when_compared(session, asked, person), _answers_to(asked)
    if answers is None or opens is None or now < opens:
        return None
    row = _row(session, asked, answers, person) or _first_look(
        session, vault, asked, answers, person, guesses, now
    )
    questions = beside(_seen(session, vault, row).figures, guesses) if row else ()
    return Comparison(
        questions=questions,
        percent=accuracy(questions) if questions else None,
        others=tuple(_others(session, vault, asked, answers, person)),
    )


def _answers_to(asked: Asked) -> Exercise | None:
    key = asked.exercise.compares_with
    return next((one for one in asked.program.exercises if one.key == key), None)


def _steps_of(asked: Asked, answers: Exercise) -> tuple[StepState, ...]:
    """The steps around which the team of that stop answers."""
    return tuple(
        step
        for step in asked.state.steps
        if step.kind is answers.step and step.stop == asked.step.stop
    )


def _row(session: Session, asked: Asked, answers: Exercise, person: str) -> TeamFiguresTable | None:
    key = (asked.state.rotation, asked.step.stop, answers.key, person)
    return session.get(TeamFiguresTable, key)


def _first_look(
    session: Session,
    vault: Vault,
    asked: Asked,
    answers: Exercise,
    person: str,
    guesses: Mapping[str, str],
    now: datetime,
) -> TeamFiguresTable | None:
    """What is seen now and from now on; None while fewer than three have answered."""
    given = list(_given(session, vault, asked, answers))
    figures, team = tuple(figures_of(answers.fields, given)), asked.state.host_at(asked.step.stop)
    questions = beside(figures, guesses)
    if not questions or team is None:
        return None
    seen = Seen(team=team, figures=figures, percent=accuracy(questions))
    row = TeamFiguresTable(
        rotation=asked.state.rotation,
        stop=asked.step.stop,
        answers=answers.key,
        person=person,
        sealed=vault.seal(session, person, seen.model_dump_json()),
        opened_at=now,
    )
    session.add(row)
    return row


def _given(
    session: Session, vault: Vault, asked: Asked, answers: Exercise
) -> Iterator[dict[str, str]]:
    """What each of those answered last who are asked now."""
    entry = ExerciseEntryTable
    seated = {
        (step.key, one.person)
        for step in _steps_of(asked, answers)
        for one in step.attendees
        if one.seat in answers.seats
    }
    query = select(entry).where(
        entry.rotation == asked.state.rotation,
        entry.step.in_({step for step, _ in seated}),
        entry.exercise == answers.key,
        entry.reader == Reader.COMPARED.value,
        entry.complete,
    )
    rows = session.scalars(query.order_by(entry.written_at)).all()
    last = {row.person: row for row in rows if (row.step, row.person) in seated}
    yield from (one for _, one in readable(session, vault, last.values()))


def _seen(session: Session, vault: Vault, row: TeamFiguresTable) -> Seen:
    return Seen.model_validate_json(vault.open(session, row.person, row.sealed))


def _others(
    session: Session, vault: Vault, asked: Asked, answers: Exercise, person: str
) -> Iterator[Score]:
    figures = TeamFiguresTable
    query = (
        select(figures)
        .where(
            figures.person == person,
            figures.answers == answers.key,
            or_(figures.rotation != asked.state.rotation, figures.stop != asked.step.stop),
        )
        .order_by(figures.opened_at.desc())
        .limit(MOST_EARLIER)
    )
    for row in session.scalars(query).all():
        with suppress(Unreadable):
            yield _score(session, row, _seen(session, vault, row))


def _score(session: Session, row: TeamFiguresTable, seen: Seen) -> Score:
    name = teams(session)[seen.team].name
    return Score(host_name=name, opened_at=row.opened_at, percent=seen.percent)
