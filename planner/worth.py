"""What a visit is worth by the program's weights, and why a team was chosen, in one line."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime

from domain.moments import whole_day
from domain.planning import Assignment, Candidate, Host, PlannedStep, PlanningProblem
from domain.program import UNMET, Weights


def value(weights: Weights, candidate: Candidate, host: Host, others: int) -> int:
    """Return what visiting a team is worth when ``others`` visit it too; higher is better."""
    covered = sum(goal.weight for goal in candidate.goals if goal.lens in host.lenses)
    wished = any(goal.wished_team == host.team for goal in candidate.goals)
    return (
        weights.goal_lens * covered
        + weights.wished_team * wished
        + weights.customer_facing * host.customer_facing
        - weights.fair_load * others
    )


def early(problem: PlanningProblem, steps: Iterable[PlannedStep]) -> int:
    """Return what it is worth that whole weeks are left after the last meeting."""
    first = whole_day(problem.first_day, problem.program.zone).starts
    return _early(problem, first, steps)


def _early(problem: PlanningProblem, first: datetime, steps: Iterable[PlannedStep]) -> int:
    last = max((s.ends for s in steps if s.kind not in UNMET), default=None)
    weeks = 0 if last is None else problem.program.weeks - -(-(last - first).days // 7)
    return problem.program.weights.early * max(weeks, 0)


def objective(
    problem: PlanningProblem, teams: Mapping[str, str], steps: Iterable[PlannedStep]
) -> int:
    """Return what a whole plan is worth: every visit's value, a crowded team counted against it."""
    hosts = {host.team: host for host in problem.hosts}
    own: dict[str, list[PlannedStep]] = {}
    for step in steps:
        own.setdefault(step.rotation, []).append(step)
    others: Counter[str] = Counter()
    first = whole_day(problem.first_day, problem.program.zone).starts
    total = 0
    for candidate in problem.candidates:
        host = hosts.get(teams.get(candidate.rotation, ""))
        if host and candidate.rotation in own:
            total += value(problem.program.weights, candidate, host, others[host.team])
            total += _early(problem, first, own[candidate.rotation])
            others[host.team] += 1
    return total


def assignment(candidate: Candidate, host: Host, others: int) -> Assignment:
    """Return the assignment with its reason in one line, in pseudonyms."""
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
    )
