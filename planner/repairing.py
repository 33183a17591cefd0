"""The smallest repair: other rotations never change, and of this one as few steps as possible."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.moments import Interval
from domain.planning import (
    HOST_GONE,
    Assignment,
    Candidate,
    Cause,
    Disruption,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Repair,
)
from domain.program import UNMET
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Fit, Route
from planner.neighbourhoods import Rotation
from planner.placing import place
from planner.reasons import obstacle, why_not_then, why_unplaced
from planner.routes import with_another
from planner.windows import Terms
from planner.worth import assignment, value, worth

_LATE = frozenset({Cause.OVERDUE, Cause.NO_SHOW})
_WEEK = timedelta(weeks=1)


def repair(problem: PlanningProblem, plan: Plan, disruption: Disruption) -> Repair:
    """Return the plan with the smallest change that mends the disruption, or the reason why not.

    Tried in order: colleagues exchanged at the same time, this step alone, ever more of those
    after it, also those before it, later ends of windows for what is overdue, another host.
    Steps of other rotations and settled ones stay as they are, byte for byte.
    """
    candidate = next((c for c in problem.candidates if c.rotation == disruption.rotation), None)
    hosts = {host.team: host for host in problem.hosts}
    teams = plan.hosts_of(disruption.rotation)
    route = tuple(hosts[team] for team in teams if team in hosts)
    if candidate is None or not route or len(route) < len(teams):
        return Repair(plan=None, reason="This rotation has no place in the current plan.")
    workshop = _Workshop(_with_absence(problem, plan, disruption), plan, disruption)
    if disruption.cause is Cause.WITHDRAWN:
        return workshop.free(candidate, route)
    return workshop.mend(candidate, route)


class _Workshop:
    """One rotation on the bench: which of its steps broke, which may move, what else is booked."""

    def __init__(self, problem: PlanningProblem, plan: Plan, disruption: Disruption) -> None:
        self._problem = problem
        self._plan = plan
        self._disruption = disruption
        self._hosts = plan.hosts()
        self._rotation = Rotation(problem, plan, disruption)
        self._own = self._rotation.steps
        self._diary = self._booked()

    def mend(self, candidate: Candidate, route: Route) -> Repair:
        if not self._rotation.broken:
            return self._nothing_to_move()
        gone = self._disruption.cause in HOST_GONE
        found = None if gone else self._with_the_same_hosts(candidate, route)
        if found is None and self._may_change_host():
            found = self._with_another_host(candidate, route)
        return found or Repair(plan=None, reason=self._why_not(candidate, route))

    def free(self, candidate: Candidate, route: Route) -> Repair:
        """Free the time of somebody who left; nobody else changes."""
        own = tuple(s for s in self._own.values() if s.key in self._disruption.settled)
        others = (s for s in self._plan.steps if s.rotation != candidate.rotation)
        steps = tuple(sorted((*others, *own), key=lambda s: (s.rotation, s.starts, s.key)))
        freed = len(self._plan.steps) - len(steps)
        gained = self._gained(candidate, route, own)
        changes = {"steps": steps, "objective": self._plan.objective + gained}
        reason = f"Withdrawn: {freed} step{' is' if freed == 1 else 's are'} free again."
        return Repair(plan=self._plan.model_copy(update=changes), reason=reason)

    def _booked(self) -> Diary:
        diary = Diary(Calendars(self._problem))
        for step in self._plan.steps:
            diary.book((step,), self._hosts.get(step.rotation, ()))
        return diary

    def _with_the_same_hosts(self, candidate: Candidate, route: Route) -> Repair | None:
        for longer, everywhere in self._patience():
            for moving in self._rotation.neighbourhoods(self._rotation.broken):
                found = self._moved(candidate, route, self._terms(moving, longer, everywhere))
                if found:
                    return self._mended(candidate, route, found, longer)
        return None

    def _with_another_host(self, candidate: Candidate, current: Route) -> Repair | None:
        load = {h.team: self._others_at(h) for h in self._problem.hosts}
        weights = self._problem.program.weights
        ranked = sorted(
            with_another(self._problem, candidate, current, self._rotation.stop),
            key=lambda r: (-value(weights, candidate, r, load), [h.team for h in r]),
        )
        broken = self._rotation.broken | self._rotation.of_the_host
        for route in ranked:
            for moving in self._rotation.neighbourhoods(broken):
                found = self._moved(candidate, route, self._terms(moving, timedelta(), False))
                if found:
                    return self._mended(candidate, route, found, timedelta())
        return None

    def _patience(self) -> Iterator[tuple[timedelta, bool]]:
        """How much later windows may close: not at all, or week by week for what came too late."""
        yield timedelta(), False
        if self._disruption.cause in _LATE or self._stretched():
            for everywhere in (False, True):
                for weeks in range(1, self._problem.program.weeks + 1):
                    yield weeks * _WEEK, everywhere

    def _stretched(self) -> bool:
        """Whether an earlier repair already had to leave a window."""
        return any(self._late(key) for key in self._rotation.open)

    def _late(self, key: str) -> bool:
        step, window = self._own[key], self._problem.program.step(key).window
        first = self._diary.horizon.starts
        reference = self._own[window.after].ends if window.after in self._own else first
        return step.kind not in UNMET and step.ends > reference + window.closes

    def _terms(self, moving: frozenset[str], longer: timedelta, everywhere: bool) -> Terms:
        fixed = {key: step for key, step in self._own.items() if key not in moving}
        refusing = self._disruption.cause is Cause.COLLEAGUE_REFUSED
        person = self._disruption.person
        return Terms(
            fixed=fixed,
            over=self._rotation.settled | self._rotation.begun,
            before={key: step for key, step in self._own.items() if key in moving},
            wished=self._wished(),
            refused=frozenset({person}) if refusing and person else frozenset(),
            longer=longer,
            longer_everywhere=everywhere,
        )

    def _wished(self) -> dict[str, datetime]:
        step, starts = self._disruption.step, self._disruption.wished_start
        return {step: starts} if step and starts else {}

    def _moved(
        self, candidate: Candidate, route: Route, terms: Terms
    ) -> tuple[PlannedStep, ...] | None:
        self._diary.release(terms.before.values())
        found = place(Fit(self._diary, candidate, route, terms))
        self._diary.book(terms.before.values(), self._hosts[candidate.rotation])
        return found

    def _mended(
        self,
        candidate: Candidate,
        route: Route,
        placed: tuple[PlannedStep, ...],
        longer: timedelta,
    ) -> Repair:
        moved = tuple((s.rotation, s.key) for s in placed if _seen(self._own[s.key]) != _seen(s))
        others = (s for s in self._plan.steps if s.rotation != candidate.rotation)
        steps = tuple(sorted((*others, *placed), key=lambda s: (s.rotation, s.starts, s.key)))
        plan = Plan(
            assignments=self._assignments(candidate, route),
            steps=steps,
            unplaced=self._plan.unplaced,
            objective=self._plan.objective + self._gained(candidate, route, placed),
        )
        return Repair(plan=plan, moved=moved, reason=self._because(route, moved, longer))

    def _gained(self, candidate: Candidate, route: Route, placed: tuple[PlannedStep, ...]) -> int:
        """How much more the rotation is worth than before; nobody else's visit changes."""
        hosts = {host.team: host for host in (*self._problem.hosts, *route)}
        before = [hosts[team] for team in self._hosts[candidate.rotation]]
        load = {host.team: self._others_at(host) for host in (*before, *route)}
        own = tuple(self._own.values())
        after = worth(self._problem, candidate, route, load, placed)
        return after - worth(self._problem, candidate, before, load, own)

    def _assignments(self, candidate: Candidate, route: Route) -> tuple[Assignment, ...]:
        """The team that took over at one stop gets a reason of its own; all others keep theirs."""
        new = self._taken_over(route)
        if new is None:
            return self._plan.assignments
        stop = route.index(new) + 1
        mine = assignment(candidate, new, self._others_at(new), stop)
        return tuple(
            mine if (a.rotation, a.stop) == (candidate.rotation, stop) else a
            for a in self._plan.assignments
        )

    def _taken_over(self, route: Route) -> Host | None:
        before = self._hosts[self._disruption.rotation]
        return next((h for h, team in zip(route, before, strict=True) if h.team != team), None)

    def _others_at(self, host: Host) -> int:
        own = self._disruption.rotation
        planned = {s.rotation for s in self._plan.steps}
        return sum(
            a.host == host.team and a.rotation != own and a.rotation in planned
            for a in self._plan.assignments
        )

    def _because(self, route: Route, moved: tuple[tuple[str, str], ...], longer: timedelta) -> str:
        keys = ", ".join(key for _, key in moved) or "nothing"
        cause = self._disruption.cause.value.replace("-", " ").capitalize()
        preposition = "of" if self._disruption.cause is Cause.CALENDAR else "by"
        who = f" {preposition} {self._disruption.person}" if self._disruption.person else ""
        new = self._taken_over(route)
        where = f" to {new.team}" if new else ""
        weeks = longer // _WEEK
        late = f"; windows close {weeks} week{'s' if weeks > 1 else ''} later" if weeks else ""
        kept = len(self._plan.steps) - len(moved)
        stayed = f"{kept} step{'' if kept == 1 else 's'} stayed"
        return f"{cause}{who}: changed {keys}{where}{late}; {stayed}."

    def _nothing_to_move(self) -> Repair:
        step = self._disruption.step
        if step in self._rotation.settled:
            return Repair(plan=None, reason=f"{step} is over; it stays as it is.")
        if step and step not in self._own:
            return Repair(plan=None, reason=f"This rotation has no step {step}.")
        return Repair(plan=self._plan, reason="No open step of this rotation has to change.")

    def _why_not(self, candidate: Candidate, route: Route) -> str:
        gone = self._disruption.cause in HOST_GONE
        host = route[self._rotation.stop - 1]
        if gone and not self._may_change_host():
            return f"{host.team} was visited already; no other team can take over."
        terms = self._terms(self._rotation.broken, timedelta(), False)
        self._diary.release(terms.before.values())
        wished = self._disruption.wished_start
        if wished:
            template = self._problem.program.step(self._disruption.step or "")
            free = Fit(self._diary, candidate, route, terms)
            return why_not_then(free, template, wished)
        tried = [] if gone else [route]
        if self._may_change_host():
            tried += with_another(self._problem, candidate, route, self._rotation.stop)
        if not tried:
            dissolved = self._disruption.cause is Cause.TEAM_DISSOLVED
            why = "is dissolved" if dissolved else "said no"
            return f"{host.team} {why}, and no other team is open to this participant."
        return why_unplaced([obstacle(Fit(self._diary, candidate, r, terms)) for r in tried])

    def _may_change_host(self) -> bool:
        return self._disruption.wished_start is None and not self._rotation.visited


def _with_absence(problem: PlanningProblem, plan: Plan, disruption: Disruption) -> PlanningProblem:
    """Add when the person can't come: as told, or the time of the step that they declined."""
    away = disruption.unavailable
    step = next((s for s in plan.steps_of(disruption.rotation) if s.key == disruption.step), None)
    if away is None and step and disruption.cause is Cause.DECLINED:
        away = step.interval
    if away is None or disruption.person is None:
        return problem
    return _absent(problem, disruption.person, away)


def _absent(problem: PlanningProblem, person: str, away: Interval) -> PlanningProblem:
    people = tuple(
        a.model_copy(update={"absences": (*a.absences, away)}) if a.person == person else a
        for a in problem.people
    )
    return problem.model_copy(update={"people": people})


def _seen(step: PlannedStep) -> tuple[object, ...]:
    return step.starts, step.ends, step.attendees
