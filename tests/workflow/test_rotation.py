import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from temporalio.client import WorkflowHandle, WorkflowUpdateFailedError
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import WorkflowEnvironment

from domain.errands import ErrandKind
from domain.events import (
    Answered,
    GateAnswered,
    Hold,
    ManagerChanged,
    PlanChanged,
    RepairFailed,
    Resume,
    TeamDissolved,
    TookPlace,
    Withdraw,
    Written,
)
from domain.planning import Cause, PlannedStep
from domain.ports import RepairSummary
from domain.program import Gate
from domain.rotation import Answer, Concern, Ending, RotationState
from tests.builders import HOUR, LEADER, MANAGER, a_rotation, gates, steps_of_a_rotation
from tests.waiting import until, until_async
from tests.workflow.conftest import Office
from workflows import attributes
from workflows.cohort import ApprovePlan, CohortState, CohortWorkflow
from workflows.names import cohort_workflow_id, rotation_workflow_id
from workflows.rotation import RotationOver, RotationStart, RotationWorkflow

Rotation = WorkflowHandle[RotationWorkflow, RotationOver]
AnyRun = WorkflowHandle[Any, Any]


def soon() -> datetime:
    """A moment shortly ahead of the server's clock, from which steps are dated."""
    return datetime.now(UTC).replace(microsecond=0) + HOUR


def fresh(**changes: object) -> RotationState:
    cohort = f"c-{uuid4().hex[:8]}"
    return a_rotation(**({"cohort": cohort, "steps": steps_of_a_rotation(soon())} | changes))


async def started(office: Office, state: RotationState, budget: int = 1000) -> Rotation:
    handle = await office.client.start_workflow(
        RotationWorkflow.run,
        RotationStart(state=state, history_budget=budget),
        id=rotation_workflow_id(state.cohort, state.rotation),
        task_queue=office.task_queue,
        search_attributes=attributes.of_rotation(state),
        execution_timeout=timedelta(days=400),
    )
    await settled(handle)
    return handle


async def settled(handle: AnyRun) -> None:
    """Wait until the run has done its first task; skipping time before that starts too early."""

    async def asked() -> bool:
        try:
            await handle.query("__temporal_workflow_metadata")
        except RPCError as early:
            if early.status is not RPCStatusCode.FAILED_PRECONDITION:
                raise
            return False
        return True

    await until_async(asked)


async def days_pass(temporal: WorkflowEnvironment, handle: AnyRun, days: float) -> None:
    await settled(handle)
    await temporal.fast_forward(handle, timedelta(days=days))
    await settled(handle)


async def test_a_rotation_goes_from_invites_to_thanks(
    temporal: WorkflowEnvironment, office: Office
) -> None:
    handle = await started(office, fresh())
    await days_pass(temporal, handle, 1.2)
    await handle.execute_update(RotationWorkflow.took_place, TookPlace(step="goal-talk"))
    await days_pass(temporal, handle, 2.3)
    await handle.execute_update(RotationWorkflow.took_place, TookPlace(step="shadowing-day"))
    await days_pass(temporal, handle, 4)
    await handle.execute_update(RotationWorkflow.took_place, TookPlace(step="listening-session"))
    await days_pass(temporal, handle, 1)
    await handle.execute_update(RotationWorkflow.written, Written(step="reflection", document="d1"))
    await days_pass(temporal, handle, 1)
    await handle.execute_update(RotationWorkflow.written, Written(step="thanks", document="d2"))

    assert await handle.result() == RotationOver(rotation="abcdefgh", ending=Ending.COMPLETED)
    kinds = [e.kind for e in office.correspondence.errands()]
    assert kinds.count(ErrandKind.INVITE) == 4
    assert kinds[-1] is ErrandKind.DELIVER_THANKS
    assert office.correspondence.dispatches[-1].stage == "completed"


async def test_nobody_is_invited_before_everybody_agreed(office: Office) -> None:
    state = fresh(gates=gates(passed=False))
    handle = await started(office, state)

    for gate in state.gates:
        agreed = GateAnswered(gate=gate.gate, person=gate.person, agreed=True)
        assert office.correspondence.errands(ErrandKind.INVITE) == []
        await handle.execute_update(RotationWorkflow.consent, agreed)
    await settled(handle)

    asked = [e.gate for e in office.correspondence.errands(ErrandKind.ASK_CONSENT)]
    assert asked == [Gate.GOALS, Gate.RELEASE, Gate.HOST, Gate.COLLEAGUES, Gate.COLLEAGUES]
    assert len(office.correspondence.errands(ErrandKind.INVITE)) == 4
    await handle.terminate()


async def test_a_stale_answer_is_refused_with_a_sentence_and_leaves_no_history(
    office: Office,
) -> None:
    state = fresh()
    handle = await started(office, state)
    await until_async(lambda: quiet(handle))
    before = (await handle.describe()).history_length
    unknown = Answered(
        id="a1", step="goal-talk", person="P-0099", revision=0, answer=Answer.ACCEPTED
    )

    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(RotationWorkflow.answer, unknown)

    assert "not invited" in str(refused.value.cause)
    assert (await handle.describe()).history_length == before
    await handle.terminate()


async def test_a_decline_reaches_the_cohort_and_only_the_moved_step_is_sent_again(
    office: Office,
) -> None:
    state = fresh()
    talk = state.steps[0]
    later = tuple(
        PlannedStep(
            rotation=state.rotation,
            key=s.key,
            kind=s.kind,
            starts=s.starts + HOUR if s == talk else s.starts,
            ends=s.ends + HOUR if s == talk else s.ends,
            zone=s.zone,
            attendees=s.attendees,
            quorum=s.quorum,
        )
        for s in state.steps
    )
    changed = PlanChanged(plan=2, host=state.host, steps=later)
    office.planning.states = (state,)
    office.planning.repairs = [RepairSummary(plan=2, told=((state.rotation, changed),))]
    cohort = await office.client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=state.cohort),
        id=cohort_workflow_id(state.cohort),
        task_queue=office.task_queue,
    )
    await until_planned(cohort)
    await cohort.execute_update(CohortWorkflow.approve_plan, ApprovePlan(plan=1))
    handle = rotation_of(office, state)
    await until(lambda: len(office.correspondence.errands(ErrandKind.INVITE)) == 4)
    declined = Answered(
        id="a1", step="goal-talk", person=MANAGER, revision=0, answer=Answer.DECLINED
    )

    await handle.execute_update(RotationWorkflow.answer, declined, id="answer:u:0:1")
    await until(lambda: len(office.correspondence.errands(ErrandKind.INVITE)) == 5)

    assert [d.cause for d in office.planning.disruptions] == [Cause.DECLINED]
    assert office.correspondence.errands(ErrandKind.INVITE)[-1].step == "goal-talk"
    await handle.execute_update(RotationWorkflow.withdraw, Withdraw())
    assert (await handle.result()).ending is Ending.WITHDRAWN
    over = await cohort.result()
    assert over.over == (state.rotation,)
    assert office.planning.approved == [1]


async def test_only_the_latest_plan_can_be_approved(office: Office) -> None:
    cohort_key = f"c-{uuid4().hex[:8]}"
    cohort = await office.client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=cohort_key),
        id=cohort_workflow_id(cohort_key),
        task_queue=office.task_queue,
    )
    await until_planned(cohort)
    office.planning.may_plan.clear()
    await cohort.execute_update(CohortWorkflow.replan)
    await asyncio.sleep(0.5)

    with pytest.raises(WorkflowUpdateFailedError) as too_early:
        await cohort.execute_update(CohortWorkflow.approve_plan, ApprovePlan(plan=1))
    office.planning.may_plan.set()
    await until_planned(cohort)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await cohort.execute_update(CohortWorkflow.approve_plan, ApprovePlan(plan=1))

    assert "wait for it" in str(too_early.value.cause)
    assert "that is plan 2" in str(refused.value.cause)
    await cohort.terminate()


async def test_a_rotation_on_hold_sends_nothing_until_it_is_resumed(
    temporal: WorkflowEnvironment, office: Office
) -> None:
    handle = await started(office, fresh())
    await handle.execute_update(RotationWorkflow.hold, Hold())
    sent = len(office.correspondence.errands())
    await days_pass(temporal, handle, 4)
    assert len(office.correspondence.errands()) == sent

    await handle.execute_update(RotationWorkflow.resume, Resume())
    await settled(handle)

    assert len(office.correspondence.errands()) > sent
    await handle.terminate()


async def test_a_cancelled_run_calls_its_invites_off(office: Office) -> None:
    handle = await started(office, fresh())

    await handle.cancel()
    await until(lambda: bool(office.correspondence.errands(ErrandKind.CALL_OFF)))

    assert office.correspondence.dispatches[-1].stage == "cancelled"


async def test_a_new_manager_is_invited_where_the_old_one_sat(office: Office) -> None:
    handle = await started(office, fresh(gates=gates(passed=False)[1:2]))
    handed_over = ManagerChanged(manager="P-0042")

    await handle.execute_update(RotationWorkflow.manager_changed, handed_over)
    await until(lambda: len(office.correspondence.errands(ErrandKind.ASK_CONSENT)) == 2)
    agreed = GateAnswered(gate=Gate.RELEASE, person="P-0042", agreed=True)
    await handle.execute_update(RotationWorkflow.consent, agreed)
    await settled(handle)
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await handle.execute_update(
            RotationWorkflow.manager_changed, ManagerChanged(manager=LEADER)
        )

    asked = office.correspondence.errands(ErrandKind.ASK_CONSENT)
    assert [e.people for e in asked] == [(MANAGER,), ("P-0042",)]
    talk = office.correspondence.dispatches[-1].state.steps[0]
    assert [a.person for a in talk.attendees] == [LEADER, "P-0042"]
    assert "their own home manager" in str(refused.value.cause)
    await handle.terminate()


async def test_a_dissolved_team_is_called_off_and_the_cohort_asked_for_another(
    office: Office,
) -> None:
    state = fresh()
    office.planning.states = (state,)
    failed = RepairFailed(step=None)
    office.planning.repairs = [RepairSummary(plan=None, told=((state.rotation, failed),))]
    cohort = await office.client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=state.cohort),
        id=cohort_workflow_id(state.cohort),
        task_queue=office.task_queue,
    )
    await until_planned(cohort)
    await cohort.execute_update(CohortWorkflow.approve_plan, ApprovePlan(plan=1))
    handle = rotation_of(office, state)
    await until(lambda: len(office.correspondence.errands(ErrandKind.INVITE)) == 4)

    await handle.execute_update(RotationWorkflow.team_dissolved, TeamDissolved(team=state.host))
    await until(lambda: bool(office.correspondence.dispatches[-1].state.attention))

    called_off = office.correspondence.errands(ErrandKind.CALL_OFF)
    assert [e.step for e in called_off] == ["shadowing-day", "listening-session"]
    assert [d.cause for d in office.planning.disruptions] == [Cause.TEAM_DISSOLVED]
    attention = office.correspondence.dispatches[-1].state.attention
    assert [a.concern for a in attention] == [Concern.TEAM_DISSOLVED]
    await handle.execute_update(RotationWorkflow.withdraw, Withdraw())
    await cohort.result()


async def test_a_long_rotation_goes_on_in_a_fresh_run_at_a_step_boundary(
    temporal: WorkflowEnvironment, office: Office
) -> None:
    state = fresh()
    handle = await started(office, state, budget=5)
    first_run = (await handle.describe()).run_id
    await days_pass(temporal, handle, 1.2)

    await handle.execute_update(RotationWorkflow.took_place, TookPlace(step="goal-talk"))
    latest = rotation_of(office, state)
    await until_async(lambda: other_run(latest, first_run))
    await days_pass(temporal, latest, 2.3)
    sentence = await latest.execute_update(
        RotationWorkflow.took_place, TookPlace(step="shadowing-day")
    )

    assert "listening-session" in sentence
    assert len(office.correspondence.errands(ErrandKind.INVITE)) == 4
    await latest.terminate()


async def test_an_admin_reads_who_is_awaited_since_when(office: Office) -> None:
    handle = await started(office, fresh(gates=gates(passed=False)))

    described = await handle.describe()
    found = described.typed_search_attributes

    assert found[attributes.STAGE] == "goals"
    assert found[attributes.WAITING_ON] == [LEADER]
    assert found[attributes.NEEDS_ATTENTION] is False
    await handle.terminate()


def rotation_of(office: Office, state: RotationState) -> Rotation:
    return office.client.get_workflow_handle_for(
        RotationWorkflow.run, rotation_workflow_id(state.cohort, state.rotation)
    )


async def other_run(handle: Rotation, run: str | None) -> bool:
    return (await handle.describe()).run_id != run


async def quiet(handle: AnyRun) -> bool:
    """True when the run waits with nothing under way: its history ends with a timer."""
    last = (await handle.fetch_history()).events[-1]
    return last.HasField("timer_started_event_attributes")


async def until_planned(cohort: WorkflowHandle[CohortWorkflow, CohortState]) -> None:
    """Wait until the cohort itself knows its plan: the planner knows it a moment earlier."""

    async def planned() -> bool:
        return await cohort.query(CohortWorkflow.latest_plan) > 0

    await until_async(planned)
