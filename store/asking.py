"""Who is asked which exercise around a step, and which role they write from."""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.people import Seat
from domain.program import Exercise, Program, RoleCard
from domain.rolecards import dealt
from domain.rotation import RotationState, StepState
from store.people import program_of, state_of, step_of, teams


class Asked(NamedTuple):
    """An exercise that somebody is asked, in its place; ``role`` is None where all write as themselves."""

    program: Program
    state: RotationState
    step: StepState
    exercise: Exercise
    role: RoleCard | None


def all_asked(session: Session, rotation: str, step: str, person: str) -> Iterator[Asked]:
    """Return what a person is asked around a step, in the order of the cards; raises NotFound for no step."""
    state = state_of(session, rotation)
    program, found = program_of(session, state.cohort), step_of(state, step)
    seats = [a.seat for a in found.attendees if a.person == person]
    for exercise in program.exercises_of(program.step(step), seats):
        role = _role_of(session, state, found, exercise, person)
        if role or not exercise.roles:
            yield Asked(program, state, found, exercise, role)


def asked(session: Session, rotation: str, step: str, exercise: str, person: str) -> Asked:
    """Return one exercise that a person is asked; raises NotFound where they are not."""
    mine = (a for a in all_asked(session, rotation, step, person) if a.exercise.key == exercise)
    found = next(mine, None)
    if found is None:
        raise NotFound("This is not asked of you, or not any more.")
    return found


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
