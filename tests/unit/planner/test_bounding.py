"""No plan is worth more than its bound, and whoever has the prices can add the bound up again."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.planning import GoalWish, PlanningProblem
from domain.program import Weights
from planner import plan
from planner.bounding import certify
from planner.market import THOUSAND
from planner.worth import value
from tests.planning_problems import a_problem
from tests.unit.planner.certificates import added_up
from tests.unit.planner.test_varied_programs import problems

LENSES = ("customer", "finance", "operational", "engineering")


@st.composite
def wishes(draw: st.DrawFn) -> PlanningProblem:
    """Any goals and any weights, at one or two stops, of an otherwise plain problem."""
    problem = a_problem(draw(st.integers(1, 4)), draw(st.integers(1, 4)))
    goal = st.builds(
        GoalWish,
        lens=st.sampled_from(LENSES),
        weight=st.integers(0, 5),
        wished_team=st.sampled_from([None, *(h.team for h in problem.hosts)]),
    )
    weight = st.sampled_from([0, 1, 4, 10])
    weights = draw(
        st.builds(
            Weights,
            goal_lens=weight,
            wished_team=weight,
            customer_facing=weight,
            fair_load=weight,
            early=weight,
        )
    )
    candidates = tuple(
        one.model_copy(update={"goals": tuple(draw(st.lists(goal, max_size=4)))})
        for one in problem.candidates
    )
    hosts = tuple(
        host.model_copy(update={"visits_per_week": draw(st.integers(0, 3))})
        for host in problem.hosts
    )
    program = problem.program.model_copy(update={"weights": weights})
    changes = {"candidates": candidates, "hosts": hosts, "program": program}
    return problem.model_copy(update=changes)


@settings(max_examples=80)
@given(problem=st.one_of(problems(), wishes()))
def test_no_plan_is_worth_more_than_the_bound_which_a_stranger_adds_up_again(
    problem: PlanningProblem,
) -> None:
    found = plan(problem)
    proof = certify(problem, found, rounds=20)

    assert found.objective <= proof.bound
    assert added_up(problem, proof) // THOUSAND == proof.bound


@settings(max_examples=40)
@given(problem=wishes())
def test_no_choice_of_teams_at_all_is_worth_more(problem: PlanningProblem) -> None:
    """Every way to send everybody somewhere, calendars aside, each ending as early as could be."""
    proof = certify(problem, rounds=20)
    teams = {host.team: host for host in problem.hosts}
    further = dict(proof.gains)
    best = 0
    for choice in product([None, *teams], repeat=len(problem.candidates)):
        load: dict[str, int] = {}
        total = 0
        for candidate, team in zip(problem.candidates, choice, strict=True):
            if team:
                total += THOUSAND * value(problem.program.weights, candidate, (teams[team],), {})
                total += (
                    further[team][load.get(team, 0)]
                    if load.get(team, 0) < len(further[team])
                    else -(10**9)
                )
                load[team] = load.get(team, 0) + 1
        best = max(best, total)

    assert best // THOUSAND <= proof.bound


@pytest.mark.parametrize("participants", [4, 8])
def test_prices_bring_the_bound_near_the_best_plan(participants: int) -> None:
    problem = a_problem(participants, 4)
    found = plan(problem)

    free = certify(problem, found, rounds=1)
    priced = certify(problem, found)

    assert priced.bound < free.bound
    assert found.objective >= 0.8 * priced.bound
