"""What is known before anything is planned: who is there, at work or in meetings, as bits."""

from datetime import date, datetime, time, timedelta
from functools import cache

from domain.errors import NonexistentTime
from domain.moments import Interval, WorkingHours, at_wall_time, whole_day, working_time, zone_of
from domain.people import Seat
from domain.planning import PlanningProblem
from domain.program import StepTemplate
from planner.slots import Horizon, runs, slot_for, stretch
from planner.windows import Order


class Calendars:
    """A problem's people, teams and clocks; nothing in here changes while a plan is made."""

    def __init__(self, problem: PlanningProblem) -> None:
        program = problem.program
        last_day = problem.first_day + timedelta(weeks=program.weeks)
        self.problem = problem
        starts = whole_day(problem.first_day, program.zone).starts
        ends = whole_day(last_day, program.zone).starts
        self.horizon = Horizon(starts, ends, slot_for(program, starts))
        self.order = Order(problem, self.horizon)
        self.hosts = {host.team: host for host in problem.hosts}
        self._people = {a.person: a for a in problem.people}
        self.away = cache(self._away)
        self.working = cache(self._working)
        self.meetings = cache(self._meetings)
        self.available = cache(self._available)
        self.closed = cache(self._closed)
        self.walls = cache(self._walls)
        self._hours = cache(self._hours_of)
        self._clock = cache(self._clock_of)
        self._welcome = cache(self._welcome_of)
        self._asked = cache(self.horizon.touching)
        self.mondays = cache(self._mondays)
        self.on = cache(self._on)
        self.week = cache(self._week)

    def knows(self, person: str | None) -> bool:
        return person in self._people

    def voices(self, person: str) -> tuple[str, ...]:
        """Return for whom somebody speaks; nothing for people who are not in the problem."""
        known = self._people.get(person)
        return known.voices if known else ()

    def zone(self, person: str) -> str:
        return self._people[person].zone

    def local_day(self, slot: int, zone: str) -> date:
        return self.horizon.moment(slot).astimezone(zone_of(zone)).date()

    def days(self, zone: str) -> list[date]:
        """Return the local days that the program touches, and one more on either side."""
        first = self.local_day(0, zone) - timedelta(days=1)
        return [first + timedelta(days=n) for n in range(self.problem.program.weeks * 7 + 3)]

    def _mondays(self, zone: str) -> tuple[date, ...]:
        """Return the Mondays of the local weeks that the program touches."""
        return tuple(sorted({day - timedelta(days=day.weekday()) for day in self.days(zone)}))

    def _on(self, day: date, zone: str) -> int:
        """Return the slots of a local day."""
        return self.horizon.touching((whole_day(day, zone),))

    def _week(self, monday: date, zone: str) -> int:
        """Return the slots of a local week."""
        sunday = whole_day(monday + timedelta(days=6), zone)
        return self.horizon.touching(
            (Interval(starts=whole_day(monday, zone).starts, ends=sunday.ends),)
        )

    def asked(self, days: tuple[Interval, ...]) -> int:
        """Return the starts within any of these; every start where there are none."""
        return self._asked(days) if days else self.horizon.all

    def clock(self, template: StepTemplate, zone: str) -> int:
        """Return the starts from now on at the step's wall time in that zone, or on the quarter hour."""
        return self._clock(template.starts_at, self.horizon.length(template.duration), zone)

    def welcome(self, template: StepTemplate, team: str) -> int:
        """Return the starts at which a team is not closed."""
        return self._welcome(self.horizon.length(template.duration), team)

    def _clock_of(self, wall: str | None, length: int, zone: str) -> int:
        walls = self.walls(wall, zone) if wall else self.horizon.quarters
        now = self.horizon.since(self.problem.not_before)
        return walls & stretch(now, self.horizon.slots - length + 1)

    def _welcome_of(self, length: int, team: str) -> int:
        return runs(self.horizon.all & ~self.closed(team), length)

    def _away(self, person: str) -> int:
        return self.horizon.touching(self._people[person].absences)

    def _working(self, person: str) -> int:
        who = self._people[person]
        return self._hours(who.zone, who.hours)

    def _meetings(self, person: str) -> int:
        return self.horizon.touching(self._people[person].busy)

    def _available(self, person: str, seat: Seat, overlooked: bool) -> int:
        present = self.horizon.all & ~self.away(person)
        if overlooked and seat is Seat.PARTICIPANT:
            return present
        present &= self.working(person)
        return present if overlooked else present & ~self.meetings(person)

    def _closed(self, team: str) -> int:
        return self.horizon.touching(self.hosts[team].closed)

    def _hours_of(self, zone: str, hours: tuple[WorkingHours, ...]) -> int:
        intervals: list[Interval] = []
        for day in self.days(zone):
            intervals += working_time(day, hours, zone)
        return self.horizon.inside(intervals)

    def _walls(self, wall: str, zone: str) -> int:
        """Every day's slot at that wall time; days that skip it have none."""
        found = 0
        for day in self.days(zone):
            moment = _at(day, time.fromisoformat(wall), zone)
            if moment and self.horizon.starts <= moment < self.horizon.ends:
                slot = self.horizon.since(moment)
                found |= stretch(slot, slot + 1)
        return found


def _at(day: date, wall: time, zone: str) -> datetime | None:
    try:
        return at_wall_time(day, wall, zone)
    except NonexistentTime:
        return None
