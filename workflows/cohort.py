"""A cohort: planned, approved by a person, started, and repaired one disruption at a time."""

from contextlib import suppress
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import FailureError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.planning import (
        ApprovedPlan,
        CohortMoment,
        PlanningActivities,
        RepairWanted,
        RotationsWanted,
    )
    from activities.rituals import RitualActivities
    from domain import telling
    from domain.due import catch_up
    from domain.errors import DomainError, Refused
    from domain.events import PlanChanged
    from domain.planning import Disruption
    from domain.ports import PlanSummary
    from domain.rotation import RotationState
    from domain.value import Key, RotationId, Silent, Value
    from workflows import attributes
    from workflows.freshly import go_on_freshly, newer_release_waits
    from workflows.names import rotation_workflow_id
    from workflows.rotation import RotationOver, RotationStart, RotationWorkflow

STARTED_AT_ONCE = 20
"""Rotations listed and started together: more at once only makes each wait longer."""

PLANNING_TIME = timedelta(minutes=15)
SIGN_OF_LIFE = timedelta(seconds=20)
"""After so long without one a worker that was planning is taken for dead, and another plans."""

A_YEAR = timedelta(days=365)
"""So long one run of a cohort that goes on lasts; the next one carries on from its state."""

PLANNING_RETRIES = RetryPolicy(maximum_interval=timedelta(minutes=1))


class ApprovePlan(Value):
    """The plan version a program manager agrees to."""

    plan: int


class CohortState(Value):
    """A cohort as it begins, or as an earlier run of it left off."""

    cohort: Key
    plan: PlanSummary | None = None
    approved: int | None = None
    started: int = 0
    all_started: bool = False
    running: tuple[RotationId, ...] = ()
    over: tuple[RotationId, ...] = ()
    wanted: tuple[Disruption, ...] = ()
    continuous: Silent[bool] = False
    """Whether the cohort goes on when every rotation is over, since its program does."""


@workflow.defn(name="CohortWorkflow", failure_exception_types=[DomainError])
class CohortWorkflow:
    """Plans a cohort, waits for a person's approval, starts its rotations, serialises their repairs.

    Where its program goes on, so does the cohort: each year in a fresh run, which carries all it knows.
    """

    @workflow.init
    def __init__(self, start: CohortState) -> None:
        self._state = start
        self._replan_wanted = False
        self._planning = False

    @workflow.run
    async def run(self, _: CohortState) -> CohortState:
        """Return when every rotation of the approved plan is over, unless the program goes on."""
        await self._plan_until_approved()
        await self._start_rotations()
        while not self._is_over():
            with suppress(TimeoutError):
                await workflow.wait_condition(
                    lambda: bool(self._state.wanted) or self._is_over(),
                    timeout=self._rest_of_the_year(),
                )
            await self._repair_in_turn()
            await self._keep_the_rituals_going()
            self._continue_in_a_fresh_run_when_worn()
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._state

    async def _plan_until_approved(self) -> None:
        while self._state.approved is None:
            if self._state.plan is None or self._replan_wanted:
                self._replan_wanted = False
                await self._make_a_plan()
            self._say(f"Plan {self._latest} waits for a program manager's approval.")
            await workflow.wait_condition(
                lambda: self._state.approved is not None or self._replan_wanted
            )

    async def _make_a_plan(self) -> None:
        self._planning = True
        self._say("Making a plan.")
        plan = await workflow.execute_activity_method(
            PlanningActivities.plan_cohort,
            CohortMoment(cohort=self._state.cohort, now=workflow.now()),
            start_to_close_timeout=PLANNING_TIME,
            heartbeat_timeout=SIGN_OF_LIFE,
            retry_policy=PLANNING_RETRIES,
            summary="plan the cohort",
        )
        self._change(plan=plan)
        self._planning = False

    async def _start_rotations(self) -> None:
        if self._state.all_started or self._state.approved is None:
            return
        if self._state.started == 0:
            await self._mark_approved(self._state.approved)
        while not self._state.all_started:
            states = await self._next_rotations(self._state.approved)
            for state in states:
                await self._start_rotation(state)
            started = self._state.started + len(states)
            running = (*self._state.running, *(state.rotation for state in states))
            finished = len(states) < STARTED_AT_ONCE
            self._change(started=started, running=running, all_started=finished)
            self._change(continuous=bool(self._state.plan and self._state.plan.continuous))
            if finished and self._state.plan and self._state.plan.rituals:
                await self._begin_rituals()
            self._continue_in_a_fresh_run_when_worn()

    async def _begin_rituals(self) -> None:
        await workflow.execute_activity_method(
            RitualActivities.begin_rituals,
            self._state.cohort,
            start_to_close_timeout=timedelta(minutes=1),
            summary="begin the rituals",
        )

    async def _mark_approved(self, plan: int) -> None:
        await workflow.execute_activity_method(
            PlanningActivities.approve_plan,
            ApprovedPlan(cohort=self._state.cohort, now=workflow.now(), plan=plan),
            start_to_close_timeout=timedelta(seconds=30),
            summary=f"approve plan {plan}",
        )

    async def _next_rotations(self, plan: int) -> tuple[RotationState, ...]:
        wanted = RotationsWanted(
            cohort=self._state.cohort, plan=plan, skip=self._state.started, limit=STARTED_AT_ONCE
        )
        return await workflow.execute_activity_method(
            PlanningActivities.list_rotations,
            wanted,
            start_to_close_timeout=timedelta(minutes=1),
            summary=f"rotations from {self._state.started}",
        )

    async def _start_rotation(self, state: RotationState) -> None:
        """Its attributes say from the start who is awaited once it has done what is due."""
        begun, _ = catch_up(state, workflow.now())
        await workflow.start_child_workflow(
            RotationWorkflow.run,
            RotationStart(state=state),
            id=rotation_workflow_id(state.cohort, state.rotation),
            parent_close_policy=ParentClosePolicy.ABANDON,
            search_attributes=attributes.of_rotation(begun),
            static_summary=telling.title(state),
        )

    async def _repair_in_turn(self) -> None:
        while self._state.wanted:
            await self._repair(self._state.wanted[0])
            self._change(wanted=self._state.wanted[1:])

    async def _repair(self, disruption: Disruption) -> None:
        self._say(f"Repairing {disruption.rotation}: {disruption.cause.value}.")
        summary = await workflow.execute_activity_method(
            PlanningActivities.repair_plan,
            RepairWanted(cohort=self._state.cohort, now=workflow.now(), disruption=disruption),
            start_to_close_timeout=PLANNING_TIME,
            heartbeat_timeout=SIGN_OF_LIFE,
            retry_policy=PLANNING_RETRIES,
            summary=f"{disruption.cause.value} {disruption.step or ''} {disruption.rotation}",
        )
        for rotation, event in summary.told:
            name = "plan_changed" if isinstance(event, PlanChanged) else "repair_failed"
            await self._tell(rotation, name, event)

    async def _tell(self, rotation: str, name: str, event: object) -> None:
        workflow_id = rotation_workflow_id(self._state.cohort, rotation)
        try:
            await workflow.get_external_workflow_handle(workflow_id).signal(name, event)
        except FailureError:
            workflow.logger.info("rotation is over", extra={"rotation": rotation})

    async def _keep_the_rituals_going(self) -> None:
        """A schedule that was lost in the year that is over is made again."""
        if self._year_is_over():
            await self._begin_rituals()

    def _continue_in_a_fresh_run_when_worn(self) -> None:
        worn = workflow.info().is_continue_as_new_suggested() or self._year_is_over()
        if worn or newer_release_waits():
            go_on_freshly(self._state)

    def _rest_of_the_year(self) -> timedelta | None:
        """Return how long this run still waits for something to do; None without an end."""
        if not self._state.continuous:
            return None
        return workflow.info().start_time + A_YEAR - workflow.now()

    def _year_is_over(self) -> bool:
        left = self._rest_of_the_year()
        return left is not None and left <= timedelta()

    def _is_over(self) -> bool:
        done = set(self._state.running) <= set(self._state.over)
        return done and not self._state.wanted and not self._state.continuous

    def _say(self, sentence: str) -> None:
        workflow.set_current_details(
            f"**{sentence}**\n\n{len(self._state.running)} rotations started, "
            f"{len(self._state.over)} over, {len(self._state.wanted)} repairs waiting."
        )

    def _change(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)

    @property
    def _latest(self) -> int:
        return self._state.plan.plan if self._state.plan else 0

    @property
    def _newer_to_come(self) -> bool:
        return self._replan_wanted or self._planning

    @workflow.query(
        name="latest_plan", description="The plan that can be approved; 0 for none yet."
    )
    def latest_plan(self) -> int:
        return 0 if self._newer_to_come else self._latest

    @workflow.update(name="approve_plan", description="Agree to a plan version and start it.")
    def approve_plan(self, approve: ApprovePlan) -> str:
        self._change(approved=approve.plan)
        return f"Plan {approve.plan} is approved; its rotations are starting."

    @approve_plan.validator
    def _may_approve(self, approve: ApprovePlan) -> None:
        if self._state.approved == approve.plan:
            return
        if self._state.approved is not None:
            raise Refused(f"Plan {self._state.approved} is already approved and running.")
        if self._newer_to_come:
            raise Refused("A new plan is being made; wait for it, and approve that one.")
        if approve.plan != self._latest:
            raise Refused(f"Only the latest plan can be approved; that is plan {self._latest}.")

    @workflow.update(name="replan", description="Plan again before anything is approved.")
    def replan(self) -> str:
        self._replan_wanted = True
        return "A new plan is being made."

    @replan.validator
    def _may_replan(self) -> None:
        if self._state.approved is not None:
            raise Refused("The plan is approved and running; it is repaired, not made anew.")

    @workflow.signal(name="repair_wanted")
    def repair_wanted(self, disruption: Disruption) -> None:
        self._change(wanted=(*self._state.wanted, disruption))

    @workflow.signal(name="rotation_over")
    def rotation_over(self, over: RotationOver) -> None:
        self._change(over=(*self._state.over, over.rotation))
