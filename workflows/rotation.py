"""One participant's rotation, from consents to thanks."""

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.correspondence import CorrespondenceActivities
    from domain import telling
    from domain.due import catch_up, next_due
    from domain.errands import Dispatch, Errand, ErrandKind
    from domain.errors import DomainError
    from domain.events import (
        Answered,
        Cancel,
        Delivery,
        Event,
        GateAnswered,
        Hold,
        ManagerChanged,
        MemberJoined,
        MemberLeft,
        NoShow,
        NotToday,
        PlanChanged,
        Proposed,
        Released,
        RepairFailed,
        Reschedule,
        Resume,
        Skip,
        Summarised,
        TeamDissolved,
        TookPlace,
        Unavailable,
        Withdraw,
        Written,
    )
    from domain.moves import apply, foreseen, refuse
    from domain.policy import PolicyState
    from domain.rotation import SETTLED, Ending, RotationState
    from domain.value import RotationId, Value
    from workflows import attributes
    from workflows.freshly import go_on_freshly, newer_release_waits
    from workflows.names import cohort_workflow_id, policy_workflow_id
    from workflows.policy import PolicyChangeWorkflow


class RotationStart(Value):
    """A rotation as it begins, or as an earlier run of it left off."""

    state: RotationState
    pending: tuple[Errand, ...] = ()
    projected: int = -1
    """The version that the store knows already."""
    history_budget: int = 200
    """Events after which the next step boundary starts a fresh run."""


class RotationOver(Value):
    """How a rotation ended."""

    rotation: RotationId
    ending: Ending


_VERBS = {
    ErrandKind.INVITE: CorrespondenceActivities.send_invites,
    ErrandKind.REMIND: CorrespondenceActivities.send_reminders,
    ErrandKind.CALL_OFF: CorrespondenceActivities.call_off_invites,
    ErrandKind.REPAIR: CorrespondenceActivities.record_progress,
}


@workflow.defn(name="RotationWorkflow", failure_exception_types=[DomainError])
class RotationWorkflow:
    """Consents, then each step invited, answered and held, then thanks; people's answers drive it."""

    @workflow.init
    def __init__(self, start: RotationStart) -> None:
        self._start = start
        self._state = start.state
        self._errands = list(start.pending)
        self._projected = start.projected
        self._shown = _headline(start.state)
        self._timer: asyncio.Task[None] | None = None
        self._timer_at = float("inf")

    @workflow.run
    async def run(self, _: RotationStart) -> RotationOver:
        """Go from one due moment or answer to the next until every step is settled."""
        try:
            while not self._state.ending:
                self._catch_up_with_time()
                await self._carry_out()
                self._continue_in_a_fresh_run_when_worn()
                await self._news_or_next_due()
            await self._carry_out()
        except asyncio.CancelledError:
            await self._call_everything_off()
            raise
        return await self._say_it_is_over()

    def _catch_up_with_time(self) -> None:
        self._state, errands = catch_up(self._state, workflow.now())
        self._errands.extend(errands)

    async def _carry_out(self) -> None:
        """Write one decision's errands in one transaction, then ask the cohort for its repairs."""
        self._show(self._state)
        while self._errands or self._projected < self._state.version:
            errands, self._errands = tuple(self._errands), []
            state = self._state
            self._show(state)
            await workflow.execute_local_activity_method(
                _verb_of(errands),
                telling.dispatch(state, errands, workflow.now()),
                start_to_close_timeout=timedelta(seconds=10),
                local_retry_threshold=timedelta(seconds=60),
                summary=_summary_of(errands, state),
            )
            self._projected = state.version
            for errand in errands:
                if errand.disruption:
                    await self._ask_for_repair(errand)
                if errand.policy:
                    await self._hand_over(errand.policy)

    async def _ask_for_repair(self, errand: Errand) -> None:
        cohort = workflow.get_external_workflow_handle(cohort_workflow_id(self._state.cohort))
        try:
            await cohort.signal("repair_wanted", errand.disruption)
        except FailureError:
            self._take(RepairFailed(step=errand.step))

    async def _hand_over(self, begun: PolicyState) -> None:
        """Start the policy change on its own: it outlives this rotation."""
        try:
            await workflow.start_child_workflow(
                PolicyChangeWorkflow.run,
                begun,
                id=policy_workflow_id(begun.policy),
                parent_close_policy=ParentClosePolicy.ABANDON,
                search_attributes=attributes.of_policy(begun),
                static_summary=f"Proposed by {begun.participant}, decided by {begun.owner}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("policy change runs already")

    def _show(self, state: RotationState) -> None:
        """Upsert search attributes when the stage or the attention changed, not with every answer."""
        workflow.set_current_details(telling.details(state))
        if _headline(state) != self._shown:
            workflow.upsert_search_attributes([*attributes.that_change(state)])
            self._shown = _headline(state)

    async def _news_or_next_due(self) -> None:
        version = self._state.version
        due = next_due(self._state)
        if due:
            self._arm(due.at.timestamp(), due.label)
        timer = self._timer if due else None
        await workflow.wait_condition(
            lambda: self._state.version > version or bool(timer and timer.done())
        )

    def _arm(self, at: float, label: str) -> None:
        """Keep one timer, re-armed only for an earlier moment: a later one is noticed when it fires."""
        if self._timer and not self._timer.done():
            if self._timer_at <= at:
                return
            self._timer.cancel()
        self._timer_at = at
        seconds = max(0.0, at - workflow.time())
        self._timer = asyncio.create_task(workflow.sleep(seconds, summary=label))

    def _continue_in_a_fresh_run_when_worn(self) -> None:
        """The server's own word counts anywhere: a run that it says is full soon takes no more updates."""
        info = workflow.info()
        worn = (
            newer_release_waits() or info.get_current_history_length() > self._start.history_budget
        )
        at_boundary = _settled(self._state) > _settled(self._start.state)
        full = info.is_continue_as_new_suggested()
        if not self._state.ending and (full or (worn and at_boundary)):
            start = self._start.model_copy(
                update={
                    "state": self._state,
                    "pending": tuple(self._errands),
                    "projected": self._projected,
                }
            )
            go_on_freshly(start, attributes.of_rotation(self._state))

    async def _call_everything_off(self) -> None:
        if not self._state.ending:
            self._take(Cancel())
        await self._carry_out()

    async def _say_it_is_over(self) -> RotationOver:
        await workflow.wait_condition(workflow.all_handlers_finished)
        over = RotationOver(
            rotation=self._state.rotation, ending=self._state.ending or Ending.CANCELLED
        )
        if self._state.apart:
            return over
        cohort = workflow.get_external_workflow_handle(cohort_workflow_id(self._state.cohort))
        try:
            await cohort.signal("rotation_over", over)
        except FailureError:
            workflow.logger.info("cohort has ended before its rotation")
        return over

    def _take(self, event: Event) -> str:
        before = self._state
        known = self._projected == before.version and foreseen(before, event, workflow.now())
        self._state, errands = apply(before, event, workflow.now())
        self._errands.extend(errands)
        if known:
            self._projected = self._state.version
        return telling.sentence(self._state)

    def _refuse(self, event: Event) -> None:
        refuse(self._state, event, workflow.now())

    @workflow.update(name="answer", description="Somebody answered an invite.")
    def answer(self, event: Answered) -> str:
        return self._take(event)

    @workflow.update(name="consent", description="Somebody gave or refused a consent.")
    def consent(self, event: GateAnswered) -> str:
        return self._take(event)

    @workflow.update(name="took_place", description="A step was held.")
    def took_place(self, event: TookPlace) -> str:
        return self._take(event)

    @workflow.update(name="no_show", description="Somebody did not come to a step.")
    def no_show(self, event: NoShow) -> str:
        return self._take(event)

    @workflow.update(name="not_today", description="Somebody can't on the day itself.")
    def not_today(self, event: NotToday) -> str:
        return self._take(event)

    @workflow.update(name="unavailable", description="Somebody's calendar shows them busy or away.")
    def unavailable(self, event: Unavailable) -> str:
        return self._take(event)

    @workflow.update(name="written", description="A reflection or a thanks was stored.")
    def written(self, event: Written) -> str:
        return self._take(event)

    @workflow.update(
        name="summarised", description="A summary was stored; the host reads it first."
    )
    def summarised(self, event: Summarised) -> str:
        return self._take(event)

    @workflow.update(name="released", description="The host lead has read a summary.")
    def released(self, event: Released) -> str:
        return self._take(event)

    @workflow.update(name="proposed", description="A proposal with its co-authors was stored.")
    def proposed(self, event: Proposed) -> str:
        return self._take(event)

    @workflow.update(name="reschedule", description="Move a step to exactly this start (UTC).")
    def reschedule(self, event: Reschedule) -> str:
        return self._take(event)

    @workflow.update(name="skip", description="Let a step go and call its invites off.")
    def skip(self, event: Skip) -> str:
        return self._take(event)

    @workflow.update(name="hold", description="Pause: nothing is sent or escalated.")
    def hold(self, event: Hold) -> str:
        return self._take(event)

    @workflow.update(name="resume", description="Go on after a pause.")
    def resume(self, event: Resume) -> str:
        return self._take(event)

    @workflow.update(name="withdraw", description="The participant leaves; invites are called off.")
    def withdraw(self, event: Withdraw) -> str:
        return self._take(event)

    @workflow.update(name="cancel", description="End the rotation; invites are called off.")
    def cancel(self, event: Cancel) -> str:
        return self._take(event)

    @workflow.update(
        name="manager_changed", description="Somebody else is the home manager from now on."
    )
    def manager_changed(self, event: ManagerChanged) -> str:
        return self._take(event)

    @workflow.update(name="team_dissolved", description="A host team does not exist any more.")
    def team_dissolved(self, event: TeamDissolved) -> str:
        return self._take(event)

    @workflow.update(name="member_joined", description="Somebody joins an open ritual session.")
    def member_joined(self, event: MemberJoined) -> str:
        return self._take(event)

    @workflow.update(name="member_left", description="Somebody leaves an open ritual session.")
    def member_left(self, event: MemberLeft) -> str:
        return self._take(event)

    @workflow.signal(name="plan_changed")
    def plan_changed(self, event: PlanChanged) -> None:
        self._take(event)

    @workflow.signal(name="repair_failed")
    def repair_failed(self, event: RepairFailed) -> None:
        self._take(event)

    @workflow.signal(name="delivery")
    def delivery(self, event: Delivery) -> None:
        self._take(event)

    @answer.validator
    def _may_answer(self, event: Answered) -> None:
        self._refuse(event)

    @consent.validator
    def _may_consent(self, event: GateAnswered) -> None:
        self._refuse(event)

    @took_place.validator
    def _may_have_taken_place(self, event: TookPlace) -> None:
        self._refuse(event)

    @no_show.validator
    def _may_be_a_no_show(self, event: NoShow) -> None:
        self._refuse(event)

    @not_today.validator
    def _may_be_not_today(self, event: NotToday) -> None:
        self._refuse(event)

    @unavailable.validator
    def _may_be_unavailable(self, event: Unavailable) -> None:
        self._refuse(event)

    @written.validator
    def _may_be_written(self, event: Written) -> None:
        self._refuse(event)

    @summarised.validator
    def _may_be_summarised(self, event: Summarised) -> None:
        self._refuse(event)

    @released.validator
    def _may_be_released(self, event: Released) -> None:
        self._refuse(event)

    @proposed.validator
    def _may_be_proposed(self, event: Proposed) -> None:
        self._refuse(event)

    @reschedule.validator
    def _may_reschedule(self, event: Reschedule) -> None:
        self._refuse(event)

    @skip.validator
    def _may_skip(self, event: Skip) -> None:
        self._refuse(event)

    @hold.validator
    def _may_hold(self, event: Hold) -> None:
        self._refuse(event)

    @resume.validator
    def _may_resume(self, event: Resume) -> None:
        self._refuse(event)

    @withdraw.validator
    def _may_withdraw(self, event: Withdraw) -> None:
        self._refuse(event)

    @cancel.validator
    def _may_cancel(self, event: Cancel) -> None:
        self._refuse(event)

    @manager_changed.validator
    def _may_change_manager(self, event: ManagerChanged) -> None:
        self._refuse(event)

    @team_dissolved.validator
    def _may_dissolve(self, event: TeamDissolved) -> None:
        self._refuse(event)

    @member_joined.validator
    def _may_join(self, event: MemberJoined) -> None:
        self._refuse(event)

    @member_left.validator
    def _may_leave(self, event: MemberLeft) -> None:
        self._refuse(event)


def _headline(state: RotationState) -> tuple[str, datetime | None, bool, tuple[str, ...]]:
    attention = bool(state.attention)
    awaited = () if state.sparing else telling.waiting_on(state)
    return telling.stage(state), telling.next_date(state), attention, awaited


def _settled(state: RotationState) -> int:
    return sum(step.phase in SETTLED for step in state.steps)


def _verb_of(errands: tuple[Errand, ...]) -> Callable[[CorrespondenceActivities, Dispatch], None]:
    for errand in errands:
        return _VERBS.get(errand.kind, CorrespondenceActivities.ask_people)
    return CorrespondenceActivities.record_progress


def _summary_of(errands: tuple[Errand, ...], state: RotationState) -> str:
    said = ", ".join(f"{e.kind.value} {e.step or e.gate or ''}".strip() for e in errands)
    return said or telling.stage(state)
