"""Everybody's diary while a plan is made: who is free, who is booked, which host is full."""

from collections import Counter
from datetime import date, datetime, time, timedelta

from domain.errors import NonexistentTime
from domain.moments import Interval, at_wall_time, working_time, zone_of
from domain.people import Seat
from domain.planning import Availability, Host, PlannedStep, PlanningProblem
from domain.program import StepKind, StepTemplate
from planner.slots import Horizon

OVER_MEETINGS = frozenset({Seat.PARTICIPANT, Seat.HOST_LEAD})
"""Seats that a step may ask to move ordinary meetings for."""


class Diary:
    """Free time of all people as bits, less what has been booked so far."""

    def __init__(self, problem: PlanningProblem) -> None:
        program = problem.program
        starts = at_wall_time(problem.first_day, time(), program.zone)
        self.problem = problem
        self.first = starts
        self.ends = starts + timedelta(weeks=program.weeks)
        self.horizon = Horizon(starts, self.ends)
        self.hosts = {host.team: host for host in problem.hosts}
        self._people = {a.person: a for a in problem.people}
        self._masks: dict[str, tuple[int, int, int]] = {}
        self._booked: dict[str, int] = {}
        self._visits: Counter[tuple[str, int, int]] = Counter()
        self._visit_days: Counter[tuple[str, date]] = Counter()

    def knows(self, person: str | None) -> bool:
        return person in self._people

    def free(self, person: str, seat: Seat, template: StepTemplate) -> int:
        """Return when a person can sit in a step, as bits; nobody is met while away or booked."""
        present, working, meetings = self._mask(person)
        booked = self._booked.get(person, 0)
        if template.over_meetings and seat in OVER_MEETINGS:
            hours = present if seat is Seat.PARTICIPANT else present & working
            return hours & ~booked
        return present & working & ~meetings & ~booked

    def present(self, person: str) -> int:
        """Return when a person is not away at all."""
        return self._mask(person)[0]

    def book(self, step: PlannedStep, host: str | None) -> None:
        """Take the step's time from its attendees and its visit from the host's week."""
        self._change(step, host, 1)

    def release(self, step: PlannedStep, host: str | None) -> None:
        """Give back what ``book`` took."""
        self._change(step, host, -1)

    def has_room(self, host: Host, starts: datetime) -> bool:
        """Return whether the host takes one more visit on that day and in that week."""
        day = starts.astimezone(zone_of(host.zone)).date()
        year, week, _ = day.isocalendar()
        full = self._visits[host.team, year, week] >= host.visits_per_week
        return not full and not self._visit_days[host.team, day]

    def visits(self, team: str) -> int:
        """Return how many visits a team has in this plan so far."""
        return sum(count for (host, *_), count in self._visits.items() if host == team)

    def starts_at(self, wall: str, zone: str) -> int:
        """Return each day's slot at that wall time; days that skip it have none."""
        found = 0
        day = self.first.astimezone(zone_of(zone)).date()
        last = self.ends.astimezone(zone_of(zone)).date()
        while day <= last:
            found |= self._slot_at(day, time.fromisoformat(wall), zone)
            day += timedelta(days=1)
        return found

    def _slot_at(self, day: date, wall: time, zone: str) -> int:
        try:
            moment = at_wall_time(day, wall, zone)
        except NonexistentTime:
            return 0
        inside = self.horizon.starts <= moment < self.ends
        return 1 << self.horizon.ceil(moment) if inside else 0

    def _change(self, step: PlannedStep, host: str | None, by: int) -> None:
        if step.kind is StepKind.THANKS:
            return
        bits = self.horizon.touching((step.interval,))
        for attendee in step.attendees:
            before = self._booked.get(attendee.person, 0)
            self._booked[attendee.person] = before | bits if by > 0 else before & ~bits
        if step.kind is StepKind.SHADOWING_DAY and host in self.hosts:
            self._count_visit(self.hosts[host], step.starts, by)

    def _count_visit(self, host: Host, starts: datetime, by: int) -> None:
        day = starts.astimezone(zone_of(host.zone)).date()
        year, week, _ = day.isocalendar()
        self._visits[host.team, year, week] += by
        self._visit_days[host.team, day] += by

    def _mask(self, person: str) -> tuple[int, int, int]:
        """Present, working and in meetings, as bits; made once a person."""
        if person not in self._masks:
            self._masks[person] = self._make_mask(self._people[person])
        return self._masks[person]

    def _make_mask(self, who: Availability) -> tuple[int, int, int]:
        horizon = self.horizon
        first = horizon.starts.astimezone(zone_of(who.zone)).date() - timedelta(days=1)
        days = [first + timedelta(days=n) for n in range(self.problem.program.weeks * 7 + 3)]
        working: list[Interval] = []
        for day in days:
            working += working_time(day, who.hours, who.zone)
        present = horizon.all & ~horizon.touching(who.absences)
        return present, horizon.inside(working), horizon.touching(who.busy)
