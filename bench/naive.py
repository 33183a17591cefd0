"""The design that Sojourn does not have, at the same scenario: the plainest translation into Temporal.

One workflow per rotation with a child per step, one activity per mail, one timer per invited person
for the reminder, one signal per answer that an activity then records, and search attributes that
follow each answer. It does no more than it must: payloads hold ids, nobody is told twice, nothing
is escalated, and there are no queries.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from bench.counting import Usage, usage
    from bench.ours import AnyRun, is_running
    from bench.standard import Happening, Story, standard_rotation, story
    from domain.due import confirmer
    from domain.events import Answered, Proposed, Reschedule, TookPlace, Written
    from domain.program import UNMET
    from domain.rotation import RotationState, StepState
    from domain.value import Value
    from tests.waiting import until_async
    from tests.workflow.test_rotation import days_pass
    from workflows import attributes

INVITE_LEAD = timedelta(weeks=4)
REMIND_AFTER = timedelta(days=3)
SOON = timedelta(seconds=10)


class Mail(Value):
    """One mail to one person about one step."""

    kind: str
    step: str
    person: str


class Record(Value):
    """One thing that happened, for the store."""

    step: str
    kind: str
    person: str | None = None


@activity.defn
async def send_mail(_: Mail) -> None:
    """Stand in for a mail server."""


@activity.defn
async def record(_: Record) -> None:
    """Stand in for a database."""


@activity.defn
async def find_a_time(event: Reschedule) -> datetime:
    """Stand in for a planner that grants every wish."""
    return event.starts


@workflow.defn
class NaivePolicyChange:
    """Where a proposal goes on; what it costs from there is not compared."""

    @workflow.run
    async def run(self, _: Proposed) -> None:
        """Return at once."""


@workflow.defn
class NaiveRotation:
    """A child for each step; then it is over."""

    @workflow.run
    async def run(self, state: RotationState) -> None:
        """Return when every step is over."""
        steps = (
            workflow.execute_child_workflow(
                NaiveStep.run,
                step,
                id=step_id(state, step),
                search_attributes=attributes.of_rotation(state),
            )
            for step in state.steps
        )
        await asyncio.gather(*steps)


@workflow.defn
class NaiveStep:
    """One step: invited, answered by each, reminded one by one, over."""

    @workflow.init
    def __init__(self, step: StepState) -> None:
        self._step = step
        self._told: list[Happening] = []
        self._accepted: set[str] = set()
        self._waits: list[asyncio.Task[None]] = []
        self._over = False

    @workflow.run
    async def run(self, _: StepState) -> None:
        """Return when the step was held or its words were written."""
        await self._begin()
        while not self._over:
            await workflow.wait_condition(lambda: bool(self._told))
            await self._take(self._told.pop(0))
        self._stop_waiting()

    async def _begin(self) -> None:
        if self._step.kind not in UNMET:
            await self._invite()
        self._waits.append(asyncio.create_task(self._ask_at_the_end()))

    async def _invite(self) -> None:
        await _until(self._step.starts - INVITE_LEAD)
        for person in self._people:
            await self._send("invite", person)
            self._waits.append(asyncio.create_task(self._remind(person)))

    async def _remind(self, person: str) -> None:
        await workflow.sleep(REMIND_AFTER)
        if person not in self._accepted:
            await self._send("remind", person)

    async def _ask_at_the_end(self) -> None:
        written = self._step.kind in UNMET
        await _until(self._step.starts if written else self._step.ends)
        await self._send("ask", confirmer(self._step))
        if written:
            await self._remind(confirmer(self._step))

    async def _take(self, event: Happening) -> None:
        if isinstance(event, Reschedule):
            await self._move(event)
        else:
            await self._record(event)
        if isinstance(event, Answered):
            self._accepted.add(event.person)
            self._show()
        elif isinstance(event, Proposed):
            await self._hand_over(event)
        self._over = isinstance(event, TookPlace | Written | Proposed)

    async def _move(self, event: Reschedule) -> None:
        starts = await workflow.execute_activity(find_a_time, event, start_to_close_timeout=SOON)
        later = starts - self._step.starts
        changes = {"starts": starts, "ends": self._step.ends + later}
        self._step = self._step.model_copy(update=changes)
        self._accepted.clear()
        self._stop_waiting()
        await self._begin()

    def _stop_waiting(self) -> None:
        for wait in self._waits:
            wait.cancel()
        self._waits.clear()

    @property
    def _people(self) -> tuple[str, ...]:
        return tuple(attendee.person for attendee in self._step.attendees)

    def _show(self) -> None:
        silent = [person for person in self._people if person not in self._accepted]
        workflow.upsert_search_attributes(
            [
                attributes.OPEN_ANSWERS.value_set(len(silent)),
                attributes.WAITING_ON.value_set(silent),
            ]
        )

    async def _send(self, kind: str, person: str) -> None:
        mail = Mail(kind=kind, step=self._step.key, person=person)
        await workflow.execute_activity(send_mail, mail, start_to_close_timeout=SOON)

    async def _record(self, event: Happening) -> None:
        person = event.person if isinstance(event, Answered) else None
        happened = Record(step=self._step.key, kind=event.kind, person=person)
        await workflow.execute_activity(record, happened, start_to_close_timeout=SOON)

    async def _hand_over(self, event: Proposed) -> None:
        await workflow.start_child_workflow(
            NaivePolicyChange.run,
            event,
            id=f"naive-{event.policy}",
            parent_close_policy=ParentClosePolicy.ABANDON,
        )

    @workflow.signal
    def told(self, event: Happening) -> None:
        """Take note of what somebody said or did."""
        self._told.append(event)


async def _until(moment: datetime) -> None:
    ahead = moment - workflow.now()
    if ahead > timedelta():
        await workflow.sleep(ahead)


def step_id(state: RotationState, step: StepState) -> str:
    """Return the workflow id of a step."""
    return f"naive-{state.cohort}-{step.key}"


async def run_naively(environment: WorkflowEnvironment, client: Client) -> Usage:
    """Run the standard rotation in the naive design and return what it used."""
    starts = datetime.now(UTC).replace(microsecond=0)
    state = standard_rotation(starts)
    queue = f"naive-{uuid4()}"
    async with Worker(
        client,
        task_queue=queue,
        workflows=[NaiveRotation, NaiveStep, NaivePolicyChange],
        activities=[send_mail, record, find_a_time],
    ):
        rotation = await client.start_workflow(
            NaiveRotation.run, state, id=f"naive-{state.cohort}", task_queue=queue
        )
        told = story(state, starts)
        for step in state.steps:
            await _live(
                environment, client.get_workflow_handle(step_id(state, step)), _of(step, told)
            )
        await rotation.result()
    ids = (rotation.id, *(step_id(state, step) for step in state.steps))
    runs = [client.get_workflow_handle(one) for one in ids]
    return usage([(await run.fetch_history()).events for run in runs])


async def _live(environment: WorkflowEnvironment, step: AnyRun, told: Story) -> None:
    """Let one step happen: each has its own clock, all begin at the same moment."""
    await until_async(lambda: is_running(step))
    now = timedelta()
    for at, event in told:
        if at > now:
            await days_pass(environment, step, (at - now) / timedelta(days=1))
            now = at
        await step.signal(NaiveStep.told, event)


def _of(step: StepState, told: Story) -> Story:
    return tuple((at, event) for at, event in told if event.step == step.key)
