"""What it asks of people that a step moves: the more, the sooner they have to be there."""

from datetime import datetime, timedelta
from typing import NamedTuple

from domain.planning import PlannedStep, PlanningProblem
from domain.program import UNMET

_WEEK = timedelta(weeks=1)


class Cost(NamedTuple):
    """What moving steps asks of people, compared from left to right; costs of several steps add up."""

    accepted: int = 0
    """Steps to which everybody had said yes."""
    notice: int = 0
    """1 for each step that nobody has been told of, 1 more for every week since its invites went out."""
    earlier: int = 0
    """Steps before the one that broke."""

    def __add__(self, other: tuple[int, ...]) -> "Cost":  # type: ignore[override]
        return Cost(*(one + two for one, two in zip(self, other, strict=True)))

    def __sub__(self, other: "Cost") -> "Cost":
        return Cost(*(one - two for one, two in zip(self, other, strict=True)))


NOTHING = Cost()
"""No step moves."""


class Notice:
    """How soon steps are, by when a program sends its invites."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._told_until: datetime = problem.not_before + problem.program.patience.invite_lead

    def told(self, step: PlannedStep) -> bool:
        """Return whether people have been told of a step: its invites are out."""
        return step.starts <= self._told_until

    def cost(self, step: PlannedStep, accepted: bool, *, earlier: bool) -> Cost:
        """Return what moving a step asks; a written one is no invite and costs nothing."""
        if step.kind in UNMET:
            return NOTHING
        weeks = -(-max(self._told_until - step.starts, timedelta()) // _WEEK)
        return Cost(int(accepted), 1 + weeks, int(earlier))
