"""Workflows in virtual time: the SDK's own workflow instances, one activation after the other.

Time stands still until everything that a moment brings about is done, and then jumps to the next
timer. One thread, one queue: the same input gives the same run, however fast the machine is.
"""

import asyncio
import heapq
import typing
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from google.protobuf.timestamp_pb2 import Timestamp
from temporalio import workflow
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.api.failure.v1 import ApplicationFailureInfo, Failure
from temporalio.bridge.proto.activity_result import ActivityResolution, Success
from temporalio.bridge.proto.child_workflow import (
    ChildWorkflowResult,
    StartChildWorkflowExecutionFailedCause,
)
from temporalio.bridge.proto.child_workflow import Success as ChildSuccess
from temporalio.bridge.proto.workflow_activation import (
    DoUpdate,
    FireTimer,
    InitializeWorkflow,
    RemoveFromCache,
    ResolveActivity,
    ResolveChildWorkflowExecution,
    ResolveChildWorkflowExecutionStart,
    ResolveChildWorkflowExecutionStartFailure,
    ResolveChildWorkflowExecutionStartSuccess,
    ResolveSignalExternalWorkflow,
    SignalWorkflow,
    WorkflowActivation,
    WorkflowActivationJob,
)
from temporalio.bridge.proto.workflow_commands import (
    ScheduleLocalActivity,
    StartChildWorkflowExecution,
    WorkflowCommand,
)
from temporalio.common import Priority, TypedSearchAttributes
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import (
    UnsandboxedWorkflowRunner,
    WorkflowInstance,
    WorkflowInstanceDetails,
)

from domain.errors import NotFound, Refused

_CONVERTER = pydantic_data_converter.payload_converter
_WORKS = ("__temporal_assert_local_activity_valid", "__temporal_get_metric_meter")
_ALREADY_EXISTS = StartChildWorkflowExecutionFailedCause.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS  # fmt: skip


_TASK_TIMEOUT = timedelta(seconds=10)
_TICK = timedelta(microseconds=1)
"""Time passes with every timer, even where a workflow's floating seconds come to none."""


class Stopped(Exception):
    """Workflow or activity code raised what no person can mend; the rehearsal has found a defect."""


@dataclass
class _Run:
    """One run of a workflow: its instance, and how the parent that waits for it is told."""

    id: str
    type: str
    instance: WorkflowInstance
    number: int
    parent: tuple["_Run", int] | None = None
    events: int = 1
    """An estimate of its history's length."""
    timers: set[int] = field(default_factory=set)
    over: bool = False
    in_local_activity: bool = False


@dataclass(frozen=True)
class _Answer:
    """What an update came to."""

    result: object = None
    refusal: str | None = None


class Clockwork:
    """A server and worker in one, for as long as a rehearsal lasts; ``now`` is UTC and only rises."""

    def __init__(self, starts: datetime) -> None:
        self.now = starts
        self.actions: Counter[str] = Counter()
        """Billable actions of each workflow id, counted as Temporal counts them."""
        self.longest: Counter[str] = Counter()
        """The longest history of each workflow id so far, in events, as estimated."""
        self.started: Counter[str] = Counter()
        """Runs of each workflow id."""
        self._definitions: dict[str, workflow._Definition] = {}
        self._activities: dict[str, tuple[Callable[..., object], list[type]]] = {}
        """Each activity with the types of its arguments."""
        self._runs: dict[str, _Run] = {}
        self._known: set[str] = set()
        self._timers: list[tuple[datetime, int, int, _Run]] = []
        self._queue: deque[tuple[_Run, WorkflowActivationJob]] = deque()
        self._answers: dict[str, _Answer] = {}
        self._loop = asyncio.new_event_loop()
        self._numbers = 0

    def serve(self, workflows: Sequence[type], activities: Sequence[Callable[..., object]]) -> None:
        """Take over these workflows and activities, as a worker does."""
        for one in workflows:
            self._definitions[one.__name__] = workflow._Definition.must_from_class(one)
        self._activities = {work.__name__: (work, _arguments_of(work)) for work in activities}

    def close(self) -> None:
        """Let go of all runs."""
        for run in list(self._runs.values()):
            self._evict(run)
        self._loop.close()

    def start(self, name: str, workflow_id: str, *args: object) -> None:
        """Start a workflow by its type's name and let it come to rest."""
        self.enlist(name, workflow_id, *args)
        self._settle()

    def enlist(self, name: str, workflow_id: str, *args: object) -> None:
        """Start a workflow once those at work have come to rest."""
        self._begin(name, workflow_id, _CONVERTER.to_payloads(args))
        self.actions[workflow_id] += 1

    def update(self, workflow_id: str, name: str, update_id: str, *args: object) -> object:
        """Ask a workflow; raises Refused with its sentence, NotFound when it does not run."""
        run = self._runs.get(workflow_id)
        if run is None:
            raise NotFound("This process is over or was never started.")
        self.actions[workflow_id] += 1
        job = DoUpdate(
            id=update_id,
            protocol_instance_id=update_id,
            name=name,
            input=_CONVERTER.to_payloads(args),
            run_validator=True,
        )
        self._post(run, WorkflowActivationJob(do_update=job))
        self._settle()
        answer = self._answers.pop(update_id)
        if answer.refusal is not None:
            raise Refused(answer.refusal)
        return answer.result

    def signal(self, workflow_id: str, name: str, *args: object) -> None:
        """Signal a workflow; raises NotFound when it does not run."""
        run = self._runs.get(workflow_id)
        if run is None:
            raise NotFound("This process is over or was never started.")
        self.actions[workflow_id] += 1
        self._post_signal(run, name, _CONVERTER.to_payloads(args))
        self._settle()

    def next_timer(self) -> datetime | None:
        """Return when the next timer fires; None when nothing waits for time."""
        while self._timers and not self._still_set(self._timers[0]):
            heapq.heappop(self._timers)
        return self._timers[0][0] if self._timers else None

    def move_to(self, moment: datetime) -> None:
        """Let time pass to the moment, firing each timer on the way and all that it brings about."""
        while (due := self.next_timer()) and due <= moment:
            _, _, seq, run = heapq.heappop(self._timers)
            self.now = max(self.now, due)
            run.timers.discard(seq)
            self._post(run, WorkflowActivationJob(fire_timer=FireTimer(seq=seq)))
            self._settle()
        self.now = max(self.now, moment)

    def running(self) -> tuple[str, ...]:
        """Return the ids of all workflows that run."""
        return tuple(self._runs)

    def _still_set(self, timer: tuple[datetime, int, int, _Run]) -> bool:
        _, _, seq, run = timer
        return not run.over and seq in run.timers

    def _post(self, run: _Run, job: WorkflowActivationJob) -> None:
        if not job.HasField("resolve_activity") or not job.resolve_activity.is_local:
            run.in_local_activity = False
            run.events += 4
        self.longest[run.id] = max(self.longest[run.id], run.events)
        self._queue.append((run, job))

    def _post_signal(self, run: _Run, name: str, args: Sequence[Payload]) -> None:
        job = SignalWorkflow(signal_name=name, input=args, originating_event_id=run.events)
        self._post(run, WorkflowActivationJob(signal_workflow=job))

    def _settle(self) -> None:
        """Go on until nobody has anything left to do at this moment."""
        while self._queue:
            run, job = self._queue.popleft()
            if not run.over:
                self._activate(run, job)

    def _activate(self, run: _Run, job: WorkflowActivationJob) -> None:
        activation = WorkflowActivation(
            run_id=str(run.number),
            timestamp=_timestamp(self.now),
            history_length=run.events,
            jobs=[job],
        )
        completion = run.instance.activate(activation)
        if completion.HasField("failed"):
            raise Stopped(f"{run.id}: {completion.failed.failure.message}")
        for command in completion.successful.commands:
            self._carry_out(run, command)

    def _carry_out(self, run: _Run, command: WorkflowCommand) -> None:
        kind = command.WhichOneof("variant") or ""
        handler = _HANDLERS.get(kind)
        if handler is None:
            raise Stopped(f"{run.id}: a rehearsal knows no command '{kind}'")
        run.events += 1
        handler(self, run, command)

    def _begin(
        self,
        name: str,
        workflow_id: str,
        args: Sequence[Payload],
        parent: tuple[_Run, int] | None = None,
    ) -> _Run:
        self._numbers += 1
        run = _Run(
            id=workflow_id,
            type=name,
            instance=self._instance(name, workflow_id, self._numbers),
            number=self._numbers,
            parent=parent,
        )
        self._runs[workflow_id] = run
        self.started[workflow_id] += 1
        self._known.add(workflow_id)
        init = InitializeWorkflow(workflow_type=name, workflow_id=workflow_id, arguments=args)
        self._post(run, WorkflowActivationJob(initialize_workflow=init))
        return run

    def _instance(self, name: str, workflow_id: str, number: int) -> WorkflowInstance:
        details = WorkflowInstanceDetails(
            payload_converter_factory=lambda: _CONVERTER,
            failure_converter_class=pydantic_data_converter.failure_converter_class,
            interceptor_classes=(),
            defn=self._definitions[name],
            info=_info(name, workflow_id, number, self.now),
            randomness_seed=number,
            extern_functions=dict.fromkeys(_WORKS, lambda *_: None),
            disable_eager_activity_execution=True,
            worker_level_failure_exception_types=(),
            patch_activation_callback=None,
            last_completion_result=Payloads(),
            last_failure=None,
        )

        async def made() -> WorkflowInstance:
            return UnsandboxedWorkflowRunner().create_instance(details)

        return self._loop.run_until_complete(made())

    def _start_timer(self, run: _Run, command: WorkflowCommand) -> None:
        timer = command.start_timer
        due = self.now + max(_TICK, timer.start_to_fire_timeout.ToTimedelta())
        self._numbers += 1
        run.timers.add(timer.seq)
        heapq.heappush(self._timers, (due, self._numbers, timer.seq, run))
        self.actions[run.id] += 1

    def _cancel_timer(self, run: _Run, command: WorkflowCommand) -> None:
        run.timers.discard(command.cancel_timer.seq)

    def _schedule_activity(self, run: _Run, command: WorkflowCommand) -> None:
        self.actions[run.id] += 1
        wanted = command.schedule_activity
        self._work(run, wanted.seq, wanted.activity_type, wanted.arguments, local=False)

    def _schedule_local_activity(self, run: _Run, command: WorkflowCommand) -> None:
        """All local activities of one workflow task are one action."""
        self.actions[run.id] += not run.in_local_activity
        run.in_local_activity = True
        wanted: ScheduleLocalActivity = command.schedule_local_activity
        self._work(run, wanted.seq, wanted.activity_type, wanted.arguments, local=True)

    def _work(
        self, run: _Run, seq: int, name: str, arguments: Sequence[Payload], *, local: bool
    ) -> None:
        work, types = self._activities[name]
        try:
            result = work(*_CONVERTER.from_payloads(arguments, types))
        except Exception as failed:
            raise Stopped(f"{run.id}: activity {name} failed") from failed
        (payload,) = _CONVERTER.to_payloads([result])
        resolved = ResolveActivity(
            seq=seq,
            is_local=local,
            result=ActivityResolution(completed=Success(result=payload)),
        )
        self._post(run, WorkflowActivationJob(resolve_activity=resolved))

    def _start_child(self, run: _Run, command: WorkflowCommand) -> None:
        wanted: StartChildWorkflowExecution = command.start_child_workflow_execution
        started = ResolveChildWorkflowExecutionStart(seq=wanted.seq)
        if wanted.workflow_id in self._known:
            started.failed.CopyFrom(
                ResolveChildWorkflowExecutionStartFailure(
                    workflow_id=wanted.workflow_id,
                    workflow_type=wanted.workflow_type,
                    cause=_ALREADY_EXISTS,
                )
            )
        else:
            child = self._begin(
                wanted.workflow_type, wanted.workflow_id, wanted.input, (run, wanted.seq)
            )
            self.actions[wanted.workflow_id] += 2
            started.succeeded.CopyFrom(
                ResolveChildWorkflowExecutionStartSuccess(run_id=str(child.number))
            )
        self._post(run, WorkflowActivationJob(resolve_child_workflow_execution_start=started))

    def _signal_external(self, run: _Run, command: WorkflowCommand) -> None:
        wanted = command.signal_external_workflow_execution
        self.actions[run.id] += 1
        resolved = ResolveSignalExternalWorkflow(seq=wanted.seq)
        target = self._runs.get(wanted.workflow_execution.workflow_id)
        if target is None:
            info = ApplicationFailureInfo(type="NotFound", non_retryable=True)
            resolved.failure.CopyFrom(
                Failure(message="workflow execution not found", application_failure_info=info)
            )
        else:
            self._post_signal(target, wanted.signal_name, wanted.args)
        self._post(run, WorkflowActivationJob(resolve_signal_external_workflow=resolved))

    def _upsert(self, run: _Run, _: WorkflowCommand) -> None:
        self.actions[run.id] += 1

    def _answer_update(self, _: _Run, command: WorkflowCommand) -> None:
        response = command.update_response
        if response.HasField("rejected"):
            answer = _Answer(refusal=response.rejected.message)
            self._answers[response.protocol_instance_id] = answer
        elif response.HasField("completed"):
            (result,) = _CONVERTER.from_payloads([response.completed])
            self._answers[response.protocol_instance_id] = _Answer(result=result)

    def _continue_as_new(self, run: _Run, command: WorkflowCommand) -> None:
        wanted = command.continue_as_new_workflow_execution
        self.actions[run.id] += 1
        waiting = [job for other, job in self._queue if other is run]
        self._evict(run)
        fresh = self._begin(wanted.workflow_type or run.type, run.id, wanted.arguments, run.parent)
        for job in waiting:
            if job.HasField("signal_workflow") or job.HasField("do_update"):
                self._post(fresh, job)

    def _complete(self, run: _Run, command: WorkflowCommand) -> None:
        self._evict(run)
        if run.parent is None:
            return
        parent, seq = run.parent
        if not parent.over:
            result = ChildWorkflowResult(
                completed=ChildSuccess(result=command.complete_workflow_execution.result)
            )
            resolved = ResolveChildWorkflowExecution(seq=seq, result=result)
            self._post(parent, WorkflowActivationJob(resolve_child_workflow_execution=resolved))

    def _fail(self, run: _Run, command: WorkflowCommand) -> None:
        raise Stopped(f"{run.id}: {command.fail_workflow_execution.failure.message}")

    def _evict(self, run: _Run) -> None:
        run.over = True
        self._runs.pop(run.id, None)
        run.instance.activate(
            WorkflowActivation(
                run_id=str(run.number),
                timestamp=_timestamp(self.now),
                jobs=[WorkflowActivationJob(remove_from_cache=RemoveFromCache())],
            )
        )


_HANDLERS: dict[str, Callable[[Clockwork, _Run, WorkflowCommand], None]] = {
    "start_timer": Clockwork._start_timer,
    "cancel_timer": Clockwork._cancel_timer,
    "schedule_activity": Clockwork._schedule_activity,
    "schedule_local_activity": Clockwork._schedule_local_activity,
    "start_child_workflow_execution": Clockwork._start_child,
    "signal_external_workflow_execution": Clockwork._signal_external,
    "upsert_workflow_search_attributes": Clockwork._upsert,
    "update_response": Clockwork._answer_update,
    "continue_as_new_workflow_execution": Clockwork._continue_as_new,
    "complete_workflow_execution": Clockwork._complete,
    "fail_workflow_execution": Clockwork._fail,
}


def _arguments_of(work: Callable[..., object]) -> list[type]:
    hints = typing.get_type_hints(work)
    return [hint for key, hint in hints.items() if key != "return"]


def _timestamp(moment: datetime) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(moment)
    return stamp


def _info(name: str, workflow_id: str, number: int, now: datetime) -> workflow.Info:
    return workflow.Info(
        attempt=1,
        continued_run_id=None,
        cron_schedule=None,
        execution_timeout=None,
        first_execution_run_id=str(number),
        headers={},
        namespace="rehearsal",
        original_execution_run_id=str(number),
        parent=None,
        root=None,
        priority=Priority.default,
        raw_memo={},
        retry_policy=None,
        run_id=str(number),
        run_timeout=None,
        search_attributes={},
        start_time=now,
        workflow_start_time=now,
        task_queue="rehearsal",
        task_timeout=_TASK_TIMEOUT,
        typed_search_attributes=TypedSearchAttributes.empty,
        workflow_id=workflow_id,
        workflow_type=name,
    )
