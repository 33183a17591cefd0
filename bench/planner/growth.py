"""Planning from ten to ten thousand people, each size read and planned in a process of its own."""

import json
import resource
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import planner
from bench.company import WEEKS, read
from bench.planner.judging import HEAD, judged
from bench.planner.page import table, verdict
from cli.instances import generate_company

SIZES = [
    (10, 8),
    (30, 10),
    (100, 20),
    (300, 40),
    (1000, 100),
    (2000, 160),
    (5000, 300),
    (10000, 500),
]
MOST_MEGABYTES = 600


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one table with a line for each size."""
    head = ("participants x teams", "read, s", "plan, s", "bound, s", "plan, ms each", "MB", *HEAD)
    rows = [_in_a_process(*size) for size in sizes or SIZES]
    memory = next((int(str(row[5])) for row in rows if row[0] == "5000 x 300"), None)
    lines = [table(head, rows)]
    if memory is not None:
        target = f"5,000 participants take less than {MOST_MEGABYTES} MB."
        lines.append(verdict(target, f"{memory} MB", memory < MOST_MEGABYTES))
    return "\n\n".join(lines)


def memory_of(participants: int, teams: int) -> int:
    """Return the most megabytes that reading, planning and proving a company takes."""
    return int(str(_in_a_process(participants, teams)[5]))


def _in_a_process(participants: int, teams: int) -> list[object]:
    words = [sys.executable, "-m", "bench.planner.growth", str(participants), str(teams)]
    done = subprocess.run(words, check=True, capture_output=True, text=True)
    row: list[object] = json.loads(done.stdout)
    return row


def _row(participants: int, teams: int) -> tuple[object, ...]:
    with tempfile.TemporaryDirectory() as parent:
        company = Path(parent) / "company"
        generate_company(company, participants, teams, weeks=WEEKS, seed=1)
        times = [time.perf_counter()]
        cohort = read(company)
    times.append(time.perf_counter())
    plan = planner.plan(cohort)
    times.append(time.perf_counter())
    proof = planner.certify(cohort, plan)
    times.append(time.perf_counter())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    reading, planning, proving = (b - a for a, b in pairwise(times))
    return (
        f"{participants} x {teams}",
        f"{reading:.2f}",
        f"{planning:.2f}",
        f"{proving:.2f}",
        f"{planning / participants * 1e3:.2f}",
        memory,
        *judged(cohort, plan, proof.bound),
    )


if __name__ == "__main__":
    print(json.dumps(_row(int(sys.argv[1]), int(sys.argv[2]))))
