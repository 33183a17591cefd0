"""Every recorded history still replays: rotations that run today survive tomorrow's version."""

from pathlib import Path

import pytest
from temporalio import workflow
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer, UnsandboxedWorkflowRunner

from workflows.every import WORKFLOWS
from workflows.rotation import RotationOver, RotationStart, RotationWorkflow

HISTORIES = sorted((Path(__file__).parents[1] / "histories").glob("*.json"))
HISTORY_TEXTS = {path.stem: path.read_text() for path in HISTORIES}


def test_there_is_a_history_of_every_stage() -> None:
    stages = {path.stem.removeprefix("rotation-") for path in HISTORIES}

    assert stages == {
        "completed",
        "goal-talk-over",
        "invited",
        "listening-session-over",
        "on-hold",
        "second-team-asked",
        "second-team-dissolved",
        "reflection-open",
        "shadowing-day-over",
        "thanks-open",
        "waiting-for-a-repair",
        "waiting-for-consents",
        "summary-open",
        "summary-with-the-host",
        "summary-shared",
        "proposal-open",
        "handed-over",
        "policy-proposed",
        "policy-concerns-raised",
        "policy-concerns-answered",
        "policy-in-force",
        "policy-effect-asked",
        "policy-reviewed",
        "policy-rolled-back",
        "withdrawn",
        "manager-changed",
        "colleague-away",
        "manager-busy",
        "team-dissolved",
        "ritual-opened",
        "session-invited",
        "session-facilitated-by-another",
        "session-members-changed",
        "session-no-show-unseen",
        "occasion-invited",
        "occasion-looking-for-a-time",
        "occasion-invited-again",
    }


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_it_replays(path: Path) -> None:
    replayer = Replayer(workflows=list(WORKFLOWS), data_converter=pydantic_data_converter)

    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, HISTORY_TEXTS[path.stem]))


@workflow.defn(name="RotationWorkflow")
class Hasty(RotationWorkflow):
    """An edit that would break every rotation under way: it sleeps before it does anything."""

    @workflow.run
    async def run(self, start: RotationStart) -> RotationOver:
        await workflow.sleep(1)
        return await super().run(start)


@pytest.mark.parametrize(
    "path", [path for path in HISTORIES if path.stem.startswith("rotation-")], ids=lambda p: p.stem
)
async def test_an_edit_that_breaks_rotations_under_way_is_caught(path: Path) -> None:
    replayer = Replayer(
        workflows=[Hasty],
        data_converter=pydantic_data_converter,
        workflow_runner=UnsandboxedWorkflowRunner(),
    )

    with pytest.raises(workflow.NondeterminismError):
        await replayer.replay_workflow(
            WorkflowHistory.from_json(path.stem, HISTORY_TEXTS[path.stem])
        )
