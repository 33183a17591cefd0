"""The client side for admins: preparing a namespace, checking a release against it, switching to it."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.operatorservice.v1 import (
    AddSearchAttributesRequest,
    ListSearchAttributesRequest,
)
from temporalio.api.workflowservice.v1 import (
    DescribeNamespaceRequest,
    RegisterNamespaceRequest,
    SetWorkerDeploymentCurrentVersionRequest,
)
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.service import RPCError, RPCStatusCode
from temporalio.worker import Replayer

from domain.errors import NotFound, Refused
from domain.value import Value
from workflows import attributes
from workflows.every import WORKFLOWS
from workflows.names import DEPLOYMENT

RETENTION = timedelta(days=90)
"""How long Temporal keeps the history of a process after its end."""

_QUICKLY = timedelta(seconds=10)
_PAUSE = timedelta(milliseconds=500)
_CACHES_LAG = timedelta(seconds=30)


class Prepared(Value):
    """What a namespace lacked and has now; empty and False where nothing was to do."""

    registered: bool
    added: tuple[str, ...]


class Replayed(Value):
    """How one recorded history fares with this version's code; ``problem`` is empty when well."""

    workflow_id: str
    problem: str = ""


async def prepare_namespace(client: Client, retention: timedelta = RETENTION) -> Prepared:
    """Register the client's namespace and the search attributes that are missing; safe to repeat.

    Returns when the server shows both: it takes up to half a minute to know a new namespace.
    """
    registered = not await _is_registered(client)
    if registered:
        await client.workflow_service.register_namespace(
            RegisterNamespaceRequest(
                namespace=client.namespace,
                description="Sojourn: rotations, cohorts and policy changes",
                workflow_execution_retention_period=Duration(
                    seconds=int(retention.total_seconds())
                ),
            ),
            timeout=_QUICKLY,
        )
    missing = await _shown(lambda: missing_attributes(client), lambda _: True)
    if missing:
        kinds = {key.name: key.indexed_value_type for key in attributes.ALL}
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(
                namespace=client.namespace,
                search_attributes={name: kinds[name] for name in missing},  # type: ignore[misc]
            ),
            timeout=_QUICKLY,
        )
        await _shown(lambda: missing_attributes(client), lambda still: not still)
    return Prepared(registered=registered, added=missing)


async def _shown(
    ask: Callable[[], Awaitable[tuple[str, ...]]], enough: Callable[[tuple[str, ...]], bool]
) -> tuple[str, ...]:
    """Ask until the server knows the namespace and says enough; its caches lag behind its writes."""
    for _ in range(int(_CACHES_LAG / _PAUSE)):
        try:
            said = await ask()
        except RPCError as failed:
            if failed.status is not RPCStatusCode.NOT_FOUND:
                raise
        else:
            if enough(said):
                return said
        await asyncio.sleep(_PAUSE.total_seconds())
    return await ask()


async def missing_attributes(client: Client) -> tuple[str, ...]:
    """Return the search attributes that the namespace does not know."""
    request = ListSearchAttributesRequest(namespace=client.namespace)
    known = await client.operator_service.list_search_attributes(request, timeout=_QUICKLY)
    return tuple(key.name for key in attributes.ALL if key.name not in known.custom_attributes)


async def replayed(client: Client, *, closed: int) -> AsyncIterator[Replayed]:
    """Replay every running process, and the ``closed`` newest that ended, against this code.

    Nothing is changed: histories are read, and what the code would do is compared with them.
    """
    replayer = Replayer(workflows=list(WORKFLOWS), data_converter=pydantic_data_converter)
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    for status, limit in (("=", None), ("!=", closed)):
        query = f"WorkflowType IN ({kinds}) AND ExecutionStatus {status} 'Running'"
        if limit == 0:
            continue
        async for found in client.list_workflows(query, limit=limit):
            history = await client.get_workflow_handle(
                found.id, run_id=found.run_id
            ).fetch_history()
            result = await replayer.replay_workflow(history, raise_on_replay_failure=False)
            failure = result.replay_failure
            yield Replayed(workflow_id=found.id, problem=_first_line(failure) if failure else "")


async def recorded_evidence(client: Client, workflow_id: str) -> tuple[str, ...]:
    """Return the digests of evidence in the histories of a process, of all its runs, in order.

    Raises NotFound when Temporal keeps none of them any more.
    """
    query = f"WorkflowId = '{workflow_id}'"
    runs = [run async for run in client.list_workflows(query)]
    if not runs:
        raise NotFound(f"Temporal keeps no history of {workflow_id} any more.")
    found: list[str] = []
    for run in sorted(runs, key=lambda run: run.start_time):
        handle = client.get_workflow_handle(workflow_id, run_id=run.run_id)
        async for event in handle.fetch_history_events():
            found += _evidence_in(event)
    return tuple(dict.fromkeys(found))


def _evidence_in(event: HistoryEvent) -> Iterator[str]:
    """Digests that came with a start or an update."""
    begun = event.workflow_execution_started_event_attributes.input.payloads
    accepted = event.workflow_execution_update_accepted_event_attributes
    for payload in (*begun, *accepted.accepted_request.input.args.payloads):
        said = json.loads(payload.data or b"null")
        evidence = said.get("evidence") if isinstance(said, dict) else None
        yield from [evidence] if isinstance(evidence, str) else evidence or ()


async def release(client: Client, build: str) -> None:
    """Make ``build`` the release that new runs and step boundaries move to.

    Raises Refused while no worker of that build polls.
    """
    request = SetWorkerDeploymentCurrentVersionRequest(
        namespace=client.namespace, deployment_name=DEPLOYMENT, build_id=build
    )
    try:
        await client.workflow_service.set_worker_deployment_current_version(
            request, timeout=_QUICKLY
        )
    except RPCError as failed:
        if failed.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            raise Refused(
                f"No worker of build '{build}' is at work. Start one with SOJOURN_BUILD={build} first."
            ) from failed
        raise


async def _is_registered(client: Client) -> bool:
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=_QUICKLY)
    except RPCError as failed:
        if failed.status is RPCStatusCode.NOT_FOUND:
            return False
        raise
    return True


def _first_line(failure: BaseException) -> str:
    return (str(failure).splitlines() or [type(failure).__name__])[0]


_KINDS = tuple(kind.__name__ for kind in WORKFLOWS)
