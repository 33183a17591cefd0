"""What a ritual's schedule starts: the next session is opened and goes its own way."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from activities.rituals import RitualActivities, SessionWanted
    from domain.due import catch_up
    from domain.errors import DomainError
    from domain.rituals import Series
    from workflows import attributes
    from workflows.names import workflow_id_of
    from workflows.rotation import RotationStart, RotationWorkflow


@workflow.defn(name="RitualWorkflow", failure_exception_types=[DomainError])
class RitualWorkflow:
    """When a session of a ritual begins, everybody is invited to the one after it."""

    @workflow.run
    async def run(self, series: Series) -> str:
        """Return the workflow id of the session that was opened; empty when none is to come."""
        state = await workflow.execute_activity_method(
            RitualActivities.next_session,
            SessionWanted(series=series, now=workflow.now()),
            start_to_close_timeout=timedelta(seconds=30),
            summary=f"next session of {series.ritual.key}",
        )
        if state is None:
            return ""
        begun, _ = catch_up(state, workflow.now())
        try:
            await workflow.start_child_workflow(
                RotationWorkflow.run,
                RotationStart(state=state),
                id=workflow_id_of(state),
                parent_close_policy=ParentClosePolicy.ABANDON,
                search_attributes=attributes.of_rotation(begun),
                static_summary=f"Session of {state.ritual}, facilitated by {state.participant}",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("this session runs already")
        return workflow_id_of(state)
