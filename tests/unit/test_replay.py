"""Every recorded history still replays: rotations that run today survive tomorrow's version."""

from pathlib import Path

import pytest
from temporalio.client import WorkflowHistory
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.worker import Replayer

from workflows.cohort import CohortWorkflow
from workflows.policy import PolicyChangeWorkflow
from workflows.rotation import RotationWorkflow

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
        "policy-in-force",
        "policy-effect-asked",
        "policy-reviewed",
        "policy-rolled-back",
        "withdrawn",
    }


@pytest.mark.parametrize("path", HISTORIES, ids=[path.stem for path in HISTORIES])
async def test_it_replays(path: Path) -> None:
    history = HISTORY_TEXTS[path.stem]
    replayer = Replayer(
        workflows=[CohortWorkflow, RotationWorkflow, PolicyChangeWorkflow],
        data_converter=pydantic_data_converter,
    )

    await replayer.replay_workflow(WorkflowHistory.from_json(path.stem, history))
