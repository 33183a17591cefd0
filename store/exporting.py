"""What was loaded from a program folder, as a folder has it again."""

from sqlalchemy import Engine, select

from domain.folder import FolderGoal
from domain.people import LearningGoal
from store.database import reading
from store.people import people, program_of, teams
from store.tables.people import GoalTable, PersonTable


def goals_as_loaded(engine: Engine, cohort: str) -> tuple[FolderGoal, ...]:
    """Return the learning goals of a cohort, in the order of its folder, without those of erased people.

    Raises NotFound for an unknown cohort.
    """
    query = (
        select(GoalTable.facts)
        .join(PersonTable, PersonTable.ref == GoalTable.person)
        .where(GoalTable.cohort == cohort, PersonTable.erased_at.is_(None))
        .order_by(GoalTable.position)
    )
    with reading(engine) as session:
        program_of(session, cohort)
        goals = map(LearningGoal.model_validate, session.scalars(query))
        return tuple(
            FolderGoal(
                participant=people(session)[goal.participant].key,
                wished_team=teams(session)[goal.wished_team].key if goal.wished_team else None,
                **goal.model_dump(exclude={"participant", "wished_team"}),
            )
            for goal in goals
        )
