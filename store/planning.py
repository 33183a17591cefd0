"""The planner's desk: collects what a planner must know and keeps each answer as a version."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.events import Event, PlanChanged, RepairFailed
from domain.moments import Interval, whole_day
from domain.moves import as_it_stands
from domain.planning import (
    HOST_GONE,
    Cause,
    Disruption,
    Plan,
    PlanningProblem,
    Repair,
)
from domain.ports import PlanSummary, RepairSummary
from domain.problems import Holidays
from domain.program import Program
from domain.review import Review
from domain.rotation import RotationState, StepState
from domain.value import Key, Value
from store.audit import note
from store.consents import Consents
from store.database import insert_once, reading, writing
from store.people import (
    people,
    program_planned,
    rotation_row,
    teams,
)
from store.plans import Plans, keep_plan, keep_repair
from store.problems import Problems, managed_today
from store.sentences import named
from store.tables.people import CohortTable
from store.tables.planning import ForbiddenTable, PlanTable, RepairTable, UnavailableTable

Planner = Callable[[PlanningProblem], Plan]
Reviewer = Callable[[PlanningProblem, Plan], Review]
Repairer = Callable[[PlanningProblem, Plan, Disruption], Repair]

FIRST_PLAN = "first plan"


class Effect(Value):
    """What moving a step would do: why it can't be, or every step whose time or people change."""

    why_not: str | None = None
    moved: tuple[Key, ...] = ()


class PlanningDesk:
    """Implements ``domain.ports.Planning`` over the store and a planner."""

    def __init__(
        self,
        engine: Engine,
        plan: Planner,
        review: Reviewer,
        repair: Repairer,
        holidays: Holidays,
    ) -> None:
        self._engine = engine
        self._plan = plan
        self._review = review
        self._repair = repair
        self._holidays = holidays
        self._plans = Plans()

    def make_plan(self, cohort: str, now: datetime) -> PlanSummary:
        """Plan the whole cohort and store the plan as its next version."""
        with reading(self._engine) as session:
            problem = Problems(session, cohort, now, self._holidays).whole()
        plan = self._plan(problem)
        review = self._review(problem, plan)
        with writing(self._engine) as session:
            number = keep_plan(session, cohort, plan, review, FIRST_PLAN, now)
        unplaced = tuple(u.participant for u in plan.unplaced)
        return PlanSummary(
            plan=number,
            placed=len(plan.hosts()),
            unplaced=unplaced,
            rituals=bool(problem.program.rituals),
            continuous=problem.program.continuous,
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

    def rotations(
        self, cohort: str, plan: int, skip: int = 0, limit: int | None = None
    ) -> tuple[RotationState, ...]:
        """Return the first states of placed rotations, by rotation id: ``limit`` of them after ``skip``."""
        with reading(self._engine) as session:
            body = self._plans.version(session, cohort, plan)
            program = program_planned(session, cohort)
            wanted = sorted(body.hosts())[skip:][:limit]
            consents = Consents(session, cohort, wanted)
            return tuple(_first_states(program, plan, body, wanted, consents))

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
        return self.effect_of(rotation, step, starts, now).why_not

    def effect_of(self, rotation: str, step: str, starts: datetime, now: datetime) -> Effect:
        """Return what moving a step to exactly this start (UTC) would do; nothing changes.

        What stands in nobody's plan moves alone.
        """
        with reading(self._engine) as session:
            row = rotation_row(session, rotation)
            if row.state is None:
                return Effect(why_not="This rotation has not started yet.")
            state = RotationState.model_validate(row.state)
            if state.apart:
                return Effect(moved=(step,))
            wished = Disruption(
                rotation=rotation,
                step=step,
                cause=Cause.RESCHEDULE,
                wished_start=starts,
                **as_it_stands(state),
            )
            found = self._mended(session, row.cohort, wished, now)
            if found.plan is None:
                return Effect(why_not=named(found.reason, people(session), teams(session)))
            return Effect(moved=tuple(key for _, key in found.moved))

    def _mended(
        self, session: Session, cohort: str, disruption: Disruption, now: datetime
    ) -> Repair:
        """Ask the planner what those who meet already can do; only if need be what other teams can."""
        _, stored = self._plans.latest(session, cohort)
        plan = managed_today(session, cohort, stored, now)
        problems = Problems(session, cohort, now, self._holidays)
        found = Repair(plan=None)
        if disruption.cause not in HOST_GONE:
            hosts = plan.hosts_of(disruption.rotation)
            others = [step for step in plan.steps if step.rotation != disruption.rotation]
            around = problems.around(disruption.rotation, hosts, others)
            found = self._repair(around, plan, disruption)
        if found.plan is None and disruption.wished_start is None:
            found = self._repair(problems.whole(), plan, disruption)
        return found

    def problem(self, cohort: str, now: datetime) -> PlanningProblem:
        """Return what a planner would be asked now."""
        with reading(self._engine) as session:
            return Problems(session, cohort, now, self._holidays).whole()

    def _learn(self, cohort: str, disruption: Disruption, now: datetime) -> None:
        """Keep what the disruption says about people and teams, for every later plan."""
        with writing(self._engine) as session:
            away = disruption.unavailable
            if disruption.cause is Cause.COLLEAGUE_REFUSED:
                away = _whole_program(program_planned(session, cohort))
            if away and disruption.person:
                insert_once(
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
                    insert_once(session, ForbiddenTable, rotation=disruption.rotation, team=team)
            sentence = f"repair asked: {disruption.cause.value} {disruption.step or ''}"
            note(session, now, disruption.rotation, sentence.strip())


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
    touched = {rotation for rotation, _ in repair.moved} | {disruption.rotation}
    consents = Consents(session, cohort, touched)
    return tuple(
        (rotation, _changed(plan, number, rotation, consents)) for rotation in sorted(touched)
    )


def _changed(plan: Plan, number: int, rotation: str, consents: Consents) -> PlanChanged:
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


def _first_states(
    program: Program, number: int, plan: Plan, wanted: Iterable[str], consents: Consents
) -> Iterator[RotationState]:
    participants = {a.rotation: a.participant for a in plan.assignments}
    every_host, every_step = plan.hosts(), plan.steps_by_rotation()
    place = {template.key: place for place, template in enumerate(program.steps)}
    for rotation in wanted:
        hosts, steps = every_host[rotation], every_step.get(rotation, ())
        ordered = sorted(steps, key=lambda step: place[step.key])
        yield RotationState(
            rotation=rotation,
            cohort=program.cohort,
            participant=participants[rotation],
            host=hosts[0],
            later_hosts=hosts[1:],
            plan=number,
            gates=consents.of(rotation, hosts, steps),
            steps=tuple(StepState(**step.model_dump(exclude={"rotation"})) for step in ordered),
            patience=program.patience,
            sparing=True,
            over_by=program.over_by,
        )


def _whole_program(program: Program) -> Interval:
    """A colleague who said no to sessions is asked for none of this cohort."""
    starts = whole_day(program.starts_on, program.zone).starts
    return Interval(starts=starts, ends=starts + timedelta(weeks=program.weeks))


def _key_of(disruption: Disruption) -> str:
    return hashlib.sha256(disruption.model_dump_json().encode()).hexdigest()
