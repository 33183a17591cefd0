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


class Order:
    """A program's steps as slots: which waits for which and for how long, whoever's rotation it is."""

    def __init__(self, problem: PlanningProblem, horizon: Horizon) -> None:
        self.horizon = horizon
        self.now = horizon.since(problem.not_before)
        self.templates = problem.program.steps
        number = {t.key: n for n, t in enumerate(self.templates)}
        self.references = [
            None if t.window.after is None else number[t.window.after] for t in self.templates
        ]
        """Of each step the one after whose end its window opens; None for the first day."""
        self.written = [is_written(t) for t in self.templates]
        self.lengths = [
            horizon.length(max(t.duration, QUARTER) if is_written(t) else t.duration)
            for t in self.templates
        ]
        """Slots that each step takes; written ones have a quarter of an hour in the plan."""
        self.gaps = [self.gap(n, timedelta()) for n in range(len(self.templates))]

    def between(self, number: int, longer: timedelta) -> tuple[timedelta, timedelta]:
        """How long after the end of its reference a step may start, at least and at most."""
        window = self.templates[number].window
        if self.written[number]:
            return window.opens, window.opens
        return window.opens, window.closes + longer - self.templates[number].duration

    def gap(self, number: int, longer: timedelta) -> tuple[int, int]:
        """Return the same in slots."""
        low, high = self.between(number, longer)
        return self.horizon.length(low), self.horizon.length(high)

    @cached_property
    def undisturbed(self) -> "Frame":
        """The frame of rotations none of whose steps are fixed."""
        return Frame(self, Terms())


class Frame:
    """What terms leave of an order: the same for every rotation under the same terms."""

    def __init__(self, order: Order, terms: Terms) -> None:
        self._order = order
        self._terms = terms
        numbers = range(len(order.templates))
        self.fixed = [template.key in terms.fixed for template in order.templates]
        self.gaps = (
            [order.gap(n, terms.longer) for n in numbers]
            if terms.longer and terms.longer_everywhere
            else order.gaps
        )
        """Slots between the end of a moving reference and the start of a step, at least and at most."""
        self.standing = dict(self._standing())
        """The windows whose reference does not move, as first and last start."""
        self.beside = [self._beside(n) for n in numbers]
        """The starts that the steps which stay leave to each step."""
        self.asks = [list(self._asked_by(n)) for n in numbers]
        """Of each step, which earlier moving ones must start how long before it, at least and at most."""

    def span(self, number: int) -> Span:
        """Return the slots of a fixed step."""
        step = self._terms.fixed[self._order.templates[number].key]
        horizon = self._order.horizon
        return Span(horizon.before(step.starts), horizon.since(step.ends))

    def _standing(self) -> Iterator[tuple[int, tuple[int, int]]]:
        horizon, fixed = self._order.horizon, self._terms.fixed
        for number, template in enumerate(self._order.templates):
            after = template.window.after
            if after is None or after in fixed:
                end = fixed[after].ends if after else horizon.starts
                low, high = self._order.between(number, self._terms.longer)
                first = horizon.since(end + low)
                last = first if self._order.written[number] else horizon.before(end + high)
                yield number, (first, last)

    def _beside(self, number: int) -> int:
        earlier = (n for n in range(number) if self.fixed[n] and not self._order.written[n])
        earliest = max((self.span(n).ends for n in earlier), default=0)
        bits = stretch(earliest, self._order.horizon.slots)
        standing = self.standing.get(number)
        return bits & stretch(standing[0], standing[1] + 1) if standing else bits

    def _asked_by(self, number: int) -> Iterator[tuple[int, int, int]]:
        order, reference = self._order, self._order.references[number]
        if reference is not None and not self.fixed[reference]:
            low, high = self.gaps[number]
            length = order.lengths[reference]
            yield reference, length + low, length + high
        meetings = [n for n in range(number) if not self.fixed[n] and not order.written[n]]
        if meetings and not order.written[number]:
            yield meetings[-1], order.lengths[meetings[-1]], order.horizon.slots


class Windows:
    """The steps of a rotation, in the program's order, under some terms."""

    def __init__(self, order: Order, terms: Terms) -> None:
        self.order = order
        self.terms = terms
        self.templates = order.templates
        self.horizon = order.horizon
        disturbed = terms.fixed or terms.longer
        self._frame = Frame(order, terms) if disturbed else order.undisturbed

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
            for earlier, low, high in self._frame.asks[number]:
                useful[earlier] &= leading_to(later, low, high - between)
        return useful

    def following(self, fitting: Sequence[int]) -> Iterator[tuple[int, int, int]]:
        """Yield each moving step with the starts its window reaches, and those of them that also fit."""
        reached: list[int] = []
        for number, written in enumerate(self.order.written):
            if self.is_fixed(number):
                reached.append(0)
                continue
            window = self._reach(number, reached)
            fits = window if written else window & fitting[number]
            reached.append(fits)
            yield number, window, fits

    def _reach(self, number: int, reached: Sequence[int]) -> int:
        reference = self.reference(number)
        bits = self.beside_fixed(number)
        if reference is not None and not self.is_fixed(reference):
            low, high = self._frame.gaps[number]
            length = self.length(reference)
            bits &= following(reached[reference], length + low, length + high, self.horizon.all)
        return bits & ~stretch(0, self.order.now)

    def length(self, number: int) -> int:
        """Return how many slots a step takes; written ones have a quarter of an hour in the plan."""
        return self.order.lengths[number]

    def window(self, number: int, spans: Sequence[Span]) -> tuple[int, int]:
        """Return the first and the last start within a step's window, where earlier steps are at ``spans``."""
        if number in self._frame.standing:
            return self._frame.standing[number]
        reference = self.reference(number)
        end = 0 if reference is None else spans[reference].ends
        low, high = self._frame.gaps[number]
        return end + low, end + high

    def anywhere(self, number: int) -> int:
        """Return the slots from which a step ends within the program."""
        return stretch(0, self.horizon.slots - self.length(number) + 1)

    def beside_fixed(self, number: int) -> int:
        """Return the starts that the steps which stay leave to this one."""
        return self._frame.beside[number]

    def reference(self, number: int) -> int | None:
        """Return the step after whose end this one's window opens; None for the first day."""
        return self.order.references[number]

    def is_fixed(self, number: int) -> bool:
        return self._frame.fixed[number]

    def fixed(self, number: int) -> Span:
        """Return the slots of a fixed step."""
        return self._frame.span(number)


def is_written(template: StepTemplate) -> bool:
    """Return whether the step is words and no meeting: it takes nobody's time."""
    return template.kind in UNMET


def is_visit(template: StepTemplate) -> bool:
    """Return whether the step counts against what its host takes a week."""
    return template.kind is StepKind.SHADOWING_DAY
