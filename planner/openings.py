"""When a team can take its first, second and any further first visit at the earliest, whoever comes."""

from datetime import datetime
from functools import reduce
from itertools import groupby
from operator import or_

from domain.moments import week_number, whole_day, zone_of
from domain.planning import Host, PlanningProblem
from planner.calendars import Calendars
from planner.diary import Diary
from planner.earliest import earliest_start, first_days
from planner.slots import each, stretch


class Openings:
    """The first visits that every team has room for: so many a day and a week, its lead there."""

    def __init__(self, problem: PlanningProblem) -> None:
        self._problem = problem
        self._diary = Diary(Calendars(problem))
        self._horizon = self._diary.horizon
        self._days = [problem.program.step(key) for key in first_days(problem).values()]
        earliest = [earliest_start(problem, template.key) for template in self._days]
        self._first = self._horizon.since(min(earliest, default=self._horizon.starts))

    def of(self, host: Host) -> list[datetime]:
        """Return the earliest moments (UTC) of so many first visits, in order.

        With kept steps, which may lie on days that are closed by now, every week counts from its first day.
        """
        starts = self._kept_or_open(host)
        zone = zone_of(host.zone)
        found: list[datetime] = []
        for _, week in groupby(starts, key=lambda m: week_number(m.astimezone(zone).date())):
            visits = [moment for moment in week for _ in range(host.visits_per_day)]
            found += visits[: host.takes(visits[0].astimezone(zone).date())]
        return found

    def _kept_or_open(self, host: Host) -> list[datetime]:
        """The first moment of every local day on which a first visit could begin."""
        days = self._diary.calendars.days(host.zone)
        if self._problem.kept:
            return [max(whole_day(day, host.zone).starts, self._horizon.starts) for day in days]
        bits = reduce(or_, (self._diary.welcoming(host, one) for one in self._days), 0)
        bits &= ~stretch(0, self._first)
        return [self._horizon.moment(slot) for slot in self._first_of_days(bits, host.zone)]

    def _first_of_days(self, bits: int, zone: str) -> list[int]:
        on = self._diary.calendars.on
        found = (bits & on(day, zone) for day in self._diary.calendars.days(zone))
        return [next(each(day)) for day in found if day]
