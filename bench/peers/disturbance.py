"""The exact answer to a decline: a CP-SAT model of the whole cohort in which every step may move.

Fewest other participants are touched, then no other team is asked, then fewest own steps move, then the
plan is worth most. Others stay at
their teams: wherever nobody else is touched, that changes nothing about the optimum.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from ortools.sat.python import cp_model

from bench.peers.board import QUARTER, Board, eligible, values
from bench.peers.steps_model import Rotation, StepsModel, quick_solver
from domain.planning import Host, Plan, PlannedStep, PlanningProblem

SECONDS = 120
OTHERS, TEAM, OWN = 10_000_000, 1_000_000, 100_000
"""What it costs to touch another participant, to ask another team, and to move an own step."""


@dataclass(frozen=True)
class Disturbed:
    """The fewest changes, and what the own rotation is worth after them; ``proven`` for the optimum."""

    others: int
    team: bool
    """Whether another team is asked."""
    own: int
    worth: int
    proven: bool


def least_disturbance(
    problem: PlanningProblem, plan: Plan, rotation: str, *, frozen: bool = False
) -> Disturbed | None:
    """Return the least disturbance after which a rotation is without conflict; None without any.

    ``problem`` knows of the absence already. ``frozen`` leaves all others as they are: an answer of
    that much smaller model is the exact one, as nobody else can be touched less than not at all.
    """
    board = Board(problem)
    steps, hosts = StepsModel(board), {host.team: host for host in board.hosts}
    before, teams = plan.steps_by_rotation(), plan.hosts()
    own: list[cp_model.IntVar] = []
    others: list[cp_model.IntVar] = []
    gain: list[cp_model.LinearExprT] = []
    for name in teams if frozen else ():
        if name != rotation:
            steps.keep(before[name], hosts[teams[name][0]])
    for row, candidate in enumerate(board.candidates):
        name = candidate.rotation
        if name == rotation:
            one = steps.add(candidate, _open_to(board, row), must=True)
            own, gain = _moved(steps, one, before[name]), _gain(board, row, one, plan)
            stays = one.visits[teams[name][0]]
        elif name in teams and not frozen:
            one = steps.add(candidate, [hosts[teams[name][0]]], must=True)
            touched = steps.model.new_bool_var("")
            steps.model.add_max_equality(touched, _moved(steps, one, before[name]))
            others.append(touched)
    steps.close()
    cost = OTHERS * sum(others) + OWN * sum(own) - TEAM * stays
    steps.model.maximize(sum(gain) - cost)
    solver = quick_solver(SECONDS)
    status = solver.solve(steps.model)
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None
    return Disturbed(
        others=sum(map(solver.value, others)),
        team=not solver.value(stays),
        own=sum(map(solver.value, own)),
        worth=solver.value(sum(gain)),
        proven=status == cp_model.OPTIMAL,
    )


def _open_to(board: Board, row: int) -> list[Host]:
    return [board.hosts[team] for team in np.flatnonzero(eligible(board)[row])]


def _gain(board: Board, row: int, one: Rotation, plan: Plan) -> list[cp_model.LinearExprT]:
    """What the rotation is worth at each team, beside the others who visit it, and by its end."""
    load = Counter(
        route[0] for name, route in plan.hosts().items() if name != one.candidate.rotation
    )
    worth, weights = values(board)[row], board.program.weights
    visits = [
        (int(worth[team]) - _crowd(board, host, load)) * one.visits[host.team]
        for team, host in enumerate(board.hosts)
        if host.team in one.visits
    ]
    return [*visits, weights.early * (board.program.weeks - one.weeks)]


def _crowd(board: Board, host: Host, load: Counter[str]) -> int:
    return board.program.weights.fair_load * max(load[host.team] + 1 - host.share, 0)


def _moved(
    steps: StepsModel, one: Rotation, before: tuple[PlannedStep, ...]
) -> list[cp_model.IntVar]:
    """Whether each step has another time or other people; the old plan is the hint."""
    model, board, moved = steps.model, steps.board, []
    were = {step.key: step for step in before}
    for number, template in enumerate(board.templates):
        was = were[template.key]
        at = (was.starts - board.first) // QUARTER
        moves = model.new_bool_var("")
        moved.append(moves)
        model.add(one.starts[number] == at).only_enforce_if(moves.negated())
        model.add_hint(one.starts[number], at)
        _same_people(steps, one, number, was, moves)
    return moved


def _same_people(
    steps: StepsModel, one: Rotation, number: int, was: PlannedStep, moves: cp_model.IntVar
) -> None:
    """A step that does not move seats the same people: of the team, and of no other."""
    sat = {a.person for a in was.attendees}
    model, board = steps.model, steps.board
    for host in board.hosts:
        if host.team not in one.visits:
            continue
        seats = board.seats(board.templates[number], one.candidate, host)
        if not set(seats) <= sat:
            model.add(one.visits[host.team] == 0).only_enforce_if(moves.negated())
            continue
        for person, asks in one.asked.get((host.team, number), {}).items():
            model.add(asks == int(person in sat)).only_enforce_if(moves.negated())
        asked = one.asked.get((host.team, number), {})
        if not sat <= {*seats, *asked}:
            model.add(one.visits[host.team] == 0).only_enforce_if(moves.negated())
