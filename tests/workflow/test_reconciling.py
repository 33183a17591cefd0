"""What was terminated or lost in Temporal is brought together with the store again."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.testing import WorkflowEnvironment

from cli.reconciling import mend
from domain.rotation import Ending, Phase
from tests.waiting import until_async
from tests.workflow.company import Company, a_company
from workflows import handles
from workflows.handles import Standing
from workflows.names import cohort_workflow_id


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path) as running:
        yield running


async def lost(company: Company, workflow_id: str) -> None:
    """Delete a workflow, as a Temporal that was restored from an older backup would have."""
    client = company.temporal.client
    await client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(
            namespace=client.namespace,
            workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        )
    )

    async def gone() -> bool:
        return await handles.standing(client, workflow_id) is Standing.LOST

    await until_async(gone)


async def mended(company: Company, *, dry_run: bool = False) -> list[tuple[str, str]]:
    found = await mend(company.office, company.temporal.client, dry_run=dry_run)
    return [(drift.workflow_id, drift.found) for drift in found]


async def test_nothing_differs_while_everything_runs(company: Company) -> None:
    assert await mended(company) == []


async def test_a_terminated_rotation_is_over_and_its_invites_are_called_off(
    company: Company,
) -> None:
    asked = sorted((m.to, m.uid) for m in company.mails() if m.method == "REQUEST")
    before = len(company.mails())
    await company.rotation.terminate()
    about = [(company.page.row.workflow_id, "terminated")]

    assert await mended(company, dry_run=True) == about
    assert company.state.ending is None
    assert await mended(company) == about
    await company.at_rest()

    called_off = sorted((m.to, m.uid) for m in company.mails(before) if m.method == "CANCEL")
    assert called_off == asked
    assert company.state.ending is Ending.CANCELLED
    assert await mended(company) == []


async def test_a_lost_rotation_goes_on_from_the_state_in_the_store(company: Company) -> None:
    workflow_id = company.page.row.workflow_id
    before = len(company.mails())
    await lost(company, workflow_id)

    assert await mended(company) == [(workflow_id, "not there")]
    await company.at_rest()

    assert len(company.mails()) == before
    await company.press("vera@mill.example", "Talk", "answer", answer="accepted")
    await company.press("otto@mill.example", "Talk", "answer", answer="accepted")
    assert company.step("talk").phase is Phase.CONFIRMED
    assert await mended(company) == []


async def test_a_lost_cohort_knows_its_rotations_again(company: Company) -> None:
    cohort = company.state.cohort
    await lost(company, cohort_workflow_id(cohort))

    assert await mended(company) == [(cohort_workflow_id(cohort), "not there")]
    await company.manage("move/withdraw")

    over = company.temporal.client.get_workflow_handle(cohort_workflow_id(cohort))
    await over.result()
    assert (await company.rotation.result()).ending is Ending.WITHDRAWN
