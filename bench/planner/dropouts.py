"""A team drops out in the middle of a program: its visitors go elsewhere, beside the best they could get."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

import numpy as np

import planner
from bench.company import objective_of, problem
from bench.peers.board import QUARTER, Board
from bench.peers.exact import best_assignment, cells_of
from bench.peers.slotting import Slotting
from bench.planner.page import table, verdict
from bench.planner.timing import percentile, timed
from domain.moments import whole_day
from domain.planning import Cause, Disruption, Plan, PlannedStep, PlanningProblem
from domain.program import StepKind

SIZES = [(1000, 100)]
TEAMS = 10
WEEK = 1
"""The week after which a team is gone: early, as most visits lie early."""


@dataclass(frozen=True)
class _Case:
    orphans: int
    seconds: float
    lost: int
    worth: int
    most: int
    broken: int


def report(sizes: list[tuple[int, int]]) -> str:
    """Return one line for each size."""
    return "\n\n".join(_dropped(*size) for size in sizes or SIZES)


def _dropped(participants: int, teams: int) -> str:
    cohort = problem(participants, teams)
    plan = planner.plan(cohort)
    now = whole_day(cohort.first_day, cohort.program.zone).starts + timedelta(weeks=WEEK)
    then = cohort.model_copy(update={"not_before": now})
    waiting = [list(_orphans(then, plan, host.team)) for host in cohort.hosts]
    worst = sorted(zip(cohort.hosts, waiting, strict=True), key=lambda one: -len(one[1]))[:TEAMS]
    cases = [_case(then, plan, host.team, orphans) for host, orphans in worst if orphans]
    replanning, _ = timed(planner.plan, cohort)
    taken = [case.seconds for case in cases]
    worth, most = sum(case.worth for case in cases), sum(case.most for case in cases)
    lost, late = sum(case.lost for case in cases), percentile(taken, 0.95)
    head = (
        f"{participants} x {teams}, {TEAMS} teams one by one",
        "orphans",
        "lost",
        "broken rules",
        "worth",
        "bound",
        "share",
        "median, s",
        "95 of 100, s",
        "planning all anew, s",
    )
    row = (
        f"in week {WEEK + 1}",
        sum(case.orphans for case in cases),
        lost,
        sum(case.broken for case in cases),
        worth,
        most,
        f"{worth / most:.1%}",
        f"{median(taken):.3f}",
        f"{late:.3f}",
        f"{replanning:.2f}",
    )
    targets = [
        verdict(
            "at least 98 % of the assignment bound.", f"{worth / most:.1%}", worth >= 0.98 * most
        ),
        verdict("nobody is lost.", f"{lost}", lost == 0),
        verdict(
            "95 of 100 take at most a twentieth of planning anew.",
            f"1/{replanning / late:.1f}",
            late <= replanning / 20,
        ),
    ]
    return "\n\n".join([table(head, [row]), "\n".join(targets)])


def _case(cohort: PlanningProblem, plan: Plan, team: str, orphans: list[Disruption]) -> _Case:
    seconds, (mended, lost) = timed(_mended, cohort, plan, orphans)
    gone = {one.rotation for one in orphans}
    rest = Plan(
        assignments=tuple(a for a in plan.assignments if a.rotation not in gone),
        steps=tuple(s for s in plan.steps if s.rotation not in gone),
    )
    placed = gone - lost
    steps = tuple(s for s in mended.steps if s.rotation not in lost)
    kept = Plan(
        assignments=tuple(a for a in mended.assignments if a.rotation not in lost), steps=steps
    )
    broken = [
        v
        for v in planner.violations(_as_held(cohort, mended), mended)
        if v.rotation in placed or v.rotation is None
    ]
    return _Case(
        orphans=len(orphans),
        seconds=seconds,
        lost=len(lost),
        worth=objective_of(cohort, kept) - objective_of(cohort, rest),
        most=_most(cohort, plan, team, gone),
        broken=len(broken),
    )


def _orphans(cohort: PlanningProblem, plan: Plan, team: str) -> Iterator[Disruption]:
    """Everybody whose visit to the team is still to come; steps that are over are settled."""
    for rotation, steps in plan.steps_by_rotation().items():
        visits = [s for s in steps if s.kind is StepKind.SHADOWING_DAY]
        if plan.hosts_of(rotation) == (team,) and visits[0].starts >= cohort.not_before:
            settled = tuple(s.key for s in steps if s.ends <= cohort.not_before)
            yield Disruption(
                rotation=rotation, step=None, cause=Cause.TEAM_DISSOLVED, settled=settled
            )


def _mended(
    cohort: PlanningProblem, plan: Plan, orphans: list[Disruption]
) -> tuple[Plan, set[str]]:
    """The plan after the repair of all orphans together, and those for whom there was none."""
    standing = planner.Standing(cohort, plan)
    answers = planner.mend_all(standing, orphans)
    pairs = zip(orphans, answers, strict=True)
    return standing.plan(), {orphan.rotation for orphan, answer in pairs if not answer.mended}


def _as_held(cohort: PlanningProblem, plan: Plan) -> PlanningProblem:
    """What has begun stays as it was."""
    begun = tuple(step for step in plan.steps if step.starts < cohort.not_before)
    return cohort.model_copy(update={"kept": begun})


def _most(cohort: PlanningProblem, plan: Plan, team: str, gone: set[str]) -> int:
    """What the orphans can be worth at most while everybody else stays: an assignment by HiGHS."""
    forbidden = tuple((rotation, team) for rotation in gone)
    board = Board(cohort.model_copy(update={"forbidden": (*cohort.forbidden, *forbidden)}))
    slotting, number = Slotting(board), {host.team: n for n, host in enumerate(board.hosts)}
    load = np.zeros(len(board.hosts), dtype=np.int64)
    steps, teams = plan.steps_by_rotation(), plan.hosts()
    for rotation in teams:
        if rotation not in gone:
            slotting.keep(board.hosts[number[teams[rotation][0]]], steps[rotation])
            load[number[teams[rotation][0]]] += 1
    rows = [row for row, c in enumerate(board.candidates) if c.rotation in gone]
    held = {
        row: left
        for row in rows
        for left in [_left(board, steps[board.candidates[row].rotation])]
        if left is not None
    }
    cells = cells_of(slotting, rows, held)
    return best_assignment(board, cells, slotting.room(), load).worth


def _left(board: Board, steps: tuple[PlannedStep, ...]) -> int | None:
    """The starts that a step which is over leaves to the visit; None where none is over."""
    template = board.templates[board.visit]
    before = next((s for s in steps if s.key == template.window.after), None)
    if before is None or before.ends > board.problem.not_before:
        return None
    end, (low, high) = _slot(board, before.ends), board.gap(template)
    return ((1 << (high - low + 1)) - 1) << (end + low)


def _slot(board: Board, moment: datetime) -> int:
    return (moment - board.first) // QUARTER
