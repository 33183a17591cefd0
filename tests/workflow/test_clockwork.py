"""The rehearsal's clockwork does with a workflow what a Temporal server and worker do."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from temporalio.testing import WorkflowEnvironment

from activities.correspondence import CorrespondenceActivities
from activities.planning import PlanningActivities
from activities.policy import PolicyActivities
from domain.errands import Dispatch
from domain.errors import NotFound, Refused
from domain.events import (
    Answered,
    Event,
    GateAnswered,
    Hold,
    Proposed,
    Released,
    Resume,
    Skip,
    Summarised,
    TookPlace,
    Withdraw,
    Written,
)
from domain.rotation import Answer, RotationState
from rehearsal.clockwork import Clockwork, Stopped
from tests.builders import (
    ANA,
    MANAGER,
    co_creation_steps,
    gates,
    summary_steps,
)
from tests.workflow.conftest import (
    Office,
    RecordingCorrespondence,
    RecordingPolicies,
    ScriptedPlanning,
)
from tests.workflow.test_rotation import days_pass, fresh, soon, started
from workflows.cohort import CohortState, CohortWorkflow
from workflows.every import WORKFLOWS
from workflows.handles import UPDATES
from workflows.names import rotation_workflow_id
from workflows.rotation import RotationStart

Story = list[tuple[float, Event | None]]
"""Days that pass, and what then happens."""

Telling = Callable[[], tuple[RotationState, Story]]

DECLINED = Answered(id="a1", step="goal-talk", person=MANAGER, revision=0, answer=Answer.DECLINED)


def to_the_end() -> tuple[RotationState, Story]:
    held: Story = [
        (1.2, TookPlace(step="goal-talk")),
        (2.3, TookPlace(step="shadowing-day")),
        (4, TookPlace(step="listening-session")),
        (1, Written(step="reflection", document="d1")),
        (1, Written(step="thanks", document="d2")),
    ]
    return fresh(), held


def silence() -> tuple[RotationState, Story]:
    return fresh(), [(0.5, None), (3, None), (5, None), (10, None), (30, None)]


def consents_and_a_repair() -> tuple[RotationState, Story]:
    agreed: Story = [
        (0.1, GateAnswered(gate=gate.gate, person=gate.person, agreed=True))
        for gate in gates(passed=False)
    ]
    rest: Story = [(0.1, DECLINED), (0.1, Hold()), (4, Resume()), (0.2, Withdraw())]
    return fresh(gates=gates(passed=False)), agreed + rest


def a_summary() -> tuple[RotationState, Story]:
    told: Story = [
        (1.2, TookPlace(step="listening-session")),
        (1, Summarised(step="summary")),
        (1, Released(step="summary", agreed=True)),
    ]
    return fresh(steps=summary_steps(soon())), told


def a_hand_over() -> tuple[RotationState, Story]:
    start = soon()
    proposed = Proposed(
        step="proposal",
        policy="abcdefgh",
        owner=MANAGER,
        co_authors=(ANA,),
        decide_by=start + timedelta(days=14),
    )
    return fresh(steps=co_creation_steps(start)), [
        (1.2, TookPlace(step="workshop")),
        (0.5, proposed),
    ]


STORIES = (to_the_end, silence, consents_and_a_repair, a_summary, a_hand_over)


def a_clockwork() -> tuple[Clockwork, RecordingCorrespondence]:
    correspondence = RecordingCorrespondence()
    clockwork = Clockwork(datetime.now(UTC))
    clockwork.serve(
        WORKFLOWS,
        [
            *CorrespondenceActivities(correspondence).every(),
            *PlanningActivities(ScriptedPlanning()).every(),
            *PolicyActivities(RecordingPolicies()).every(),
        ],
    )
    return clockwork, correspondence


def in_virtual_time(state: RotationState, story: Story, budget: int = 1000) -> list[Dispatch]:
    clockwork, correspondence = a_clockwork()
    workflow_id = rotation_workflow_id(state.cohort, state.rotation)
    start = RotationStart(state=state, history_budget=budget)
    clockwork.start("RotationWorkflow", workflow_id, start)
    for number, (days, event) in enumerate(story):
        clockwork.move_to(clockwork.now + timedelta(days=days))
        if event:
            clockwork.update(workflow_id, UPDATES[event.kind], f"u{number}", event)
    clockwork.close()
    return correspondence.dispatches


async def on_a_server(
    temporal: WorkflowEnvironment, office: Office, state: RotationState, story: Story
) -> list[Dispatch]:
    handle = await started(office, state)
    for days, event in story:
        await days_pass(temporal, handle, days)
        if event:
            await handle.execute_update(UPDATES[event.kind], event)
    await at_rest(office.correspondence)
    return office.correspondence.dispatches


async def at_rest(correspondence: RecordingCorrespondence) -> None:
    """Wait until nothing was told for a second: the last update is answered before it is carried out."""
    told = -1
    while told != len(correspondence.dispatches):
        told = len(correspondence.dispatches)
        await asyncio.sleep(1)


def essence(dispatches: list[Dispatch]) -> list[object]:
    """Everything that was to be done, in order, and where it ended.

    What falls due within milliseconds is told in one dispatch or in two, as a server's clock has it;
    a dispatch may be carried out twice.
    """
    once = {d.model_dump_json(include={"errands", "now"}): d for d in dispatches}.values()
    done: list[object] = [(e.kind, e.step, e.people) for d in once for e in d.errands]
    return [*done, dispatches[-1].stage, [s.phase for s in dispatches[-1].state.steps]]


@pytest.mark.parametrize("tell", STORIES, ids=[story.__name__ for story in STORIES])
async def test_the_same_story_comes_to_the_same_as_on_a_server(
    temporal: WorkflowEnvironment, office: Office, tell: Telling
) -> None:
    state, story = tell()
    real = essence(await on_a_server(temporal, office, state, story))

    rehearsed = await asyncio.to_thread(in_virtual_time, state, story)

    assert essence(rehearsed) == real


@pytest.mark.parametrize("tell", STORIES, ids=[story.__name__ for story in STORIES])
def test_a_story_told_over_many_runs_is_the_same_story(tell: Telling) -> None:
    state, story = tell()

    assert essence(in_virtual_time(state, story, budget=12)) == essence(
        in_virtual_time(state, story)
    )


def test_a_refused_update_says_why_and_changes_nothing() -> None:
    clockwork, correspondence = a_clockwork()
    state = fresh()
    workflow_id = rotation_workflow_id(state.cohort, state.rotation)
    clockwork.start("RotationWorkflow", workflow_id, RotationStart(state=state))
    before = len(correspondence.dispatches)

    with pytest.raises(Refused, match="can't be skipped"):
        clockwork.update(workflow_id, "skip", "u1", Skip(step="listening-session"))

    assert len(correspondence.dispatches) == before
    clockwork.close()


def test_nobody_answers_for_a_workflow_that_does_not_run() -> None:
    clockwork, _ = a_clockwork()

    with pytest.raises(NotFound):
        clockwork.update("rotation-none", "hold", "u1", Hold())
    with pytest.raises(NotFound):
        clockwork.signal("rotation-none", "delivery", None)
    clockwork.close()


def test_a_defect_in_an_activity_stops_the_rehearsal_and_names_the_workflow() -> None:
    clockwork = Clockwork(datetime.now(UTC))
    planning = ScriptedPlanning(error=RuntimeError("no planner"))
    clockwork.serve((CohortWorkflow,), PlanningActivities(planning).every())

    with pytest.raises(Stopped, match="cohort-x: activity plan_cohort failed"):
        clockwork.start("CohortWorkflow", "cohort-x", CohortState(cohort="x"))
    clockwork.close()
