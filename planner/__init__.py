"""Who visits whom and when, and the smallest repair when something changes."""

from planner.alternatives import alternatives
from planner.bounding import certify
from planner.figures import figures
from planner.planning import plan
from planner.remarks import remarks
from planner.repairing import repair
from planner.reviewing import review
from planner.structure import structure
from planner.validating import violations
from planner.worth import objective_parts

__all__ = [
    "alternatives",
    "certify",
    "figures",
    "objective_parts",
    "plan",
    "remarks",
    "repair",
    "review",
    "structure",
    "violations",
]
