"""A namespace is prepared, a release is checked against what runs, and what runs moves to it."""

from uuid import uuid4

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.errors import Refused
from domain.events import Hold, Resume, TookPlace, Withdraw
from tests.waiting import until, until_async
from tests.workflow.conftest import working
from tests.workflow.test_rotation import days_pass, fresh, started
from workflows import attributes, handles, operations
from workflows.rotation import RotationWorkflow


async def test_a_namespace_is_prepared_once_and_lacks_nothing(
    temporal: WorkflowEnvironment,
) -> None:
    address = temporal.client.service_client.config.target_host
    client = await handles.connect(address, f"mill-{uuid4().hex[:6]}")

    first = await operations.prepare_namespace(client)
    assert first.registered
    assert set(first.added) == {key.name for key in attributes.ALL}

    assert await operations.missing_attributes(client) == ()
    again = await operations.prepare_namespace(client)
    assert (again.registered, again.added) == (False, ())


async def test_what_runs_is_replayed_against_this_code(temporal: WorkflowEnvironment) -> None:
    async with working(temporal.client) as office:
        handle = await started(office, fresh())

    async def listed() -> bool:
        found = [one async for one in operations.replayed(temporal.client, closed=0)]
        return operations.Replayed(workflow_id=handle.id) in found

    await until_async(listed)


async def test_a_release_without_workers_is_refused(temporal: WorkflowEnvironment) -> None:
    with pytest.raises(Refused, match="SOJOURN_BUILD=none-such"):
        await operations.release(temporal.client, "none-such")


async def test_a_rotation_under_way_moves_to_a_release_at_its_next_step(
    temporal: WorkflowEnvironment,
) -> None:
    queue, suffix = f"test-{uuid4()}", uuid4().hex[:6]
    old, new = f"1-{suffix}", f"2-{suffix}"
    async with (
        working(temporal.client, queue, old) as before,
        working(temporal.client, queue, new) as after,
    ):
        await _released(temporal, old)
        handle = await started(before, fresh())
        assert before.correspondence.dispatches
        await _released(temporal, new)

        await days_pass(temporal, handle, 1.2)
        await handle.execute_update(RotationWorkflow.took_place, TookPlace(step="goal-talk"))
        latest = temporal.client.get_workflow_handle(handle.id)

        async def moved() -> bool:
            """The server tells of a release with a wake-up, a second or two after it."""
            for wake_up in (RotationWorkflow.hold, Hold()), (RotationWorkflow.resume, Resume()):
                await latest.execute_update(*wake_up)
            return (await latest.describe()).run_id != handle.first_execution_run_id

        await until_async(moved)
        await latest.execute_update(RotationWorkflow.withdraw, Withdraw())
        await until(lambda: any(d.stage == "withdrawn" for d in after.correspondence.dispatches))


async def _released(temporal: WorkflowEnvironment, build: str) -> None:
    async def done() -> bool:
        try:
            await operations.release(temporal.client, build)
        except Refused:
            return False
        return True

    await until_async(done)
