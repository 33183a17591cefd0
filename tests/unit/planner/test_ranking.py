"""The ranking never says too little: what it leaves out can't be visited, and no visit is worth more."""

from hypothesis import given, settings

from domain.planning import PlanningProblem
from planner.calendars import Calendars
from planner.diary import Diary
from planner.fitting import Fit
from planner.placing import place
from planner.ranking import Ranking
from planner.routes import Choices
from planner.worth import value, worth
from tests.planning_problems import a_problem
from tests.unit.planner.test_varied_programs import problems


@settings(max_examples=60)
@given(problem=problems())
def test_no_visit_is_worth_more_than_its_rank_while_others_are_placed(
    problem: PlanningProblem,
) -> None:
    diary, choices = Diary(Calendars(problem)), Choices(problem)
    ranking, load = Ranking(diary, choices), dict.fromkeys((h.team for h in problem.hosts), 0)
    for candidate in problem.candidates:
        promised = {tuple(h.team for h in route): most for route, most in ranking.routes(candidate)}
        chosen = None
        for route in choices.ranked(candidate):
            teams = tuple(host.team for host in route)
            steps = place(Fit(diary, candidate, route, diary.as_kept(candidate.rotation)))
            if steps:
                assert worth(problem, candidate, route, load, steps) <= promised[teams]
                chosen = teams, steps
        assert list(promised.values()) == sorted(promised.values(), reverse=True)
        if chosen:
            teams, steps = chosen
            diary.book(steps, teams)
            ranking.visit(teams, 1)
            load |= {team: load[team] + 1 for team in teams}


def test_a_team_is_crowded_only_beyond_its_fair_share() -> None:
    problem = a_problem(1, 1)
    candidate, host = problem.candidates[0], problem.hosts[0].model_copy(update={"share": 3})
    weights = problem.program.weights
    alone = value(weights, candidate, (host,), {})

    less = [alone - value(weights, candidate, (host,), {host.team: n}) for n in range(6)]

    assert less == [0, 0, 0, weights.fair_load, 2 * weights.fair_load, 3 * weights.fair_load]
