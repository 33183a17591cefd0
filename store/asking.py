"""Who is asked which exercise around a step, and which role they write from."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.people import Seat
from domain.program import Exercise, Program, RoleCard
from domain.rolecards import dealt
from domain.rotation import RotationState, StepState
from store.people import program_followed, programs_of, state_of, step_of, teams
from store.tables.words import ExerciseEntryTable

_NOT_ASKED = "This is not asked of you any more. What you wrote stays, for you to read."


class Asked(NamedTuple):
    """An exercise that somebody is asked, or was, in its place; ``role`` is None where all write as themselves."""

    program: Program
    state: RotationState
    step: StepState
    exercise: Exercise
    role: RoleCard | None
    over: str = ""
    """The sentence that says why it can only be read any more; empty while it is asked."""


def all_asked(session: Session, state: RotationState, step: str, person: str) -> Iterator[Asked]:
    """Return what a person is asked around a step, in the order of the cards; raises NotFound for no step.

    Who wrote from a role is asked from it as long as the card is there, whoever else has come or gone.
    What they wrote and are not asked any more comes last: only to be read.
    """
    found, written = step_of(state, step), _written(session, state, step, person)
    for one in _asked_now(session, state, found, person, written):
        written.pop(one.exercise.key, None)
        yield one
    for row in written.values():
        yield from _asked_once(session, state, found, row)


def _asked_now(
    session: Session,
    state: RotationState,
    found: StepState,
    person: str,
    written: Mapping[str, ExerciseEntryTable],
) -> Iterator[Asked]:
    program, step = program_followed(session, state.cohort, state.rotation), found.key
    written_from = {key: row.role for key, row in written.items() if row.role}
    filled = [attendee.seat for attendee in found.attendees]
    mine = program.exercises_of(program.step(step), _seats(found, person), filled)
    for exercise in program.exercises:
        if exercise in mine or exercise.key in written_from:
            known = exercise.role(written_from.get(exercise.key, ""))
            role = known or _role_of(session, state, found, exercise, person)
            if role or not exercise.roles or exercise.key in written_from:
                yield Asked(program, state, found, exercise, role)


def _asked_once(
    session: Session, state: RotationState, found: StepState, row: ExerciseEntryTable
) -> Iterator[Asked]:
    """What somebody wrote in an exercise that is not asked of them now, as they were asked it."""
    program = _program_that_asked(session, state, row)
    for exercise in program.exercises if program else ():
        if program and exercise.key == row.exercise:
            yield Asked(program, state, found, exercise, exercise.role(row.role), _NOT_ASKED)


def _program_that_asked(
    session: Session, state: RotationState, row: ExerciseEntryTable
) -> Program | None:
    """The newest version with an exercise as it was written, else with any exercise of that key."""
    known = programs_of(session, state.cohort)
    asking = [p for p in known if any(one.key == row.exercise for one in p.exercises)]
    same = (p for p in asking for one in p.exercises if _is_of(one, row))
    return next(same, None) or next(iter(asking), None)


def _is_of(exercise: Exercise, row: ExerciseEntryTable) -> bool:
    return (exercise.key, exercise.version) == (row.exercise, row.version)


def asked(session: Session, rotation: str, step: str, exercise: str, person: str) -> Asked:
    """Return one exercise that a person is asked, or has written in; raises NotFound for any other."""
    every = all_asked(session, state_of(session, rotation), step, person)
    found = next((one for one in every if one.exercise.key == exercise), None)
    if found is None:
        raise NotFound("This is not asked of you, or not any more.")
    return found


def foreseen_around(
    session: Session, state: RotationState, step: str, person: str
) -> Iterator[Asked]:
    """Return the predictions that a person is asked around the other steps of the same stop."""
    program, here = program_followed(session, state.cohort, state.rotation), step_of(state, step)
    for exercise in filter(lambda one: one.compares_with, program.exercises):
        for other in state.steps:
            around = other.kind is exercise.step and other.stop == here.stop and other.key != step
            if around and exercise.seats.intersection(_seats(other, person)):
                yield Asked(program, state, other, exercise, None)


def _seats(step: StepState, person: str) -> list[Seat]:
    return [one.seat for one in step.attendees if one.person == person]


def _written(
    session: Session, state: RotationState, step: str, person: str
) -> dict[str, ExerciseEntryTable]:
    """What somebody wrote around a step, by exercise."""
    entry = ExerciseEntryTable
    query = select(entry).where(
        entry.rotation == state.rotation, entry.step == step, entry.person == person
    )
    return {row.exercise: row for row in session.scalars(query.order_by(entry.exercise))}


def _role_of(
    session: Session, state: RotationState, step: StepState, exercise: Exercise, person: str
) -> RoleCard | None:
    """Who declined plays nothing, so that the others fill every role."""
    if not exercise.roles:
        return None
    real = _seats_in_teams(session)
    players: dict[str, set[Seat]] = {}
    for attendee in step.attendees:
        if attendee.person not in step.declined and attendee.seat in exercise.seats:
            players.setdefault(attendee.person, set(real[attendee.person])).add(attendee.seat)
    return dealt(exercise.roles, players, f"{state.rotation}:{step.key}").get(person)


def _seats_in_teams(session: Session) -> defaultdict[str, set[Seat]]:
    """What people of host teams are in real life, wherever they sit in a session."""
    found: defaultdict[str, set[Seat]] = defaultdict(set)
    for team in teams(session).values():
        found[team.lead].add(Seat.HOST_LEAD)
        for person in team.frontline:
            found[person].add(Seat.FRONTLINE)
    return found
