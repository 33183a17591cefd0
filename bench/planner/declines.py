"""One person declines one step: the repair beside the exact least disturbance."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

import planner
from bench.company import objective_of, problem
from bench.peers.disturbance import Disturbed, least_disturbance
from bench.planner.page import table, verdict
from bench.planner.timing import percentile, timed
from domain.planning import Cause, Disruption, Plan, PlanningProblem

SIZE, CASES = (100, 20), 300
WHOLE = 5
"""Cases that the model of the whole cohort answers as well; each takes it many seconds."""

LARGER = {(1000, 100): 300, (5000, 300): 300}
"""Cases of larger cohorts, timed alone: no exact model answers them in reasonable time."""

ALONE = 10
"""Declines that are also answered by a planner that sets everything up for that one."""


@dataclass(frozen=True)
class _Case:
    ours: float
    alone: float
    whole: float | None
    repaired: Disturbed | None
    exact: Disturbed | None
    broken: int

    @property
    def same(self) -> bool:
        return _changes(self.repaired) == _changes(self.exact)

    @property
    def worth_less(self) -> int:
        if self.repaired is None or self.exact is None:
            return 0
        return self.exact.worth - self.repaired.worth


def report(sizes: list[tuple[int, int]]) -> str:
    """Return what 300 declines gave, and how long repairs of larger cohorts take."""
    found = list(_cases(*(sizes[0] if sizes else SIZE), CASES))
    size = " x ".join(map(str, sizes[0] if sizes else SIZE))
    same = [case for case in found if case.same]
    answered = [case for case in found if case.exact]
    whole = [case for case in found if case.whole is not None]
    head = (
        size,
        "cases",
        "same disturbance",
        "worth the same",
        "others touched",
        "broken rules",
        "no answer",
    )
    ours = (
        "repair beside the exact model",
        len(found),
        len(same),
        sum(case.worth_less == 0 for case in same),
        sum(case.repaired.others for case in found if case.repaired),
        sum(case.broken for case in found),
        f"{sum(case.repaired is None for case in found)} (exact: {len(found) - len(answered)})",
    )
    taken = [case.ours for case in found]
    times = [
        ("repair", *_spread(taken), "1"),
        ("exact model of the whole cohort", *_against([c.whole or 0.0 for c in whole], taken)),
        ("exact model of the one rotation", *_against([c.alone for c in found], taken)),
    ]
    ratio = median(c.whole or 0.0 for c in whole) / median(taken)
    share = len(same) / len(found)
    return "\n\n".join(
        [
            table(head, [ours]),
            table(("one decline", "median, ms", "95 of 100, ms", "most, ms", "times"), times),
            _larger() if not sizes else "",
            "\n".join(
                [
                    verdict(
                        "the exact minimal disturbance in at least 99 % of 300 cases.",
                        f"{share:.1%}",
                        share >= 0.99,
                    ),
                    verdict(
                        "1,000 times faster than the exact model.",
                        f"{ratio:,.0f} times",
                        ratio >= 1000,
                    ),
                ]
            ),
        ]
    )


def _cases(participants: int, teams: int, count: int) -> Iterator[_Case]:
    cohort = problem(participants, teams)
    plan = planner.plan(cohort)
    for number, declined in enumerate(_declines(plan, count)):
        absent = _with_absence(cohort, plan, declined)
        ours = _in_a_standing_plan(cohort, plan, declined)
        repair = planner.repair(cohort, plan, declined)
        alone, exact = timed(least_disturbance, absent, plan, declined.rotation, frozen=True)
        whole = None
        if exact is None or number < WHOLE:
            whole, exact = timed(least_disturbance, absent, plan, declined.rotation)
        broken = len(planner.violations(absent, repair.plan)) if repair.plan else 0
        repaired = _disturbed(cohort, plan, repair.plan, declined.rotation)
        yield _Case(ours, alone, whole, repaired, exact, broken)


def _in_a_standing_plan(cohort: PlanningProblem, plan: Plan, declined: Disruption) -> float:
    """Seconds that one decline takes where the plan has been set up, as for many in a row."""
    standing = planner.Standing(cohort, plan)
    return timed(planner.mend, standing, declined)[0]


def _declines(plan: Plan, count: int) -> Iterator[Disruption]:
    chance = random.Random(1)
    for _ in range(count):
        step = chance.choice(plan.steps)
        yield Disruption(
            rotation=step.rotation,
            step=step.key,
            cause=Cause.DECLINED,
            person=chance.choice(step.attendees).person,
        )


def _with_absence(cohort: PlanningProblem, plan: Plan, declined: Disruption) -> PlanningProblem:
    """Who declines a step can't come then."""
    step = next(s for s in plan.steps_of(declined.rotation) if s.key == declined.step)
    people = tuple(
        who.model_copy(update={"absences": (*who.absences, step.interval)})
        if who.person == declined.person
        else who
        for who in cohort.people
    )
    return cohort.model_copy(update={"people": people})


def _disturbed(
    cohort: PlanningProblem, plan: Plan, repaired: Plan | None, rotation: str
) -> Disturbed | None:
    """What a repair changed, and what the rotation is worth beside the others."""
    if repaired is None:
        return None
    before, after = plan.steps_by_rotation(), repaired.steps_by_rotation()
    others = [name for name in before if name != rotation and before[name] != after.get(name)]
    rest = _without(repaired, rotation)
    return Disturbed(
        others=len(others),
        team=plan.hosts_of(rotation) != repaired.hosts_of(rotation),
        own=len(set(after[rotation]) - set(before[rotation])),
        worth=objective_of(cohort, repaired) - objective_of(cohort, rest),
        proven=False,
    )


def _without(plan: Plan, rotation: str) -> Plan:
    return Plan(
        assignments=tuple(a for a in plan.assignments if a.rotation != rotation),
        steps=tuple(s for s in plan.steps if s.rotation != rotation),
    )


def _changes(found: Disturbed | None) -> tuple[int, bool, int] | None:
    return None if found is None else (found.others, found.team, found.own)


def _larger() -> str:
    rows = []
    for (participants, teams), count in LARGER.items():
        cohort = problem(participants, teams)
        plan = planner.plan(cohort)
        declines = list(_declines(plan, count))
        alone = [timed(planner.repair, cohort, plan, declined)[0] for declined in declines[:ALONE]]
        standing = planner.Standing(cohort, plan)
        taken = [timed(planner.mend, standing, declined)[0] for declined in declines]
        size = f"{participants} x {teams}, {count} declines"
        rows.append((size, *_spread(taken), f"{median(alone) * 1e3:,.1f}"))
    head = ("one after the other", "median, ms", "95 of 100, ms", "most, ms", "set up for one, ms")
    return table(head, rows)


def _spread(taken: list[float]) -> tuple[str, str, str]:
    middle, late, most = (
        f"{t * 1e3:,.1f}" for t in (median(taken), percentile(taken, 0.95), max(taken))
    )
    return middle, late, most


def _against(taken: list[float], ours: list[float]) -> tuple[str, ...]:
    return (*_spread(taken), f"{median(taken) / median(ours):,.0f}")
