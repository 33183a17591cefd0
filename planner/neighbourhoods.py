"""Which steps of a rotation broke, and ever larger sets of steps that may move to mend it."""

from collections.abc import Iterator

from domain.people import Seat
from domain.planning import (
    HOST_GONE,
    Cause,
    Disruption,
    Plan,
    PlannedStep,
    PlanningProblem,
    meets_the_host,
)
from domain.program import UNMET, StepKind


class Rotation:
    """One rotation's steps as a disruption finds them."""

    def __init__(self, problem: PlanningProblem, plan: Plan, disruption: Disruption) -> None:
        self._disruption = disruption
        self._templates = problem.program.steps
        self._now = problem.not_before
        self.steps = {step.key: step for step in plan.steps_of(disruption.rotation)}
        kept = {s.key for s in problem.kept if s.rotation == disruption.rotation}
        self.settled = frozenset(disruption.settled) | kept
        keys = [t.key for t in self._templates if t.key in self.steps]
        self.open = [key for key in keys if key not in self.settled]
        self.broken = frozenset(key for key in self.open if self._is_broken(self.steps[key]))

    @property
    def stop(self) -> int:
        """The stop at which the disruption happened."""
        step = self.steps.get(self._disruption.step or "")
        return step.stop if step else self._disruption.stop

    @property
    def of_the_host(self) -> frozenset[str]:
        """Keys of open steps that change when another team is visited at that stop."""
        return frozenset(key for key in self.open if self._is_with_host(self.steps[key]))

    @property
    def begun(self) -> frozenset[str]:
        """Keys of steps that have started: they may have been held."""
        return frozenset(key for key, step in self.steps.items() if step.starts < self._now)

    @property
    def visited(self) -> bool:
        """Whether a shadowing day of that stop is over."""
        over = (step for key, step in self.steps.items() if key in self.settled)
        return any(s.kind is StepKind.SHADOWING_DAY and s.stop == self.stop for s in over)

    def neighbourhoods(self, broken: frozenset[str]) -> Iterator[frozenset[str]]:
        """Yield what broke, then with it ever more of those after it, then of those before it.

        What has begun is not moved for the sake of another step.
        """
        first = min(self.open.index(key) for key in broken)
        free = [k for k in self.open if k not in broken and k not in self.begun]
        others = [key for key in free if self.steps[key].kind not in UNMET]
        after = [key for key in others if self.open.index(key) > first]
        before = [key for key in reversed(others) if self.open.index(key) < first]
        moving = set(broken)
        yield self._with_words(moving)
        for key in (*after, *before):
            moving.add(key)
            yield self._with_words(moving)

    def _with_words(self, moving: set[str]) -> frozenset[str]:
        """Written steps follow the step they are written after."""
        words = {
            t.key
            for t in self._templates
            if t.kind in UNMET and t.window.after in moving and t.key in self.open
        }
        return frozenset(moving | words)

    def _is_broken(self, step: PlannedStep) -> bool:
        cause, person = self._disruption.cause, self._disruption.person
        if cause in HOST_GONE:
            return self._is_with_host(step)
        if cause is Cause.COLLEAGUE_REFUSED:
            return any(a.person == person and a.seat is Seat.FRONTLINE for a in step.attendees)
        past = cause is Cause.OVERDUE and step.starts < self._now
        return past or step.key == self._disruption.step

    def _is_with_host(self, step: PlannedStep) -> bool:
        return step.stop == self.stop and meets_the_host(step.kind, step.attendees)
