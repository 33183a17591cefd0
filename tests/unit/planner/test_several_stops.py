"""Plans of rotations that visit several teams."""

from datetime import timedelta

from domain.people import Seat
from domain.planning import Cause, Disruption, GoalWish, PlanningProblem
from domain.program import Attendance, StepKind
from planner import plan, repair, violations
from tests.planning_problems import a_problem, template

OF_THE_SECOND = {"second-day", "second-session"}


def two_stops(participants: int = 1, hosts: int = 3) -> PlanningProblem:
    """The default program, then a day and a session with another team."""
    problem = a_problem(participants, hosts)
    talk, day, session, thanks = problem.program.steps
    met = Attendance(required=(Seat.PARTICIPANT,), frontline_quorum=2)
    second = (
        template(
            "second-day",
            StepKind.SHADOWING_DAY,
            6,
            "session",
            stop=2,
            attendance=day.attendance,
            starts_at="09:00",
            over_meetings=True,
        ),
        template(
            "second-session", StepKind.LISTENING_SESSION, 1, "second-day", stop=2, attendance=met
        ),
    )
    steps = (talk, day, session, *second, thanks.model_copy(update={"stop": 2}))
    return problem.model_copy(
        update={"program": problem.program.model_copy(update={"steps": steps})}
    )


def broken(cause: Cause, stop: int, **facts: object) -> Disruption:
    return Disruption.model_validate(
        {"rotation": "abcdefga", "step": None, "cause": cause, "stop": stop} | facts
    )


def test_each_stop_is_with_another_team_and_together_they_cover_the_goals() -> None:
    problem = two_stops()

    found = plan(problem)

    assert violations(problem, found) == ()
    (hosts,) = found.hosts().values()
    assert set(hosts) in ({"H-00", "H-01"}, {"H-01", "H-02"})
    assert {s.stop for s in found.steps if s.key in OF_THE_SECOND} == {2}


def test_a_goal_counts_once_however_many_teams_cover_it() -> None:
    problem = two_stops(1, 3)
    goals = (GoalWish(lens="customer", weight=3), GoalWish(lens="finance", weight=1))
    hosts = tuple(
        host.model_copy(update={"lenses": ("customer",), "customer_facing": True})
        for host in problem.hosts[:2]
    )
    finance = problem.hosts[2].model_copy(update={"lenses": ("finance",)})
    candidate = problem.candidates[0].model_copy(update={"goals": goals})
    changes = {"hosts": (*hosts, finance), "candidates": (candidate,)}

    found = plan(problem.model_copy(update=changes))

    assert "H-02" in found.hosts_of("abcdefga")


def test_one_team_is_too_few_for_two_stops_and_everybody_is_told() -> None:
    found = plan(two_stops(1, 1))

    assert found.assignments == ()
    (nobody,) = found.unplaced
    assert nobody.reason == "A rotation visits 2 host teams, and 1 is open to this participant."


def test_teams_that_share_somebody_are_not_combined() -> None:
    problem = two_stops(1, 2)
    shared = problem.hosts[1].model_copy(update={"lead": problem.hosts[0].lead})
    problem = problem.model_copy(update={"hosts": (problem.hosts[0], shared)})

    assert plan(problem).assignments == ()


def test_a_second_team_that_refuses_is_replaced_and_the_first_stop_stays() -> None:
    problem = two_stops()
    before = plan(problem)
    first, second = before.hosts_of("abcdefga")
    refused = problem.model_copy(update={"forbidden": (("abcdefga", second),)})

    found = repair(refused, before, broken(Cause.HOST_REFUSED, 2))

    assert found.plan is not None
    assert found.plan.hosts_of("abcdefga")[0] == first
    assert found.plan.hosts_of("abcdefga")[1] not in {first, second}
    assert {key for _, key in found.moved} <= OF_THE_SECOND | {"thanks"}
    assert violations(refused, found.plan) == ()
    stops = {a.stop: a.host for a in found.plan.assignments}
    assert tuple(stops.values()) == found.plan.hosts_of("abcdefga")


def test_after_the_first_visit_only_the_second_team_can_still_be_replaced() -> None:
    problem = two_stops()
    before = plan(problem)
    settled = ("talk", "day", "session")
    now = next(s.ends for s in before.steps if s.key == "session")
    problem = problem.model_copy(update={"not_before": now + timedelta(hours=1)})
    gone = [
        problem.model_copy(update={"forbidden": (("abcdefga", team),)})
        for team in before.hosts_of("abcdefga")
    ]

    first = repair(gone[0], before, broken(Cause.TEAM_DISSOLVED, 1, settled=settled))
    second = repair(gone[1], before, broken(Cause.TEAM_DISSOLVED, 2, settled=settled))

    assert first.plan in (None, before)
    assert second.plan is not None
    assert second.plan.hosts_of("abcdefga")[0] == before.hosts_of("abcdefga")[0]
    assert [s for s in second.plan.steps if s.key in settled] == [
        s for s in before.steps if s.key in settled
    ]


def test_a_decline_at_the_second_stop_moves_nothing_of_the_first() -> None:
    problem = two_stops()
    before = plan(problem)
    day = next(s for s in before.steps if s.key == "second-day")
    declined = broken(
        Cause.DECLINED, 1, step="second-day", person="P-0100", unavailable=day.interval
    )

    found = repair(problem, before, declined)

    assert found.plan is not None
    assert {key for _, key in found.moved} <= OF_THE_SECOND | {"thanks"}
    assert found.plan.hosts() == before.hosts()
