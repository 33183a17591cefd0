"""Plans beside the optimum of HiGHS, in cohorts that it can solve, and in one that is short of places."""

from statistics import median

import numpy as np

import planner
from bench.company import objective_of, problem
from bench.peers.board import Board
from bench.peers.exact import Optimum, best_assignment, cells_of, placed
from bench.peers.slotting import Slotting
from bench.planner.page import table, verdict
from bench.planner.timing import timed

EASY, SCARCE = (100, 20), (300, 10)
SEEDS = (1, 2, 3)
ROUNDS = 3


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one table with every size and seed."""
    found = {(size, seed): _row(*size, seed) for size in sizes or [EASY, SCARCE] for seed in SEEDS}
    head = (
        "participants x teams, seed",
        "places taken",
        "Sojourn, s",
        "HiGHS, s",
        "times faster",
        "Sojourn",
        "optimum of the assignment",
        "share",
        "optimum with times",
        "no place, Sojourn",
        "no place, HiGHS",
    )
    lines = [table(head, (row for row, _, _ in found.values()))]
    for size, share, name in ((EASY, 0.999, "100"), (SCARCE, 0.995, "300 scarce")):
        mine = [one for (of, _), one in found.items() if of == size]
        if mine:
            reached, ratio = min(s for _, s, _ in mine), median(r for *_, r in mine)
            said = f"{reached:.2%} at least, {ratio:.1f} times faster"
            target = f"at {name} participants at least {share:.1%} of the optimum in a tenth of the time."
            lines.append(verdict(target, said, reached >= share and ratio >= 10))
    return "\n\n".join([lines[0], "\n".join(lines[1:])])


def _row(participants: int, teams: int, seed: int) -> tuple[tuple[object, ...], float, float]:
    """Return a line, the share of the optimum and how many times faster the plan was."""
    cohort = problem(participants, teams, seed=seed)
    board = Board(cohort)
    slotting = Slotting(board)
    room, load = slotting.room(), np.zeros(teams, dtype=np.int64)
    cells = cells_of(slotting, range(participants))
    ours, theirs = [], []
    for _ in range(ROUNDS):
        seconds, plan = timed(planner.plan, cohort)
        ours.append(seconds)
        seconds, optimum = timed(best_assignment, board, cells, room, load)
        theirs.append(seconds)
    worth, ratio = objective_of(cohort, plan), median(theirs) / median(ours)
    exact = placed(board, optimum)
    row = (
        f"{participants} x {teams}, {seed}",
        f"{participants / int(room.sum()):.0%}",
        f"{median(ours):.2f}",
        f"{median(theirs):.2f}{'' if optimum.proven else ' (not proven)'}",
        f"{ratio:.1f}",
        f"{worth:,}",
        f"{optimum.bound:,}",
        f"{worth / optimum.bound:.2%}",
        f"{objective_of(cohort, exact):,}",
        len(plan.unplaced),
        _without(participants, optimum),
    )
    return row, worth / optimum.bound, ratio


def _without(participants: int, optimum: Optimum) -> int:
    return participants - len(optimum.chosen)
