"""Who visits whom and when, and the smallest repair when something changes."""

from planner.planning import plan
from planner.repairing import repair
from planner.validating import violations

__all__ = ["plan", "repair", "violations"]
