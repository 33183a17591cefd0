"""What the standard rotation may cost in Temporal, counted from its histories."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent
from temporalio.testing import WorkflowEnvironment

from bench.actions import ACTIONS_AT_MOST, OPEN_BYTES_AT_MOST
from bench.counting import billable
from bench.ours import StandardRun, actions_in_the_clockwork, nameless_client, run_on_a_server
from tests.workflow.conftest import working


@pytest.fixture(scope="module")
async def run(temporal: WorkflowEnvironment) -> AsyncIterator[StandardRun]:
    async with working(await nameless_client(temporal)) as office:
        yield await run_on_a_server(temporal, office)


async def test_a_standard_rotation_keeps_to_its_budget(run: StandardRun) -> None:
    assert run.own.billed <= ACTIONS_AT_MOST, run.own.actions
    assert run.own.open_bytes <= OPEN_BYTES_AT_MOST


async def test_a_rehearsal_counts_as_a_server_does(run: StandardRun) -> None:
    assert await asyncio.to_thread(actions_in_the_clockwork) == run.all_actions


def an_event(kind: str, **attributes: object) -> HistoryEvent:
    """An event as the server names it, with the attributes that matter."""
    field = f"{kind.lower()}_event_attributes"
    event = HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_{kind}"))
    getattr(event, field).MergeFrom(type(getattr(event, field))(**attributes))
    return event


def test_the_markers_of_one_workflow_task_are_one_action() -> None:
    markers = [an_event("MARKER_RECORDED", workflow_task_completed_event_id=n) for n in (4, 4, 9)]

    assert billable(markers) == {"local activities": 2}


def test_each_further_attempt_of_an_activity_is_an_action() -> None:
    activity = [an_event("ACTIVITY_TASK_SCHEDULED"), an_event("ACTIVITY_TASK_STARTED", attempt=3)]

    assert billable(activity) == {"activity": 1, "activity retry": 2}


def test_what_is_between_two_workflows_is_billed_once_where_it_begins() -> None:
    other = {"workflow_id": "other"}
    begun_here = [
        an_event("START_CHILD_WORKFLOW_EXECUTION_INITIATED"),
        an_event("SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED"),
    ]
    begun_elsewhere = [
        an_event("WORKFLOW_EXECUTION_STARTED", parent_workflow_execution=other),
        an_event("WORKFLOW_EXECUTION_SIGNALED", external_workflow_execution=other),
    ]

    assert billable(begun_here) == {"child workflow": 2, "signal sent": 1}
    assert billable(begun_elsewhere) == {}


def test_a_fresh_run_is_billed_as_continued_and_not_as_started() -> None:
    worn, fresh = "WORKFLOW_EXECUTION_CONTINUED_AS_NEW", "WORKFLOW_EXECUTION_STARTED"

    assert billable([an_event(worn)]) == {"continue-as-new": 1}
    assert billable([an_event(fresh, continued_execution_run_id="r1")]) == {}
    assert billable([an_event(fresh)]) == {"start": 1}
