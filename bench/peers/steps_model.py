"""All steps of rotations as a constraint model for CP-SAT: teams, weeks, colleagues and every start."""

import os
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from ortools.sat.python import cp_model

from bench.peers.board import DAY, QUARTER, Board, starts
from domain.people import Seat
from domain.planning import Assignment, Attendee, Candidate, Host, PlannedStep
from domain.program import AT_HOST, StepKind, StepTemplate

Asked = dict[str, cp_model.IntVar]
"""Whether each colleague of a team sits in a step."""


@dataclass
class Rotation:
    """The variables of one rotation."""

    candidate: Candidate
    starts: list[cp_model.IntVar]
    placed: cp_model.IntVar
    weeks: cp_model.IntVar
    """Weeks of the program that it takes, 0 for somebody without a place."""
    visits: dict[str, cp_model.IntVar] = field(default_factory=dict)
    """By team."""
    asked: dict[tuple[str, int], Asked] = field(default_factory=dict)
    """By team and step."""


class StepsModel:
    """Rotations and the people they share; objectives are added by those who use it."""

    def __init__(self, board: Board) -> None:
        self.board = board
        self.model = cp_model.CpModel()
        self.rotations: list[Rotation] = []
        self._busy: dict[str, list[cp_model.IntervalVar]] = defaultdict(list)
        self._weekly: dict[tuple[str, int], list[cp_model.IntVar | int]] = defaultdict(list)

    def add(self, candidate: Candidate, hosts: Sequence[Host], *, must: bool = False) -> Rotation:
        """Add a rotation that visits one of these teams; it may stay without a place unless it ``must``."""
        model, board = self.model, self.board
        placed = model.new_bool_var("")
        if must:
            model.add(placed == 1)
        variables = [model.new_int_var(0, board.slots, "") for _ in board.templates]
        one = Rotation(candidate, variables, placed, model.new_int_var(0, board.program.weeks, ""))
        self.rotations.append(one)
        for host in hosts:
            self._at(one, host)
        model.add(sum(one.visits.values()) == placed)
        self._windows(one)
        for number, template in enumerate(board.templates):
            for person, seat in self._seats(template, candidate, None):
                self._within(
                    one.starts[number], board.calendar(person, seat, template), template, placed
                )
                self._sits(person, one.starts[number], template, placed)
        return one

    def keep(self, steps: Iterable[PlannedStep], host: Host) -> None:
        """Leave a rotation as it is; called before any is added, as its steps take time and room."""
        for step in steps:
            at = (step.starts - self.board.first) // QUARTER
            taken = ((1 << (step.ends - step.starts) // QUARTER) - 1) << at
            for attendee in step.attendees:
                for calendar in (self.board.present, self.board.at_work, self.board.free):
                    calendar[attendee.person] &= ~taken
            if step.kind is StepKind.SHADOWING_DAY:
                self._weekly[host.team, self.board.days[host.zone].week[at]].append(1)

    def close(self) -> None:
        """Nobody sits in two steps at once, and no team takes more visits a week than it can."""
        for intervals in self._busy.values():
            self.model.add_no_overlap(intervals)
        takes = {host.team: host.visits_per_week for host in self.board.hosts}
        for (team, _), visits in self._weekly.items():
            self.model.add(sum(visits) <= takes[team])

    def steps(
        self, one: Rotation, value: "cp_model.CpSolver | cp_model.CpSolverSolutionCallback"
    ) -> tuple[Assignment, tuple[PlannedStep, ...]] | None:
        """Return a rotation as a solution has it; None without a place."""
        team = next((team for team, visit in one.visits.items() if value.value(visit)), None)
        if team is None:
            return None
        host = next(host for host in self.board.hosts if host.team == team)
        steps = []
        for number, template in enumerate(self.board.templates):
            asked = one.asked.get((team, number), {})
            at = value.value(one.starts[number])
            colleagues = [person for person, asks in asked.items() if value.value(asks)]
            steps.append(self._step(one.candidate, host, template, at, colleagues))
        chosen = Assignment(
            rotation=one.candidate.rotation,
            participant=one.candidate.participant,
            host=team,
            reason="It was chosen.",
        )
        return chosen, tuple(steps)

    def _step(
        self,
        candidate: Candidate,
        host: Host,
        template: StepTemplate,
        at: int,
        colleagues: list[str],
    ) -> PlannedStep:
        people = [
            Attendee(person=person, seat=seat)
            for person, seat in self.board.seats(template, candidate, host).items()
        ]
        people += [Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in colleagues]
        theirs = any(a.seat in (Seat.HOST_LEAD, Seat.FRONTLINE) for a in people)
        return PlannedStep(
            rotation=candidate.rotation,
            key=template.key,
            kind=template.kind,
            starts=self.board.moment(at),
            ends=self.board.moment(at) + template.duration,
            zone=host.zone if theirs else self.board.zones[candidate.participant],
            attendees=tuple(people),
            quorum=template.attendance.frontline_quorum,
        )

    def _at(self, one: Rotation, host: Host) -> None:
        """What a visit to one team asks for."""
        model, board = self.model, self.board
        visit = one.visits[host.team] = model.new_bool_var("")
        for number, template in enumerate(board.templates):
            start = one.starts[number]
            if template.kind in AT_HOST:
                bits = board.clock(template, host)
                model.add_linear_expression_in_domain(start, _domain(bits)).only_enforce_if(visit)
            for person, seat in self._seats(template, one.candidate, host):
                self._within(start, board.calendar(person, seat, template), template, visit)
                self._sits(person, start, template, visit)
            if template.attendance.frontline_quorum:
                self._quorum(one, host, number, visit)
        weeks = []
        for week, days in board.days[host.zone].weeks.items():
            inside = model.new_bool_var("")
            weeks.append(inside)
            self._weekly[host.team, week].append(inside)
            start = one.starts[board.visit]
            model.add_linear_expression_in_domain(start, _domain(days)).only_enforce_if(inside)
        model.add(sum(weeks) == visit)

    def _quorum(self, one: Rotation, host: Host, number: int, visit: cp_model.IntVar) -> None:
        """Enough colleagues sit in a step, or one more."""
        template = self.board.templates[number]
        out = {one.candidate.participant, one.candidate.manager, host.lead}
        asked = {p: self.model.new_bool_var("") for p in host.frontline if p not in out}
        for person, asks in asked.items():
            self.model.add_implication(asks, visit)
            free = self.board.calendar(person, Seat.FRONTLINE, template)
            self._within(one.starts[number], free, template, asks)
            self._sits(person, one.starts[number], template, asks)
        wanted = template.attendance.frontline_quorum
        self.model.add(sum(asked.values()) >= wanted * visit)
        self.model.add(sum(asked.values()) <= (wanted + 1) * visit)
        one.asked[host.team, number] = asked

    def _windows(self, one: Rotation) -> None:
        board, model = self.board, self.model
        for number, template in enumerate(board.templates):
            before, (low, high) = board.reference(template), board.gap(template)
            end = 0
            if before is not None:
                end = one.starts[before] + board.length(board.templates[before])
            model.add(one.starts[number] >= end + low).only_enforce_if(one.placed)
            model.add(one.starts[number] <= end + high).only_enforce_if(one.placed)
            if number:
                last = one.starts[number - 1] + board.length(board.templates[number - 1])
                model.add(one.starts[number] >= last).only_enforce_if(one.placed)
        end = one.starts[-1] + board.length(board.templates[-1])
        model.add(end <= 7 * DAY * one.weeks + DAY - 1).only_enforce_if(one.placed)

    def _seats(
        self, template: StepTemplate, candidate: Candidate, host: Host | None
    ) -> list[tuple[str, Seat]]:
        """Those of the team that is visited, or without one everybody else."""
        every = self.board.seats(template, candidate, host or self.board.hosts[0])
        return [(p, s) for p, s in every.items() if (s is Seat.HOST_LEAD) == (host is not None)]

    def _within(
        self, start: cp_model.IntVar, free: int, template: StepTemplate, when: cp_model.IntVar
    ) -> None:
        bits = starts(free, self.board.length(template)) & self.board.later
        self.model.add_linear_expression_in_domain(start, _domain(bits)).only_enforce_if(when)

    def _sits(
        self, person: str, start: cp_model.IntVar, template: StepTemplate, when: cp_model.IntVar
    ) -> None:
        length = self.board.length(template)
        sits = self.model.new_optional_fixed_size_interval_var(start, length, when, "")
        self._busy[person].append(sits)


def quick_solver(seconds: float) -> cp_model.CpSolver:
    """Return a solver without the preparations that only take time here: five times as fast as with them."""
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = os.cpu_count() or 1
    solver.parameters.cp_model_probing_level = 0
    solver.parameters.linearization_level = 0
    solver.parameters.symmetry_level = 0
    return solver


def _domain(bits: int) -> cp_model.Domain:
    return cp_model.Domain.from_intervals(list(_stretches(bits)))


def _stretches(bits: int) -> Iterable[list[int]]:
    """The first and the last slot of every run of slots that are set."""
    first = 0
    while bits:
        skipped = (bits & -bits).bit_length() - 1
        bits >>= skipped
        length = (~bits & (bits + 1)).bit_length() - 1
        yield [first + skipped, first + skipped + length - 1]
        bits >>= length
        first += skipped + length
