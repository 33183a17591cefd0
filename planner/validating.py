"""The independent judge of a plan: re-derives every rule from the problem with plain intervals.

It shares no code with the planner beyond domain values, so an error of one shows in the other.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from itertools import pairwise

from domain.moments import Interval, at_wall_time, merged, working_time, zone_of
from domain.people import Seat
from domain.planning import (
    Availability,
    Candidate,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Violation,
)
from domain.program import StepKind, StepTemplate


def violations(problem: PlanningProblem, plan: Plan) -> tuple[Violation, ...]:
    """Return every broken hard rule as a sentence; an empty tuple is a correct plan."""
    judge = _Judge(problem, plan)
    return tuple(judge.all())


class _Judge:
    def __init__(self, problem: PlanningProblem, plan: Plan) -> None:
        self._problem = problem
        self._plan = plan
        self._people = {a.person: a for a in problem.people}
        self._hosts = {h.team: h for h in problem.hosts}
        self._candidates = {c.rotation: c for c in problem.candidates}
        self._starts = at_wall_time(problem.first_day, time(), problem.program.zone)
        self._ends = self._starts + timedelta(weeks=problem.program.weeks)

    def all(self) -> Iterator[Violation]:
        yield from self._everybody_is_answered()
        for assignment in self._plan.assignments:
            yield from self._rotation(assignment.rotation, assignment.host)
        yield from self._double_bookings()
        yield from self._capacities()

    def _everybody_is_answered(self) -> Iterator[Violation]:
        answered = Counter(a.rotation for a in self._plan.assignments)
        answered.update(u.rotation for u in self._plan.unplaced)
        for rotation in self._candidates:
            if answered[rotation] != 1:
                yield _broken(rotation, None, "answered", "is not answered exactly once")

    def _rotation(self, rotation: str, team: str) -> Iterator[Violation]:
        candidate, host = self._candidates.get(rotation), self._hosts.get(team)
        if candidate is None or host is None:
            yield _broken(rotation, None, "known", "names an unknown participant or host")
            return
        yield from self._eligible(candidate, host)
        steps = {step.key: step for step in self._plan.steps_of(rotation)}
        for template in self._problem.program.steps:
            step = steps.get(template.key)
            if step is None:
                yield _broken(rotation, template.key, "complete", "is missing")
            else:
                yield from self._window(template, step, steps)
                if template.kind is not StepKind.THANKS:
                    yield from self._meeting(template, step, candidate, host)

    def _eligible(self, candidate: Candidate, host: Host) -> Iterator[Violation]:
        wrong = (
            host.team == candidate.own_team
            or (candidate.rotation, host.team) in self._problem.forbidden
            or host.lead in {candidate.participant, candidate.manager, *candidate.reports}
        )
        if wrong:
            yield _broken(candidate.rotation, None, "eligible", f"may not visit {host.team}")

    def _window(
        self, template: StepTemplate, step: PlannedStep, steps: dict[str, PlannedStep]
    ) -> Iterator[Violation]:
        after = template.window.after
        if after is not None and after not in steps:
            return
        reference = steps[after].ends if after else self._starts
        if step.starts < reference + template.window.opens:
            yield _broken(step.rotation, step.key, "window", "starts before its window opens")
        if template.kind is StepKind.THANKS:
            return
        if step.ends > min(reference + template.window.closes, self._ends):
            yield _broken(step.rotation, step.key, "window", "ends after its window closes")
        if step.starts < self._problem.not_before:
            yield _broken(step.rotation, step.key, "past", "lies in the past")
        if step.ends - step.starts != template.duration:
            yield _broken(step.rotation, step.key, "duration", "has another length than planned")

    def _meeting(
        self, template: StepTemplate, step: PlannedStep, candidate: Candidate, host: Host
    ) -> Iterator[Violation]:
        yield from self._seats(template, step, candidate, host)
        for attendee in step.attendees:
            who = self._people.get(attendee.person)
            if who is None:
                yield _broken(
                    step.rotation, step.key, "known", f"invites unknown {attendee.person}"
                )
            else:
                over = template.over_meetings and attendee.seat in (
                    Seat.PARTICIPANT,
                    Seat.HOST_LEAD,
                )
                yield from self._presence(step, who, over, attendee.seat)
        if template.starts_at and not _at(step.starts, template.starts_at, host.zone):
            yield _broken(step.rotation, step.key, "starts-at", "starts at another wall time")
        of_host = template.kind in (StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION)
        if of_host and any(closed.overlaps(step.interval) for closed in host.closed):
            yield _broken(
                step.rotation, step.key, "closed", f"lies in a closed time of {host.team}"
            )

    def _seats(
        self, template: StepTemplate, step: PlannedStep, candidate: Candidate, host: Host
    ) -> Iterator[Violation]:
        seated = Counter(a.seat for a in step.attendees if a.required)
        if seated != Counter(template.attendance.required):
            yield _broken(step.rotation, step.key, "seats", "has other required seats")
        expected = {
            Seat.PARTICIPANT: candidate.participant,
            Seat.HOME_MANAGER: candidate.manager,
            Seat.HOST_LEAD: host.lead,
            Seat.FACILITATOR: self._problem.facilitator,
        }
        for attendee in step.attendees:
            if attendee.required and expected.get(attendee.seat) != attendee.person:
                yield _broken(step.rotation, step.key, "seats", f"seats {attendee.person} wrongly")
        colleagues = [a.person for a in step.attendees if not a.required]
        if len(set(colleagues)) < template.attendance.frontline_quorum:
            yield _broken(step.rotation, step.key, "quorum", "has too few frontline colleagues")
        if not set(colleagues) <= set(host.frontline) - {candidate.participant, candidate.manager}:
            yield _broken(step.rotation, step.key, "quorum", "invites somebody of another team")

    def _presence(
        self, step: PlannedStep, who: Availability, over_meetings: bool, seat: Seat
    ) -> Iterator[Violation]:
        if any(away.overlaps(step.interval) for away in who.absences):
            yield _broken(step.rotation, step.key, "absence", f"finds {who.person} away")
        busy = any(meeting.overlaps(step.interval) for meeting in who.busy)
        if busy and not over_meetings:
            yield _broken(step.rotation, step.key, "busy", f"finds {who.person} in a meeting")
        exempt = over_meetings and seat is Seat.PARTICIPANT
        if not exempt and not _at_work(who, step.interval):
            yield _broken(step.rotation, step.key, "hours", f"finds {who.person} not at work")

    def _double_bookings(self) -> Iterator[Violation]:
        diaries: dict[str, list[PlannedStep]] = defaultdict(list)
        for step in self._plan.steps:
            if step.kind is not StepKind.THANKS:
                for attendee in step.attendees:
                    diaries[attendee.person].append(step)
        for person, steps in diaries.items():
            for one, other in pairwise(sorted(steps, key=lambda s: s.starts)):
                if one.interval.overlaps(other.interval):
                    yield _broken(other.rotation, other.key, "double", f"books {person} twice")

    def _capacities(self) -> Iterator[Violation]:
        teams = {a.rotation: a.host for a in self._plan.assignments}
        weeks: Counter[tuple[str, int, int]] = Counter()
        days: Counter[tuple[str, str]] = Counter()
        for step in self._plan.steps:
            host = self._hosts.get(teams.get(step.rotation, ""))
            if step.kind is StepKind.SHADOWING_DAY and host:
                day = step.starts.astimezone(zone_of(host.zone)).date()
                weeks[host.team, *day.isocalendar()[:2]] += 1
                days[host.team, str(day)] += 1
        for (team, _, week), count in weeks.items():
            if count > self._hosts[team].visits_per_week:
                yield _broken(None, None, "capacity", f"{team} has {count} visits in week {week}")
        for (team, local_day), count in days.items():
            if count > 1:
                yield _broken(None, None, "capacity", f"{team} has {count} visits on {local_day}")


def _at_work(who: Availability, interval: Interval) -> bool:
    tz = zone_of(who.zone)
    first = interval.starts.astimezone(tz).date() - timedelta(days=1)
    hours = [
        stretch
        for n in range((interval.ends - interval.starts).days + 3)
        for stretch in working_time(first + timedelta(days=n), who.hours, who.zone)
    ]
    return any(stretch.contains(interval) for stretch in merged(hours))


def _at(moment: datetime, wall: str, zone: str) -> bool:
    return f"{moment.astimezone(zone_of(zone)):%H:%M}" == wall


def _broken(rotation: str | None, step: str | None, rule: str, what: str) -> Violation:
    sentence = " ".join(part for part in (rotation, step, what) if part) + "."
    return Violation(rotation=rotation, step=step, rule=rule, sentence=sentence)
