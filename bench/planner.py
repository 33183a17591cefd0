"""Planning cohorts from ten to thousands of people: ``python -m bench.planner [participants:teams ...]``.

Each size is a generated company, read and planned in a process of its own, so that memory is its own.
"""

import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from itertools import pairwise
from pathlib import Path

import planner
from cli.instances import generate_company
from domain.folder import Folder
from domain.moments import whole_day
from intake.cohorts import problem_of
from intake.folder import read_folder
from intake.holidays import holiday_absences

TODAY = date(2026, 11, 25)
SIZES = ((10, 8), (30, 10), (100, 20), (300, 40), (1000, 100), (5000, 300))
HEAD = (
    "| participants x teams | read, s | plan, s | bound, s | gap | broken rules | unplaced | goals covered "
    "| load over share, most | Gini | MB |\n|---|---|---|---|---|---|---|---|---|---|---|"
)


def row(participants: int, teams: int) -> str:
    """Return one line of the table."""
    with tempfile.TemporaryDirectory() as parent:
        company = Path(parent) / "company"
        generate_company(company, participants, teams, weeks=26, seed=1)
        times = [time.perf_counter()]
        folder = read_folder(company, today=TODAY)
    if not isinstance(folder, Folder):
        raise SystemExit("The generated folder is rejected.")
    starts = whole_day(folder.program.starts_on, folder.program.zone).starts
    problem, _ = problem_of(folder, starts, holiday_absences)
    times.append(time.perf_counter())
    plan = planner.plan(problem)
    times.append(time.perf_counter())
    proof = planner.certify(problem, plan)
    times.append(time.perf_counter())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    taken = " | ".join(f"{b - a:.2f}" for a, b in pairwise(times))
    figures = planner.figures(problem, plan)
    return (
        f"| {participants} x {teams} | {taken} | {(proof.bound - plan.objective) / proof.bound:.2%} "
        f"| {len(planner.violations(problem, plan))} | {len(plan.unplaced)} | {figures.coverage_mean:.1%} "
        f"| {figures.load_max:.2f} | {figures.gini:.3f} | {memory} |"
    )


def main() -> None:
    """Print the table; with ``--row`` one line of it."""
    if sys.argv[1:2] == ["--row"]:
        print(row(int(sys.argv[2]), int(sys.argv[3])))
        return
    asked = [tuple(map(int, word.split(":"))) for word in sys.argv[1:]]
    print(HEAD)
    for participants, teams in asked or SIZES:
        words = [sys.executable, "-m", "bench.planner", "--row", str(participants), str(teams)]
        done = subprocess.run(words, check=True, capture_output=True, text=True)
        print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
