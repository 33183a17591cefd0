"""One CP-SAT model of a whole cohort: teams, weeks, colleagues and the start of every step.

A process of its own, as it takes gigabytes: ``python -m bench.peers.monolith participants teams seconds``
prints what it found as JSON.
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass

from ortools.sat.python import cp_model

import planner
from bench.company import objective_of, problem
from bench.peers.board import Board, eligible, values
from bench.peers.steps_model import StepsModel, quick_solver
from domain.planning import Plan, PlanningProblem, Unplaced

MOST_BYTES = 12 * 2**30
LEFT_OUT = 10_000


@dataclass
class Outcome:
    """Seconds from the start of building, memory, and how good the first and the last plan are."""

    built: float = 0.0
    first: float | None = None
    first_objective: int = 0
    first_unplaced: int = 0
    everybody: float | None = None
    """When a plan first had a place for everybody."""
    seconds: float = 0.0
    objective: int | None = None
    unplaced: int = 0
    broken: int = 0
    status: str = ""
    megabytes: int = 0


class _Watching(cp_model.CpSolverSolutionCallback):  # type: ignore[misc]
    def __init__(self, steps: StepsModel, outcome: Outcome, began: float) -> None:
        super().__init__()
        self._steps, self._outcome, self._began = steps, outcome, began
        self.plan = Plan()

    def on_solution_callback(self) -> None:
        since = time.perf_counter() - self._began
        self.plan = _plan(self._steps, self)
        if self._outcome.first is None:
            self._outcome.first = since
            self._outcome.first_objective = objective_of(self._steps.board.problem, self.plan)
            self._outcome.first_unplaced = len(self.plan.unplaced)
        if self._outcome.everybody is None and not self.plan.unplaced:
            self._outcome.everybody = since


def solve(cohort: PlanningProblem, seconds: float) -> Outcome:
    """Build and solve the model for so many seconds at most."""
    began, outcome = time.perf_counter(), Outcome()
    steps = _model(cohort)
    outcome.built = time.perf_counter() - began
    solver = quick_solver(seconds)
    watching = _Watching(steps, outcome, began)
    outcome.status = solver.status_name(solver.solve(steps.model, watching))
    outcome.seconds = time.perf_counter() - began
    if outcome.first is not None:
        outcome.objective = objective_of(cohort, watching.plan)
        outcome.unplaced = len(watching.plan.unplaced)
        outcome.broken = len(planner.violations(cohort, watching.plan))
    outcome.megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return outcome


def _model(cohort: PlanningProblem) -> StepsModel:
    board = Board(cohort)
    steps, worth, may = StepsModel(board), values(board), eligible(board)
    weights = board.program.weights
    gains = []
    for row, candidate in enumerate(board.candidates):
        hosts = [host for team, host in enumerate(board.hosts) if may[row, team]]
        one = steps.add(candidate, hosts)
        gains.append((LEFT_OUT + weights.early * board.program.weeks) * one.placed)
        gains.append(-weights.early * one.weeks)
        for team, host in enumerate(board.hosts):
            if host.team in one.visits:
                gains.append(int(worth[row, team]) * one.visits[host.team])
    steps.close()
    for host in board.hosts:
        visits = [one.visits[host.team] for one in steps.rotations if host.team in one.visits]
        beyond = [steps.model.new_bool_var("") for _ in visits[host.share :]]
        steps.model.add(sum(visits) <= host.share + sum(beyond))
        gains += [-weights.fair_load * n * one for n, one in enumerate(beyond, start=1)]
    steps.model.maximize(sum(gains))
    return steps


def _plan(steps: StepsModel, found: cp_model.CpSolverSolutionCallback) -> Plan:
    rotations = [(one.candidate, steps.steps(one, found)) for one in steps.rotations]
    return Plan(
        assignments=tuple(one[0] for _, one in rotations if one),
        steps=tuple(step for _, one in rotations if one for step in one[1]),
        unplaced=tuple(
            Unplaced(rotation=c.rotation, participant=c.participant, reason="It was left out.")
            for c, one in rotations
            if one is None
        ),
    )


def main() -> None:
    """Solve one generated company and print the outcome."""
    participants, teams, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    print(json.dumps(asdict(solve(problem(participants, teams), seconds))))


if __name__ == "__main__":
    main()
