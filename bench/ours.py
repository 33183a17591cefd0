"""The standard rotation as Sojourn runs it: the real workflows on a server, and in the rehearsal's clockwork."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import dropwhile
from typing import Any

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError
from temporalio.testing import WorkflowEnvironment

from activities.correspondence import CorrespondenceActivities
from activities.planning import PlanningActivities
from activities.policy import PolicyActivities
from bench.counting import Usage, usage
from bench.standard import Story, heard, moved_plan, standard_rotation, story
from domain.events import Proposed, Reschedule
from domain.ports import RepairSummary
from domain.rotation import RotationState
from rehearsal.clockwork import Clockwork
from tests.waiting import until, until_async
from tests.workflow.conftest import (
    Office,
    RecordingCorrespondence,
    RecordingPolicies,
    ScriptedPlanning,
)
from tests.workflow.test_rotation import days_pass, until_planned
from workflows.cohort import ApprovePlan, CohortState, CohortWorkflow
from workflows.handles import UPDATES
from workflows.names import cohort_workflow_id, policy_workflow_id, rotation_workflow_id
from workflows.policy import PolicyChangeWorkflow
from workflows.rotation import RotationWorkflow

AnyRun = WorkflowHandle[Any, Any]
History = Sequence[HistoryEvent]

DAY = timedelta(days=1)


@dataclass(frozen=True)
class StandardRun:
    """The histories that one standard rotation left: its own, its cohort's, and its policy change's."""

    rotation: tuple[History, ...]
    """One history a run: a worn rotation goes on in a fresh run."""
    cohort: History
    policy: History
    """As far as the policy owner being asked for a decision."""

    @property
    def own(self) -> Usage:
        """Return what the rotation used, with what its cohort did for it alone.

        Its cohort starts it and repairs its plan; planning the cohort, which happens once for all
        its rotations, is left out.
        """
        return usage([*self.rotation, list(dropwhile(_before_a_start, self.cohort))])

    @property
    def all_actions(self) -> int:
        """Return the billable actions of all three workflows."""
        return usage([*self.rotation, self.cohort, self.policy]).billed


async def nameless_client(environment: WorkflowEnvironment) -> Client:
    """Return a client that leaves the machine's name out of histories: their size depends on it."""
    return await environment.connect_client(
        identity="bench", data_converter=pydantic_data_converter
    )


async def run_on_a_server(environment: WorkflowEnvironment, office: Office) -> StandardRun:
    """Run the standard rotation from its cohort's plan to its end."""
    starts = datetime.now(UTC).replace(microsecond=0)
    state = standard_rotation(starts)
    cohort = await _cohort_started(office, state)
    rotation = office.client.get_workflow_handle(rotation_workflow_id(state.cohort, state.rotation))
    await until_async(lambda: is_running(rotation))
    told = heard(state, story(state, starts))
    await _live(environment, office, rotation, told)
    await rotation.result()
    await cohort.result()
    policy = await _handed_over(office.client, told)
    cohorts, changes = [(await run.fetch_history()).events for run in (cohort, policy)]
    await policy.terminate()
    return StandardRun(await _every_run(office.client, rotation), cohorts, changes)


async def _every_run(client: Client, workflow: AnyRun) -> tuple[History, ...]:
    """Return the histories of all runs of a workflow, the last run's first."""
    histories = [(await workflow.fetch_history()).events]
    while earlier := _continued(histories[-1]):
        run = client.get_workflow_handle(workflow.id, run_id=earlier)
        histories.append((await run.fetch_history()).events)
    return tuple(histories)


def _continued(history: History) -> str:
    return history[0].workflow_execution_started_event_attributes.continued_execution_run_id


def actions_in_the_clockwork() -> int:
    """Return the actions of the same rotation, cohort and policy change, as a rehearsal counts them."""
    starts = datetime.now(UTC).replace(microsecond=0)
    state = standard_rotation(starts)
    clockwork = Clockwork(starts)
    planning = ScriptedPlanning(states=(state,), repairs=[_repair(state)])
    clockwork.serve(
        (RotationWorkflow, CohortWorkflow, PolicyChangeWorkflow),
        [
            *CorrespondenceActivities(RecordingCorrespondence()).every(),
            *PlanningActivities(planning).every(),
            *PolicyActivities(RecordingPolicies()).every(),
        ],
    )
    cohort = cohort_workflow_id(state.cohort)
    clockwork.start("CohortWorkflow", cohort, CohortState(cohort=state.cohort))
    clockwork.update(cohort, "approve_plan", "approve", ApprovePlan(plan=1))
    rotation = rotation_workflow_id(state.cohort, state.rotation)
    for number, (at, event) in enumerate(heard(state, story(state, starts))):
        clockwork.move_to(starts + at)
        clockwork.update(rotation, UPDATES[event.kind], f"u{number}", event)
    clockwork.close()
    return clockwork.actions.total()


async def is_running(run: AnyRun) -> bool:
    """Return whether the workflow has been started and is not over."""
    try:
        described = await run.describe()
    except RPCError:
        return False
    return described.status is WorkflowExecutionStatus.RUNNING


async def _cohort_started(office: Office, state: RotationState) -> AnyRun:
    office.planning.states = (state,)
    office.planning.repairs = [_repair(state)]
    cohort = await office.client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=state.cohort),
        id=cohort_workflow_id(state.cohort),
        task_queue=office.task_queue,
    )
    await until_planned(cohort)
    await cohort.execute_update(CohortWorkflow.approve_plan, ApprovePlan(plan=1))
    return cohort


def _repair(state: RotationState) -> RepairSummary:
    moved = moved_plan(state)
    return RepairSummary(plan=moved.plan, told=((state.rotation, moved),))


async def _live(
    environment: WorkflowEnvironment,
    office: Office,
    rotation: AnyRun,
    told: Story,
) -> None:
    now = timedelta()
    for at, event in told:
        if at > now:
            await days_pass(environment, rotation, (at - now) / DAY)
            now = at
        await rotation.execute_update(UPDATES[event.kind], event)
        if isinstance(event, Reschedule):
            await until(lambda: office.correspondence.dispatches[-1].state.plan > 1)


async def _handed_over(client: Client, told: Story) -> AnyRun:
    """Return the policy change, once it has asked for a decision and waits."""
    (policy,) = (event.policy for _, event in told if isinstance(event, Proposed))
    handle: AnyRun = client.get_workflow_handle(policy_workflow_id(policy))

    async def waits() -> bool:
        events = (await handle.fetch_history()).events
        return events[-1].HasField("timer_started_event_attributes")

    await until_async(waits)
    return handle


def _before_a_start(event: HistoryEvent) -> bool:
    return not event.HasField("start_child_workflow_execution_initiated_event_attributes")
