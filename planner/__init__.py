"""Who visits whom and when, and the smallest repair when something changes."""

from planner.alternatives import alternatives
from planner.bounding import certify
from planner.figures import figures
from planner.planning import plan
from planner.remarks import remarks
from planner.repairing import mend, mend_all, repair
from planner.reviewing import review
from planner.standing import Standing
from planner.structure import structure
from planner.surplus import surplus
from planner.validating import violations
from planner.worth import objective_parts

__all__ = [
    "Standing",
    "alternatives",
    "certify",
    "figures",
    "mend",
    "mend_all",
    "objective_parts",
    "plan",
    "remarks",
    "repair",
    "review",
    "structure",
    "surplus",
    "violations",
]
