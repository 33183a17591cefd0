"""The planner's desk: collects what a planner must know and keeps each answer as a version."""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import product

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.events import ConsentWanted, Event, GateAnswered, PlanChanged, RepairFailed
from domain.moments import Interval, whole_day
from domain.people import HostTeam, LearningGoal, Person, Seat
from domain.planning import (
    HOST_GONE,
    Availability,
    Candidate,
    Cause,
    Disruption,
    GoalWish,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Repair,
    managed_by,
)
from domain.ports import PlanSummary, RepairSummary
from domain.program import Gate, Program
from domain.rotation import SETTLED, GateState, RotationState, StepState
from store.audit import note
from store.database import reading, writing
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
from store.plans import Plans, keep_plan, keep_repair
from store.sentences import named
from store.tables import (
    CalendarTable,
    CohortTable,
    DissolvedTable,
    ForbiddenTable,
    NewsTable,
    PlanTable,
    RepairTable,
    RotationTable,
    UnavailableTable,
)

Planner = Callable[[PlanningProblem], Plan]
Repairer = Callable[[PlanningProblem, Plan, Disruption], Repair]
Holidays = Callable[[str, str | None, str, date, date], tuple[Interval, ...]]

FIRST_PLAN = "first plan"


class PlanningDesk:
    """Implements ``domain.ports.Planning`` over the store and a planner."""

    def __init__(self, engine: Engine, plan: Planner, repair: Repairer, holidays: Holidays) -> None:
        self._engine = engine
        self._plan = plan
        self._repair = repair
        self._holidays = holidays
        self._plans = Plans()

    def make_plan(self, cohort: str, now: datetime) -> PlanSummary:
        """Plan the whole cohort and store the plan as its next version."""
        with reading(self._engine) as session:
            problem = self._problem(session, cohort, now)
        plan = self._plan(problem)
        with writing(self._engine) as session:
            number = keep_plan(session, cohort, plan, FIRST_PLAN, now)
        unplaced = tuple(u.participant for u in plan.unplaced)
        return PlanSummary(
            plan=number,
            placed=len(plan.assignments),
            unplaced=unplaced,
            rituals=bool(problem.program.rituals),
        )

    def approve(self, cohort: str, plan: int, now: datetime) -> None:
        """Mark a version as the one that runs; a repeat changes nothing."""
        with writing(self._engine) as session:
            found = session.get(PlanTable, (cohort, plan))
            row = session.get(CohortTable, cohort)
            if found is None or row is None:
                raise NotFound(f"Cohort '{cohort}' has no plan {plan}.")
            if found.approved_at is None:
                found.approved_at = now
                row.approved_plan = plan
                note(session, now, None, f"plan {plan} of cohort {cohort} approved")

    def rotations(self, cohort: str, plan: int) -> tuple[RotationState, ...]:
        """Return the first state of each placed rotation, by rotation id."""
        with reading(self._engine) as session:
            body = self._plans.version(session, cohort, plan)
            program = program_of(session, cohort)
            consents = _Consents(session, cohort)
            return tuple(
                _first_state(program, plan, body, rotation, consents)
                for rotation in sorted(body.hosts())
            )

    def repair(self, cohort: str, disruption: Disruption, now: datetime) -> RepairSummary:
        """Find the smallest repair and store it; the same disruption again gives the stored answer."""
        key = _key_of(disruption)
        with reading(self._engine) as session:
            known = session.get(RepairTable, key)
            if known:
                return RepairSummary.model_validate(known.answer)
        self._learn(cohort, disruption, now)
        with reading(self._engine) as session:
            repair = self._mended(session, cohort, disruption, now)
        with writing(self._engine) as session:
            return _answer(session, cohort, disruption, repair, now, key)

    def why_not_then(self, rotation: str, step: str, starts: datetime, now: datetime) -> str | None:
        """Return why a step can't move to exactly this start (UTC), None when it can; nothing changes."""
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            if row.state is None:
                return "This rotation has not started yet."
            state = RotationState.model_validate(row.state)
            wished = Disruption(
                rotation=rotation,
                step=step,
                cause=Cause.RESCHEDULE,
                wished_start=starts,
                settled=tuple(s.key for s in state.steps if s.phase in SETTLED),
            )
            found = self._mended(session, row.cohort, wished, now)
            return None if found.plan else named(found.reason, people(session), teams(session))

    def _mended(
        self, session: Session, cohort: str, disruption: Disruption, now: datetime
    ) -> Repair:
        """Ask the planner with the calendars of those who meet already; only if need be with everybody's."""
        _, plan = self._plans.latest(session, cohort)
        found = Repair(plan=None)
        if disruption.cause not in HOST_GONE:
            known = _meeting(session, plan, disruption.rotation)
            problem = self._problem(session, cohort, now, known)
            found = self._repair(problem, _managed_today(plan, problem), disruption)
        if found.plan is None and disruption.wished_start is None:
            problem = self._problem(session, cohort, now)
            found = self._repair(problem, _managed_today(plan, problem), disruption)
        return found

    def problem(self, cohort: str, now: datetime) -> PlanningProblem:
        """Return what a planner would be asked now."""
        with reading(self._engine) as session:
            return self._problem(session, cohort, now)

    def _problem(
        self, session: Session, cohort: str, now: datetime, known: Collection[str] | None = None
    ) -> PlanningProblem:
        """Return the cohort's problem, with everybody's calendars or those of the people ``known``."""
        program = program_of(session, cohort)
        everybody = people(session)
        hosts = teams(session)
        wishes = goals_of(session, cohort)
        coordinator = coordinator_of(program, everybody)
        refused = session.execute(
            select(ForbiddenTable.rotation, ForbiddenTable.team)
            .join(RotationTable, RotationTable.id == ForbiddenTable.rotation)
            .where(RotationTable.cohort == cohort)
        )
        candidates = _candidates(session, cohort, everybody, hosts, wishes)
        dissolved = session.scalars(
            select(DissolvedTable.team).where(DissolvedTable.cohort == cohort)
        )
        nobodys = product((c.rotation for c in candidates), dissolved.all())
        return PlanningProblem(
            program=program,
            first_day=program.starts_on,
            candidates=candidates,
            hosts=tuple(_host(team) for team in hosts.values()),
            people=tuple(
                self._availabilities(session, program, _some(everybody, known, coordinator))
            ),
            not_before=now,
            forbidden=(*((rotation, team) for rotation, team in refused), *nobodys),
            facilitator=coordinator.ref if coordinator else None,
        )

    def _availabilities(
        self, session: Session, program: Program, some: Sequence[Person]
    ) -> list[Availability]:
        refs = [person.ref for person in some]
        own = select(CalendarTable).where(
            CalendarTable.cohort == program.cohort, CalendarTable.person.in_(refs)
        )
        calendars = {row.person: row.intervals for row in session.scalars(own)}
        declined = session.scalars(
            select(UnavailableTable).where(
                UnavailableTable.cohort == program.cohort, UnavailableTable.person.in_(refs)
            )
        )
        learnt: dict[str, list[Interval]] = {}
        for row in declined:
            learnt.setdefault(row.person, []).append(Interval(starts=row.starts, ends=row.ends))
        first = program.starts_on - timedelta(days=1)
        last = program.starts_on + timedelta(weeks=program.weeks, days=1)
        holidays: dict[tuple[str, str | None, str], tuple[Interval, ...]] = {}
        result = []
        for person in some:
            known = calendars.get(person.ref, {})
            away = [Interval.model_validate(i) for i in known.get("absences", ())]
            if program.holidays:
                place = (person.country, person.subdivision, person.zone)
                if place not in holidays:
                    holidays[place] = self._holidays(*place, first, last)
                away += holidays[place]
            result.append(
                Availability(
                    person=person.ref,
                    zone=person.zone,
                    hours=person.hours,
                    busy=tuple(Interval.model_validate(i) for i in known.get("busy", ())),
                    absences=(*away, *learnt.get(person.ref, ())),
                )
            )
        return result

    def _learn(self, cohort: str, disruption: Disruption, now: datetime) -> None:
        """Keep what the disruption says about people and teams, for every later plan."""
        with writing(self._engine) as session:
            away = disruption.unavailable
            if disruption.cause is Cause.COLLEAGUE_REFUSED:
                away = _whole_program(program_of(session, cohort))
            if away and disruption.person:
                _insert_once(
                    session,
                    UnavailableTable,
                    cohort=cohort,
                    person=disruption.person,
                    starts=away.starts,
                    ends=away.ends,
                )
            if disruption.cause is Cause.HOST_REFUSED:
                _, plan = self._plans.latest(session, cohort)
                teams = plan.hosts_of(disruption.rotation)
                if teams:
                    team = teams[disruption.stop - 1]
                    _insert_once(session, ForbiddenTable, rotation=disruption.rotation, team=team)
            sentence = f"repair asked: {disruption.cause.value} {disruption.step or ''}"
            note(session, now, disruption.rotation, sentence.strip())


def _meeting(session: Session, plan: Plan, rotation: str) -> set[str]:
    """Return whoever a rotation's steps may seat while its teams stay: its own people and its hosts'."""
    participant = rotation_row(session, rotation).participant
    manager = people(session)[participant].manager
    every = teams(session)
    hosts = [every[team] for team in plan.hosts_of(rotation)]
    of_the_hosts = {person for host in hosts for person in (host.lead, *host.frontline)}
    return of_the_hosts | {participant} | ({manager} if manager else set())


def _some(
    everybody: People, known: Collection[str] | None, coordinator: Person | None
) -> list[Person]:
    if known is None:
        return list(everybody.values())
    facilitator = {coordinator.ref} if coordinator else set()
    return [everybody[ref] for ref in sorted({*known, *facilitator})]


def _managed_today(plan: Plan, problem: PlanningProblem) -> Plan:
    """Return the plan with those in the seats of home managers who are managers now."""
    managers = {c.rotation: c.manager for c in problem.candidates}
    return plan.model_copy(
        update={"steps": tuple(_managed(s, managers.get(s.rotation), problem) for s in plan.steps)}
    )


def _managed(step: PlannedStep, manager: str | None, problem: PlanningProblem) -> PlannedStep:
    seated = (a.person for a in step.attendees if a.seat is Seat.HOME_MANAGER)
    if manager is None or step.starts <= problem.not_before or all(p == manager for p in seated):
        return step
    return step.model_copy(update={"attendees": managed_by(step.attendees, manager)})


def _answer(
    session: Session,
    cohort: str,
    disruption: Disruption,
    repair: Repair,
    now: datetime,
    key: str,
) -> RepairSummary:
    if repair.plan is None:
        failed = RepairFailed(step=disruption.step)
        summary = RepairSummary(plan=None, told=((disruption.rotation, failed),))
    else:
        touched = {disruption.rotation, *(rotation for rotation, _ in repair.moved)}
        number = keep_repair(session, cohort, repair.plan, repair.reason, now, touched)
        told = _told(session, cohort, number, repair, disruption)
        summary = RepairSummary(plan=number, told=told)
    session.add(
        RepairTable(
            key=key,
            rotation=disruption.rotation,
            answer=summary.model_dump(mode="json"),
            reason=repair.reason,
            at=now,
        )
    )
    note(session, now, disruption.rotation, repair.reason)
    return summary


def _told(
    session: Session, cohort: str, number: int, repair: Repair, disruption: Disruption
) -> tuple[tuple[str, Event], ...]:
    plan = repair.plan
    if plan is None or disruption.cause is Cause.WITHDRAWN:
        return ()
    consents = _Consents(session, cohort)
    touched = {rotation for rotation, _ in repair.moved} | {disruption.rotation}
    return tuple(
        (rotation, _changed(plan, number, rotation, consents)) for rotation in sorted(touched)
    )


def _changed(plan: Plan, number: int, rotation: str, consents: "_Consents") -> PlanChanged:
    hosts = plan.hosts_of(rotation)
    if not hosts:
        raise Refused(f"Plan {number} has no place for rotation {rotation}.")
    steps = plan.steps_of(rotation)
    return PlanChanged(
        plan=number,
        host=hosts[0],
        later_hosts=hosts[1:],
        steps=steps,
        consents=consents.missing(rotation, hosts, steps),
    )


def _first_state(
    program: Program, number: int, plan: Plan, rotation: str, consents: "_Consents"
) -> RotationState:
    participant = next(a.participant for a in plan.assignments if a.rotation == rotation)
    hosts, steps = plan.hosts_of(rotation), plan.steps_of(rotation)
    ordered = sorted(steps, key=lambda s: [t.key for t in program.steps].index(s.key))
    return RotationState(
        rotation=rotation,
        cohort=program.cohort,
        participant=participant,
        host=hosts[0],
        later_hosts=hosts[1:],
        plan=number,
        gates=consents.of(rotation, hosts, steps),
        steps=tuple(StepState(**step.model_dump(exclude={"rotation"})) for step in ordered),
        patience=program.patience,
        sparing=True,
    )


class _Consents:
    """Who has to agree before a rotation's invites go out, and who has already."""

    def __init__(self, session: Session, cohort: str) -> None:
        self._program = program_of(session, cohort)
        self._people = people(session)
        self._teams = teams(session)
        self._goals = goals_of(session, cohort)
        rows = session.scalars(rotations_of(cohort))
        self._participants = {row.id: row.participant for row in rows}
        self._given = _given_consents(session, cohort)

    def of(
        self, rotation: str, hosts: tuple[str, ...], steps: tuple[PlannedStep, ...]
    ) -> tuple[GateState, ...]:
        """Return all consents in the order in which they are asked for, with those the folder has."""
        leader = self._participants[rotation]
        coming = {a.person for s in steps for a in s.attendees}
        every = [
            *self._of_the_participant(leader),
            *(g for n, host in enumerate(hosts, start=1) for g in self._of_a_team(n, host, coming)),
        ]
        order = list(Gate)
        needed = (gate for gate in every if gate.gate in self._program.gates)
        return tuple(sorted(needed, key=lambda gate: order.index(gate.gate)))

    def _of_the_participant(self, leader: str) -> Iterator[GateState]:
        agreed = _midnight(self._goals_agreed_on(leader))
        yield GateState(gate=Gate.GOALS, person=leader, passed_at=agreed)
        manager = self._people[leader].manager
        if manager:
            released = _midnight(self._people[leader].released_on)
            yield GateState(gate=Gate.RELEASE, person=manager, passed_at=released)

    def _of_a_team(self, stop: int, host: str, coming: set[str]) -> Iterator[GateState]:
        team = self._teams[host]
        agreed = _midnight(team.agreed_on)
        yield GateState(gate=Gate.HOST, person=team.lead, passed_at=agreed, stop=stop)
        for person in sorted(coming & set(team.frontline)):
            agreed = _midnight(self._people[person].sessions_agreed_on)
            yield GateState(gate=Gate.COLLEAGUES, person=person, passed_at=agreed, stop=stop)

    def missing(
        self, rotation: str, hosts: tuple[str, ...], steps: tuple[PlannedStep, ...]
    ) -> tuple[ConsentWanted, ...]:
        """Return the consents nobody has given: neither in the folder nor for this rotation before."""
        return tuple(
            ConsentWanted(gate.gate, gate.person, gate.stop)
            for gate in self.of(rotation, hosts, steps)
            if not gate.passed_at and not self._is_given(rotation, gate)
        )

    def _is_given(self, rotation: str, gate: GateState) -> bool:
        """A release stays given when another home manager takes over."""
        if gate.gate is Gate.RELEASE:
            return any(given[:2] == (rotation, gate.gate) for given in self._given)
        return (rotation, gate.gate, gate.person) in self._given

    def _goals_agreed_on(self, person: str) -> date | None:
        days = [goal.agreed_on for goal in self._goals if goal.participant == person]
        return max((day for day in days if day), default=None) if all(days) else None


def _given_consents(session: Session, cohort: str) -> set[tuple[str, Gate, str]]:
    """Return who agreed to what by a signed page: somebody who comes back is not asked again."""
    said = session.execute(
        select(NewsTable.rotation, NewsTable.event)
        .join(RotationTable, RotationTable.id == NewsTable.rotation)
        .where(RotationTable.cohort == cohort, NewsTable.refusal == "")
        .where(NewsTable.update_id.startswith("consent:"))
    )
    answers = [(rotation, GateAnswered.model_validate(event)) for rotation, event in said]
    return {(rotation, a.gate, a.person) for rotation, a in answers if a.agreed}


def _midnight(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), tzinfo=UTC) if day else None


def _candidates(
    session: Session,
    cohort: str,
    everybody: People,
    hosts: Mapping[str, HostTeam],
    wishes: tuple[LearningGoal, ...],
) -> tuple[Candidate, ...]:
    rows = session.scalars(rotations_of(cohort).order_by(RotationTable.participant))
    own_teams = {team.key: team.ref for team in hosts.values()}
    direct = _direct_reports(everybody)
    wished: dict[str, list[GoalWish]] = {}
    for goal in wishes:
        wish = GoalWish(lens=goal.lens, weight=goal.weight, wished_team=goal.wished_team)
        wished.setdefault(goal.participant, []).append(wish)
    return tuple(
        Candidate(
            rotation=row.id,
            participant=row.participant,
            manager=everybody[row.participant].manager,
            goals=tuple(wished.get(row.participant, ())),
            own_team=own_teams.get(everybody[row.participant].team),
            reports=_reports(row.participant, direct),
        )
        for row in rows
        if row.version >= 0 or everybody[row.participant].participates
    )


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


def _whole_program(program: Program) -> Interval:
    """A colleague who said no to sessions is asked for none of this cohort."""
    starts = whole_day(program.starts_on, program.zone).starts
    return Interval(starts=starts, ends=starts + timedelta(weeks=program.weeks))


def _key_of(disruption: Disruption) -> str:
    return hashlib.sha256(disruption.model_dump_json().encode()).hexdigest()


def _insert_once(
    session: Session, table: type[UnavailableTable | ForbiddenTable], **values: object
) -> None:
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert(table).values(**values).on_conflict_do_nothing())
