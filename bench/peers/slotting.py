"""Concrete times for one visit after the other: bits of quarter hours, the earliest that fit."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from bench.peers.board import QUARTER, Board, Numbers, starts
from domain.people import Seat
from domain.planning import (
    Assignment,
    Attendee,
    Candidate,
    Host,
    Plan,
    PlannedStep,
    Unplaced,
)
from domain.program import StepTemplate

TRIES = 500
"""Starts tried for one visit before another one is looked for."""

Times = tuple[int, ...]
"""The slot at which each step begins, in the program's order."""


class Slotting:
    """Everybody's diary while visits are placed, and the visits so far."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self._taken: dict[str, int] = {}
        self._starts: dict[str, dict[tuple[str, int], int]] = {}
        self._asked: dict[str, int] = {}
        self._used: dict[str, list[int]] = {host.team: [] for host in board.hosts}
        self.placed: dict[int, tuple[int, tuple[PlannedStep, ...]]] = {}

    def place(self, row: int, team: int, week: int | None = None) -> bool:
        """Book a visit, in that week where one is named; return whether there was time for it."""
        board = self.board
        candidate, host = board.candidates[row], board.hosts[team]
        days = (
            self.days(host) if week is None else self.days(host) & board.days[host.zone].weeks[week]
        )
        times = self._search(candidate, host, days) if days else None
        if times is None:
            return False
        steps = tuple(self._steps(candidate, host, times))
        self._book(host, steps, times)
        self.placed[row] = team, steps
        return True

    def keep(self, host: Host, steps: Sequence[PlannedStep]) -> None:
        """Book a visit that another plan has."""
        times = tuple((step.starts - self.board.first) // QUARTER for step in steps)
        self._book(host, steps, times)

    def as_plan(self) -> Plan:
        board = self.board
        found = [(board.candidates[row], *self.placed[row]) for row in sorted(self.placed)]
        return Plan(
            assignments=tuple(
                Assignment(
                    rotation=candidate.rotation,
                    participant=candidate.participant,
                    host=board.hosts[team].team,
                    reason="It was chosen.",
                )
                for candidate, team, _ in found
            ),
            steps=tuple(step for *_, steps in found for step in steps),
            unplaced=tuple(
                Unplaced(
                    rotation=c.rotation, participant=c.participant, reason="No time was found."
                )
                for row, c in enumerate(board.candidates)
                if row not in self.placed
            ),
        )

    def room(self) -> Numbers:
        """Teams x weeks: how many visits more each takes, at most one a day on which its lead is there."""
        board = self.board
        template = board.templates[board.visit]
        count = max(week for days in board.days.values() for week in days.weeks) + 1
        found = np.zeros((len(board.hosts), count), dtype=np.int64)
        for row, host in enumerate(board.hosts):
            days, used = board.days[host.zone], self._used[host.team]
            lead = self._starts_of(host.lead, Seat.HOST_LEAD, template)
            bits = self.days(host) & lead & board.clock(template, host)
            weeks = Counter(days.week[slot] for slot in used)
            for week, inside in days.weeks.items():
                left = host.visits_per_week - weeks[week]
                found[row, week] = min(left, (bits & inside).bit_count())
        return found

    def days(self, host: Host) -> int:
        """The starts of visits on days and in weeks in which the team takes one more."""
        days = self.board.days[host.zone]
        bits, used = days.bits, self._used[host.team]
        weeks = [days.week[slot] for slot in used]
        for slot, week in zip(used, weeks, strict=True):
            bits &= ~(1 << slot)
            if weeks.count(week) >= host.visits_per_week:
                bits &= ~days.weeks[week]
        return bits

    def _search(self, candidate: Candidate, host: Host, days: int) -> Times | None:
        """Depth first, the earliest start of each step first."""
        board = self.board
        fits = [self.fits(template, candidate, host) for template in board.templates]
        fits[board.visit] &= days
        for number, template in reversed(list(enumerate(board.templates))):
            before = board.reference(template)
            if not fits[number]:
                return None
            if before is not None:
                low, high = (board.length(board.templates[before]) + n for n in board.gap(template))
                fits[before] &= _leading(fits[number], low, high)
        return _descend(board, fits, [], [TRIES])

    def fits(self, template: StepTemplate, candidate: Candidate, host: Host) -> int:
        """When a step can start with these two, as diaries are by now; windows are not looked at."""
        bits = self.board.clock(template, host)
        seats = self.board.seats(template, candidate, host)
        for person, seat in seats.items():
            bits &= self._starts_of(person, seat, template)
        wanted = template.attendance.frontline_quorum
        if wanted:
            reached = [self.board.everything] + [0] * wanted
            for person in self._frontline(candidate, host):
                free = self._starts_of(person, Seat.FRONTLINE, template)
                for count in range(wanted, 0, -1):
                    reached[count] |= reached[count - 1] & free
            bits &= reached[wanted]
        return bits

    def _frontline(self, candidate: Candidate, host: Host) -> list[str]:
        out = {candidate.participant, candidate.manager, host.lead}
        known = (person for person in host.frontline if person not in out)
        return sorted(known, key=lambda person: (self._asked.get(person, 0), person))

    def _free(self, person: str, seat: Seat, template: StepTemplate) -> int:
        return self.board.calendar(person, seat, template) & ~self._taken.get(person, 0)

    def _starts_of(self, person: str, seat: Seat, template: StepTemplate) -> int:
        name = (seat.value if template.over_meetings else "", self.board.length(template))
        known = self._starts.setdefault(person, {})
        if name not in known:
            known[name] = starts(self._free(person, seat, template), name[1])
        return known[name]

    def _steps(self, candidate: Candidate, host: Host, times: Times) -> Iterator[PlannedStep]:
        for template, at in zip(self.board.templates, times, strict=True):
            people = [
                Attendee(person=person, seat=seat)
                for person, seat in self.board.seats(template, candidate, host).items()
            ]
            colleagues = self._colleagues(template, candidate, host, at)
            people += [Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in colleagues]
            theirs = any(a.seat in (Seat.HOST_LEAD, Seat.FRONTLINE) for a in people)
            yield PlannedStep(
                rotation=candidate.rotation,
                key=template.key,
                kind=template.kind,
                starts=self.board.moment(at),
                ends=self.board.moment(at) + template.duration,
                zone=host.zone if theirs else self.board.zones[candidate.participant],
                attendees=tuple(people),
                quorum=template.attendance.frontline_quorum,
            )

    def _colleagues(
        self, template: StepTemplate, candidate: Candidate, host: Host, at: int
    ) -> list[str]:
        """A quorum of those who are free, the least asked first."""
        wanted = template.attendance.frontline_quorum
        free = (
            person
            for person in (self._frontline(candidate, host) if wanted else ())
            if self._starts_of(person, Seat.FRONTLINE, template) >> at & 1
        )
        return [person for person, _ in zip(free, range(wanted), strict=False)]

    def _book(self, host: Host, steps: Sequence[PlannedStep], times: Times) -> None:
        for step, at in zip(steps, times, strict=True):
            taken = ((1 << (step.ends - step.starts) // QUARTER) - 1) << at
            for attendee in step.attendees:
                self._taken[attendee.person] = self._taken.get(attendee.person, 0) | taken
                self._starts.pop(attendee.person, None)
                self._asked[attendee.person] = self._asked.get(attendee.person, 0) + 1
        self._used[host.team].append(times[self.board.visit])


def _descend(board: Board, fits: list[int], times: list[int], tries: list[int]) -> Times | None:
    number = len(times)
    if number == len(fits):
        return tuple(times)
    template = board.templates[number]
    before = board.reference(template)
    end = 0 if before is None else times[before] + board.length(board.templates[before])
    low, high = (end + gap for gap in board.gap(template))
    if times:
        low = max(low, times[-1] + board.length(board.templates[number - 1]))
    low = max(low, 0)
    bits = fits[number] >> low & ((1 << max(high - low + 1, 0)) - 1)
    while bits and tries[0]:
        lowest = bits & -bits
        tries[0] -= 1
        found = _descend(board, fits, [*times, low + lowest.bit_length() - 1], tries)
        if found:
            return found
        bits ^= lowest
    return None


def _leading(later: int, low: int, high: int) -> int:
    """The slots from which one of ``later`` is ``low`` to ``high`` slots away."""
    done, width = 1, high - low + 1
    while done < width:
        shift = min(done, width - done)
        later |= later >> shift
        done += shift
    return later >> low
