"""The client side: the only code that talks to Temporal; one function per thing a person may do."""

from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from temporalio.client import (
    Client,
    RPCError,
    WorkflowExecutionStatus,
    WorkflowUpdateFailedError,
    WorkflowUpdateRPCTimeoutOrCancelledError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCStatusCode

from domain import telling
from domain.errors import DomainError, NotFound, Refused
from domain.events import Delivery, News, RepairFailed
from domain.planning import Disruption
from domain.policy import PolicyState
from domain.rotation import Ending, RotationState
from workflows import attributes
from workflows.cohort import ApprovePlan, CohortState, CohortWorkflow
from workflows.names import (
    TASK_QUEUE,
    cohort_workflow_id,
    policy_workflow_id,
    workflow_id_of,
)
from workflows.policy import PolicyChangeWorkflow
from workflows.rotation import RotationOver, RotationStart, RotationWorkflow

PATIENCE = timedelta(seconds=10)
"""How long a command waits for Temporal before it says that the process can't be reached."""

UPDATES = {
    "answered": "answer",
    "gate-answered": "consent",
    "took-place": "took_place",
    "no-show": "no_show",
    "not-today": "not_today",
    "unavailable": "unavailable",
    "written": "written",
    "summarised": "summarised",
    "released": "released",
    "proposed": "proposed",
    "concern-raised": "concern_raised",
    "decided": "decided",
    "measured": "measured",
    "extended": "extended",
    "rolled-back": "rolled_back",
    "owner-changed": "owner_changed",
    "owner-left": "owner_left",
    "reschedule": "reschedule",
    "skip": "skip",
    "hold": "hold",
    "resume": "resume",
    "withdraw": "withdraw",
    "cancel": "cancel",
    "manager-changed": "manager_changed",
    "team-dissolved": "team_dissolved",
    "member-joined": "member_joined",
    "member-left": "member_left",
}

SIGNALS = {"delivery": "delivery", "repair-failed": "repair_failed"}
"""What nothing can be said against."""

_AWAY = {
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.DEADLINE_EXCEEDED,
    RPCStatusCode.CANCELLED,
    RPCStatusCode.RESOURCE_EXHAUSTED,
}

T = TypeVar("T")


class Unreachable(DomainError):
    """Temporal or its workers can't be reached now; pages and answers still work."""


async def connect(address: str, namespace: str, *, lazy: bool = True) -> Client:
    """Return a client; a lazy one connects at its first call, so that pages start before Temporal."""
    return await Client.connect(
        address, namespace=namespace, data_converter=pydantic_data_converter, lazy=lazy
    )


async def start_cohort(client: Client, cohort: str) -> str:
    """Start planning a cohort and return its workflow id; a cohort that runs goes on as it is."""
    start = client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=cohort),
        id=cohort_workflow_id(cohort),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        static_summary=f"Cohort {cohort}",
        rpc_timeout=PATIENCE,
    )
    try:
        return (await _said_plainly(start)).id
    except WorkflowAlreadyStartedError as over:
        raise Refused(f"Cohort '{cohort}' has already run; import it under another key.") from over


async def latest_plan(client: Client, cohort: str) -> int:
    """Return the plan version that can be approved now; 0 while none is made."""
    handle = client.get_workflow_handle(cohort_workflow_id(cohort))
    return await _said_plainly(handle.query("latest_plan", result_type=int, rpc_timeout=PATIENCE))


async def approve_plan(client: Client, cohort: str, plan: int) -> str:
    """Approve a plan version; its rotations start. Returns the sentence of the cohort."""
    return await _update_cohort(client, cohort, "approve_plan", ApprovePlan(plan=plan))


async def replan(client: Client, cohort: str) -> str:
    """Make a new plan version while none is approved."""
    return await _update_cohort(client, cohort, "replan")


async def tell(client: Client, workflow_id: str, event: News, update_id: str | None = None) -> str:
    """Tell a rotation what happened and return its new sentence; the same ``update_id`` is heard once.

    Raises Refused with the rotation's own sentence, NotFound when it is over or was never started,
    Unreachable when Temporal or its workers are away.
    """
    handle = client.get_workflow_handle(workflow_id)
    if isinstance(event, Delivery | RepairFailed):
        await _said_plainly(handle.signal(SIGNALS[event.kind], event, rpc_timeout=PATIENCE))
        return ""
    return await _said_plainly(
        handle.execute_update(
            UPDATES[event.kind], event, id=update_id, result_type=str, rpc_timeout=PATIENCE
        )
    )


class Standing(StrEnum):
    """What Temporal knows of a process."""

    RUNNING = "running"
    OVER = "completed"
    TERMINATED = "terminated"
    FAILED = "failed"
    LOST = "not there"


_STANDINGS = {
    WorkflowExecutionStatus.RUNNING: Standing.RUNNING,
    WorkflowExecutionStatus.CONTINUED_AS_NEW: Standing.RUNNING,
    WorkflowExecutionStatus.COMPLETED: Standing.OVER,
    WorkflowExecutionStatus.CANCELED: Standing.TERMINATED,
    WorkflowExecutionStatus.TERMINATED: Standing.TERMINATED,
}


async def standing(client: Client, workflow_id: str) -> Standing:
    """Return what Temporal knows of a process; raises Unreachable while it is away."""
    try:
        described = await client.get_workflow_handle(workflow_id).describe(rpc_timeout=PATIENCE)
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            return Standing.LOST
        raise _plain(failed) from failed
    except RuntimeError as failed:
        raise Unreachable(_AWAY_SENTENCE) from failed
    if described.status is None:
        return Standing.LOST
    return _STANDINGS.get(described.status, Standing.FAILED)


async def revive_cohort(client: Client, state: CohortState) -> None:
    """Let a cohort go on from what the store knows; one that runs goes on as it is."""
    await _said_plainly(
        client.start_workflow(
            CohortWorkflow.run,
            state,
            id=cohort_workflow_id(state.cohort),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            static_summary=f"Cohort {state.cohort}",
            rpc_timeout=PATIENCE,
        )
    )


async def revive_rotation(client: Client, state: RotationState) -> None:
    """Let a rotation go on from what the store knows; one that runs goes on as it is."""
    await _said_plainly(
        client.start_workflow(
            RotationWorkflow.run,
            RotationStart(state=state),
            id=workflow_id_of(state),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=attributes.of_rotation(state),
            static_summary=telling.title(state),
            rpc_timeout=PATIENCE,
        )
    )


async def begin_occasion(client: Client, state: RotationState) -> None:
    """Start an occasion for the first and only time; one that runs, or is over, stays as it is."""
    starting = client.start_workflow(
        RotationWorkflow.run,
        RotationStart(state=state),
        id=workflow_id_of(state),
        task_queue=TASK_QUEUE,
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
        search_attributes=attributes.of_rotation(state),
        static_summary=telling.title(state),
        rpc_timeout=PATIENCE,
    )
    with suppress(WorkflowAlreadyStartedError):
        await _said_plainly(starting)


async def revive_change(client: Client, state: PolicyState) -> None:
    """Let a policy change go on from what the store knows; one that runs goes on as it is."""
    await _said_plainly(
        client.start_workflow(
            PolicyChangeWorkflow.run,
            state,
            id=policy_workflow_id(state.policy),
            task_queue=TASK_QUEUE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            search_attributes=attributes.of_policy(state),
            static_summary=f"Proposed by {state.participant}, decided by {state.owner}",
            rpc_timeout=PATIENCE,
        )
    )


async def say_it_is_over(
    client: Client, state: RotationState, ending: Ending, disruptions: tuple[Disruption, ...]
) -> None:
    """Tell a cohort that a rotation ended without a word of its own; a cohort that is over is left alone."""
    cohort = client.get_workflow_handle(cohort_workflow_id(state.cohort))
    over = RotationOver(rotation=state.rotation, ending=ending)
    try:
        for disruption in disruptions:
            await _said_plainly(cohort.signal("repair_wanted", disruption, rpc_timeout=PATIENCE))
        await _said_plainly(cohort.signal("rotation_over", over, rpc_timeout=PATIENCE))
    except NotFound:
        return


async def reachable(client: Client) -> bool:
    """Return whether Temporal answers now."""
    try:
        return await client.service_client.check_health(timeout=timedelta(seconds=2))
    except (RPCError, RuntimeError):
        return False


async def _update_cohort(client: Client, cohort: str, name: str, *args: ApprovePlan) -> str:
    handle = client.get_workflow_handle(cohort_workflow_id(cohort))
    return await _said_plainly(
        handle.execute_update(name, args=list(args), result_type=str, rpc_timeout=PATIENCE)
    )


async def _said_plainly(call: Awaitable[T]) -> T:
    try:
        return await call
    except WorkflowUpdateFailedError as failed:
        said = failed.cause.message if isinstance(failed.cause, ApplicationError) else failed
        raise Refused(str(said)) from failed
    except WorkflowUpdateRPCTimeoutOrCancelledError as late:
        raise Unreachable(_AWAY_SENTENCE) from late
    except RPCError as failed:
        raise _plain(failed) from failed
    except RuntimeError as failed:
        raise Unreachable(_AWAY_SENTENCE) from failed


def _plain(failed: RPCError) -> DomainError:
    if failed.status is RPCStatusCode.NOT_FOUND:
        return NotFound("This process is over or was never started.")
    if failed.status in _AWAY:
        return Unreachable(_AWAY_SENTENCE)
    return Unreachable(f"Temporal refused the call: {failed.message}")


_AWAY_SENTENCE = (
    "The process can't be reached now (Temporal or its worker is away). "
    "Nothing was changed; try again in a minute."
)
