"""When the steps of one rotation can start at one host, whatever else is chosen: bits, no search.

Every step has the starts at which its people are free and its window is open; then, backwards,
starts from which the steps after it can't follow are struck out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

from domain.people import Seat
from domain.planning import Candidate, Host, PlannedStep
from domain.program import AT_HOST, UNMET, StepKind, StepTemplate
from domain.seating import required
from planner.diary import Diary
from planner.slots import QUARTER, following, leading_to, runs, stretch

Route = tuple[Host, ...]
"""The hosts of a rotation's stops, in order."""


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


class Fit:
    """One rotation on its route, against one diary: seats, windows and the starts that are left.

    ``route`` has the host of every stop, in order.
    """

    def __init__(
        self, diary: Diary, candidate: Candidate, route: Route, terms: Terms | None = None
    ) -> None:
        self.diary = diary
        self.candidate = candidate
        self.route = route
        self.terms = terms or Terms()
        self.templates = diary.problem.program.steps
        self.horizon = diary.horizon
        self.now = self.horizon.since(diary.problem.not_before)
        self._number = {t.key: n for n, t in enumerate(self.templates)}

    def possible(self) -> bool:
        """Return False when the steps can't follow one another at all; quick, and never wrongly so."""
        if not self.diary.calendars.knows(self.candidate.participant):
            return False
        return all(bits or self.is_fixed(n) for n, bits in enumerate(self.useful))

    def seats(self, template: StepTemplate) -> tuple[tuple[Seat, str | None], ...]:
        return required(self.diary.problem, template, self.candidate, self.host(template))

    def host(self, template: StepTemplate) -> Host:
        """Return the team of the stop that a step belongs to."""
        return self.route[template.stop - 1]

    def frontline(self, template: StepTemplate) -> list[str]:
        """Return the colleagues that can be asked, the least asked first."""
        host = self.host(template)
        own = {self.candidate.participant, self.candidate.manager, host.lead}
        out = own | self.terms.refused
        known = [p for p in host.frontline if p not in out and self.diary.calendars.knows(p)]
        return sorted(known, key=lambda p: (self.diary.sessions(p), p))

    def together(self, template: StepTemplate) -> int:
        """Return the starts at which everybody who has to come is free, and a quorum of colleagues."""
        bits = self.quorum(template)
        for seat, person in self.seats(template):
            if person is None or not self.diary.calendars.knows(person):
                return 0
            bits &= self.diary.starts(person, seat, template)
        return bits

    def quorum(self, template: StepTemplate) -> int:
        """Return the starts at which enough colleagues are free from start to end."""
        wanted = template.attendance.frontline_quorum
        if not wanted:
            return self.horizon.all
        return self.diary.enough(sorted(self.frontline(template)), wanted, template)

    def allowed(self, template: StepTemplate) -> int:
        """Return the starts that clocks and host team allow, whoever comes."""
        bits = self.clock(template)
        if is_at_host(template):
            bits &= self.welcome(template)
        return bits & self.diary.room(self.host(template)) if is_visit(template) else bits

    def clock(self, template: StepTemplate) -> int:
        """Return the starts from now on at the fixed wall time, or on the quarter hour."""
        last = self.horizon.slots - self.horizon.length(template.duration)
        wall = template.starts_at
        zone = self.host(template).zone
        walls = self.diary.calendars.walls(wall, zone) if wall else self.horizon.quarters
        return walls & stretch(self.now, last + 1)

    def welcome(self, template: StepTemplate) -> int:
        """Return the starts at which the host team is not closed."""
        closed = self.diary.calendars.closed(self.host(template).team)
        return runs(self.horizon.all & ~closed, self.horizon.length(template.duration))

    def reachable(self) -> Iterator[tuple[StepTemplate, int, int]]:
        """Yield each moving meeting with the starts its window reaches, and those that also fit."""
        reached: list[int] = []
        for number, template in enumerate(self.templates):
            if self.is_fixed(number):
                reached.append(0)
                continue
            window = self._reach(number, reached)
            fits = window if is_written(template) else window & self._fitting[number]
            reached.append(fits)
            if not is_written(template):
                yield template, window, fits

    def length(self, number: int) -> int:
        """Return how many slots a step takes; written ones have a quarter of an hour in the plan."""
        template = self.templates[number]
        written = is_written(template)
        return self.horizon.length(
            max(template.duration, QUARTER) if written else template.duration
        )

    @cached_property
    def _fitting(self) -> list[int]:
        """Each moving step's starts, whatever becomes of the other moving steps."""
        return [0 if self.is_fixed(n) else self._fitting_of(n) for n in range(len(self.templates))]

    def _fitting_of(self, number: int) -> int:
        template = self.templates[number]
        if is_written(template):
            return stretch(0, self.horizon.slots - self.length(number) + 1)
        bits = self.allowed(template) & self.together(template)
        if template.key in self.terms.wished:
            bits &= self._exactly(self.terms.wished[template.key])
        return bits & self.beside_fixed(number)

    def _exactly(self, moment: datetime) -> int:
        slot = self.horizon.since(moment)
        return stretch(slot, slot + 1) if self.horizon.moment(slot) == moment else 0

    def beside_fixed(self, number: int) -> int:
        """Return the starts that the steps which stay leave to this one."""
        earliest = max((self.fixed(n).ends for n in self._earlier_fixed(number)), default=0)
        bits = stretch(earliest, self.horizon.slots)
        standing = self._standing.get(number)
        return bits & stretch(standing[0], standing[1] + 1) if standing else bits

    @cached_property
    def useful(self) -> list[int]:
        """Each moving step's starts from which the steps after it can follow."""
        useful = list(self._fitting)
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

    def _reach(self, number: int, reached: list[int]) -> int:
        reference = self.reference(number)
        bits = self.beside_fixed(number)
        if reference is not None and not self.is_fixed(reference):
            low, high = self._gap(number)
            length = self.length(reference)
            bits &= following(reached[reference], length + low, length + high, self.horizon.all)
        return bits & ~stretch(0, self.now)

    def window(self, number: int, spans: Sequence[Span]) -> tuple[int, int]:
        """Return the first and the last start within a step's window, where earlier steps are at ``spans``."""
        if number in self._standing:
            return self._standing[number]
        reference = self.reference(number)
        end = 0 if reference is None else spans[reference].ends
        low, high = self._gap(number)
        return end + low, end + high

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


def is_at_host(template: StepTemplate) -> bool:
    """Return whether the step can't be on days on which the host team is closed."""
    return template.kind in AT_HOST
