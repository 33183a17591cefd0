"""When a rotation can be over at the earliest, by the windows of its program alone."""

from datetime import datetime, timedelta

from domain.moments import whole_day
from domain.planning import PlanningProblem
from domain.program import UNMET, StepKind, StepTemplate


def weeks_left(problem: PlanningProblem, first: datetime, last: datetime) -> int:
    """Return how many whole weeks are left of the program after ``last``, where it begins at ``first``."""
    return max(problem.program.weeks - -(-(last - first).days // 7), 0)


def tightest(problem: PlanningProblem, first: datetime, visit: datetime | None) -> datetime:
    """Return when everything can be over at the earliest by the windows alone (UTC).

    With ``visit``, what follows the first day of some stop, were that day at ``visit``.
    """
    steps = problem.program.steps
    ends: dict[str, datetime] = {}
    for template in steps:
        opened = ends.get(template.window.after or "", first)
        ends[template.key] = opened + template.window.opens + _length(template)
    if visit is None:
        return max((ends[t.key] for t in steps if t.kind not in UNMET), default=first)
    tails = [tail(problem, key) for key in first_days(problem).values()]
    return visit + min(tails, default=timedelta())


def earliest_start(problem: PlanningProblem, key: str) -> datetime:
    """Return when a step can start at the earliest by the windows before it, and not in the past (UTC)."""
    first = whole_day(problem.first_day, problem.program.zone).starts
    ends: dict[str, datetime] = {}
    for template in problem.program.steps:
        opens = ends.get(template.window.after or "", first) + template.window.opens
        starts = max(opens, problem.not_before)
        if template.key == key:
            return starts
        ends[template.key] = starts + _length(template)
    raise KeyError(key)


def tail(problem: PlanningProblem, key: str) -> timedelta:
    """Return how long it takes at least from the start of a step to the end of all that follows it."""
    ends: dict[str, timedelta] = {}
    for template in problem.program.steps:
        if template.key == key:
            ends[key] = _length(template)
        elif template.window.after in ends:
            ends[template.key] = (
                ends[template.window.after] + template.window.opens + _length(template)
            )
    met = {t.key for t in problem.program.steps if t.kind not in UNMET}
    return max(length for name, length in ends.items() if name in met)


def first_days(problem: PlanningProblem) -> dict[int, str]:
    """Return the key of the first shadowing day of every stop that has one."""
    found: dict[int, str] = {}
    for template in problem.program.steps:
        if template.kind is StepKind.SHADOWING_DAY:
            found.setdefault(template.stop, template.key)
    return found


def _length(template: StepTemplate) -> timedelta:
    return timedelta() if template.kind in UNMET else template.duration
