"""Placing one rotation at one host: its steps in order, each in its window, by depth-first search."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from domain.people import Seat
from domain.planning import Attendee, Candidate, Host, PlannedStep
from domain.program import StepKind, StepTemplate
from planner.diary import Diary
from planner.slots import SLOT, each, runs, stretch

TRIES = 600
"""Nodes of one search; enough for every realistic rotation, and an end for hopeless ones."""

CHOICES = 12
"""Starts tried for one step, on as many different days as there are."""


@dataclass
class Search:
    """One question to the diary: which steps stay, which start is wished, what was there before."""

    diary: Diary
    candidate: Candidate
    host: Host
    fixed: Mapping[str, PlannedStep] = field(default_factory=dict)
    wished: Mapping[str, datetime] = field(default_factory=dict)
    near: Mapping[str, datetime] = field(default_factory=dict)
    patience: int = 1
    """Windows close this many times later than the program says."""
    stuck: str | None = None
    """Key of the furthest step that found no place."""
    tries: int = 0

    def place(self) -> tuple[PlannedStep, ...] | None:
        """Return all steps of the rotation, or None; ``stuck`` then names the step that failed."""
        return self._from(0, {})

    @property
    def _templates(self) -> tuple[StepTemplate, ...]:
        return self.diary.problem.program.steps

    def _from(self, number: int, placed: dict[str, PlannedStep]) -> tuple[PlannedStep, ...] | None:
        if number == len(self._templates):
            return tuple(placed.values())
        template = self._templates[number]
        for step in self._options(template, placed):
            self.tries += 1
            if self.tries > TRIES:
                return None
            found = self._from(number + 1, placed | {template.key: step})
            if found:
                return found
        self._note_stuck(number)
        return None

    def _note_stuck(self, number: int) -> None:
        keys = [template.key for template in self._templates]
        if self.stuck is None or keys.index(self.stuck) < number:
            self.stuck = keys[number]

    def _options(
        self, template: StepTemplate, placed: dict[str, PlannedStep]
    ) -> Iterator[PlannedStep]:
        first, last = self._window(template, placed)
        fixed = self.fixed.get(template.key)
        if fixed:
            settled_or_in_window = fixed.starts >= first and fixed.ends <= last
            if settled_or_in_window or fixed.ends <= self.diary.problem.not_before:
                yield fixed
        elif template.kind is StepKind.THANKS:
            yield self._written(template, first)
        else:
            yield from self._meetings(template, first, last, placed)

    def _window(
        self, template: StepTemplate, placed: dict[str, PlannedStep]
    ) -> tuple[datetime, datetime]:
        after = template.window.after
        reference = placed[after].ends if after else self.diary.first
        closes = reference + template.window.closes * self.patience
        return reference + template.window.opens, min(closes, self.diary.ends)

    def _written(self, template: StepTemplate, starts: datetime) -> PlannedStep:
        attendees = (Attendee(person=self.candidate.participant, seat=Seat.PARTICIPANT),)
        ends = starts + max(template.duration, SLOT)
        return self._step(template, starts, ends, attendees)

    def _meetings(
        self,
        template: StepTemplate,
        first: datetime,
        last: datetime,
        placed: dict[str, PlannedStep],
    ) -> Iterator[PlannedStep]:
        required = seats_of(template, self.candidate, self.host, self.diary)
        if required is None:
            return
        length = self.diary.horizon.length(template.duration)
        bits = self._allowed(template, first, last) & ~self._own_time(placed)
        for attendee in required:
            bits &= self.diary.free(attendee.person, attendee.seat, template)
        starts = runs(bits, length)
        if template.starts_at:
            starts &= self.diary.starts_at(template.starts_at, self.host.zone)
        if template.key in self.wished:
            starts &= 1 << self.diary.horizon.ceil(self.wished[template.key])
        for slot in self._chosen(starts, template, length):
            at = self.diary.horizon.moment(slot)
            colleagues = self._colleagues(template, slot, length)
            if colleagues is not None:
                people = (*required, *colleagues)
                yield self._step(template, at, at + template.duration, people)

    def _allowed(self, template: StepTemplate, first: datetime, last: datetime) -> int:
        horizon = self.diary.horizon
        earliest = max(first, self.diary.problem.not_before)
        bits = stretch(horizon.ceil(earliest), horizon.floor(last))
        if template.kind in {StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION}:
            bits &= ~horizon.touching(self.host.closed)
        return bits

    def _own_time(self, placed: dict[str, PlannedStep]) -> int:
        """Time that this rotation's other steps take from its participant."""
        others = {**placed, **self.fixed}.values()
        meetings = (step.interval for step in others if step.kind is not StepKind.THANKS)
        return self.diary.horizon.touching(meetings)

    def _chosen(self, starts: int, template: StepTemplate, length: int) -> list[int]:
        """The first start of each day, or those nearest to where the step was."""
        near = self.near.get(template.key)
        if near:
            wanted = self.diary.horizon.floor(near)
            return sorted(each(starts), key=lambda slot: (abs(slot - wanted), slot))[:CHOICES]
        found: dict[int, int] = {}
        for slot in each(starts):
            if not self._quorum_possible(template, slot, length):
                continue
            found.setdefault(slot // 96, slot)
            if len(found) == CHOICES:
                break
        return list(found.values())

    def _quorum_possible(self, template: StepTemplate, slot: int, length: int) -> bool:
        if template.kind is StepKind.SHADOWING_DAY:
            return self.diary.has_room(self.host, self.diary.horizon.moment(slot))
        return self._colleagues(template, slot, length) is not None

    def _colleagues(
        self, template: StepTemplate, slot: int, length: int
    ) -> tuple[Attendee, ...] | None:
        """Return the quorum and one more where somebody is free; None when it can't be reached."""
        if template.kind is StepKind.SHADOWING_DAY and not self.diary.has_room(
            self.host, self.diary.horizon.moment(slot)
        ):
            return None
        quorum = template.attendance.frontline_quorum
        if not quorum:
            return ()
        wanted = stretch(slot, slot + length)
        free = [
            person
            for person in frontline_of(self.candidate, self.host, self.diary)
            if self.diary.free(person, Seat.FRONTLINE, template) & wanted == wanted
        ]
        if len(free) < quorum:
            return None
        chosen = sorted(free[: quorum + 1])
        return tuple(Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in chosen)

    def _step(
        self,
        template: StepTemplate,
        starts: datetime,
        ends: datetime,
        attendees: tuple[Attendee, ...],
    ) -> PlannedStep:
        of_the_host = any(a.seat in {Seat.HOST_LEAD, Seat.FRONTLINE} for a in attendees)
        own = next(a.zone for a in self.diary.problem.people if a.person == attendees[0].person)
        return PlannedStep(
            rotation=self.candidate.rotation,
            key=template.key,
            kind=template.kind,
            starts=starts,
            ends=ends,
            zone=self.host.zone if of_the_host else own,
            attendees=attendees,
            quorum=template.attendance.frontline_quorum,
        )


def seats_of(
    template: StepTemplate, candidate: Candidate, host: Host, diary: Diary
) -> tuple[Attendee, ...] | None:
    """Return who has to come; None when a seat has nobody to sit in it."""
    people = {
        Seat.PARTICIPANT: candidate.participant,
        Seat.HOME_MANAGER: candidate.manager,
        Seat.HOST_LEAD: host.lead,
        Seat.FACILITATOR: diary.problem.facilitator,
    }
    found = [(seat, people.get(seat)) for seat in template.attendance.required]
    if any(not diary.knows(person) for _, person in found):
        return None
    return tuple(Attendee(person=person, seat=seat) for seat, person in found if person)


def frontline_of(candidate: Candidate, host: Host, diary: Diary) -> tuple[str, ...]:
    """Return the colleagues that can be asked, never the participant or their manager."""
    own = {candidate.participant, candidate.manager, host.lead}
    return tuple(p for p in host.frontline if p not in own and diary.knows(p))


def span(duration: timedelta) -> str:
    """Return a length of time in the words of a sentence, such as ``11 days`` or ``48 hours``."""
    hours = duration // timedelta(hours=1)
    return f"{hours // 24} days" if hours % 24 == 0 and hours > 48 else f"{hours} hours"
