"""Everybody's diary while a plan is made: who is booked, which host is full, who sat how often."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from functools import reduce
from operator import or_

from domain.moments import Interval, zone_of
from domain.people import Seat
from domain.planning import Candidate, Host, PlannedStep, heard_at, overlooked
from domain.program import AT_HOST, UNMET, StepKind, StepTemplate
from planner.calendars import Calendars
from planner.earliest import first_days
from planner.slots import at_least, runs, stretch
from planner.windows import Terms


class Diary:
    """What has been booked so far, on top of everybody's calendars."""

    def __init__(self, calendars: Calendars) -> None:
        self.calendars = calendars
        self.problem = calendars.problem
        self.horizon = calendars.horizon
        self._booked: dict[tuple[str, str], tuple[PlannedStep, str | None]] = {}
        self._seated: defaultdict[str, dict[tuple[str, str], PlannedStep]] = defaultdict(dict)
        self._taken: dict[str, int] = {}
        self._crossing: set[str] = set()
        """People with steps that share slots, as kept ones may: what one of them gives back is not free."""
        self._away: Counter[str] = Counter()
        self._starts: defaultdict[str, dict[tuple[bool, bool, int], int]] = defaultdict(dict)
        self._enough: dict[tuple[object, ...], tuple[list[int], int]] = {}
        self._visits: defaultdict[str, Counter[date]] = defaultdict(Counter)
        self._sessions: Counter[str] = Counter()
        self._heard: Counter[str] = Counter(self.problem.heard)
        self._said_no = frozenset(self.problem.said_no)
        self._room: dict[str, int] = {}
        self._changed: set[str] = set()
        self._led: defaultdict[str, set[str]] = defaultdict(set)
        for team in self.problem.hosts:
            self._led[team.lead].add(team.team)
        self._first_day = first_days(self.problem).get(1)
        self._kept = {(step.rotation, step.key) for step in self.problem.kept}
        self._kept_by: dict[str, list[PlannedStep]] = {}
        for step in self.problem.kept:
            self._kept_by.setdefault(step.rotation, []).append(step)
            host = host_met(self.problem.hosts, (step,))
            self._booked[step.rotation, step.key] = step, host.team if host else None
            self._change(step, host.team if host else None, 1)

    def as_kept(self, rotation: str) -> Terms:
        """Return the terms of a rotation some of whose steps the problem keeps."""
        kept = {step.key: step for step in self._kept_by.get(rotation, ())}
        return Terms(fixed=kept, over=frozenset(kept))

    def free(self, person: str, seat: Seat, template: StepTemplate) -> int:
        """Return when a person can sit in a step; nobody is met while away or booked."""
        over = overlooked(seat, template)
        engaged = self.taken(person) | self._away[person]
        return self.calendars.available(person, seat, over) & ~engaged

    def starts(self, person: str | None, seat: Seat, template: StepTemplate) -> int:
        """Return when a person can begin to sit in a step and stay to its end; never for nobody."""
        if person is None or not self.calendars.knows(person):
            return 0
        name = (
            seat is Seat.PARTICIPANT,
            overlooked(seat, template),
            self.horizon.length(template.duration),
        )
        mine = self._starts[person]
        if name not in mine:
            mine[name] = runs(self.free(person, seat, template), name[2])
        return mine[name]

    def forget(self, person: str) -> None:
        """Drop what is remembered of when a person can begin to sit in steps; it can be found again."""
        self._starts.pop(person, None)

    def allowed(self, host: Host, template: StepTemplate) -> int:
        """Return the starts that clocks and host team allow, whoever comes."""
        bits = self.calendars.clock(template, host.zone)
        if template.kind in AT_HOST:
            bits &= self.calendars.welcome(template, host.team)
        return bits & self.room(host) if template.kind is StepKind.SHADOWING_DAY else bits

    def asked(self, candidate: Candidate, template: StepTemplate) -> int:
        """Return the starts that a participant asked for, which says something of the first visit only."""
        if template.key != self._first_day:
            return self.horizon.all
        return self.calendars.asked(candidate.visits_in)

    def welcoming(self, host: Host, template: StepTemplate) -> int:
        """Return the starts that a host team and its lead allow, whoever visits."""
        bits = self.allowed(host, template)
        if Seat.HOST_LEAD in template.attendance.required:
            bits &= self.starts(host.lead, Seat.HOST_LEAD, template)
        return bits

    def changed_teams(self) -> set[str]:
        """Return the teams that allow other starts than when this was last asked."""
        changed, self._changed = self._changed, set()
        return changed

    def enough(self, people: Sequence[str], wanted: int, template: StepTemplate) -> int:
        """Return when at least so many frontline colleagues of these can begin to sit in a step."""
        own = [self.starts(person, Seat.FRONTLINE, template) for person in people]
        name = (wanted, self.horizon.length(template.duration), *people)
        known = self._enough.get(name)
        if known is None or any(a is not b for a, b in zip(known[0], own, strict=True)):
            known = self._enough[name] = own, at_least(wanted, own, self.horizon.all)
        return known[1]

    def excuse(self, person: str, away: Interval) -> None:
        """Learn that somebody can't come at a time that no calendar shows."""
        self._away[person] |= self.horizon.touching((away,))
        self._renew(person)

    def away(self, person: str) -> int:
        """Return when somebody is away: what their calendar shows, and what was learnt since."""
        return self.calendars.away(person) | self._away[person]

    def taken(self, person: str) -> int:
        """Return when a person sits in steps of this plan."""
        if person not in self._taken:
            steps = self._seated[person].values()
            self._taken[person] = reduce(or_, map(self._time, steps), 0)
        return self._taken[person]

    def sessions(self, person: str) -> int:
        """Return in how many steps a frontline colleague sits so far."""
        return self._sessions[person]

    def heard(self) -> set[str]:
        """Return the voices for which somebody was heard, or sits in a step in which they will be."""
        return {voice for voice, times in self._heard.items() if times > 0}

    def book(self, steps: Iterable[PlannedStep], teams: Sequence[str]) -> None:
        """Take the steps' time from their attendees and the visits from the team of each stop.

        A repeat is harmless; steps of somebody without ``teams`` count against none.
        """
        for step in steps:
            if (step.rotation, step.key) not in self._booked:
                team = teams[step.stop - 1] if teams else None
                self._booked[step.rotation, step.key] = step, team
                self._change(step, team, 1)

    def release(self, steps: Iterable[PlannedStep]) -> list[PlannedStep]:
        """Give back what ``book`` took and return it; steps that the problem keeps stay."""
        released = []
        for step in steps:
            name = (step.rotation, step.key)
            booked = None if name in self._kept else self._booked.pop(name, None)
            if booked:
                released.append(booked[0])
                self._change(*booked, -1)
        return released

    def room(self, host: Host) -> int:
        """Return the slots of the days on which the host takes one more visit."""
        if host.team not in self._room:
            self._room[host.team] = self._room_of(host)
        return self._room[host.team]

    def fits(self, host: Host, days: Iterable[date]) -> bool:
        """Return whether the host takes visits on these days beside those already booked."""
        visits = self._visits[host.team] + Counter(days)
        crowded = any(count > host.takes(monday) for monday, count in _by_week(visits).items())
        return not crowded and max(visits.values(), default=0) <= host.visits_per_day

    def _room_of(self, host: Host) -> int:
        visits = self._visits[host.team]
        taken = 0
        for day, count in visits.items():
            if count >= host.visits_per_day:
                taken |= self.calendars.on(day, host.zone)
        weeks = _by_week(visits)
        for monday in self.calendars.mondays(host.zone):
            if weeks[monday] >= host.takes(monday):
                taken |= self.calendars.week(monday, host.zone)
        return self.horizon.all & ~taken

    def _renew(self, person: str) -> None:
        """Forget what followed from somebody's diary."""
        self._starts.pop(person, None)
        self._changed |= self._led.get(person, set())

    def _time(self, step: PlannedStep) -> int:
        last = min(self.horizon.since(step.ends), self.horizon.slots)
        return stretch(self.horizon.before(step.starts), last)

    def _change(self, step: PlannedStep, team: str | None, by: int) -> None:
        if step.kind in UNMET:
            return
        name, time = (step.rotation, step.key), self._time(step)
        for attendee in step.attendees:
            if by > 0:
                self._seat(attendee.person, name, step, time)
            else:
                self._unseat(attendee.person, name, time)
            self._renew(attendee.person)
            self._sessions[attendee.person] += by * (attendee.seat is Seat.FRONTLINE)
        for attendee in heard_at(step):
            if self._will_speak(attendee.person, step):
                for voice in self.calendars.voices(attendee.person):
                    self._heard[voice] += by
        host = self.calendars.hosts.get(team or "")
        if step.kind is StepKind.SHADOWING_DAY and host:
            self._visits[host.team][step.starts.astimezone(zone_of(host.zone)).date()] += by
            self._room.pop(host.team, None)
            self._changed.add(host.team)

    def _will_speak(self, person: str, step: PlannedStep) -> bool:
        """Whoever spoke in what has begun is known already."""
        return step.starts > self.problem.not_before and (person, step.starts) not in self._said_no

    def _seat(self, person: str, name: tuple[str, str], step: PlannedStep, time: int) -> None:
        taken = self.taken(person)
        if taken & time:
            self._crossing.add(person)
        self._taken[person] = taken | time
        self._seated[person][name] = step

    def _unseat(self, person: str, name: tuple[str, str], time: int) -> None:
        del self._seated[person][name]
        if person in self._crossing:
            self._taken.pop(person, None)
        elif person in self._taken:
            self._taken[person] ^= time


def _by_week(visits: Counter[date]) -> Counter[date]:
    """Visits by the Monday of their week."""
    weeks: Counter[date] = Counter()
    for day, count in visits.items():
        weeks[day - timedelta(days=day.weekday())] += count
    return weeks


def host_met(hosts: tuple[Host, ...], steps: Iterable[PlannedStep]) -> Host | None:
    """Return the team whose lead or colleagues sit in the steps."""
    met = {
        (a.person, a.seat)
        for step in steps
        for a in step.attendees
        if a.seat in {Seat.HOST_LEAD, Seat.FRONTLINE}
    }
    return next(
        (
            host
            for host in hosts
            if (host.lead, Seat.HOST_LEAD) in met
            or any((person, Seat.FRONTLINE) in met for person in host.frontline)
        ),
        None,
    )
