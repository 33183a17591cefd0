"""What Temporal learns of an activity that failed."""

from uuid import uuid4

from temporalio.client import WorkflowHandle

from tests.waiting import until_async
from tests.workflow.conftest import Office
from workflows.cohort import CohortState, CohortWorkflow
from workflows.names import cohort_workflow_id


async def test_words_of_errors_stay_where_they_are(office: Office) -> None:
    office.planning.error = ValueError("no mailbox grace.lindqvist@sojourn.example")
    cohort = f"c-{uuid4().hex[:8]}"
    handle = await office.client.start_workflow(
        CohortWorkflow.run,
        CohortState(cohort=cohort),
        id=cohort_workflow_id(cohort),
        task_queue=office.task_queue,
    )

    await until_async(lambda: failed(handle))

    described = (await handle.describe()).raw_description
    assert "ValueError in make_plan" in str(described)
    assert "grace" not in str(described)
    await handle.terminate()


async def failed(handle: WorkflowHandle[CohortWorkflow, CohortState]) -> bool:
    pending = (await handle.describe()).raw_description.pending_activities
    return any(activity.HasField("last_failure") for activity in pending)
