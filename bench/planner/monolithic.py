"""The first plan beside one CP-SAT model of all steps, each in a process of its own for its memory."""

import json
import subprocess
import sys
from statistics import median

import planner
from bench.company import objective_of, problem
from bench.planner.growth import memory_of
from bench.planner.page import table, verdict
from bench.planner.timing import timed

SIZES = [(100, 20)]
SECONDS = 600
ROUNDS = 3


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one table with a line for each planner and size."""
    return "\n\n".join(_beside(*size) for size in sizes or SIZES)


def _beside(participants: int, teams: int) -> str:
    cohort = problem(participants, teams)
    runs = [timed(planner.plan, cohort) for _ in range(ROUNDS)]
    seconds, plan = median(one for one, _ in runs), runs[-1][1]
    memory = memory_of(participants, teams)
    words = [sys.executable, "-m", "bench.peers.monolith", str(participants), str(teams)]
    done = subprocess.run([*words, str(SECONDS)], capture_output=True, text=True)
    if done.returncode:
        return f"CP-SAT ended without an answer: {done.stderr.strip().splitlines()[-1:]}"
    peer = json.loads(done.stdout)
    rows = [
        (
            "Sojourn",
            f"{seconds:.2f}",
            f"{seconds:.2f}",
            f"{seconds:.2f}",
            f"{objective_of(cohort, plan):,}",
            len(plan.unplaced),
            len(planner.violations(cohort, plan)),
            memory,
        ),
        (
            f"CP-SAT ({peer['status'].lower()})",
            _said(peer["first"]),
            _said(peer["everybody"]),
            f"{peer['seconds']:.0f}",
            "none" if peer["objective"] is None else f"{peer['objective']:,}",
            peer["unplaced"],
            peer["broken"],
            peer["megabytes"],
        ),
    ]
    head = (
        f"{participants} x {teams}",
        "first plan, s",
        "first with a place for everybody, s",
        "ended, s",
        "worth at the end",
        "no place",
        "broken rules",
        "MB",
    )
    first = peer["everybody"] or peer["seconds"]
    empty = (peer["first"] or peer["seconds"]) / seconds
    least = "" if peer["everybody"] else "more than "
    return "\n\n".join(
        [
            table(head, rows),
            f"CP-SAT's first plan leaves {peer['first_unplaced']} of {participants} without a place.",
            "\n".join(
                [
                    verdict(
                        "1,000 times faster to a first plan than the monolithic model.",
                        f"{least}{first / seconds:,.0f} times to a plan for everybody, "
                        f"{empty:,.0f} times to any plan at all",
                        first / seconds >= 1000,
                    ),
                    verdict(
                        "at most a twentieth of its memory.",
                        f"1/{peer['megabytes'] / memory:.0f}",
                        peer["megabytes"] >= 20 * memory,
                    ),
                ]
            ),
        ]
    )


def _said(seconds: float | None) -> str:
    return "none" if seconds is None else f"{seconds:.0f}"
