"""Placing one rotation at one host: depth first over the starts that are left, step by step."""

from collections.abc import Iterable, Iterator

from domain.people import Seat
from domain.planning import PlannedStep
from domain.program import StepTemplate
from planner.fitting import Fit
from planner.seating import attendees
from planner.slots import day_by_day, each, stretch
from planner.windows import Span, is_visit, is_written

TRIES = 4000
"""Starts tried in one search: far more than a rotation needs, and an end for hopeless ones."""


def place(fit: Fit) -> tuple[PlannedStep, ...] | None:
    """Return all steps of the rotation in the program's order, or None when none fit."""
    return next(placements(fit), None)


def placements(fit: Fit) -> Iterator[tuple[PlannedStep, ...]]:
    """Yield every way to place all steps, in the program's order.

    The earliest start of each step is tried first, or the one nearest to where it was; a state
    that led nowhere is not entered twice.
    """
    if fit.possible():
        for spans in _Search(fit).descend(()):
            yield tuple(_steps(fit, spans))


class _Search:
    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        self._templates = fit.templates
        self._written = fit.order.written
        self._dead: set[tuple[object, ...]] = set()
        self._tries = 0

    def descend(self, spans: tuple[Span, ...]) -> Iterator[tuple[Span, ...]]:
        number = len(spans)
        if number == len(self._templates):
            yield spans
        elif self._fit.is_fixed(number):
            yield from self.descend((*spans, self._fit.fixed(number)))
        elif (state := self._state(spans)) not in self._dead:
            led_somewhere = False
            for starts in self._options(spans):
                self._tries += 1
                if self._tries > TRIES:
                    return
                span = Span(starts, starts + self._fit.length(number))
                for found in self.descend((*spans, span)):
                    led_somewhere = True
                    yield found
            if not led_somewhere:
                self._dead.add(state)

    def _options(self, spans: tuple[Span, ...]) -> Iterable[int]:
        number = len(spans)
        template = self._templates[number]
        low, high = self._bounds(spans)
        if self._written[number]:
            starts = max(low, self._fit.order.now)
            return (starts,) if self._fit.horizon.slots >= starts + self._fit.length(number) else ()
        first = max(low, 0)
        bits = (self._fit.useful[number] & stretch(first, high + 1)) >> first
        before = self._fit.terms.before.get(template.key)
        if before:
            was = self._fit.horizon.before(before.starts) - first
            near = sorted(each(bits), key=lambda slot: (abs(slot - was), slot))
            found: Iterable[int] = (first + slot for slot in near)
        else:
            found = (first + slot for slot in day_by_day(bits, self._fit.horizon.day))
        if is_visit(template):
            return (s for s in found if self._team_takes(spans, s))
        return found

    def _bounds(self, spans: tuple[Span, ...]) -> tuple[int, int]:
        number = len(spans)
        low, high = self._fit.window(number, spans)
        if self._written[number]:
            return low, high
        return max(low, self._met(spans)), high

    def _met(self, spans: tuple[Span, ...]) -> int:
        """When the meetings so far are over."""
        met = (s.ends for s, written in zip(spans, self._written, strict=False) if not written)
        return max(met, default=0)

    def _team_takes(self, spans: tuple[Span, ...], starts: int) -> bool:
        """Several shadowing days of one rotation count against the host as well."""
        template = self._templates[len(spans)]
        host = self._fit.host(template)
        own = [*self._visits(spans, template.stop), starts]
        if len(own) == 1:
            return True
        days = (self._fit.diary.calendars.local_day(slot, host.zone) for slot in own)
        return self._fit.diary.fits(host, days)

    def _visits(self, spans: tuple[Span, ...], *stops: int) -> list[int]:
        return [
            span.starts
            for span, template in zip(spans, self._templates, strict=False)
            if is_visit(template)
            and template.stop in stops
            and template.key not in self._fit.terms.fixed
        ]

    def _state(self, spans: tuple[Span, ...]) -> tuple[object, ...]:
        """What of the steps so far matters to those still to come."""
        number = len(spans)
        coming = range(number, len(self._templates))
        references = sorted({r for n in coming if (r := self._fit.reference(n)) is not None})
        ends = tuple(spans[r].ends for r in references if r < number)
        visits = self._visits(spans, *(t.stop for n in coming if is_visit(t := self._templates[n])))
        return number, ends, self._met(spans), tuple(visits)


def _steps(fit: Fit, spans: tuple[Span, ...]) -> Iterator[PlannedStep]:
    for template, span in zip(fit.templates, spans, strict=True):
        fixed = fit.terms.fixed.get(template.key)
        yield fixed or _step(fit, template, span)


def _step(fit: Fit, template: StepTemplate, span: Span) -> PlannedStep:
    starts = fit.horizon.moment(span.starts)
    if is_written(template):
        seats: tuple[tuple[Seat, str | None], ...] = (
            (Seat.PARTICIPANT, fit.candidate.participant),
        )
        people, ends = attendees(seats, ()), fit.horizon.moment(span.ends)
    else:
        people = attendees(fit.seats(template), _colleagues(fit, template, span))
        ends = starts + template.duration
    of_the_host = any(a.seat in {Seat.HOST_LEAD, Seat.FRONTLINE} for a in people)
    own = fit.diary.calendars.zone(fit.candidate.participant)
    return PlannedStep(
        rotation=fit.candidate.rotation,
        key=template.key,
        kind=template.kind,
        starts=starts,
        ends=ends,
        zone=fit.host(template).zone if of_the_host else own,
        attendees=tuple(people),
        quorum=0 if is_written(template) else template.attendance.frontline_quorum,
        stop=template.stop,
    )


def _colleagues(fit: Fit, template: StepTemplate, span: Span) -> list[str]:
    """Those who sat there before, then others in turn, up to one more than the quorum."""
    quorum = template.attendance.frontline_quorum
    if not quorum:
        return []
    whole = stretch(span.starts, span.ends)
    free = [
        person
        for person in fit.frontline(template)
        if fit.diary.free(person, Seat.FRONTLINE, template) & whole == whole
    ]
    before = fit.terms.before.get(template.key)
    sat = [a.person for a in before.attendees if a.person in free] if before else []
    if before and len(sat) >= quorum and before.starts == fit.horizon.moment(span.starts):
        return sat
    return sorted(fit.in_turn(template, free, sat[: quorum + 1]))
