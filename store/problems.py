"""What a planner is asked: a whole cohort, or one rotation among those who meet for it already."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from itertools import product

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.moments import Interval
from domain.people import HostTeam, Person, Seat
from domain.planning import (
    Availability,
    Candidate,
    GoalWish,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    managed_by,
)
from store.people import (
    People,
    coordinator_of,
    goals_of,
    people,
    program_of,
    rotation_row,
    rotations_of,
    teams,
)
from store.tables import (
    CalendarTable,
    DissolvedTable,
    ForbiddenTable,
    PersonTable,
    RotationTable,
    UnavailableTable,
)

Holidays = Callable[[str, str | None, str, date, date], tuple[Interval, ...]]


class Problems:
    """The planning problems of a cohort as it stands at ``now`` (UTC)."""

    def __init__(self, session: Session, cohort: str, now: datetime, holidays: Holidays) -> None:
        self._session = session
        self._cohort = cohort
        self._now = now
        self._holidays = holidays
        self._program = program_of(session, cohort)
        self._people: People = people(session)
        self._coordinator = coordinator_of(self._program, self._people)

    def whole(self) -> PlanningProblem:
        """Return the problem of everybody with every team."""
        hosts = teams(self._session)
        own_teams = {team.key: team.ref for team in hosts.values()}
        direct = _direct_reports(self._people)
        rows = self._session.scalars(rotations_of(self._cohort).order_by(RotationTable.participant))
        wished = self._wishes(None)
        candidates = tuple(
            self._candidate(row, wished, own_teams, direct)
            for row in rows
            if row.version >= 0 or self._people[row.participant].participates
        )
        return self._problem(candidates, hosts.values(), list(self._people.values()))

    def around(self, rotation: str, hosts: Iterable[str]) -> PlanningProblem:
        """Return the problem of one rotation that stays with its host teams.

        Nobody else's calendar is in it: steps of other rotations count by the plan alone.
        """
        row = rotation_row(self._session, rotation)
        every = teams(self._session)
        met = [every[team] for team in hosts]
        candidate = self._candidate(row, self._wishes(row.participant), {}, {})
        needed = {person for host in met for person in (host.lead, *host.frontline)}
        needed |= {candidate.participant, *filter(None, [candidate.manager])}
        if self._coordinator:
            needed.add(self._coordinator.ref)
        return self._problem((candidate,), met, [self._people[ref] for ref in sorted(needed)])

    def _problem(
        self, candidates: tuple[Candidate, ...], hosts: Iterable[HostTeam], some: list[Person]
    ) -> PlanningProblem:
        rotations = [candidate.rotation for candidate in candidates]
        refused = self._session.execute(
            select(ForbiddenTable.rotation, ForbiddenTable.team).where(
                ForbiddenTable.rotation.in_(rotations)
            )
        )
        dissolved = self._session.scalars(
            select(DissolvedTable.team).where(DissolvedTable.cohort == self._cohort)
        )
        nobodys = product(rotations, dissolved.all())
        return PlanningProblem(
            program=self._program,
            first_day=self._program.starts_on,
            candidates=candidates,
            hosts=tuple(_host(team) for team in hosts),
            people=tuple(self._availabilities(some)),
            not_before=self._now,
            forbidden=(*((rotation, team) for rotation, team in refused), *nobodys),
            facilitator=self._coordinator.ref if self._coordinator else None,
        )

    def _wishes(self, participant: str | None) -> dict[str, list[GoalWish]]:
        wished: dict[str, list[GoalWish]] = {}
        for goal in goals_of(self._session, self._cohort, participant):
            wish = GoalWish(lens=goal.lens, weight=goal.weight, wished_team=goal.wished_team)
            wished.setdefault(goal.participant, []).append(wish)
        return wished

    def _candidate(
        self,
        row: RotationTable,
        wished: Mapping[str, list[GoalWish]],
        own_teams: Mapping[str, str],
        direct: Mapping[str, list[str]],
    ) -> Candidate:
        person = self._people[row.participant]
        return Candidate(
            rotation=row.id,
            participant=person.ref,
            manager=person.manager,
            goals=tuple(wished.get(person.ref, ())),
            own_team=own_teams.get(person.team),
            reports=_reports(person.ref, direct),
        )

    def _availabilities(self, some: list[Person]) -> Iterator[Availability]:
        refs = [person.ref for person in some]
        calendars = self._calendars(refs)
        learnt = self._learnt(refs)
        away = self._public_holidays(some)
        for person in some:
            known = calendars.get(person.ref, {})
            own = [Interval.model_validate(i) for i in known.get("absences", ())]
            yield Availability(
                person=person.ref,
                zone=person.zone,
                hours=person.hours,
                busy=tuple(Interval.model_validate(i) for i in known.get("busy", ())),
                absences=(*own, *away.get(_place(person), ()), *learnt.get(person.ref, ())),
            )

    def _calendars(self, refs: Collection[str]) -> dict[str, dict[str, list[object]]]:
        query = select(CalendarTable).where(
            CalendarTable.cohort == self._cohort, CalendarTable.person.in_(refs)
        )
        return {row.person: row.intervals for row in self._session.scalars(query)}

    def _learnt(self, refs: Collection[str]) -> dict[str, list[Interval]]:
        """Times that people declined since."""
        query = select(UnavailableTable).where(
            UnavailableTable.cohort == self._cohort, UnavailableTable.person.in_(refs)
        )
        found: dict[str, list[Interval]] = {}
        for row in self._session.scalars(query):
            found.setdefault(row.person, []).append(Interval(starts=row.starts, ends=row.ends))
        return found

    def _public_holidays(self, some: list[Person]) -> dict[object, tuple[Interval, ...]]:
        if not self._program.holidays:
            return {}
        first = self._program.starts_on - timedelta(days=1)
        last = self._program.starts_on + timedelta(weeks=self._program.weeks, days=1)
        return {place: self._holidays(*place, first, last) for place in set(map(_place, some))}


def managed_today(session: Session, cohort: str, plan: Plan, now: datetime) -> Plan:
    """Return the plan with those in the seats of home managers who are managers now."""
    query = (
        select(RotationTable.id, PersonTable.facts["manager"].as_string())
        .join(PersonTable, PersonTable.ref == RotationTable.participant)
        .where(RotationTable.cohort == cohort, RotationTable.ritual == "")
    )
    managers = {row[0]: row[1] for row in session.execute(query)}
    steps = tuple(_managed(step, managers.get(step.rotation), now) for step in plan.steps)
    return plan.model_copy(update={"steps": steps})


def _managed(step: PlannedStep, manager: str | None, now: datetime) -> PlannedStep:
    seated = (a.person for a in step.attendees if a.seat is Seat.HOME_MANAGER)
    if manager is None or step.starts <= now or all(person == manager for person in seated):
        return step
    return step.model_copy(update={"attendees": managed_by(step.attendees, manager)})


def _place(person: Person) -> tuple[str, str | None, str]:
    return person.country, person.subdivision, person.zone


def _direct_reports(everybody: People) -> Mapping[str, list[str]]:
    direct: dict[str, list[str]] = {}
    for person in everybody.values():
        direct.setdefault(person.manager or "", []).append(person.ref)
    return direct


def _reports(person: str, direct: Mapping[str, list[str]]) -> tuple[str, ...]:
    """Return everybody under a person, directly or not; a loop in the data ends it."""
    found: set[str] = set()
    waiting = [person]
    while waiting:
        new = set(direct.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return tuple(sorted(found - {person}))


def _host(team: HostTeam) -> Host:
    return Host(
        team=team.ref,
        lead=team.lead,
        frontline=team.frontline,
        lenses=team.lenses,
        customer_facing=team.customer_facing,
        zone=team.zone,
        visits_per_week=team.visits_per_week,
        closed=team.closed,
    )
