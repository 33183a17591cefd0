"""What the store knows of every process, to compare with what Temporal runs."""

from sqlalchemy import Engine, select

from domain.policy import PolicyState
from domain.rotation import RotationState
from domain.value import RotationId, Value
from store.database import reading
from store.people import program_of
from store.tables.changes import PolicyTable
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable


class CohortRecord(Value):
    """An approved cohort: its plan, and the rotations that have begun and those that are over."""

    cohort: str
    plan: int
    begun: tuple[RotationId, ...]
    over: tuple[RotationId, ...]
    continuous: bool = False
    """Whether its process goes on when all of them are over."""


class Records:
    """Reads whole states; nothing is decided here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def cohorts(self) -> tuple[CohortRecord, ...]:
        """Return every cohort whose plan is approved."""
        with reading(self._engine) as session:
            approved = select(CohortTable).where(CohortTable.approved_plan.is_not(None))
            return tuple(
                CohortRecord(
                    cohort=row.key,
                    plan=row.approved_plan or 0,
                    begun=tuple(s.rotation for s in self.rotations(row.key) if not s.apart),
                    over=tuple(
                        s.rotation for s in self.rotations(row.key) if s.ending and not s.apart
                    ),
                    continuous=program_of(session, row.key).continuous,
                )
                for row in session.scalars(approved.order_by(CohortTable.key))
            )

    def rotations(self, cohort: str) -> tuple[RotationState, ...]:
        """Return the state of each rotation, ritual session and occasion that has begun, by id."""
        query = select(RotationTable.state).where(
            RotationTable.cohort == cohort, RotationTable.state.is_not(None)
        )
        with reading(self._engine) as session:
            states = session.scalars(query.order_by(RotationTable.id))
            return tuple(map(RotationState.model_validate, states))

    def changes(self) -> tuple[PolicyState, ...]:
        """Return the state of each policy change that has begun and is not over, by id."""
        query = select(PolicyTable.state).where(PolicyTable.state.is_not(None))
        with reading(self._engine) as session:
            states = map(
                PolicyState.model_validate, session.scalars(query.order_by(PolicyTable.id))
            )
            return tuple(state for state in states if not state.over)
