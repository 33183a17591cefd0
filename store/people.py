"""Reading people, teams and programs back as the values they were stored from."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from domain.difference import AT_ONCE
from domain.errors import NotFound, Refused
from domain.language import Language, listed
from domain.people import HostTeam, LearningGoal, Person
from domain.program import Program
from domain.rotation import Ending, Phase, RotationState, StepState
from domain.value import Value
from store.pages import Named
from store.tables.people import CohortTable, GoalTable, PersonTable, ProgramVersionTable, TeamTable
from store.tables.rotations import RotationTable

OVER = [ending.value for ending in Ending]
"""Stages of rotations that nothing is to come of."""

T = TypeVar("T", bound=Value)
A = TypeVar("A")


def program_of(session: Session, cohort: str) -> Program:
    """Return the version that whatever begins in a cohort follows; raises NotFound for an unknown cohort.

    Read once a session, as are all versions.
    """
    return _version(session, cohort, None)


def program_followed(session: Session, cohort: str, rotation: str) -> Program:
    """Return the version that a rotation, or a session of a ritual, of a cohort keeps to.

    What holds at once is as in the version that the cohort follows.
    """
    row = session.get(RotationTable, rotation)
    return _kept(session, cohort, row.program_version if row else None)


def program_planned(session: Session, cohort: str) -> Program:
    """Return the version that repairs of a cohort keep to: the oldest of its rotations that are not over.

    Once all that were planned are over it is the oldest of them, so that every version that is
    returned has the steps of the plan. What holds at once is as in the version that the cohort follows.
    """
    oldest = _once(session, ("planned", cohort), lambda: _oldest_kept(session, cohort))
    return _kept(session, cohort, oldest)


def programs_of(session: Session, cohort: str) -> tuple[Program, ...]:
    """Return every version that something of a cohort keeps to, the newest first."""
    query = select(ProgramVersionTable.version).where(ProgramVersionTable.cohort == cohort)
    earlier = session.scalars(query.order_by(ProgramVersionTable.version.desc()))
    return tuple(_version(session, cohort, version) for version in (None, *earlier))


def _oldest_kept(session: Session, cohort: str) -> int | None:
    version, going_on = RotationTable.program_version, RotationTable.stage.not_in(OVER)
    in_plan = or_(RotationTable.state.is_not(None), version.is_not(None))
    query = rotations_of(cohort).with_only_columns(
        func.count(case((and_(going_on, in_plan), 1))),
        func.min(case((going_on, version))),
        func.min(version),
    )
    number, of_those, of_all = session.execute(query).one()
    kept: int | None = of_those if number else of_all
    return kept


def _kept(session: Session, cohort: str, version: int | None) -> Program:
    def kept() -> Program:
        current = program_of(session, cohort)
        at_once = {name: getattr(current, name) for name in AT_ONCE}
        return _version(session, cohort, version).model_copy(update=at_once)

    return _once(session, ("kept", cohort, version), kept)


def _version(session: Session, cohort: str, version: int | None) -> Program:
    read = partial(_read_program, session, cohort, version)
    return _once(session, ("program", cohort, version), read)


def _read_program(session: Session, cohort: str, version: int | None) -> Program:
    found = (
        session.get(CohortTable, cohort)
        if version is None
        else session.get(ProgramVersionTable, (cohort, version))
    )
    if found is None:
        raise NotFound(f"There is no cohort '{cohort}'. Import its folder first.")
    return Program.model_validate(found.program)


def _once(session: Session, key: object, read: Callable[[], A]) -> A:
    """A session is one transaction: what it has read of people, teams and programs stays true.

    Who changes them does so last, or reads the rows themselves.
    """
    if key not in session.info:
        session.info[key] = read()
    found: A = session.info[key]
    return found


class _Stored(Mapping[str, T]):
    """Values by pseudonym, read one by one as they are asked for, or all at once when all are."""

    def __init__(self, session: Session, table: Any, value: type[T]) -> None:
        self._session = session
        self._table = table
        self._value = value
        self._known: dict[str, T] = {}
        self._complete = False

    def __getitem__(self, ref: str) -> T:
        if ref not in self._known and not self._complete:
            row = self._session.get(self._table, ref)
            if row is not None:
                self._known[ref] = self._value.model_validate(row.facts)
        return self._known[ref]

    def __iter__(self) -> Iterator[str]:
        if not self._complete:
            query = select(self._table.ref, self._table.facts).order_by(self._table.ref)
            rows = self._session.execute(query)
            self._known = {ref: self._value.model_validate(facts) for ref, facts in rows}
            self._complete = True
        return iter(self._known)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class People(_Stored[Person]):
    """Everybody, by pseudonym."""

    def of_key(self, key: str) -> Person | None:
        """Return the person of that id in the program folder."""
        query = select(PersonTable).where(PersonTable.key == key)
        row = _once(self._session, ("person", key), lambda: self._session.scalar(query))
        return self[row.ref] if row else None


def people(session: Session) -> People:
    """Return everybody, by pseudonym, for as long as the session lasts."""
    return _once(session, People, lambda: People(session, PersonTable, Person))


def was_erased(session: Session, person: str) -> bool:
    """Return whether somebody was erased: they have no mail address, and take part in nothing any more."""
    row = session.get(PersonTable, person)
    return row is not None and row.erased_at is not None


def teams(session: Session) -> Mapping[str, HostTeam]:
    """Return all host teams, by pseudonym, for as long as the session lasts."""
    return _once(session, HostTeam, lambda: _Stored(session, TeamTable, HostTeam))


def goals_of(
    session: Session, cohort: str, participant: str | None = None
) -> tuple[LearningGoal, ...]:
    """Return learning goals in the order of their folder: a whole cohort's, or one participant's."""
    query = select(GoalTable.facts).where(GoalTable.cohort == cohort).order_by(GoalTable.position)
    if participant:
        query = query.where(GoalTable.person == participant)
    return tuple(map(LearningGoal.model_validate, session.scalars(query)))


def rotation_row(session: Session, rotation: str) -> RotationTable:
    """Return a rotation's row; raises NotFound for an unknown id."""
    found = session.get(RotationTable, rotation)
    if found is None:
        raise NotFound(f"There is no rotation '{rotation}'.")
    return found


def state_of(session: Session, rotation: str) -> RotationState:
    """Return a rotation as it stands; raises Refused before it has started."""
    row = rotation_row(session, rotation)
    if row.state is None:
        raise Refused("This rotation has not started yet.")
    return RotationState.model_validate(row.state)


def step_of(state: RotationState, key: str) -> StepState:
    """Return a step of a rotation; raises NotFound for one that it does not have."""
    found = state.step(key)
    if found is None:
        raise NotFound(f"This rotation has no step '{key}'.")
    return found


def rotations_of(cohort: str) -> Select[RotationTable]:
    """Return the query for a cohort's rotations; sessions of its rituals and occasions are none."""
    return select(RotationTable).where(RotationTable.cohort == cohort, RotationTable.ritual == "")


def meetings_of(cohort: str) -> Select[RotationTable]:
    """Return the query for sessions of a cohort's rituals and for its occasions."""
    # An index finds what is greater than "", and nothing that is only unlike it.
    return select(RotationTable).where(RotationTable.cohort == cohort, RotationTable.ritual > "")


def host_of(session: Session, state: RotationState, stop: int) -> HostTeam:
    """Return the team of a stop; raises NotFound for a ritual session, which no team hosts."""
    host = state.host_at(stop)
    if host is None:
        raise NotFound("A ritual session has no host team.")
    return teams(session)[host]


def hosts_of(session: Session, state: RotationState) -> tuple[HostTeam, ...]:
    """Return the teams of all stops, in order; none for a ritual session."""
    every = teams(session)
    return tuple(every[host] for host in state.hosts)


def hosts_of_step(session: Session, state: RotationState, step: StepState) -> tuple[HostTeam, ...]:
    """Return the teams of the stops that a step is about; none for a ritual session."""
    if state.host is None:
        return ()
    every = teams(session)
    return tuple(every[state.hosts[stop - 1]] for stop in state.stops_of(step))


def names_met(session: Session, state: RotationState) -> tuple[str, ...]:
    """Return the names of everybody in the rotation's steps and host teams, its participant aside."""
    everybody = people(session)
    met = everybody_in(session, state) - {state.participant}
    return tuple(sorted(everybody[p].name for p in met))


def hosts_met(session: Session, state: RotationState, looking_back: StepState) -> tuple[str, ...]:
    """Return everybody of a host team whom a summary or thanks is about."""
    hosts = hosts_of(session, state)
    own = {person for host in hosts for person in (host.lead, *host.frontline)}
    held = (s for s in state.about(looking_back) if s.phase is Phase.HELD)
    met = (a.person for s in held for a in s.attendees if a.person not in s.declined)
    return tuple(dict.fromkeys(person for person in met if person in own))


def everybody_in(session: Session, state: RotationState) -> frozenset[str]:
    """Return everybody in a rotation's steps and host teams, by pseudonym."""
    hosts = hosts_of(session, state)
    teams = {person for host in hosts for person in (host.lead, *host.frontline)}
    return frozenset({a.person for s in state.steps for a in s.attendees} | teams)


def names_of(hosts: Iterable[HostTeam], language: Language = Language.ENGLISH) -> str:
    """Return the names of teams as they stand in a sentence."""
    return listed([host.name for host in hosts], language)


def coordinator_of(program: Program, everybody: People) -> Person | None:
    """Return the person that the program names as the human contact."""
    return everybody.of_key(program.coordinator)


def possible_owners(session: Session, state: RotationState, stop: int) -> tuple[Named, ...]:
    """Return who may decide or look after what comes of a stop: they are asked by mail."""
    everybody, team = people(session), host_of(session, state, stop)
    leader = everybody[state.participant]
    coordinator = coordinator_of(program_followed(session, state.cohort, state.rotation), everybody)
    owners = (leader.manager, team.lead, leader.ref, coordinator.ref if coordinator else None)
    return tuple(
        Named(ref=p, name=everybody[p].name)
        for p in dict.fromkeys(owners)
        if p and everybody[p].email
    )


def refuse_owner(session: Session, person: str) -> None:
    """Raise Refused for somebody who can't be asked by mail, as nobody can who was erased."""
    owner = people(session)[person]
    if owner.email is None:
        raise Refused(
            f"{owner.name} has no mail address, and whoever decides and measures is asked by mail. "
            "Name somebody else."
        )


def programs(session: Session) -> tuple[Program, ...]:
    """Return the programs of all cohorts."""
    return tuple(map(Program.model_validate, session.scalars(select(CohortTable.program))))


def cohorts(session: Session) -> tuple[str, ...]:
    """Return the keys of all cohorts, the newest last."""
    return tuple(session.scalars(select(CohortTable.key)))
