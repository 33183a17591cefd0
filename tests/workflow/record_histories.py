"""Records a history of a rotation and a cohort at every stage: ``python -m tests.workflow.record_histories``.

Run it only for a new kind of stage; a history that exists is never recorded again, for it stands for
a rotation that already runs somewhere.
"""

import asyncio
import os
import re
import time
from pathlib import Path

from temporalio.client import WorkflowHandle

from domain.events import Answered, GateAnswered, Hold, TookPlace, Withdraw, Written
from domain.rotation import Answer
from tests.builders import MANAGER, gates
from tests.waiting import until_async
from tests.workflow.conftest import Office, time_skipping_server, working
from tests.workflow.test_rotation import Rotation, days_pass, fresh, quiet, started
from workflows.rotation import RotationWorkflow

IDENTITY = re.compile(r'("(?:workerI|i)dentity": ")[^"]*"')
"""The recording machine's name, which nobody needs to know."""

FOLDER = Path(__file__).parents[1] / "histories"


async def keep(handle: WorkflowHandle[RotationWorkflow, object], stage: str) -> None:
    """Write the history of a run unless one of that stage exists."""
    path = FOLDER / f"rotation-{stage}.json"
    if not path.exists():
        text = (await handle.fetch_history()).to_json()
        path.write_text(IDENTITY.sub(r'\1worker"', text))


async def at_rest(handle: Rotation, stage: str) -> None:
    """Keep the history once the run waits for people or time."""
    await until_async(lambda: quiet(handle))
    await keep(handle, stage)


async def record(office: Office, environment: object) -> None:
    """Walk one rotation to its end, and others to each place where they may wait."""
    consenting = await started(office, fresh(gates=gates(passed=False)))
    await at_rest(consenting, "waiting-for-consents")
    for gate in gates(passed=False):
        agreed = GateAnswered(gate=gate.gate, person=gate.person, agreed=True)
        await consenting.execute_update(RotationWorkflow.consent, agreed)
    await at_rest(consenting, "invited")
    declined = Answered(
        id="a1", step="goal-talk", person=MANAGER, revision=0, answer=Answer.DECLINED
    )
    await consenting.execute_update(RotationWorkflow.answer, declined)
    await asyncio.sleep(1)
    await keep(consenting, "waiting-for-a-repair")
    await consenting.execute_update(RotationWorkflow.hold, Hold())
    await asyncio.sleep(1)
    await keep(consenting, "on-hold")
    await consenting.execute_update(RotationWorkflow.withdraw, Withdraw())
    await consenting.result()
    await keep(consenting, "withdrawn")

    walking = await started(office, fresh())
    for days, key in ((1.2, "goal-talk"), (2.3, "shadowing-day"), (4, "listening-session")):
        await days_pass(environment, walking, days)  # type: ignore[arg-type]
        await keep(walking, f"{key}-over")
        await walking.execute_update(RotationWorkflow.took_place, TookPlace(step=key))
    await days_pass(environment, walking, 1)  # type: ignore[arg-type]
    await keep(walking, "reflection-open")
    await walking.execute_update(
        RotationWorkflow.written, Written(step="reflection", document="d1")
    )
    await days_pass(environment, walking, 1)  # type: ignore[arg-type]
    await keep(walking, "thanks-open")
    await walking.execute_update(RotationWorkflow.written, Written(step="thanks", document="d2"))
    await walking.result()
    await keep(walking, "completed")


async def _main() -> None:
    environment = await time_skipping_server()
    async with working(environment.client) as office:
        await record(office, environment)
    await environment.shutdown()


if __name__ == "__main__":
    asyncio.run(_main())
    time.sleep(0.5)
    os._exit(0)
