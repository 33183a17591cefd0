"""Declines and teams that are gone, mended in plans that stand: ``python -m bench.repairs [participants:teams ...]``.

Each size is a generated company, planned and a week under way. 300 times somebody who is expected at a
coming meeting declines it, each decline mended in the plan that the one before left. Then each of up to 40
teams, alone, is gone from the plan as it was first.
"""

import random
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product
from pathlib import Path

import planner
from bench.company import TODAY
from cli.instances import generate_company
from domain.folder import Folder
from domain.moments import whole_day
from domain.planning import Cause, Disruption, Mended, Plan, PlanningProblem, meets_the_host
from domain.program import UNMET
from intake.cohorts import problem_of
from intake.folder import read_folder
from intake.holidays import holiday_absences
from planner.fitting import Fit
from planner.ways import Broken
from planner.worth import objective, value

SIZES = ((100, 20), (300, 40), (1000, 100))
DECLINES = 300
TEAMS = 40
NEVER = 10**9
"""More than any visit is worth."""

UNDER_WAY = timedelta(weeks=1)
HEAD = (
    "| participants x teams | what | cases | mended | only what broke moved | others touched | median, ms | p95, ms | most, ms "
    "| standing up, ms | plan anew, ms | worth of the bound |\n|---|---|---|---|---|---|---|---|---|---|---|---|"
)


@dataclass
class Tally:
    """What became of many disruptions; times in milliseconds."""

    times: list[float] = field(default_factory=list)
    answers: list[Mended] = field(default_factory=list)
    alone: int = 0
    touched: int = 0
    values: list[tuple[int, int]] = field(default_factory=list)
    """What was reached, and what could be at most."""

    def figures(self) -> str:
        times = sorted(self.times)
        mended = sum(answer.mended for answer in self.answers)
        return (
            f"{len(self.answers)} | {mended} | {self.alone} | {self.touched} | {statistics.median(times):.2f} "
            f"| {times[int(len(times) * 0.95)]:.2f} | {times[-1]:.2f}"
        )


def company(participants: int, teams: int) -> PlanningProblem:
    with tempfile.TemporaryDirectory() as parent:
        generate_company(Path(parent) / "company", participants, teams, weeks=26, seed=1)
        folder = read_folder(Path(parent) / "company", today=TODAY)
    if not isinstance(folder, Folder):
        raise SystemExit("The generated folder is rejected.")
    starts = whole_day(folder.program.starts_on, folder.program.zone).starts
    return problem_of(folder, starts, holiday_absences)[0]


def declines(problem: PlanningProblem, standing: planner.Standing) -> Iterator[Disruption]:
    """Yield one decline after another, each of a step as it stands by then."""
    chance, left = random.Random(1), DECLINES
    while left:
        coming = [
            s
            for s in standing.steps(chance.choice(sorted(standing.rotations())))
            if s.kind not in UNMET and s.starts > problem.not_before
        ]
        if coming:
            left -= 1
            step = chance.choice(coming)
            yield Disruption(
                rotation=step.rotation,
                step=step.key,
                cause=Cause.DECLINED,
                person=chance.choice(step.attendees).person,
                unavailable=step.interval,
            )


def declined(problem: PlanningProblem, plan: Plan) -> Tally:
    tally = Tally()
    standing = planner.Standing(problem, plan)
    words = {t.key for t in problem.program.steps if t.kind in UNMET}
    for one in declines(problem, standing):
        before = time.perf_counter()
        answer = planner.mend(standing, one)
        tally.times.append((time.perf_counter() - before) * 1000)
        tally.answers.append(answer)
        met = {(rotation, key) for rotation, key in answer.moved if key not in words}
        tally.alone += met == {(one.rotation, one.step)}
        tally.touched += len({rotation for rotation, _ in met} - {one.rotation})
    return tally


def gone(problem: PlanningProblem, plan: Plan) -> Tally:
    tally = Tally()
    visited = sorted({a.host for a in plan.assignments})
    for team in random.Random(1).sample(visited, min(TEAMS, len(visited))):
        nobodys = tuple((c.rotation, team) for c in problem.candidates)
        left = problem.model_copy(update={"forbidden": nobodys})
        lost = visitors(problem, plan, team)
        standing = planner.Standing(left, plan)
        best = at_most(left, plan, standing, lost)
        before = time.perf_counter()
        answers = planner.mend_all(standing, lost)
        tally.times.append((time.perf_counter() - before) * 1000)
        tally.answers += answers
        words = {t.key for t in problem.program.steps if t.kind in UNMET}
        orphans = {one.rotation for one in lost}
        moved = {(r, key) for answer in answers for r, key in answer.moved if key not in words}
        tally.touched += len({rotation for rotation, _ in moved} - orphans)
        tally.alone += sum(met_the_team(plan, answer) for answer in answers)
        if lost:
            tally.values.append((added(left, standing.plan(), orphans), best))
    return tally


def visitors(problem: PlanningProblem, plan: Plan, team: str) -> list[Disruption]:
    """Everybody whose visit to the team has not begun."""
    steps = plan.steps_by_rotation()
    found = []
    for one in plan.assignments:
        begun = [s for s in steps[one.rotation] if s.starts < problem.not_before]
        if one.host == team and not any(meets_the_host(s.kind, s.attendees) for s in begun):
            settled = tuple(s.key for s in begun)
            gone = {"cause": Cause.TEAM_DISSOLVED, "settled": settled, "stop": one.stop}
            found.append(Disruption(rotation=one.rotation, step=None, **gone))
    return found


def met_the_team(plan: Plan, answer: Mended) -> bool:
    """Whether only steps with the team changed, and words after them."""
    steps = {(s.rotation, s.key): s for s in plan.steps}
    met = [steps[name] for name in answer.moved if steps[name].kind not in UNMET]
    return answer.mended and all(meets_the_host(s.kind, s.attendees) for s in met)


def at_most(
    problem: PlanningProblem, plan: Plan, standing: planner.Standing, lost: Sequence[Disruption]
) -> int:
    """What the visitors of a team can add elsewhere at most: the best assignment of them all to teams.

    A team is open to somebody where there is time for it with as little moving as does, were all the
    others who lost theirs not there; each further one of them crowds a team more.
    """
    orphans = {one.rotation for one in lost}
    load = Counter(a.host for a in plan.assignments if a.rotation not in orphans)
    weights = problem.program.weights
    with ExitStack() as out:
        for rotation in orphans:
            steps = [s for s in standing.steps(rotation) if meets_the_host(s.kind, s.attendees)]
            out.enter_context(standing.without(rotation, steps))
        open_to = [list(open_teams(standing, one)) for one in lost]
    places = sorted({(team, n) for one in open_to for team, _ in one for n in range(len(lost))})
    costs = [
        [0 if alone == row else NEVER for alone in range(len(lost))] for row in range(len(lost))
    ]
    for (team, more), (row, fits) in product(places, enumerate(open_to)):
        crowd = load | Counter({team: load[team] + more})
        worth = [
            value(weights, fit.candidate, fit.route, crowd) for name, fit in fits if name == team
        ]
        costs[row].append(-max(worth) if worth else NEVER)
    return -least_cost(costs)


def open_teams(standing: planner.Standing, lost: Disruption) -> Iterator[tuple[str, Fit]]:
    """Yield the other teams for which there is time, only what broke moving; all that may where none is."""
    candidate, route = standing.candidate(lost.rotation), standing.route(lost.rotation)
    if candidate is None or route is None:
        return
    broken = Broken(standing, candidate, route, lost)
    for moving in (broken.rotation.with_words(broken.rotation.broken), broken.rotation.open):
        terms = broken.terms(frozenset(moving), everywhere=False)
        fits = [Fit(standing.diary, candidate, other, terms) for other in broken.routes()]
        found = [(fit.route[lost.stop - 1].team, fit) for fit in fits if fit.possible()]
        yield from found
        if found:
            return


def least_cost(costs: Sequence[Sequence[int]]) -> int:
    """Return what it costs at least to give every row a column of its own.

    One row after another takes the cheapest chain of exchanges (Bellman and Ford). Source: Kuhn, "The
    Hungarian method for the assignment problem", Naval Research Logistics Quarterly 2, 1955.
    """
    owner: dict[int, int] = {}
    for row in range(len(costs)):
        chain = _cheapest_chain(costs, owner, row)
        for column, taken_from in chain:
            if taken_from is None:
                owner[column] = row
            else:
                owner[column] = owner[taken_from]
    return sum(costs[row][column] for column, row in owner.items())


def _cheapest_chain(
    costs: Sequence[Sequence[int]], owner: dict[int, int], row: int
) -> list[tuple[int, int | None]]:
    """Columns from the free one back: each is taken over by the owner of the next, the last by the new row."""
    reach = dict(enumerate(costs[row]))
    through: dict[int, int | None] = dict.fromkeys(reach)
    for _ in owner:
        for column, mine in owner.items():
            away = reach[column] - costs[mine][column]
            for other, cost in enumerate(costs[mine]):
                if away + cost < reach[other]:
                    reach[other], through[other] = away + cost, column
    at: int | None = min((c for c in reach if c not in owner), key=reach.__getitem__)
    chain = []
    while at is not None:
        chain.append((at, through[at]))
        at = through[at]
    return chain


def added(problem: PlanningProblem, plan: Plan, some: Collection[str]) -> int:
    """What some rotations add to a plan by the teams they visit; when they do counts for nothing."""
    weights = problem.program.weights.model_copy(update={"early": 0})
    program = problem.program.model_copy(update={"weights": weights})
    timeless = problem.model_copy(update={"program": program})
    others = [s for s in plan.steps if s.rotation not in some]
    teams = plan.hosts()
    return objective(timeless, teams, plan.steps) - objective(timeless, teams, others)


def rows(participants: int, teams: int) -> Iterator[str]:
    problem = company(participants, teams)
    before = time.perf_counter()
    plan = planner.plan(problem)
    anew = (time.perf_counter() - before) * 1000
    problem = problem.model_copy(update={"not_before": problem.not_before + UNDER_WAY})
    before = time.perf_counter()
    standing = planner.Standing(problem, plan)
    built = (time.perf_counter() - before) * 1000
    planner.mend(standing, next(declines(problem, standing)))
    yield f"| {participants} x {teams} | declined | {declined(problem, plan).figures()} | {built:.0f} | {anew:.0f} | |"
    left = gone(problem, plan)
    reached, possible = (sum(one) for one in zip(*left.values, strict=True))
    at_best = sum(mine >= best for mine, best in left.values)
    worth = f"{reached / possible:.2%}, at it {at_best} of {len(left.values)}"
    yield f"| {participants} x {teams} | team gone | {left.figures()} | {built:.0f} | {anew:.0f} | {worth} |"


def main() -> None:
    """Print the table."""
    asked = [tuple(map(int, word.split(":"))) for word in sys.argv[1:]]
    print(HEAD)
    for participants, teams in asked or SIZES:
        for row in rows(participants, teams):
            print(row, flush=True)


if __name__ == "__main__":
    main()
