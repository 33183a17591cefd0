"""Visits that a team can no longer take: which of them have to move."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, timedelta

from domain.moments import zone_of
from domain.planning import Cause, Disruption, Plan, PlannedStep, PlanningProblem
from domain.program import StepKind
from domain.value import Key, RotationId

Accepted = Collection[tuple[RotationId, Key]]


def surplus(
    problem: PlanningProblem, plan: Plan, accepted: Accepted = ()
) -> tuple[Disruption, ...]:
    """Return what to mend where teams have more visits in a week than they take.

    What has begun or is kept stays, then ``accepted`` visits (rotation, step key), then the soonest.
    """
    found = (
        step for visits in _by_week(problem, plan) for step in _beyond(problem, accepted, visits)
    )
    return tuple(
        Disruption(
            rotation=step.rotation,
            step=step.key,
            cause=Cause.CAPACITY_CUT,
            accepted=tuple(key for rotation, key in accepted if rotation == step.rotation),
            stop=step.stop,
        )
        for step in found
    )


def _by_week(problem: PlanningProblem, plan: Plan) -> Iterator[tuple[int, list[PlannedStep]]]:
    """How many visits each team takes in each week, with those that it has."""
    hosts, teams = {host.team: host for host in problem.hosts}, plan.hosts()
    weeks: defaultdict[tuple[str, date], list[PlannedStep]] = defaultdict(list)
    for step in plan.steps:
        host = hosts.get(teams[step.rotation][step.stop - 1])
        if step.kind is StepKind.SHADOWING_DAY and host:
            day = step.starts.astimezone(zone_of(host.zone)).date()
            weeks[host.team, day - timedelta(days=day.weekday())].append(step)
    for (team, monday), visits in sorted(weeks.items()):
        yield hosts[team].takes(monday), visits


def _beyond(
    problem: PlanningProblem, accepted: Accepted, week: tuple[int, list[PlannedStep]]
) -> list[PlannedStep]:
    takes, visits = week
    kept = {(s.rotation, s.key) for s in problem.kept}

    def moves(step: PlannedStep) -> bool:
        return (step.rotation, step.key) not in kept and step.starts >= problem.not_before

    def order(step: PlannedStep) -> tuple[object, ...]:
        asked = (step.rotation, step.key) not in accepted
        return moves(step), asked, step.starts, step.rotation

    return [step for step in sorted(visits, key=order)[takes:] if moves(step)]
