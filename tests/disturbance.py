"""The least disturbance that mends a small plan, found by trying everything: no code of the planner's but its validator.

Every meeting has a fixed wall time, so that a day is all there is to choose.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cached_property
from itertools import chain, combinations
from typing import NamedTuple

from domain.moments import at_wall_time
from domain.people import Seat
from domain.planning import (
    HOST_GONE,
    Assignment,
    Attendee,
    Candidate,
    Cause,
    Disruption,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Violation,
    meets_the_host,
)
from domain.program import UNMET, StepKind, StepTemplate
from planner import violations

QUARTER = timedelta(minutes=15)


class Disturbance(NamedTuple):
    """What decision 21 compares, in its order."""

    elsewhere: int = 0
    another_team: bool = False
    accepted: int = 0
    weight: int = 0
    earlier: int = 0


def absent(problem: PlanningProblem, disruption: Disruption) -> PlanningProblem:
    """Return the problem in which somebody is away when the disruption says so."""
    people = tuple(
        a.model_copy(update={"absences": (*a.absences, disruption.unavailable)})
        if a.person == disruption.person and disruption.unavailable
        else a
        for a in problem.people
    )
    return problem.model_copy(update={"people": people})


def weight(problem: PlanningProblem, step: PlannedStep) -> int:
    if step.kind in UNMET:
        return 0
    since = problem.not_before + problem.program.patience.invite_lead - step.starts
    weeks, rest = divmod(since, timedelta(weeks=1))
    return 1 + max(0, weeks + bool(rest))


def broken_steps(
    problem: PlanningProblem, steps: Iterable[PlannedStep], disruption: Disruption
) -> list[PlannedStep]:
    """What has to change: nothing that is over or pinned."""
    kept = {(s.rotation, s.key) for s in problem.kept}
    return [
        s
        for s in steps
        if s.key not in disruption.settled
        and (s.rotation, s.key) not in kept
        and _is_broken(s, disruption)
    ]


def _is_broken(step: PlannedStep, disruption: Disruption) -> bool:
    if disruption.cause in HOST_GONE:
        return meets_the_host(step.kind, step.attendees)
    if disruption.cause is Cause.COLLEAGUE_REFUSED:
        return any(a.person == disruption.person and not a.required for a in step.attendees)
    return step.key == disruption.step


def measured(
    problem: PlanningProblem, before: Plan, after: Plan, disruption: Disruption
) -> Disturbance:
    """Return what a repair moved, by the plans alone."""
    rotation = disruption.rotation
    old = {(s.rotation, s.key): s for s in before.steps}
    moved = [
        old[s.rotation, s.key]
        for s in after.steps
        if (s.rotation, s.key) in old and old[s.rotation, s.key] != s and s.kind not in UNMET
    ]
    another = bool(before.hosts_of(rotation)) and before.hosts_of(rotation) != after.hosts_of(
        rotation
    )
    own = [s for s in moved if s.rotation == rotation]
    asked = _asked(problem, before.steps_of(rotation), disruption, another_team=another)
    return Disturbance(
        elsewhere=sum(s.rotation != rotation for s in moved),
        another_team=another,
        **_cost(
            problem,
            before.steps_of(rotation),
            [s for s in own if s not in asked],
            asked,
            disruption,
        ),
    )


def _asked(
    problem: PlanningProblem,
    steps: Sequence[PlannedStep],
    disruption: Disruption,
    *,
    another_team: bool,
) -> list[PlannedStep]:
    found = broken_steps(problem, steps, disruption)
    if another_team:
        found += [
            s
            for s in steps
            if s not in found
            and s.key not in disruption.settled
            and meets_the_host(s.kind, s.attendees)
        ]
    return found


def _cost(
    problem: PlanningProblem,
    steps: Sequence[PlannedStep],
    beside: Iterable[PlannedStep],
    asked: Sequence[PlannedStep],
    disruption: Disruption,
) -> dict[str, int]:
    met = [s for s in beside if s.kind not in UNMET]
    order = [t.key for t in problem.program.steps]
    first = min((order.index(s.key) for s in asked), default=0)
    return {
        "accepted": sum(s.key in disruption.accepted for s in met),
        "weight": sum(weight(problem, s) for s in met),
        "earlier": sum(order.index(s.key) < first for s in met),
    }


def least(problem: PlanningProblem, plan: Plan, disruption: Disruption) -> Disturbance | None:
    """Return the least disturbance that mends the plan, None where nothing does."""
    return _Everything(absent(problem, disruption), plan, disruption).least()


@dataclass
class _Everything:
    problem: PlanningProblem
    plan: Plan
    disruption: Disruption
    own: list[PlannedStep] = field(init=False)
    candidates: dict[str, Candidate] = field(init=False)
    hosts: dict[str, Host] = field(init=False)

    def __post_init__(self) -> None:
        self.own = list(self.plan.steps_of(self.disruption.rotation))
        self.candidates = {c.rotation: c for c in self.problem.candidates}
        self.hosts = {h.team: h for h in self.problem.hosts}

    def judged(self, own: Iterable[PlannedStep], plan: Plan) -> tuple[Violation, ...]:
        """What is over, and words, may lie anywhere; what is pinned still has to follow."""
        rotation = self.disruption.rotation
        others = [s for s in self.problem.kept if s.rotation != rotation]
        mine = [s for s in own if s.rotation == rotation]
        over = tuple(s for s in (*others, *mine) if self.is_over(s))
        return violations(self.problem.model_copy(update={"kept": over}), plan)

    def is_over(self, step: PlannedStep) -> bool:
        begun = step.starts < self.problem.not_before or step.kind in UNMET
        own = step.rotation == self.disruption.rotation
        return begun or (own and step.key in self.disruption.settled)

    def least(self) -> Disturbance | None:
        alone = self.at_most(None, ())
        if alone:
            return alone
        if self.disruption.wished_start:
            return None
        others = sorted({s.rotation for s in self.plan.steps} - {self.disruption.rotation})
        free = {other: self.untold(other) for other in others}
        free = {other: steps for other, steps in free.items() if self.without(steps)}
        for number in range(1, 1 + max(map(len, free.values()), default=0)):
            found = [
                self.at_most(other, some)
                for other in free
                for some in combinations(free[other], number)
            ]
            ways = [one._replace(elsewhere=number) for one in found if one]
            if ways:
                return min(ways)
        return None

    def without(self, steps: list[PlannedStep]) -> Disturbance | None:
        """The least that would mend it, were these steps of others not there at all."""
        left = self.plan.model_copy(
            update={"steps": tuple(s for s in self.plan.steps if s not in steps)}
        )
        return _Everything(self.problem, left, self.disruption).at_most(None, ())

    def untold(self, rotation: str) -> list[PlannedStep]:
        told_until = self.problem.not_before + self.problem.program.patience.invite_lead
        kept = {(s.rotation, s.key) for s in self.problem.kept}
        return [
            s
            for s in self.plan.steps_of(rotation)
            if s.kind not in UNMET and s.starts > told_until and (s.rotation, s.key) not in kept
        ]

    def at_most(self, other: str | None, moving: tuple[PlannedStep, ...]) -> Disturbance | None:
        """The least that mends it while these steps of another rotation may lie anywhere."""
        for cost, keys, team in sorted(self.own_ways(), key=lambda way: (way[0], way[2])):
            if self.exists(keys, team, other, {s.key for s in moving}):
                return cost
        return None

    def own_ways(self) -> Iterator[tuple[Disturbance, frozenset[str], str]]:
        """What it asks, which own steps may move, and which team is visited."""
        if self.disruption.cause is Cause.NEW_PARTICIPANT:
            for team in self.hosts:
                yield Disturbance(), frozenset(t.key for t in self.problem.program.steps), team
            return
        current = self.plan.hosts_of(self.disruption.rotation)[0]
        for team in self.hosts:
            if team == current and self.disruption.cause in HOST_GONE:
                continue
            another = team != current
            if another and (self.bound() or self.disruption.wished_start):
                continue
            asked = _asked(self.problem, self.own, self.disruption, another_team=another)
            rest = [s for s in self.own if s not in asked and self.may_move(s)]
            for beside in _every_set(rest):
                cost = _cost(self.problem, self.own, beside, asked, self.disruption)
                keys = frozenset(s.key for s in (*asked, *beside))
                yield Disturbance(another_team=another, **cost), keys, team

    def bound(self) -> bool:
        """Whether the team was visited, or a step with it is pinned."""
        pinned = {(s.rotation, s.key) for s in self.problem.kept}
        return any(
            (s.kind is StepKind.SHADOWING_DAY and s.key in self.disruption.settled)
            or ((s.rotation, s.key) in pinned and meets_the_host(s.kind, s.attendees))
            for s in self.own
        )

    def may_move(self, step: PlannedStep) -> bool:
        kept = {(s.rotation, s.key) for s in self.problem.kept}
        over = step.key in self.disruption.settled or (step.rotation, step.key) in kept
        return not over and step.starts >= self.problem.not_before and step.kind not in UNMET

    def exists(self, keys: frozenset[str], team: str, other: str | None, theirs: set[str]) -> bool:
        """Whether the moving steps find a time beside all that stays."""
        rotation = self.disruption.rotation
        moving = [(rotation, t, team) for t in self.templates(rotation, keys)]
        if other:
            current = self.plan.hosts_of(other)[0]
            moving += [(other, t, current) for t in self.templates(other, theirs)]
        names = {(r, t.key) for r, t, _ in moving}
        stays = [s for s in self.plan.steps if (s.rotation, s.key) not in names]
        return self.fill(stays, moving, stays, team)

    def templates(self, rotation: str, keys: Iterable[str]) -> list[StepTemplate]:
        """Words follow the step they are written after, unless they are pinned or over."""
        chosen = set(keys)
        stay = {s.key for s in self.problem.kept if s.rotation == rotation}
        if rotation == self.disruption.rotation:
            stay.update(self.disruption.settled)
        words = {
            t.key
            for t in self.problem.program.steps
            if t.kind in UNMET and t.window.after in chosen and t.key not in stay
        }
        return [t for t in self.problem.program.steps if t.key in chosen | words]

    def fill(
        self,
        stays: list[PlannedStep],
        moving: list[tuple[str, StepTemplate, str]],
        placed: list[PlannedStep],
        team: str,
    ) -> bool:
        if not moving:
            return not self.broken_rules(stays, placed, team)
        rotation, template, at = moving[0]
        return any(
            not self.broken_rules(stays, [*placed, step], team)
            and self.fill(stays, moving[1:], [*placed, step], team)
            for step in self.options(rotation, template, self.hosts[at], placed)
        )

    def options(
        self, rotation: str, template: StepTemplate, host: Host, stays: list[PlannedStep]
    ) -> Iterator[PlannedStep]:
        candidate = self.candidates[rotation]
        participant = Attendee(person=candidate.participant, seat=Seat.PARTICIPANT)
        for starts in self.starts(rotation, template, host, stays):
            written = template.kind in UNMET
            for colleagues in [()] if written else self.colleagues(rotation, template, host):
                required = [participant] if written else self.seated(candidate, template, host)
                yield PlannedStep(
                    rotation=rotation,
                    key=template.key,
                    kind=template.kind,
                    starts=starts,
                    ends=starts + (QUARTER if written else template.duration),
                    zone=host.zone,
                    attendees=(*required, *colleagues),
                    quorum=template.attendance.frontline_quorum,
                )

    def starts(
        self, rotation: str, template: StepTemplate, host: Host, stays: list[PlannedStep]
    ) -> Iterator[datetime]:
        wished = self.disruption.wished_start
        if wished and (rotation, template.key) == (self.disruption.rotation, self.disruption.step):
            yield wished
        elif template.kind in UNMET:
            after = next(
                s for s in stays if (s.rotation, s.key) == (rotation, template.window.after)
            )
            yield max(after.ends + template.window.opens, self.problem.not_before)
        else:
            wall = time.fromisoformat(template.starts_at or "09:00")
            for n in range(self.problem.program.weeks * 7):
                yield at_wall_time(self.problem.first_day + timedelta(days=n), wall, host.zone)

    def seated(self, candidate: Candidate, template: StepTemplate, host: Host) -> list[Attendee]:
        people = {
            Seat.PARTICIPANT: candidate.participant,
            Seat.HOME_MANAGER: candidate.manager or "",
            Seat.HOST_LEAD: host.lead,
            Seat.FACILITATOR: self.problem.facilitator or "",
        }
        return [Attendee(person=people[s], seat=s) for s in template.attendance.required]

    def colleagues(
        self, rotation: str, template: StepTemplate, host: Host
    ) -> Iterator[tuple[Attendee, ...]]:
        refusing = (
            self.disruption.cause is Cause.COLLEAGUE_REFUSED
            and rotation == self.disruption.rotation
        )
        asked = [p for p in host.frontline if not (refusing and p == self.disruption.person)]
        for some in combinations(asked, template.attendance.frontline_quorum):
            yield tuple(Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in some)

    def broken_rules(
        self, stays: list[PlannedStep], placed: list[PlannedStep], team: str
    ) -> set[str]:
        """Rules that what moved breaks, even where it is put back; what stays is taken as it is."""
        rotation = self.disruption.rotation
        assignments = [a for a in self.plan.assignments if a.rotation != rotation]
        assignments.append(
            Assignment(
                rotation=rotation,
                participant=self.candidates[rotation].participant,
                host=team,
                reason="",
            )
        )
        plan = Plan(assignments=tuple(assignments), steps=tuple(placed))
        stayed = {(s.rotation, s.key) for s in stays}
        excused = {v for v in self.before if (v.rotation, v.step) in stayed or v.step is None}
        new = {v.rule for v in self.judged(stays, plan) if v not in excused}
        return new - {"answered", "complete"}

    @cached_property
    def before(self) -> set[Violation]:
        """What was wrong already, apart from what broke."""
        names = {s.key for s in broken_steps(self.problem, self.own, self.disruption)}
        own = self.disruption.rotation
        found = self.judged(self.own, self.plan)
        return {v for v in found if v.rotation != own or v.step not in names}


def _every_set(steps: list[PlannedStep]) -> Iterator[tuple[PlannedStep, ...]]:
    return chain.from_iterable(combinations(steps, n) for n in range(len(steps) + 1))
