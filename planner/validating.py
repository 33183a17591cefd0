"""The independent judge of a plan: re-derives every rule from the problem with plain intervals.

It shares no code with the planner beyond domain values, so an error of one shows in the other.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, time, timedelta

from domain.errors import NonexistentTime
from domain.moments import Interval, at_wall_time, merged, whole_day, working_time, zone_of
from domain.people import Seat
from domain.planning import (
    Assignment,
    Attendee,
    Availability,
    Candidate,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Violation,
)
from domain.program import AT_HOST, UNMET, StepKind, StepTemplate


def violations(problem: PlanningProblem, plan: Plan) -> tuple[Violation, ...]:
    """Return every broken hard rule as a sentence; an empty tuple is a correct plan.

    Steps that the problem keeps only have to be there unchanged, and others must not collide with
    them: what happened can't be mended by planning.
    """
    return tuple(_Judge(problem, plan).all())


_QUARTER = timedelta(minutes=15)
"""Written steps take so long in a plan, and are asked for within so long of when they could be."""


class _Judge:
    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self._problem = problem
        self._plan = plan
        self._people = {a.person: a for a in problem.people}
        self._hosts = {h.team: h for h in problem.hosts}
        self._candidates = {c.rotation: c for c in problem.candidates}
        self._teams = {(a.rotation, a.stop): a.host for a in plan.assignments}
        self._refused = set(problem.forbidden)
        self._steps = plan.steps_by_rotation()
        self._stops: dict[str, list[Assignment]] = {}
        for assignment in plan.assignments:
            self._stops.setdefault(assignment.rotation, []).append(assignment)
        self._kept = {(s.rotation, s.key): s for s in problem.kept}
        last_day = problem.first_day + timedelta(weeks=problem.program.weeks)
        self._starts = whole_day(problem.first_day, problem.program.zone).starts
        self._ends = whole_day(last_day, problem.program.zone).starts

    def all(self) -> Iterator[Violation]:
        yield from self._everybody_is_answered()
        yield from self._only_known_steps()
        for rotation in self._stops:
            yield from self._rotation(rotation)
        yield from self._double_bookings()
        yield from self._capacities()

    def _everybody_is_answered(self) -> Iterator[Violation]:
        """Everybody has one team for every stop, or one sentence that says why there is none."""
        every_stop = list(range(1, self._problem.program.stops + 1))
        unplaced = Counter(u.rotation for u in self._plan.unplaced if u.reason)
        for rotation in self._candidates:
            stops = sorted(a.stop for a in self._stops.get(rotation, ()))
            placed = unplaced[rotation] == 0 and stops == every_stop
            if not placed and (stops or unplaced[rotation] != 1):
                yield _broken(rotation, None, "answered", "is not answered exactly once")

    def _only_known_steps(self) -> Iterator[Violation]:
        assigned = {a.rotation for a in self._plan.assignments}
        templates = {t.key: t for t in self._problem.program.steps}
        seen: set[tuple[str, str]] = set()
        for step in self._plan.steps:
            name = (step.rotation, step.key)
            template = templates.get(step.key)
            if step.rotation not in assigned or template is None or name in seen:
                yield _broken(*name, "extra", "belongs to nobody's visit, or is there twice")
            elif (step.kind, step.quorum, step.stop) != (
                template.kind,
                template.attendance.frontline_quorum,
                template.stop,
            ):
                yield _broken(*name, "extra", "is not the step that the program describes")
            seen.add(name)

    def _rotation(self, rotation: str) -> Iterator[Violation]:
        candidate = self._candidates.get(rotation)
        mine = self._stops[rotation]
        hosts = {a.stop: self._hosts[a.host] for a in mine if a.host in self._hosts}
        stops = {template.stop for template in self._problem.program.steps}
        if candidate is None or not stops <= set(hosts):
            yield _broken(rotation, None, "known", "names an unknown participant or host")
            return
        for host in hosts.values():
            yield from self._eligible(candidate, host)
        yield from self._route(candidate, hosts.values())
        steps = {step.key: step for step in self._steps.get(rotation, ())}
        yield from self._first_day(candidate, steps)
        for template in self._problem.program.steps:
            step = steps.get(template.key)
            kept = self._kept.get((rotation, template.key))
            if kept and step != kept:
                yield _broken(rotation, template.key, "kept", "was to stay as it is")
            elif step is None:
                yield _broken(rotation, template.key, "complete", "is missing")
            elif not kept:
                yield from self._time(template, step, steps)
                yield from self._meeting(template, step, candidate, hosts[template.stop])

    def _eligible(self, candidate: Candidate, host: Host) -> Iterator[Violation]:
        theirs = {host.lead, *host.frontline}
        wrong = (
            host.team == candidate.own_team
            or (candidate.rotation, host.team) in self._refused
            or host.lead in candidate.reports
            or candidate.participant in theirs
            or candidate.manager in theirs
        )
        if wrong:
            yield _broken(candidate.rotation, None, "eligible", f"may not visit {host.team}")
        if candidate.sites and host.site and host.site not in candidate.sites:
            yield _broken(candidate.rotation, None, "site", f"can't get to {host.team}")
        if set(host.needs_access) - set(candidate.access):
            yield _broken(candidate.rotation, None, "access", f"has no access to {host.team}")

    def _route(self, candidate: Candidate, hosts: Collection[Host]) -> Iterator[Violation]:
        """What the stops have to be together."""
        rotation, program = candidate.rotation, self._problem.program
        met = [person for host in hosts for person in {host.lead, *host.frontline}]
        if len(set(met)) < len(met):
            yield _broken(rotation, None, "stops", "meets somebody at two stops")
        for team in set(candidate.must_visit) - {host.team for host in hosts}:
            yield _broken(rotation, None, "pinned", f"does not visit {team}")
        for lens in set(program.required_lenses) - {lens for host in hosts for lens in host.lenses}:
            yield _broken(rotation, None, "lens", f"meets nobody with the lens {lens}")
        if program.meets_customers and not any(host.customer_facing for host in hosts):
            yield _broken(rotation, None, "customers", "meets no customers")

    def _first_day(
        self, candidate: Candidate, steps: Mapping[str, PlannedStep]
    ) -> Iterator[Violation]:
        """The first shadowing day is on one of the days that somebody asked for, if they did."""
        days = [s for s in steps.values() if s.kind is StepKind.SHADOWING_DAY]
        first = min(days, key=lambda s: s.starts, default=None)
        if first is None or not candidate.visits_in or self._is_kept(first):
            return
        if not any(i.starts <= first.starts < i.ends for i in candidate.visits_in):
            yield _broken(candidate.rotation, first.key, "asked", "is not on a day asked for")

    def _time(
        self, template: StepTemplate, step: PlannedStep, steps: dict[str, PlannedStep]
    ) -> Iterator[Violation]:
        if step.starts < self._starts or step.ends > self._ends:
            yield _broken(step.rotation, step.key, "program", "lies outside the program's weeks")
        if step.starts < self._problem.not_before:
            yield _broken(step.rotation, step.key, "past", "lies in the past")
        length = template.duration
        if step.kind in UNMET:
            length = max(length, _QUARTER)
        if step.ends - step.starts != length:
            yield _broken(step.rotation, step.key, "duration", "has another length than planned")
        yield from self._window(template, step, steps)
        yield from self._order(step, steps)

    def _window(
        self, template: StepTemplate, step: PlannedStep, steps: dict[str, PlannedStep]
    ) -> Iterator[Violation]:
        after = template.window.after
        if after is not None and after not in steps:
            return
        reference = steps[after].ends if after else self._starts
        opens = reference + template.window.opens
        if step.starts < opens:
            yield _broken(step.rotation, step.key, "window", "starts before its window opens")
        if step.kind in UNMET:
            if step.starts >= max(opens, self._problem.not_before) + _QUARTER:
                yield _broken(step.rotation, step.key, "window", "is asked for too late")
        elif step.ends > reference + template.window.closes:
            yield _broken(step.rotation, step.key, "window", "ends after its window closes")

    def _order(self, step: PlannedStep, steps: dict[str, PlannedStep]) -> Iterator[Violation]:
        if step.kind in UNMET:
            return
        for template in self._problem.program.steps:
            if template.key == step.key:
                return
            earlier = steps.get(template.key)
            if earlier and earlier.kind not in UNMET and step.starts < earlier.ends:
                yield _broken(step.rotation, step.key, "order", f"comes before {earlier.key} ends")

    def _meeting(
        self, template: StepTemplate, step: PlannedStep, candidate: Candidate, host: Host
    ) -> Iterator[Violation]:
        if step.kind in UNMET:
            alone = (Attendee(person=candidate.participant, seat=Seat.PARTICIPANT),)
            if step.attendees != alone:
                yield _broken(step.rotation, step.key, "seats", "is for the participant alone")
            return
        yield from self._seats(template, step, candidate, host)
        yield from self._clock(template, step, host)
        for attendee in step.attendees:
            yield from self._presence(template, step, attendee)
        if template.kind in AT_HOST and any(
            closed.overlaps(step.interval) for closed in host.closed
        ):
            yield _broken(step.rotation, step.key, "closed", f"finds {host.team} closed")

    def _seats(
        self, template: StepTemplate, step: PlannedStep, candidate: Candidate, host: Host
    ) -> Iterator[Violation]:
        people = {
            Seat.PARTICIPANT: candidate.participant,
            Seat.HOME_MANAGER: candidate.manager,
            Seat.HOST_LEAD: host.lead,
            Seat.FACILITATOR: self._problem.facilitator,
        }
        first_seat: dict[str | None, Seat] = {}
        for seat in template.attendance.required:
            first_seat.setdefault(people.get(seat), seat)
        expected = Counter((seat, person) for person, seat in first_seat.items())
        if Counter((a.seat, a.person) for a in step.attendees if a.required) != expected:
            yield _broken(step.rotation, step.key, "seats", "has other required people")
        colleagues = {a.person for a in step.attendees if not a.required}
        if len(colleagues) < template.attendance.frontline_quorum:
            yield _broken(step.rotation, step.key, "quorum", "has too few frontline colleagues")
        seats = {a.seat for a in step.attendees if not a.required}
        if not colleagues <= set(host.frontline) or not seats <= {Seat.FRONTLINE}:
            yield _broken(step.rotation, step.key, "quorum", "invites somebody of another team")
        if len({a.person for a in step.attendees}) < len(step.attendees):
            yield _broken(step.rotation, step.key, "double", "seats somebody twice")

    def _clock(self, template: StepTemplate, step: PlannedStep, host: Host) -> Iterator[Violation]:
        if template.starts_at:
            if not _is_wall_time(step.starts, template.starts_at, host.zone):
                yield _broken(step.rotation, step.key, "starts-at", "starts at another wall time")
        elif step.starts.timestamp() % 900:
            yield _broken(step.rotation, step.key, "grid", "does not start on a quarter hour")

    def _presence(
        self, template: StepTemplate, step: PlannedStep, attendee: Attendee
    ) -> Iterator[Violation]:
        who = self._people.get(attendee.person)
        if who is None:
            yield _broken(step.rotation, step.key, "known", f"invites unknown {attendee.person}")
            return
        when = step.interval
        if any(away.overlaps(when) for away in who.absences):
            yield _broken(step.rotation, step.key, "absence", f"finds {who.person} away")
        visitor = attendee.seat is Seat.PARTICIPANT
        over = template.over_meetings and (visitor or attendee.seat is Seat.HOST_LEAD)
        if not over and any(meeting.overlaps(when) for meeting in who.busy):
            yield _broken(step.rotation, step.key, "busy", f"finds {who.person} in a meeting")
        if not (over and visitor) and not _at_work(who, when):
            yield _broken(step.rotation, step.key, "hours", f"finds {who.person} not at work")

    def _double_bookings(self) -> Iterator[Violation]:
        diaries: dict[str, list[PlannedStep]] = defaultdict(list)
        for step in self._all_meetings():
            for person in {a.person for a in step.attendees}:
                diaries[person].append(step)
        for person, steps in diaries.items():
            steps.sort(key=lambda s: (s.starts, s.rotation, s.key))
            for number, one in enumerate(steps):
                for other in steps[number + 1 :]:
                    if other.starts >= one.ends:
                        break
                    if not (self._is_kept(one) and self._is_kept(other)):
                        yield _broken(other.rotation, other.key, "double", f"books {person} twice")

    def _capacities(self) -> Iterator[Violation]:
        visits: dict[tuple[str, str], list[PlannedStep]] = defaultdict(list)
        limits: dict[tuple[str, str], int] = {}
        for step in self._all_meetings():
            host = self._host_of(step)
            if step.kind is StepKind.SHADOWING_DAY and host:
                day = step.starts.astimezone(zone_of(host.zone)).date()
                on_day, in_week = (host.team, f"on {day}"), (host.team, f"in week {day:%G-%V}")
                limits |= {on_day: host.visits_per_day, in_week: host.takes(day)}
                visits[on_day].append(step)
                visits[in_week].append(step)
        for (team, when), steps in visits.items():
            if len(steps) > limits[team, when] and not all(self._is_kept(s) for s in steps):
                yield _broken(None, None, "capacity", f"{team} has {len(steps)} visits {when}")

    def _all_meetings(self) -> list[PlannedStep]:
        """The plan's meetings and those kept of others: all that takes somebody's time."""
        planned = {(s.rotation, s.key) for s in self._plan.steps}
        kept = [s for name, s in self._kept.items() if name not in planned]
        return [s for s in (*self._plan.steps, *kept) if s.kind not in UNMET]

    def _host_of(self, step: PlannedStep) -> Host | None:
        team = self._teams.get((step.rotation, step.stop))
        if team:
            return self._hosts.get(team)
        people = {a.person for a in step.attendees if a.seat in (Seat.HOST_LEAD, Seat.FRONTLINE)}
        met = (h for h in self._problem.hosts if people & {h.lead, *h.frontline})
        return next(met, None)

    def _is_kept(self, step: PlannedStep) -> bool:
        return (step.rotation, step.key) in self._kept


def _at_work(who: Availability, interval: Interval) -> bool:
    tz = zone_of(who.zone)
    first = interval.starts.astimezone(tz).date() - timedelta(days=1)
    hours = [
        stretch
        for n in range((interval.ends - interval.starts).days + 3)
        for stretch in working_time(first + timedelta(days=n), who.hours, who.zone)
    ]
    return any(stretch.contains(interval) for stretch in merged(hours))


def _is_wall_time(moment: datetime, wall: str, zone: str) -> bool:
    day = moment.astimezone(zone_of(zone)).date()
    try:
        return moment == at_wall_time(day, time.fromisoformat(wall), zone)
    except NonexistentTime:
        return False


def _broken(rotation: str | None, step: str | None, rule: str, what: str) -> Violation:
    sentence = " ".join(part for part in (rotation, step, what) if part) + "."
    return Violation(rotation=rotation, step=step, rule=rule, sentence=sentence)
