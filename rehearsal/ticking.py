"""A workflow that stands in for Temporal's Schedules in a rehearsal, in front of the same sessions."""

from temporalio import workflow
from temporalio.workflow import ParentClosePolicy

from domain.rituals import Series, next_due
from rehearsal.clockwork import Clockwork
from workflows.names import schedule_id
from workflows.ritual import RitualWorkflow


@workflow.defn(name="TickerWorkflow")
class TickerWorkflow:
    """Starts what a schedule would start, at the moments at which it would."""

    @workflow.run
    async def run(self, series: Series) -> None:
        """Open the next session whenever the rule comes round."""
        while due := next_due(series, workflow.now()):
            await workflow.sleep(due - workflow.now())
            await workflow.start_child_workflow(
                RitualWorkflow.run,
                series,
                id=f"{schedule_id(series.cohort, series.ritual.key)}-{due:%Y-%m-%d}",
                parent_close_policy=ParentClosePolicy.ABANDON,
            )


class Ticking:
    """Implements ``domain.ports.Rhythm`` in virtual time."""

    def __init__(self, clockwork: Clockwork) -> None:
        self._clockwork = clockwork

    def begin(self, series: Series) -> None:
        """Start the ticker of a series; one that ticks already stays as it is."""
        name = f"ticker-{schedule_id(series.cohort, series.ritual.key)}"
        if name not in self._clockwork.running():
            self._clockwork.enlist("TickerWorkflow", name, series)
