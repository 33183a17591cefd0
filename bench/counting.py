"""Billable actions, events and bytes, read from the histories that a Temporal server recorded.

The rules are those of Temporal's page "Temporal Cloud Actions"
(https://docs.temporal.io/evaluate/cloud/actions), each with the event that it names there. What is
between two workflows is counted once, where it begins: the start of a child with its parent, a signal
from a workflow with its sender; so the sum over histories is exact.

Queries, rejected updates and heartbeats are billed too but leave no event, so they are not counted
here. The SDK's metadata query is free.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent

LOCAL_RETRIES_AT_MOST = 100
"""Retries of local activities that one workflow task is billed for."""

_BILLED: dict[EventType.ValueType, tuple[str, int]] = {
    EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED: ("activity", 1),
    EventType.EVENT_TYPE_TIMER_STARTED: ("timer", 1),
    EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED: ("child workflow", 2),
    EventType.EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED: ("signal sent", 1),
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED: ("update", 1),
    EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES: ("search attributes", 1),
    EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW: ("continue-as-new", 1),
}

_CLOSING = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW,
    }
)


@dataclass(frozen=True)
class Usage:
    """What runs used: billable actions by kind, events, and bytes of serialized protobuf."""

    actions: dict[str, int]
    events: int
    all_bytes: int
    """Of all histories."""
    open_bytes: int
    """Of the largest history of one run just before it closed."""

    @property
    def billed(self) -> int:
        """Return the number of billable actions of all kinds."""
        return sum(self.actions.values())


def usage(runs: Iterable[Sequence[HistoryEvent]]) -> Usage:
    """Return what these runs used together, without what the test server's clock wrote."""
    real = [[event for event in run if not _of_the_clock(event)] for run in runs]
    actions: Counter[str] = Counter()
    for run in real:
        actions.update(billable(run))
    return Usage(
        actions=dict(actions),
        events=sum(map(len, real)),
        all_bytes=sum(History(events=run).ByteSize() for run in real),
        open_bytes=max(map(_open_bytes, real), default=0),
    )


def billable(run: Iterable[HistoryEvent]) -> Counter[str]:
    """Return the billable actions of one run, or of a part of it, by kind."""
    actions: Counter[str] = Counter()
    tasks_with_markers = set()
    for event in run:
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            tasks_with_markers.add(marker.workflow_task_completed_event_id)
        for kind, number in _billed(event):
            actions[kind] += number
    actions["local activities"] += len(tasks_with_markers)
    return +actions


def _billed(event: HistoryEvent) -> Iterator[tuple[str, int]]:
    if event.event_type in _BILLED:
        yield _BILLED[event.event_type]
    elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
        yield "start", int(_begins_by_itself(event))
    elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED:
        sender = event.workflow_execution_signaled_event_attributes.external_workflow_execution
        yield "signal received", int(not sender.workflow_id)
    elif event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
        yield "activity retry", event.activity_task_started_event_attributes.attempt - 1
    elif event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED:
        metered = event.workflow_task_completed_event_attributes.metering_metadata
        retries = metered.nonfirst_local_activity_execution_attempts
        yield "local activity retry", min(retries, LOCAL_RETRIES_AT_MOST)


def _begins_by_itself(event: HistoryEvent) -> bool:
    """Return whether no parent and no earlier run has been billed for this start."""
    started = event.workflow_execution_started_event_attributes
    return not (started.parent_workflow_execution.workflow_id or started.continued_execution_run_id)


def _of_the_clock(event: HistoryEvent) -> bool:
    """Return whether the event is there only because a test skips time."""
    skipped = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED
    options = event.workflow_execution_options_updated_event_attributes
    return event.event_type == skipped or options.time_skipping_config_updated


def _open_bytes(run: Sequence[HistoryEvent]) -> int:
    return History(events=(e for e in run if e.event_type not in _CLOSING)).ByteSize()
