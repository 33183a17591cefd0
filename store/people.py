"""Reading people, teams and programs back as the values they were stored from."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.people import HostTeam, LearningGoal, Person
from domain.program import Program
from store.tables import CohortTable, GoalTable, PersonTable, RotationTable, TeamTable


def program_of(session: Session, cohort: str) -> Program:
    """Return the program that a cohort follows; raises NotFound for an unknown cohort."""
    found = session.get(CohortTable, cohort)
    if found is None:
        raise NotFound(f"There is no cohort '{cohort}'. Import its folder first.")
    return Program.model_validate(found.program)


def people(session: Session) -> dict[str, Person]:
    """Return everybody, by pseudonym."""
    rows = session.scalars(select(PersonTable))
    return {row.ref: Person.model_validate(row.facts) for row in rows}


def teams(session: Session) -> dict[str, HostTeam]:
    """Return all host teams, by pseudonym."""
    rows = session.scalars(select(TeamTable))
    return {row.ref: HostTeam.model_validate(row.facts) for row in rows}


def goals_of(session: Session, cohort: str) -> tuple[LearningGoal, ...]:
    """Return a cohort's learning goals in the order of their folder."""
    query = select(GoalTable).where(GoalTable.cohort == cohort).order_by(GoalTable.position)
    return tuple(LearningGoal.model_validate(row.facts) for row in session.scalars(query))


def rotation_row(session: Session, rotation: str) -> RotationTable:
    """Return a rotation's row; raises NotFound for an unknown id."""
    found = session.get(RotationTable, rotation)
    if found is None:
        raise NotFound(f"There is no rotation '{rotation}'.")
    return found


def coordinator_of(program: Program, everybody: dict[str, Person]) -> Person | None:
    """Return the person that the program names as the human contact."""
    return next((p for p in everybody.values() if p.key == program.coordinator), None)


def cohorts(session: Session) -> tuple[str, ...]:
    """Return the keys of all cohorts, the newest last."""
    return tuple(session.scalars(select(CohortTable.key)))
