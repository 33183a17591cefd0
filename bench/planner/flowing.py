"""Planning a whole cohort, beside min-cost-flow rounds with slot placement and two greedy plans."""

from statistics import median

import planner
from bench.company import objective_of, problem
from bench.peers.flow import flow_rounds
from bench.peers.greedy import best_first, earliest_first
from bench.planner.frozen import said
from bench.planner.judging import HEAD, judged
from bench.planner.page import table, verdict
from bench.planner.timing import timed
from domain.planning import Plan, PlanningProblem

ROUNDS = 3
SIZES = [(5000, 300)]
OURS, PROVEN, FLOW = "Sojourn", "Sojourn with its bound", "min-cost-flow rounds with slots"
GREEDY = {
    "greedy, best team first": best_first,
    "greedy, earliest week first": earliest_first,
}


def report(sizes: list[tuple[int, int]]) -> str:
    """Return the tables of all sizes, and which files the baseline is."""
    return "\n\n".join([*(_beside(*size) for size in sizes or SIZES), said()])


def _beside(participants: int, teams: int) -> str:
    cohort = problem(participants, teams)
    taken: dict[str, list[float]] = {OURS: [], PROVEN: [], FLOW: []}
    for _ in range(ROUNDS):
        planning, plan = timed(planner.plan, cohort)
        proving, proof = timed(planner.certify, cohort, plan)
        flowing, flow = timed(flow_rounds, cohort)
        for name, seconds in zip(taken, (planning, planning + proving, flowing), strict=True):
            taken[name].append(seconds)
    plans = {OURS: plan, PROVEN: plan, FLOW: flow}
    for name, way in GREEDY.items():
        seconds, plans[name] = timed(way, cohort)
        taken[name] = [seconds]
    medians = {name: median(runs) for name, runs in taken.items()}
    rows = [
        (
            name,
            f"{medians[name]:.2f}",
            f"{medians[name] / medians[FLOW]:.2f}",
            *judged(cohort, found, proof.bound),
        )
        for name, found in plans.items()
    ]
    head = (f"{participants} x {teams} x 26 weeks", "s", "times the flow", *HEAD)
    return f"{table(head, rows)}\n\n{_verdicts(cohort, plan, proof.bound, medians)}"


def _verdicts(cohort: PlanningProblem, plan: Plan, bound: int, seconds: dict[str, float]) -> str:
    broken, out = len(planner.violations(cohort, plan)), len(plan.unplaced)
    gap = (bound - objective_of(cohort, plan)) / bound
    alone, proven = seconds[OURS] / seconds[FLOW], seconds[PROVEN] / seconds[FLOW]
    return "\n".join(
        [
            verdict("no rule is broken.", f"{broken}", broken == 0),
            verdict("everybody has a place.", f"{out} without", out == 0),
            verdict("the proven gap is at most 0.6 %.", f"{gap:.2%}", gap <= 0.006),
            verdict("at most 1.0 times the flow's time.", f"{alone:.2f}", alone <= 1),
            verdict("with the bound at most 1.5 times.", f"{proven:.2f}", proven <= 1.5),
        ]
    )
