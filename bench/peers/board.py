"""What every peer is told of a problem: calendars as bits of quarter hours, and what visits are worth.

It shares no code with the planner. One stop, meetings only, durations and windows in whole quarters:
the programs of generated companies.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray

from domain.moments import Interval, at_wall_time, whole_day, working_time
from domain.people import Seat
from domain.planning import Candidate, Host, PlanningProblem
from domain.program import AT_HOST, UNMET, StepKind, StepTemplate

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1) // QUARTER

Numbers = NDArray[np.int64]
Marks = NDArray[np.bool_]


class Board:
    """A problem in numbers: participants, teams, quarter hours from the first day on, weeks of visits."""

    def __init__(self, problem: PlanningProblem) -> None:
        program = problem.program
        self.problem, self.program = problem, program
        self.templates = program.steps
        if program.stops != 1 or any(t.kind in UNMET for t in self.templates):
            raise SystemExit("The peers know programs of one stop that only have meetings.")
        self.first = whole_day(problem.first_day, program.zone).starts
        last_day = problem.first_day + timedelta(weeks=program.weeks)
        self.slots = (whole_day(last_day, program.zone).starts - self.first) // QUARTER
        self.everything = (1 << self.slots) - 1
        self.candidates = sorted(problem.candidates, key=lambda c: c.rotation)
        self.hosts = sorted(problem.hosts, key=lambda h: h.team)
        self.visit = next(
            n for n, t in enumerate(self.templates) if t.kind is StepKind.SHADOWING_DAY
        )
        self.zones = {who.person: who.zone for who in problem.people}
        self._calendars()
        self._hours_open()

    def length(self, template: StepTemplate) -> int:
        return template.duration // QUARTER

    def gap(self, template: StepTemplate) -> tuple[int, int]:
        """Slots between the end of what a step follows and its start, at least and at most."""
        window = template.window
        return window.opens // QUARTER, (window.closes - template.duration) // QUARTER

    def reference(self, template: StepTemplate) -> int | None:
        """The number of the step after which the window opens."""
        keys = [one.key for one in self.templates]
        return keys.index(template.window.after) if template.window.after else None

    def moment(self, slot: int) -> datetime:
        return self.first + slot * QUARTER

    def weeks_left(self, end: int) -> int:
        """Whole weeks that are left after a rotation whose last slot ends before ``end``."""
        return max(self.program.weeks - -(-(end // DAY) // 7), 0)

    def seats(self, template: StepTemplate, candidate: Candidate, host: Host) -> dict[str, Seat]:
        """Who has to come, each in the first of their seats."""
        people = {
            Seat.PARTICIPANT: candidate.participant,
            Seat.HOME_MANAGER: candidate.manager,
            Seat.HOST_LEAD: host.lead,
            Seat.FACILITATOR: self.problem.facilitator,
        }
        found: dict[str, Seat] = {}
        for seat in template.attendance.required:
            found.setdefault(people[seat] or "", seat)
        return found

    def calendar(self, person: str, seat: Seat, template: StepTemplate) -> int:
        """When somebody can sit in a step, by their own calendar alone."""
        over = template.over_meetings
        if over and seat is Seat.PARTICIPANT:
            return self.present.get(person, 0)
        return (self.at_work if over and seat is Seat.HOST_LEAD else self.free).get(person, 0)

    def clock(self, template: StepTemplate, host: Host) -> int:
        """The starts at the step's wall time, or all of them, while the team is open."""
        bits = self.days[host.zone].bits if template.starts_at else self.everything
        if template.kind in AT_HOST:
            bits &= self.open[host.team][self.length(template)]
        return bits & self.later

    def _calendars(self) -> None:
        """Present, at work and free, by person."""
        hours: dict[tuple[object, ...], int] = {}
        self.present: dict[str, int] = {}
        self.at_work: dict[str, int] = {}
        self.free: dict[str, int] = {}
        days = [
            self.problem.first_day + timedelta(days=n)
            for n in range(-1, self.program.weeks * 7 + 1)
        ]
        for who in self.problem.people:
            name = (who.zone, who.hours)
            if name not in hours:
                working = (i for day in days for i in working_time(day, who.hours, who.zone))
                hours[name] = self._bits(
                    (-((self.first - i.starts) // QUARTER), (i.ends - self.first) // QUARTER)
                    for i in working
                )
            present = self.everything & ~self._touched(who.absences)
            at_work = present & hours[name]
            self.present[who.person], self.at_work[who.person] = present, at_work
            self.free[who.person] = at_work & ~self._touched(who.busy)

    def _hours_open(self) -> None:
        """The days of every zone, and when every team is open for each length of a step."""
        now = -((self.first - self.problem.not_before) // QUARTER)
        self.later = self.everything >> max(now, 0) << max(now, 0)
        wall = self.templates[self.visit].starts_at
        self.days = {zone: Days(self, zone, wall) for zone in {h.zone for h in self.hosts}}
        lengths = {self.length(t) for t in self.templates}
        self.open = {
            host.team: {
                n: starts(self.everything & ~self._touched(host.closed), n) for n in lengths
            }
            for host in self.hosts
        }

    def _touched(self, intervals: Iterable[Interval]) -> int:
        return self._bits(
            ((i.starts - self.first) // QUARTER, -((self.first - i.ends) // QUARTER))
            for i in intervals
        )

    def _bits(self, spans: Iterable[tuple[int, int]]) -> int:
        found = 0
        for first, last in spans:
            first, last = max(first, 0), min(last, self.slots)
            if first < last:
                found |= ((1 << (last - first)) - 1) << first
        return found


class Days:
    """The starts of visits in one zone, one a day at the wall time, and their weeks."""

    def __init__(self, board: Board, zone: str, wall: str | None) -> None:
        days = [
            board.problem.first_day + timedelta(days=n)
            for n in range(-1, board.program.weeks * 7 + 1)
        ]
        if not wall:
            raise SystemExit("The peers know programs whose visits have a fixed start.")
        date_of: dict[int, date] = {}
        for day in days:
            slot = (at_wall_time(day, time.fromisoformat(wall), zone) - board.first) // QUARTER
            if 0 <= slot < board.slots:
                date_of[slot] = day
        monday = board.problem.first_day - timedelta(days=board.problem.first_day.weekday() + 7)
        self.starts = list(date_of)
        self.bits = sum(1 << slot for slot in self.starts)
        self.week = {slot: (day - monday).days // 7 for slot, day in date_of.items()}
        self.weeks: dict[int, int] = defaultdict(int)
        for slot, week in self.week.items():
            self.weeks[week] |= 1 << slot


def starts(free: int, length: int) -> int:
    """The slots at which so many slots in a row are free."""
    done = 1
    while done < length and free:
        shift = min(done, length - done)
        free &= free >> shift
        done += shift
    return free


def values(board: Board) -> Numbers:
    """What every participant's visit to every team is worth, without crowds and dates."""
    weights = board.program.weights
    lenses = sorted({lens for host in board.hosts for lens in host.lenses})
    wanted = np.zeros((len(board.candidates), len(lenses)), dtype=np.int64)
    number = {host.team: n for n, host in enumerate(board.hosts)}
    wished = np.zeros((len(board.candidates), len(board.hosts)), dtype=bool)
    for row, candidate in enumerate(board.candidates):
        for goal in candidate.goals:
            if goal.lens in lenses:
                wanted[row, lenses.index(goal.lens)] += goal.weight
            if goal.wished_team in number:
                wished[row, number[goal.wished_team]] = True
    offered = np.array([[lens in host.lenses for lens in lenses] for host in board.hosts])
    customers = np.array([host.customer_facing for host in board.hosts])
    found: Numbers = (
        weights.goal_lens * wanted @ offered.T.astype(np.int64)
        + weights.wished_team * wished
        + weights.customer_facing * customers
    )
    return found


def eligible(board: Board) -> Marks:
    """Participants x teams: who may visit whom."""
    number = {host.team: n for n, host in enumerate(board.hosts)}
    found = np.ones((len(board.candidates), len(board.hosts)), dtype=bool)
    sits: dict[str, list[int]] = defaultdict(list)
    leads: dict[str, list[int]] = defaultdict(list)
    for host in board.hosts:
        leads[host.lead].append(number[host.team])
        for person in (host.lead, *host.frontline):
            sits[person].append(number[host.team])
    rows = {candidate.rotation: row for row, candidate in enumerate(board.candidates)}
    for row, candidate in enumerate(board.candidates):
        shut = sits.get(candidate.participant, []) + sits.get(candidate.manager or "", [])
        shut += [team for person in candidate.reports for team in leads.get(person, ())]
        shut += [number[candidate.own_team]] if candidate.own_team in number else []
        found[row, shut] = False
    for rotation, team in board.problem.forbidden:
        if rotation in rows and team in number:
            found[rows[rotation], number[team]] = False
    return found


def weeks_in_common(board: Board) -> Marks:
    """Participants x teams x weeks: whether both have a day for the visit, were nobody else there."""
    template = board.templates[board.visit]
    length = board.length(template)
    count = max(week for days in board.days.values() for week in days.weeks) + 1
    common = np.zeros((len(board.candidates), len(board.hosts), count), dtype=bool)
    for zone, days in board.days.items():
        teams = [n for n, host in enumerate(board.hosts) if host.zone == zone]
        slots = np.array(days.starts)
        week = np.array([days.week[slot] for slot in days.starts])
        theirs = np.array(
            [
                _marks(
                    starts(board.calendar(board.hosts[n].lead, Seat.HOST_LEAD, template), length)
                    & board.clock(template, board.hosts[n]),
                    board.slots,
                )[slots]
                for n in teams
            ]
        )
        own = np.array(
            [
                _marks(
                    starts(board.calendar(c.participant, Seat.PARTICIPANT, template), length),
                    board.slots,
                )[slots]
                for c in board.candidates
            ]
        )
        for number in range(count):
            inside = week == number
            both = own[:, inside].astype(np.float32) @ theirs[:, inside].T.astype(np.float32)
            common[:, teams, number] = both > 0
    return common


def _marks(bits: int, slots: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(bits.to_bytes(-(-slots // 8), "little"), dtype=np.uint8)
    return np.unpackbits(raw, bitorder="little")
