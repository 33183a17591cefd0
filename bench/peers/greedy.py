"""Two plans that anybody would write in an afternoon: the earliest day, or the best team, one by one."""

import numpy as np

from bench.peers.board import Board, eligible, values, weeks_in_common
from bench.peers.slotting import Slotting
from domain.planning import Plan, PlanningProblem


def earliest_first(problem: PlanningProblem) -> Plan:
    """Everybody in turn goes where the first week is free."""
    board = Board(problem)
    slotting = Slotting(board)
    may, common = eligible(board), weeks_in_common(board)
    weeks = np.where(common.any(axis=2), common.argmax(axis=2), common.shape[2])
    for row in range(len(board.candidates)):
        _place_first(slotting, row, np.argsort(weeks[row], kind="stable"), may[row])
    return slotting.as_plan()


def best_first(problem: PlanningProblem) -> Plan:
    """Everybody in turn goes where it is worth most by then, as early as the team can."""
    board = Board(problem)
    slotting = Slotting(board)
    worth, may = values(board), eligible(board)
    share = np.array([host.share for host in board.hosts])
    load = np.zeros(len(board.hosts), dtype=np.int64)
    for row in range(len(board.candidates)):
        beyond = np.maximum(load + 1 - share, 0)
        left = worth[row] - board.program.weights.fair_load * beyond
        team = _place_first(slotting, row, np.argsort(-left, kind="stable"), may[row])
        if team is not None:
            load[team] += 1
    return slotting.as_plan()


def _place_first(slotting: Slotting, row: int, order: np.ndarray, may: np.ndarray) -> int | None:
    for team in map(int, order):
        if may[team] and slotting.place(row, team):
            return team
    return None
