"""What changes in the organisation while rotations are under way: who manages whom.

Each change is one transaction that stores it and notes what every rotation must hear; all of it
works while Temporal is down.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.events import ManagerChanged
from domain.moves import refuse
from domain.people import Person
from domain.rotation import RotationState
from store.audit import note
from store.database import writing
from store.news import tell_rotation
from store.people import people, rotation_row
from store.reminding import withdraw_reminders
from store.tables import PersonTable, RotationTable


class Organisation:
    """Takes what a program manager hears of the organisation; ``now`` is when they say it (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def hand_over(self, rotation: str, manager: str, now: datetime) -> None:
        """Make somebody else the home manager of a rotation's participant.

        Every rotation under way of the participant hears it. Raises Refused for somebody without
        mail, for the participant, and for whoever is their manager already.
        """
        with writing(self._engine) as session:
            participant = people(session)[rotation_row(session, rotation).participant]
            event = ManagerChanged(manager=manager)
            refuse(_state(session, rotation), event, now)
            _refuse_unsuitable(participant, people(session)[manager])
            for row, state in _under_way_of(session, participant.ref):
                _withdraw_reminders_of(session, state, participant.manager, now)
                update_id = f"{event.kind}:{row.id}:{manager}:{state.version}"
                tell_rotation(session, row.id, update_id, event, now)
                note(session, now, row.id, f"{manager} manages {participant.ref} now")
            person = session.get_one(PersonTable, participant.ref)
            person.facts = {**person.facts, "manager": manager}


def _state(session: Session, rotation: str) -> RotationState:
    row = rotation_row(session, rotation)
    if row.state is None:
        raise Refused("This rotation has not started yet: correct the folder and import it again.")
    return RotationState.model_validate(row.state)


def _refuse_unsuitable(participant: Person, manager: Person) -> None:
    if manager.email is None:
        raise Refused(f"{manager.name} has no mail address; a home manager answers by mail.")
    if manager.ref == participant.manager:
        raise Refused(f"{manager.name} is the home manager of {participant.name} already.")


def _under_way_of(
    session: Session, participant: str
) -> Iterator[tuple[RotationTable, RotationState]]:
    rows = select(RotationTable).where(RotationTable.participant == participant)
    for row in session.scalars(rows.order_by(RotationTable.id)).all():
        state = RotationState.model_validate(row.state) if row.state else None
        if state and not state.ending:
            yield row, state


def _withdraw_reminders_of(
    session: Session, state: RotationState, manager: str | None, now: datetime
) -> None:
    for step in (None, *(step.key for step in state.steps)):
        if manager:
            withdraw_reminders(session, state.rotation, step, manager, now)
