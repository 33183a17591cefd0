"""What changes in the organisation while rotations are under way: line managers, and teams that end.

Each change is one transaction that stores it and notes what every rotation must hear; all of it
works while Temporal is down.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product

from sqlalchemy import ColumnElement, Engine, select
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.events import ManagerChanged, OwnerLeft, TeamDissolved
from domain.moves import refuse, visited
from domain.people import HostTeam, Person
from domain.policy import PolicyState
from domain.rotation import RotationState
from domain.value import RotationId, Value
from store.audit import note
from store.database import reading, writing
from store.news import tell_rotation, tell_workflow
from store.people import people, program_of, rotation_row, teams
from store.plans import Plans
from store.reminding import withdraw_reminders
from store.tables.changes import PolicyTable
from store.tables.people import PersonTable
from store.tables.planning import DissolvedTable
from store.tables.rotations import RotationTable


class Dissolution(Value):
    """What a dissolved team leaves behind."""

    moving: tuple[RotationId, ...]
    """Rotations that look for another team."""
    staying: tuple[RotationId, ...]
    """Rotations whose visit took place; they go on with the people they met."""
    orphaned: tuple[str, ...]
    """Policy changes that need another owner."""


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
            for state in tuple(_under_way_of(session, participant.ref)):
                _withdraw_reminders_of(session, state, filter(None, [participant.manager]), now)
                update_id = f"{event.kind}:{state.rotation}:{manager}:{state.version}"
                tell_rotation(session, state.rotation, update_id, event, now)
                note(session, now, state.rotation, f"{manager} manages {participant.ref} now")
            person = session.get_one(PersonTable, participant.ref)
            kept = participant.manager_in_folder or participant.manager
            person.facts = {**person.facts, "manager": manager, "manager_in_folder": kept}

    def dissolve(self, team: str, cohort: str, now: datetime) -> Dissolution:
        """Close a host team for a cohort: nobody new is planned with it.

        Rotations whose visit is still to come look for another team, each time this is said.
        """
        with writing(self._engine) as session:
            program_of(session, cohort)
            if session.get(DissolvedTable, (cohort, team)) is None:
                session.add(DissolvedTable(cohort=cohort, team=team, at=now))
                note(session, now, None, f"{team} of cohort {cohort} dissolved")
            states = [state for state in _under_way_in(session, cohort) if team in state.hosts]
            moving = tuple(state for state in states if not visited(state, team, now))
            host = teams(session)[team]
            for state in moving:
                _withdraw_reminders_of(session, state, (host.lead, *host.frontline), now)
                event = TeamDissolved(team=team)
                update_id = f"{event.kind}:{state.rotation}:{team}:{state.version}"
                tell_rotation(session, state.rotation, update_id, event, now)
            orphaned = tuple(_owned_by(session, cohort, host))
            for row in orphaned:
                left = OwnerLeft()
                update_id = f"{left.kind}:{row.id}:{row.version}"
                tell_workflow(session, row.workflow_id, row.rotation, update_id, left, now)
            return Dissolution(
                moving=tuple(state.rotation for state in moving),
                staying=tuple(state.rotation for state in states if state not in moving),
                orphaned=tuple(row.id for row in orphaned),
            )

    def refuse_dissolved(self, cohort: str, plan: int) -> None:
        """Raise Refused for a plan made before one of its host teams was dissolved."""
        with reading(self._engine) as session:
            query = select(DissolvedTable.team).where(DissolvedTable.cohort == cohort)
            dissolved = set(session.scalars(query))
            for assignment in Plans().version(session, cohort, plan).assignments:
                if assignment.host in dissolved:
                    name = teams(session)[assignment.host].name
                    raise Refused(f"Plan {plan} visits {name}, which is dissolved. Plan again.")


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


def _under_way_of(session: Session, participant: str) -> Iterator[RotationState]:
    return _under_way(session, RotationTable.participant == participant)


def _under_way_in(session: Session, cohort: str) -> Iterator[RotationState]:
    return _under_way(session, RotationTable.cohort == cohort)


def _under_way(session: Session, which: ColumnElement[bool]) -> Iterator[RotationState]:
    query = select(RotationTable.state).where(
        which, RotationTable.state.is_not(None), RotationTable.ritual == ""
    )
    states = map(RotationState.model_validate, session.scalars(query.order_by(RotationTable.id)))
    return (state for state in states if not state.ending)


def _owned_by(session: Session, cohort: str, team: HostTeam) -> Iterator[PolicyTable]:
    everybody = people(session)
    query = select(PolicyTable).where(PolicyTable.cohort == cohort, PolicyTable.state.is_not(None))
    for row in session.scalars(query.order_by(PolicyTable.id)):
        state = PolicyState.model_validate(row.state)
        if not state.over and team.has(everybody[state.owner]):
            yield row


def _withdraw_reminders_of(
    session: Session, state: RotationState, persons: Iterable[str], now: datetime
) -> None:
    for person, step in product(persons, (None, *(step.key for step in state.steps))):
        withdraw_reminders(session, state.rotation, step, person, now)
