"""What a planner is asked: a whole cohort, or one rotation among those who meet for it already."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from itertools import product
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.moments import Interval, Intervals, zone_of
from domain.people import Person, Seat
from domain.planning import (
    Availability,
    Candidate,
    GoalWish,
    Plan,
    PlannedStep,
    PlanningProblem,
    managed_by,
)
from domain.problems import (
    Holidays,
    availability_of,
    candidate_of,
    direct_reports,
    holidays_of,
    hosts_of,
    ruled_out,
    wishes_of,
    with_pins,
)
from store.heard_quarters import awaited, declined, heard_now
from store.people import (
    People,
    coordinator_of,
    goals_of,
    people,
    program_planned,
    rotation_row,
    rotations_of,
    teams,
)
from store.pins import every_pin
from store.tables.people import PersonTable
from store.tables.planning import CalendarTable, DissolvedTable, ForbiddenTable, UnavailableTable
from store.tables.rotations import RotationTable


class Problems:
    """The planning problems of a cohort as it stands at ``now`` (UTC)."""

    def __init__(self, session: Session, cohort: str, now: datetime, holidays: Holidays) -> None:
        self._session = session
        self._cohort = cohort
        self._now = now
        self._holidays = holidays
        self._program = program_planned(session, cohort)
        self._people: People = people(session)
        self._teams = teams(session)
        self._coordinator = coordinator_of(self._program, self._people)

    def whole(self, pins: Mapping[str, Iterable[str]] | None = None) -> PlanningProblem:
        """Return the problem of everybody with every team.

        ``pins`` are the teams that rotations have to visit; None for those that are stored.
        """
        keyed = {team.key: team.ref for team in self._teams.values()}
        direct = direct_reports(self._people.values())
        query = rotations_of(self._cohort).order_by(RotationTable.participant)
        rows = [
            row
            for row in self._session.scalars(query)
            if row.version >= 0 or self._people[row.participant].participates
        ]
        wished = self._wishes(None)
        candidates = tuple(self._candidate(row, wished, keyed, direct) for row in rows)
        never = [
            pair for row in rows for pair in ruled_out(self._people[row.participant], row.id, keyed)
        ]
        problem = self._problem(candidates, self._teams, list(self._people.values()), never)
        return with_pins(problem, every_pin(self._session) if pins is None else pins)

    def around(
        self, rotation: str, hosts: Iterable[str], others: Iterable[PlannedStep] = ()
    ) -> PlanningProblem:
        """Return the problem of one rotation that stays with its host teams.

        Nobody else's calendar is in it: steps of other rotations count by the plan alone, and
        whoever is expected at ``others`` by whom they speak for.
        """
        row = rotation_row(self._session, rotation)
        met = [self._teams[team] for team in hosts]
        candidate = self._candidate(row, self._wishes(row.participant), {}, {})
        needed = {person for host in met for person in (host.lead, *host.frontline)}
        needed |= {candidate.participant, *filter(None, [candidate.manager])}
        if self._coordinator:
            needed.add(self._coordinator.ref)
        return self._problem(
            (candidate,),
            [host.ref for host in met],
            [self._people[ref] for ref in sorted(needed)],
            (),
            others,
        )

    def availabilities(self, refs: Iterable[str], until: datetime) -> tuple[Availability, ...]:
        """Return when these people can be met, by their calendars and holidays, until a moment (UTC)."""
        last = until.astimezone(zone_of(self._program.zone)).date()
        return tuple(self._availabilities([self._people[ref] for ref in refs], last))

    def _problem(
        self,
        candidates: tuple[Candidate, ...],
        hosts: Iterable[str],
        some: list[Person],
        never: Iterable[tuple[str, str]] = (),
        others: Iterable[PlannedStep] = (),
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
        visits = self._session.scalar(
            select(func.count()).select_from(rotations_of(self._cohort).subquery())
        )
        speaks = any(person.voices for person in some)
        shared = hosts_of(self._teams.values(), (visits or 0) * self._program.stops)
        return PlanningProblem(
            program=self._program,
            first_day=self._program.starts_on,
            candidates=candidates,
            hosts=tuple(shared[team] for team in hosts),
            people=tuple(self._availabilities(some)),
            not_before=self._now,
            forbidden=(*((rotation, team) for rotation, team in refused), *nobodys, *never),
            facilitator=self._coordinator.ref if self._coordinator else None,
            **(self._voices(some, others) if speaks else {}),
        )

    def _voices(self, some: list[Person], others: Iterable[PlannedStep]) -> dict[str, Any]:
        session, now = self._session, self._now
        said_no = declined(session, self._cohort, now)
        coming = awaited(session, others, [person.ref for person in some], said_no, now)
        heard = heard_now(session, self._program, now) | coming
        return {"heard": tuple(sorted(heard)), "said_no": said_no}

    def _wishes(self, participant: str | None) -> dict[str, list[GoalWish]]:
        return wishes_of(goals_of(self._session, self._cohort, participant))

    def _candidate(
        self,
        row: RotationTable,
        wished: Mapping[str, list[GoalWish]],
        keyed: Mapping[str, str],
        direct: Mapping[str, list[str]],
    ) -> Candidate:
        person = self._people[row.participant]
        return candidate_of(self._program, person, row.id, wished, keyed, direct)

    def _availabilities(
        self, some: list[Person], last: date | None = None
    ) -> Iterator[Availability]:
        refs = [person.ref for person in some]
        calendars = self._calendars(refs)
        learnt = self._learnt(refs)
        away = holidays_of(self._program, some, self._holidays, last)
        for person in some:
            known = calendars.get(person.ref, {})
            own, busy = (
                Intervals.validate_python(known.get(name, ())) for name in ("absences", "busy")
            )
            yield availability_of(person, busy, (*own, *learnt.get(person.ref, ())), away)

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
