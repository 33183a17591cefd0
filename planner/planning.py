"""The first plan of a cohort: those with the fewest choices first, each at the host of most value.

A simple exact-enough method behind the final interface: greedy by value with a depth-first search
for the steps, repeated with whoever was left out put first.
"""

import random

from domain.planning import (
    Assignment,
    Candidate,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Unplaced,
)
from domain.program import Weights
from planner.diary import Diary
from planner.placing import Search, seats_of, span

ROUNDS = 6


def plan(problem: PlanningProblem, *, seed: int = 0) -> Plan:
    """Return the best of a few rounds; the same problem and seed give an equal plan.

    Everybody is either assigned, with every step at a concrete time, or unplaced with a sentence.
    """
    order = sorted(problem.candidates, key=lambda c: (len(_eligible(problem, c)), c.rotation))
    shuffled = random.Random(seed)  # noqa: S311 - breaks ties, guards nothing
    best = _round(problem, order)
    for _ in range(ROUNDS - 1):
        if not best.unplaced:
            break
        left_out = {u.rotation for u in best.unplaced}
        shuffled.shuffle(order)
        order.sort(key=lambda c: c.rotation not in left_out)
        best = max(best, _round(problem, order), key=lambda p: (-len(p.unplaced), p.objective))
    return best


def _round(problem: PlanningProblem, order: list[Candidate]) -> Plan:
    diary = Diary(problem)
    assignments: list[Assignment] = []
    steps: list[PlannedStep] = []
    unplaced: list[Unplaced] = []
    objective = 0
    for candidate in order:
        found = _best_place(diary, candidate)
        if isinstance(found, str):
            unplaced.append(
                Unplaced(
                    rotation=candidate.rotation, participant=candidate.participant, reason=found
                )
            )
            continue
        host, placed = found
        assignments.append(assigned(diary, candidate, host))
        objective += value(diary, candidate, host) + _early(diary, placed)
        for step in placed:
            diary.book(step, host.team)
        steps += placed
    return Plan(
        assignments=tuple(sorted(assignments, key=lambda a: a.rotation)),
        steps=tuple(sorted(steps, key=lambda s: (s.rotation, s.starts, s.key))),
        unplaced=tuple(sorted(unplaced, key=lambda u: u.rotation)),
        objective=objective,
    )


def _best_place(diary: Diary, candidate: Candidate) -> tuple[Host, tuple[PlannedStep, ...]] | str:
    hosts = ranked(diary, candidate)
    if not hosts:
        return "No host team is open to this participant: own team, own reports or a refusal."
    failed: list[tuple[Host, str]] = []
    for host in hosts:
        search = Search(diary=diary, candidate=candidate, host=host)
        placed = search.place()
        if placed:
            return host, placed
        failed.append((host, search.stuck or diary.problem.program.steps[0].key))
    return why_not(diary, candidate, failed)


def ranked(diary: Diary, candidate: Candidate) -> list[Host]:
    """Return the hosts a participant may visit, of most value first."""
    hosts = _eligible(diary.problem, candidate)
    return sorted(hosts, key=lambda h: (-value(diary, candidate, h), h.team))


def _eligible(problem: PlanningProblem, candidate: Candidate) -> list[Host]:
    refused = {team for rotation, team in problem.forbidden if rotation == candidate.rotation}
    own = {candidate.participant, candidate.manager, *candidate.reports}
    return [
        host
        for host in problem.hosts
        if host.team not in refused
        and host.team != candidate.own_team
        and host.lead not in own
        and host.visits_per_week > 0
    ]


def value(diary: Diary, candidate: Candidate, host: Host) -> int:
    """Return how much a visit is worth, by the program's weights."""
    weights: Weights = diary.problem.program.weights
    covered = sum(goal.weight for goal in candidate.goals if goal.lens in host.lenses)
    wished = any(goal.wished_team == host.team for goal in candidate.goals)
    return (
        weights.goal_lens * covered
        + weights.wished_team * wished
        + weights.customer_facing * host.customer_facing
        - weights.fair_load * diary.visits(host.team)
    )


def assigned(diary: Diary, candidate: Candidate, host: Host) -> Assignment:
    """Return the assignment with its reason in one line, before the visit is booked."""
    covered = [goal for goal in candidate.goals if goal.lens in host.lenses]
    lenses = sorted({goal.lens for goal in covered})
    parts = [f"{host.team} covers {len(covered)} of {len(candidate.goals)} goals"]
    if lenses:
        parts[0] += f" ({', '.join(lenses)})"
    if any(goal.wished_team == host.team for goal in candidate.goals):
        parts.append("was wished for")
    if host.customer_facing:
        parts.append("meets customers")
    parts.append(f"has {diary.visits(host.team)} other visits so far")
    return Assignment(
        rotation=candidate.rotation,
        participant=candidate.participant,
        host=host.team,
        reason=", ".join(parts) + ".",
    )


def why_not(diary: Diary, candidate: Candidate, failed: list[tuple[Host, str]]) -> str:
    """Return the plain sentence for the step that stood in the way at the most valued host."""
    host, key = failed[0]
    template = diary.problem.program.step(key)
    seats = seats_of(template, candidate, host, diary)
    if seats is None:
        return f"{key}: somebody who has to come is not in the list of people."
    people = ", ".join(f"{a.person} ({a.seat.value})" for a in seats)
    quorum = template.attendance.frontline_quorum
    also = f" and {quorum} colleagues of {host.team}" if quorum else ""
    after = f"after {template.window.after}" if template.window.after else "from the start"
    return (
        f"{key}: no common free time for {people}{also} within {span(template.window.closes)} "
        f"{after}; {len(failed)} host team{'s' if len(failed) > 1 else ''} tried."
    )


def _early(diary: Diary, placed: tuple[PlannedStep, ...]) -> int:
    weeks_left = (diary.ends - placed[0].starts).days // 7
    return diary.problem.program.weights.early * weeks_left
