"""Which steps of a rotation broke, and which others may move to mend it: the least that does."""

import heapq
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

from domain.people import Seat
from domain.planning import (
    HOST_GONE,
    Cause,
    Disruption,
    PlannedStep,
    PlanningProblem,
    Staying,
    meets_the_host,
)
from domain.program import UNMET, StepKind
from planner.notice import NOTHING, Cost, Notice

Found = TypeVar("Found")
Keys = frozenset[str]

MOST = 400
"""Sets of steps that are tried after one another; more exist only where many steps have to move."""


class Rotation:
    """One rotation's steps as a disruption finds them."""

    def __init__(
        self, problem: PlanningProblem, steps: Sequence[PlannedStep], disruption: Disruption
    ) -> None:
        self._disruption = disruption
        self._templates = problem.program.steps
        self._now = problem.not_before
        self._notice = Notice(problem)
        self._accepted = frozenset(disruption.accepted)
        self.steps = {step.key: step for step in steps}
        kept = {s.key for s in problem.kept if s.rotation == disruption.rotation}
        self._kept = kept & set(self.steps)
        self.settled = frozenset(disruption.settled) | self._kept
        keys = [t.key for t in self._templates if t.key in self.steps]
        self.open = [key for key in keys if key not in self.settled]
        self.broken = frozenset(key for key in self.open if self._is_broken(self.steps[key]))

    @property
    def stop(self) -> int:
        """The stop at which the disruption happened."""
        step = self.steps.get(self._disruption.step or "")
        return step.stop if step else self._disruption.stop

    @property
    def of_the_host(self) -> Keys:
        """Keys of open steps that change when another team is visited at that stop."""
        return frozenset(key for key in self.open if self._is_with_host(self.steps[key]))

    @property
    def begun(self) -> Keys:
        """Keys of steps that have started: they may have been held."""
        return frozenset(key for key, step in self.steps.items() if step.starts < self._now)

    @property
    def over(self) -> Keys:
        """Keys of steps that ask nothing of those before them; a pinned meeting still comes after them."""
        words = {key for key in self._kept if self.steps[key].kind in UNMET}
        return frozenset(self._disruption.settled) | self.begun | words

    @property
    def pinned(self) -> str | None:
        """The key of a kept step with the team of that stop: no other team can take over then."""
        kept = (key for key in self._kept if self._is_with_host(self.steps[key]))
        return min(kept, default=None)

    @property
    def visited(self) -> bool:
        """Whether a shadowing day of that stop is over."""
        over = (step for key, step in self.steps.items() if key in self.settled)
        return any(s.kind is StepKind.SHADOWING_DAY and s.stop == self.stop for s in over)

    @property
    def untold(self) -> list[str]:
        """Keys of meetings that may move without a word to anybody: nobody has been told of them."""
        free = (key for key in self.open if self.steps[key].kind not in UNMET)
        return [key for key in free if not self._notice.told(self.steps[key])]

    def least(self, broken: Keys, works: Callable[[Keys], Found | None]) -> Found | None:
        """Return what works while as little as can be moves beside what broke.

        ``works`` says what becomes of it when some steps may move; with more it works as well.
        """
        found = works(self.with_words(broken))
        if found is not None:
            return found
        widest = next((some for some in self._widest_first(broken) if works(some)), None)
        if widest is None:
            return None
        beside = self._others(broken) & widest
        needed = frozenset(k for k in beside if not works(self.with_words((broken | beside) - {k})))
        for spare in islice(self._by_cost(beside - needed, broken), MOST):
            found = works(self.with_words(broken | needed | spare))
            if found is not None:
                return found
        return works(widest)

    def with_words(self, moving: Keys) -> Keys:
        """Written steps follow the step they are written after."""
        words = {
            t.key
            for t in self._templates
            if t.kind in UNMET and t.window.after in moving and t.key in self.open
        }
        return moving | words

    def cost(self, moved: Keys) -> Cost:
        """Return what it asks of people that these steps move."""
        return sum((self._cost(key, earlier=False) for key in moved), NOTHING)

    def why_stayed(self, key: str) -> Staying:
        """Return why a step did not move."""
        reasons = {
            Staying.KEPT: self._kept,
            Staying.SETTLED: self.settled,
            Staying.BEGUN: self.begun,
            Staying.ACCEPTED: self._accepted,
        }
        return next((why for why, keys in reasons.items() if key in keys), Staying.FITS)

    def _widest_first(self, broken: Keys) -> Iterator[Keys]:
        """Yield all that may move, then ever less: without those before, then without those after."""
        first = min(self.open.index(key) for key in broken)
        others = [key for key in self.open if key in self._others(broken)]
        after = [key for key in others if self.open.index(key) > first]
        before = [key for key in reversed(others) if self.open.index(key) < first]
        chain = [*after, *before]
        for number in range(len(chain), 0, -1):
            yield self.with_words(broken.union(chain[:number]))

    def _others(self, broken: Keys) -> Keys:
        """What may move for the sake of what broke: nothing that has begun; words only follow."""
        free = (key for key in self.open if key not in broken and key not in self.begun)
        return frozenset(key for key in free if self.steps[key].kind not in UNMET)

    def _by_cost(self, some: Keys, broken: Keys) -> Iterator[Keys]:
        """Yield every set of these steps, those that ask least of people first."""
        first = min(self.open.index(key) for key in broken)
        costs = sorted((self._cost(k, earlier=self.open.index(k) < first), k) for k in some)
        yield frozenset()
        waiting: list[tuple[Cost, tuple[int, ...]]] = [(costs[0][0], (0,))] if costs else []
        while waiting:
            cost, numbers = heapq.heappop(waiting)
            yield frozenset(costs[n][1] for n in numbers)
            last = numbers[-1]
            if last + 1 < len(costs):
                more = cost + costs[last + 1][0]
                heapq.heappush(waiting, (more, (*numbers, last + 1)))
                heapq.heappush(waiting, (more - costs[last][0], (*numbers[:-1], last + 1)))

    def _cost(self, key: str, *, earlier: bool) -> Cost:
        return self._notice.cost(self.steps[key], key in self._accepted, earlier=earlier)

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


def changes(before: Mapping[str, PlannedStep], after: Iterable[PlannedStep]) -> list[str]:
    """Return the keys of steps that people see at another time, or with others."""
    return [step.key for step in after if _seen(step) != _seen(before[step.key])]


def _seen(step: PlannedStep) -> tuple[object, ...]:
    return step.starts, step.ends, step.attendees
