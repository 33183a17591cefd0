"""A new version of a program is followed once every history replays; the failing workflow is named."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from temporalio import workflow
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from cli.programs import follow
from domain.errors import Refused
from domain.folder import Folder
from domain.program import Program, Weekday
from tests.mill import PEOPLE, PROGRAM, THANKS, TONI
from tests.waiting import until_async
from tests.workflow.company import Company, a_company
from workflows import operations
from workflows.names import schedule_id
from workflows.rhythm import TemporalRhythm

RITUAL = """
[[rituals]]
key = "lenses"
title = "One case, four lenses"
duration = "1h"
weekday = "Thu"
starts-at = "15:00"
"""


@workflow.defn(name="RotationWorkflow")
class AnotherRotation:
    """A process of that name whose history this code could not have made."""

    @workflow.run
    async def run(self, _: str) -> None:
        await workflow.sleep(timedelta(days=30))


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    program = PROGRAM + THANKS + RITUAL
    async with a_company(temporal, tmp_path, PEOPLE + TONI, program) as running:
        yield running


def next_version(company: Company, **changes: str) -> Program:
    """The company's own folder with other words."""
    file = next(company.office.settings.data.glob("mill/program.toml"))
    text = file.read_text().replace("version = 3", "version = 4")
    for before, after in changes.items():
        assert before in text
        text = text.replace(before, after)
    file.write_text(text)
    found = company.office.read(file.parent, today=company.office.now().date())
    assert isinstance(found, Folder), found
    return found.program


async def test_first_f12_a_version_is_refused_while_a_history_does_not_replay(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    office, program = company.office, next_version(company, Talk="A first talk")
    seen = office.programs.radius(company.state.cohort, program, office.now())
    queue, name = f"test-{uuid4()}", f"rotation-odd-{uuid4().hex[:8]}"
    async with Worker(
        temporal.client,
        task_queue=queue,
        workflows=[AnotherRotation],
        workflow_runner=UnsandboxedWorkflowRunner(),
    ):
        odd = await temporal.client.start_workflow(
            AnotherRotation.run, "odd", id=name, task_queue=queue
        )

        async def listed() -> bool:
            found = [one async for one in operations.replayed(temporal.client, closed=0)]
            return any(one.workflow_id == name and one.problem for one in found)

        await until_async(listed)
        with pytest.raises(Refused, match="would fail with this version of Sojourn") as refused:
            await follow(office, temporal.client, seen, program, running=True)
        await odd.terminate()

    assert str(refused.value).startswith(f"{name} would fail")
    assert office.programs.current(company.state.cohort).version == 3


async def test_first_f12_a_ritual_with_another_rule_gets_another_schedule(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    office = company.office
    program = next_version(company, **{'weekday = "Thu"': 'weekday = "Tue"'})
    seen = office.programs.radius(company.state.cohort, program, office.now())
    agreed = []

    async def settled() -> bool:
        found = [one async for one in operations.replayed(temporal.client, closed=0)]
        return bool(found) and not any(one.problem for one in found)

    await until_async(settled)
    await follow(
        office, temporal.client, seen, program, lambda: agreed.append(seen.new), running=False
    )

    assert agreed == [4]
    assert office.programs.current(company.state.cohort).version == 4
    name = schedule_id(company.state.cohort, "lenses")
    found = await temporal.client.get_schedule_handle(name).describe()
    (rule,) = found.schedule.spec.calendars
    assert [(day.start, day.end) for day in rule.day_of_week] == [(2, 2)]
    assert program.rituals[0].weekday is Weekday.TUESDAY


async def test_a_ritual_whose_last_session_was_held_gets_no_schedule_from_a_new_version(
    temporal: WorkflowEnvironment, company: Company
) -> None:
    office = company.office
    company.clock.skipped += timedelta(weeks=8)
    program = next_version(company, **{'weekday = "Thu"': 'weekday = "Tue"'})
    seen = office.programs.radius(company.state.cohort, program, office.now())

    await follow(office, temporal.client, seen, program, running=False)

    name = schedule_id(company.state.cohort, "lenses")
    assert not await TemporalRhythm(temporal.client).keeps(name)
