"""Planning a cohort and repairing its plan: slow enough to be seen in the Temporal UI."""

from collections.abc import Callable

from temporalio import activity

from activities.liveness import alive
from domain.planning import Disruption
from domain.ports import Planning, PlanSummary, RepairSummary
from domain.rotation import RotationState
from domain.value import Key, Moment, Value


class CohortMoment(Value):
    """A cohort, and the workflow's moment at which something is decided for it."""

    cohort: Key
    now: Moment


class ApprovedPlan(CohortMoment):
    """A plan version that a person approved."""

    plan: int


class RotationsWanted(Value):
    """The next rotations of an approved plan to start: ``limit`` of them after ``skip``."""

    cohort: Key
    plan: int
    skip: int
    limit: int


class RepairWanted(CohortMoment):
    """A disruption of the running plan."""

    disruption: Disruption


class PlanningActivities:
    """Asks the planner, keeps every answer as an immutable version."""

    def __init__(self, planning: Planning) -> None:
        self._planning = planning

    def every(self) -> list[Callable[..., object]]:
        """Return all activities, for a worker to register."""
        return [self.plan_cohort, self.approve_plan, self.list_rotations, self.repair_plan]

    @activity.defn(name="plan_cohort")
    def plan_cohort(self, wanted: CohortMoment) -> PlanSummary:
        """Plan the whole cohort; a repeat stores one more version, and only the last can be approved."""
        with alive():
            return self._planning.make_plan(wanted.cohort, wanted.now)

    @activity.defn(name="approve_plan")
    def approve_plan(self, approved: ApprovedPlan) -> None:
        """Mark a version as approved; a repeat changes nothing."""
        self._planning.approve(approved.cohort, approved.plan, approved.now)

    @activity.defn(name="list_rotations")
    def list_rotations(self, wanted: RotationsWanted) -> tuple[RotationState, ...]:
        """Return first states of the next placed rotations, empty when all have been listed."""
        return self._planning.rotations(wanted.cohort, wanted.plan, wanted.skip, wanted.limit)

    @activity.defn(name="repair_plan")
    def repair_plan(self, wanted: RepairWanted) -> RepairSummary:
        """Find the smallest repair of a disruption; a repeat returns the stored answer."""
        with alive():
            return self._planning.repair(wanted.cohort, wanted.disruption, wanted.now)
