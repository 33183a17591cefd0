"""What the planner says about its own plan."""

import planner
from domain.review import Load
from tests.planning_problems import a_problem


def test_a_review_says_how_good_a_plan_is_and_where_else_everybody_could_go() -> None:
    problem = a_problem(participants=3, hosts=3)
    plan = planner.plan(problem)

    review = planner.review(problem, plan)

    assert sum(dict(review.parts).values()) == plan.objective <= review.bound
    assert review.alternatives == tuple(planner.alternatives(problem, plan))
    assert review == planner.review(problem, plan)


def test_the_team_with_most_visits_by_its_share_comes_first() -> None:
    problem = a_problem(participants=3, hosts=2)
    plan = planner.plan(problem)
    rotation = plan.assignments[0].rotation
    teams = tuple(host.team for host in problem.hosts)
    moved = tuple(
        a.model_copy(update={"host": teams[a.rotation == rotation]}) for a in plan.assignments
    )
    shares = dict(zip(teams, (9, 1), strict=True))
    hosts = (h.model_copy(update={"share": shares[h.team]}) for h in problem.hosts)
    crowded = problem.model_copy(update={"hosts": tuple(hosts)})

    loads = planner.review(crowded, plan.model_copy(update={"assignments": moved})).loads

    assert loads == (
        Load(team=teams[1], visits=1, share=1),
        Load(team=teams[0], visits=2, share=9),
    )


def test_a_plan_for_nobody_is_worth_nothing_and_visits_nobody() -> None:
    problem = a_problem(participants=0)

    review = planner.review(problem, planner.plan(problem))

    assert (review.bound, review.alternatives) == (0, ())
    assert {load.visits for load in review.loads} == {0}


def test_what_would_help_is_said_where_somebody_has_no_place() -> None:
    problem = a_problem(participants=2, hosts=2)
    pinned = problem.candidates[0].model_copy(update={"must_visit": ("H-99",)})
    hopeless = problem.model_copy(update={"candidates": (pinned, *problem.candidates[1:])})

    review = planner.review(hopeless, planner.plan(hopeless))

    assert review.remedy == planner.structure(hopeless).remedy != ""
    assert planner.review(problem, planner.plan(problem)).remedy == ""
