"""The order of one rotation's steps: which starts their windows leave, whoever has to come.

Steps follow one another; some stay where they are, and bits of those that move are struck out where
the steps before or after them find no place.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from domain.planning import PlannedStep, PlanningProblem
from domain.program import UNMET, StepKind, StepTemplate
from planner.slots import QUARTER, Horizon, following, leading_to, stretch


@dataclass(frozen=True)
class Terms:
    """What a search has to respect of an earlier plan; by default nothing."""

    fixed: Mapping[str, PlannedStep] = field(default_factory=dict)
    """Steps that stay as they are."""
    over: frozenset[str] = frozenset()
    """Keys of fixed steps that are over: they ask nothing of steps before them."""
    before: Mapping[str, PlannedStep] = field(default_factory=dict)
    """Where moving steps were: the nearest start is taken, and the same colleagues."""
    wished: Mapping[str, datetime] = field(default_factory=dict)
    """Exact starts."""
    refused: frozenset[str] = frozenset()
    """Colleagues who don't sit in any moving step."""
    longer: timedelta = timedelta()
    """Windows close so much later."""
    longer_everywhere: bool = False
    """False opens only those windows longer whose reference does not move."""


@dataclass(frozen=True)
class Span:
    """Slots from the first day on; negative or beyond the end for steps outside."""

    starts: int
    ends: int


class Windows:
    """The steps of a rotation, in the program's order, under some terms."""

    def __init__(self, problem: PlanningProblem, horizon: Horizon, terms: Terms) -> None:
        self.terms = terms
        self.templates = problem.program.steps
        self.horizon = horizon
        self.now = horizon.since(problem.not_before)
        self._number = {t.key: n for n, t in enumerate(self.templates)}

    def leading(self, fitting: Sequence[int]) -> list[int]:
        """Return those of each moving step's starts from which the steps after it can follow."""
        useful = list(fitting)
        for number in reversed(range(len(self.templates))):
            key = self.templates[number].key
            if key in self.terms.over:
                continue
            later, between = useful[number], 0
            if self.is_fixed(number):
                starts = self.terms.fixed[key].starts
                slot = self.horizon.before(starts)
                later, between = stretch(slot, slot + 1), self.horizon.since(starts) - slot
            for earlier, low, high in self._asks(number):
                useful[earlier] &= leading_to(later, low, high - between)
        return useful

    def following(self, fitting: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Yield each moving step with the starts its window reaches, and those of them that also fit."""
        reached: list[int] = []
        for number, template in enumerate(self.templates):
            if self.is_fixed(number):
                reached.append(0)
                continue
            window = self._reach(number, reached)
            fits = window if is_written(template) else window & fitting[number]
            reached.append(fits)
            yield number, window, fits

    def _reach(self, number: int, reached: Sequence[int]) -> int:
        reference = self.reference(number)
        bits = self.beside_fixed(number)
        if reference is not None and not self.is_fixed(reference):
            low, high = self._gap(number)
            length = self.length(reference)
            bits &= following(reached[reference], length + low, length + high, self.horizon.all)
        return bits & ~stretch(0, self.now)

    def length(self, number: int) -> int:
        """Return how many slots a step takes; written ones have a quarter of an hour in the plan."""
        template = self.templates[number]
        written = is_written(template)
        return self.horizon.length(
            max(template.duration, QUARTER) if written else template.duration
        )

    def window(self, number: int, spans: Sequence[Span]) -> tuple[int, int]:
        """Return the first and the last start within a step's window, where earlier steps are at ``spans``."""
        if number in self._standing:
            return self._standing[number]
        reference = self.reference(number)
        end = 0 if reference is None else spans[reference].ends
        low, high = self._gap(number)
        return end + low, end + high

    def anywhere(self, number: int) -> int:
        """Return the slots from which a step ends within the program."""
        return stretch(0, self.horizon.slots - self.length(number) + 1)

    def beside_fixed(self, number: int) -> int:
        """Return the starts that the steps which stay leave to this one."""
        earliest = max((self.fixed(n).ends for n in self._earlier_fixed(number)), default=0)
        bits = stretch(earliest, self.horizon.slots)
        standing = self._standing.get(number)
        return bits & stretch(standing[0], standing[1] + 1) if standing else bits

    def _asks(self, number: int) -> Iterator[tuple[int, int, int]]:
        """Which earlier moving steps must start how long before this one, at least and at most."""
        reference = self.reference(number)
        if reference is not None and not self.is_fixed(reference):
            low, high = self._gap(number)
            length = self.length(reference)
            yield reference, length + low, length + high
        meetings = [n for n in range(number) if self._moves(n)]
        if meetings and not is_written(self.templates[number]):
            yield meetings[-1], self.length(meetings[-1]), self.horizon.slots

    def _moves(self, number: int) -> bool:
        return not self.is_fixed(number) and not is_written(self.templates[number])

    @cached_property
    def _standing(self) -> dict[int, tuple[int, int]]:
        """The windows whose reference does not move."""
        found = {}
        for number, template in enumerate(self.templates):
            after = template.window.after
            if after is None or after in self.terms.fixed:
                end = self.terms.fixed[after].ends if after else self.horizon.starts
                low, high = self._between(number, self.terms.longer)
                first = self.horizon.since(end + low)
                last = first if is_written(template) else self.horizon.before(end + high)
                found[number] = first, last
        return found

    def _gap(self, number: int) -> tuple[int, int]:
        """Slots between the end of a moving reference and the start of a step, at least and at most."""
        longer = self.terms.longer if self.terms.longer_everywhere else timedelta()
        low, high = self._between(number, longer)
        return self.horizon.length(low), self.horizon.length(high)

    def _between(self, number: int, longer: timedelta) -> tuple[timedelta, timedelta]:
        """How long after the end of its reference a step may start, at least and at most."""
        window = self.templates[number].window
        if is_written(self.templates[number]):
            return window.opens, window.opens
        return window.opens, window.closes + longer - self.templates[number].duration

    def reference(self, number: int) -> int | None:
        """Return the step after whose end this one's window opens; None for the first day."""
        after = self.templates[number].window.after
        return None if after is None else self._number[after]

    def is_fixed(self, number: int) -> bool:
        return self.templates[number].key in self.terms.fixed

    def fixed(self, number: int) -> Span:
        step = self.terms.fixed[self.templates[number].key]
        return Span(self.horizon.before(step.starts), self.horizon.since(step.ends))

    def _earlier_fixed(self, number: int) -> list[int]:
        return [n for n in range(number) if self.is_fixed(n) and not is_written(self.templates[n])]


def is_written(template: StepTemplate) -> bool:
    """Return whether the step is words and no meeting: it takes nobody's time."""
    return template.kind in UNMET


def is_visit(template: StepTemplate) -> bool:
    """Return whether the step counts against what its host takes a week."""
    return template.kind is StepKind.SHADOWING_DAY
