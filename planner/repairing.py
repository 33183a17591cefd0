"""The smallest repair: other rotations never change, and of this one as few steps as possible."""

from collections.abc import Iterator
from datetime import datetime

from domain.planning import (
    Candidate,
    Cause,
    Disruption,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Repair,
)
from domain.program import StepKind
from planner.diary import Diary
from planner.placing import Search
from planner.planning import assigned, ranked, why_not

PATIENCE = (1, 2, 4, 12)
"""Windows are stretched so many times for steps whose time has passed, the least that helps."""

_LATE = frozenset({Cause.OVERDUE, Cause.NO_SHOW})


def repair(problem: PlanningProblem, plan: Plan, disruption: Disruption) -> Repair:
    """Return the plan with the smallest change that mends the disruption, or the reason why not.

    Tried in order: colleagues exchanged at the same time, this step alone, this step with ever
    more of those after it, all open steps, another host. ``problem`` already knows who is away.
    """
    if disruption.cause is Cause.WITHDRAWN:
        return _withdrawn(plan, disruption)
    return _Workshop(problem, plan, disruption).mend()


class _Workshop:
    def __init__(self, problem: PlanningProblem, plan: Plan, disruption: Disruption) -> None:
        self._problem = problem
        self._plan = plan
        self._disruption = disruption
        self._own = plan.steps_of(disruption.rotation)
        self._order = [template.key for template in problem.program.steps]

    def mend(self) -> Repair:
        candidate = self._candidate()
        host = self._host()
        if candidate is None or host is None:
            return Repair(plan=None, reason="This rotation has no place in the current plan.")
        if self._disruption.cause is not Cause.HOST_REFUSED:
            found = self._with_the_same_host(candidate, host)
            if found:
                return found
        if self._may_change_host():
            found = self._with_another_host(candidate, host)
            if found:
                return found
        return Repair(plan=None, reason=self._why_not(candidate, host))

    def _with_the_same_host(self, candidate: Candidate, host: Host) -> Repair | None:
        late = self._disruption.cause in _LATE
        for patience in PATIENCE if late else PATIENCE[:1]:
            for moving in self._neighbourhoods():
                placed = self._search(candidate, host, moving, patience).place()
                if placed:
                    return self._mended(candidate, host, placed, patience)
        return None

    def _with_another_host(self, candidate: Candidate, current: Host) -> Repair | None:
        diary = self._diary(frozenset(self._open()))
        for host in ranked(diary, candidate):
            if host.team == current.team:
                continue
            moving = frozenset(self._open())
            placed = self._search(candidate, host, moving, 1).place()
            if placed:
                return self._mended(candidate, host, placed, 1)
        return None

    def _neighbourhoods(self) -> Iterator[frozenset[str]]:
        """Ever larger sets of open steps that may move, each holding those that broke."""
        broken = self._broken()
        if not broken:
            return
        yield frozenset(broken)
        open_steps = self._open()
        first = open_steps.index(broken[0])
        for last in range(first + 1, len(open_steps)):
            yield frozenset({*broken, *open_steps[first : last + 1]})
        yield frozenset(open_steps)

    def _broken(self) -> list[str]:
        step = self._disruption.step
        if step:
            return [key for key in self._open() if key == step]
        who = self._disruption.person
        theirs = {s.key for s in self._own if any(a.person == who for a in s.attendees)}
        return [key for key in self._open() if key in theirs]

    def _open(self) -> list[str]:
        """Keys of the rotation's steps that are not over, in the program's order."""
        settled = set(self._disruption.settled)
        planned = {step.key for step in self._own}
        return [key for key in self._order if key in planned and key not in settled]

    def _search(
        self, candidate: Candidate, host: Host, moving: frozenset[str], patience: int
    ) -> Search:
        written = {s.key for s in self._own if s.kind is StepKind.THANKS}
        fixed = {s.key: s for s in self._own if s.key not in moving | (written & set(self._open()))}
        near = {s.key: s.starts for s in self._own if s.key in moving}
        wished: dict[str, datetime] = {}
        if self._disruption.step and self._disruption.wished_start:
            wished[self._disruption.step] = self._disruption.wished_start
        return Search(
            diary=self._diary(moving),
            candidate=candidate,
            host=host,
            fixed=fixed,
            wished=wished,
            near=near | wished,
            patience=patience,
        )

    def _diary(self, moving: frozenset[str]) -> Diary:
        """A diary with everything booked except the steps that may move."""
        diary = Diary(self._problem)
        hosts = {a.rotation: a.host for a in self._plan.assignments}
        for step in self._plan.steps:
            if step.rotation != self._disruption.rotation or step.key not in moving:
                diary.book(step, hosts.get(step.rotation))
        return diary

    def _mended(
        self, candidate: Candidate, host: Host, placed: tuple[PlannedStep, ...], patience: int
    ) -> Repair:
        before = {step.key: step for step in self._own}
        moved = tuple((step.rotation, step.key) for step in placed if before.get(step.key) != step)
        others = tuple(s for s in self._plan.steps if s.rotation != candidate.rotation)
        steps = tuple(sorted((*others, *placed), key=lambda s: (s.rotation, s.starts, s.key)))
        plan = self._plan.model_copy(
            update={"steps": steps, "assignments": self._assignments(candidate, host)}
        )
        return Repair(plan=plan, moved=moved, reason=self._because(host, moved, patience))

    def _assignments(self, candidate: Candidate, host: Host) -> tuple[object, ...]:
        if self._plan.host_of(candidate.rotation) == host.team:
            return self._plan.assignments
        new = assigned(self._diary(frozenset(self._open())), candidate, host)
        return tuple(new if a.rotation == candidate.rotation else a for a in self._plan.assignments)

    def _because(self, host: Host, moved: tuple[tuple[str, str], ...], patience: int) -> str:
        keys = ", ".join(key for _, key in moved) or "nothing"
        cause = self._disruption.cause.value.replace("-", " ")
        who = f" by {self._disruption.person}" if self._disruption.person else ""
        late = f"; windows were stretched {patience} times" if patience > 1 else ""
        changed_host = self._plan.host_of(self._disruption.rotation) != host.team
        where = f" at {host.team}" if changed_host else ""
        kept = len(self._plan.steps) - len(moved)
        return f"{cause.capitalize()}{who}: changed {keys}{where}{late}; {kept} steps stayed."

    def _why_not(self, candidate: Candidate, host: Host) -> str:
        key = self._disruption.step or next(iter(self._open()), None)
        if key is None:
            return "Every step of this rotation is over; there is nothing to move."
        if self._disruption.wished_start:
            wished = f"{self._disruption.wished_start:%-d %b %Y %H:%M} UTC"
            return (
                f"{key} can't start on {wished}: somebody needed is not free, or its window ends."
            )
        return why_not(self._diary(frozenset(self._open())), candidate, [(host, key)])

    def _may_change_host(self) -> bool:
        if self._disruption.wished_start:
            return False
        visited = {s.key for s in self._own if s.kind is StepKind.SHADOWING_DAY}
        return not visited & set(self._disruption.settled)

    def _candidate(self) -> Candidate | None:
        own = self._disruption.rotation
        return next((c for c in self._problem.candidates if c.rotation == own), None)

    def _host(self) -> Host | None:
        team = self._plan.host_of(self._disruption.rotation)
        return next((h for h in self._problem.hosts if h.team == team), None)


def _withdrawn(plan: Plan, disruption: Disruption) -> Repair:
    """Free the time of somebody who left; nobody else changes."""
    kept = tuple(
        s for s in plan.steps if s.rotation != disruption.rotation or s.key in disruption.settled
    )
    freed = len(plan.steps) - len(kept)
    after = plan.model_copy(update={"steps": kept})
    return Repair(plan=after, reason=f"Withdrawn: {freed} steps are free again.")
