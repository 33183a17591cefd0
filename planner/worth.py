"""What a visit is worth by the program's weights, and why a team was chosen, in one line."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from operator import add
from typing import NamedTuple

from domain.moments import whole_day
from domain.planning import Assignment, Candidate, Host, PlannedStep, PlanningProblem
from domain.program import UNMET, Weights
from planner.earliest import weeks_left
from planner.wishes import worth_of_customers


class Parts(NamedTuple):
    """What makes up the worth of a visit or a plan; ``crowds`` is never positive."""

    goals: int = 0
    wished_teams: int = 0
    customers: int = 0
    crowds: int = 0
    early: int = 0


def value(
    weights: Weights, candidate: Candidate, route: Sequence[Host], load: Mapping[str, int]
) -> int:
    """Return what visiting these teams is worth, whenever that is; higher is better."""
    return sum(_valued(weights, candidate, route, load))


def _valued(
    weights: Weights, candidate: Candidate, route: Sequence[Host], load: Mapping[str, int]
) -> Parts:
    """Return the parts of it.

    ``load`` says how many others visit each team: the visits beyond a team's fair share count
    against it. A goal, a wish and customers count once, at whichever stop they are met.
    """
    lenses = {lens for host in route for lens in host.lenses}
    teams = {host.team for host in route}
    covered = sum(goal.weight for goal in candidate.goals if goal.lens in lenses)
    wished = any(goal.wished_team in teams for goal in candidate.goals)
    facing = any(host.customer_facing for host in route)
    beyond = sum(max(load.get(h.team, 0) + 1 - h.share, 0) for h in route)
    return Parts(
        goals=weights.goal_lens * covered,
        wished_teams=weights.wished_team * wished,
        customers=worth_of_customers(weights, candidate) * facing,
        crowds=-weights.fair_load * beyond,
    )


def early(problem: PlanningProblem, steps: Iterable[PlannedStep]) -> int:
    """Return what it is worth that whole weeks are left after the last meeting."""
    first = whole_day(problem.first_day, problem.program.zone).starts
    return _early(problem, first, steps)


def _early(problem: PlanningProblem, first: datetime, steps: Iterable[PlannedStep]) -> int:
    last = max((s.ends for s in steps if s.kind not in UNMET), default=None)
    return problem.program.weights.early * (weeks_left(problem, first, last) if last else 0)


def objective(
    problem: PlanningProblem, teams: Mapping[str, Sequence[str]], steps: Iterable[PlannedStep]
) -> int:
    """Return what a whole plan is worth: every visit's value, a crowded team counted against it."""
    return sum(objective_parts(problem, teams, steps))


def objective_parts(
    problem: PlanningProblem, teams: Mapping[str, Sequence[str]], steps: Iterable[PlannedStep]
) -> Parts:
    """Return what a whole plan is worth, part by part."""
    hosts = {host.team: host for host in problem.hosts}
    own: dict[str, list[PlannedStep]] = {}
    for step in steps:
        own.setdefault(step.rotation, []).append(step)
    others: Counter[str] = Counter()
    first = whole_day(problem.first_day, problem.program.zone).starts
    total = Parts()
    for candidate in problem.candidates:
        route = [hosts[team] for team in teams.get(candidate.rotation, ()) if team in hosts]
        if route and candidate.rotation in own:
            valued = _valued(problem.program.weights, candidate, route, others)
            soon = _early(problem, first, own[candidate.rotation])
            total = Parts(*map(add, total, valued._replace(early=soon)))
            others.update(host.team for host in route)
    return total


def worth(
    problem: PlanningProblem,
    candidate: Candidate,
    route: Sequence[Host],
    load: Mapping[str, int],
    steps: Sequence[PlannedStep],
) -> int:
    """Return what one rotation adds to a plan in which ``load`` others visit each team."""
    if not route or not steps:
        return 0
    return value(problem.program.weights, candidate, route, load) + early(problem, steps)


def assignment(candidate: Candidate, host: Host, others: int, stop: int) -> Assignment:
    """Return the assignment of one stop with its reason in one line, in pseudonyms."""
    covered = [goal for goal in candidate.goals if goal.lens in host.lenses]
    lenses = ", ".join(sorted({goal.lens for goal in covered}))
    parts = [f"{host.team} covers {len(covered)} of {len(candidate.goals)} goals"]
    parts[0] += f" ({lenses})" if lenses else ""
    if any(goal.wished_team == host.team for goal in candidate.goals):
        parts.append("was wished for")
    if host.customer_facing:
        parts.append("meets customers")
    visitors = {0: "nobody else", 1: "one other"}.get(others, f"{others} others")
    reason = f"{', '.join(parts)} and is visited by {visitors}."
    return Assignment(
        rotation=candidate.rotation,
        participant=candidate.participant,
        host=host.team,
        reason=reason,
        stop=stop,
    )
