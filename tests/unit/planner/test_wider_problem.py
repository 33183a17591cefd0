"""What a program and its people may ask beside goals: pins, sites, access, weeks, lenses, customers, shifts."""

from datetime import time, timedelta

import pytest

from domain.moments import Interval, WorkingHours, week_number, whole_days, zone_of
from domain.people import Seat
from domain.planning import Plan, PlannedStep, PlanningProblem
from domain.program import StepKind, StepTemplate
from planner import plan, violations
from tests.planning_problems import FIRST_DAY, a_problem

BERLIN = "Europe/Berlin"


def changed(
    problem: PlanningProblem,
    *,
    candidate: dict[str, object] | None = None,
    host: dict[str, object] | None = None,
    program: dict[str, object] | None = None,
) -> PlanningProblem:
    """Return the problem with the first candidate, the first host or the program changed."""
    first, *others = problem.candidates
    team, *teams = problem.hosts or (None,)
    hosts = (team.model_copy(update=host or {}), *teams) if team else ()
    changes = {
        "candidates": (first.model_copy(update=candidate or {}), *others),
        "hosts": hosts,
        "program": problem.program.model_copy(update=program or {}),
    }
    return problem.model_copy(update=changes)


def planned(problem: PlanningProblem) -> Plan:
    found = plan(problem)
    assert violations(problem, found) == ()
    return found


def rules(problem: PlanningProblem, found: Plan) -> set[str]:
    return {one.rule for one in violations(problem, found)}


def teams(found: Plan) -> list[str]:
    return [assignment.host for assignment in found.assignments]


def first_visit(found: Plan) -> PlannedStep:
    return next(s for s in found.steps if s.kind is StepKind.SHADOWING_DAY)


def week(number: int) -> Interval:
    monday = FIRST_DAY + timedelta(weeks=number)
    return whole_days((monday, monday + timedelta(days=6)), BERLIN)


def test_a_pinned_team_is_visited_though_another_would_be_worth_more() -> None:
    free = a_problem(1, 2)
    pinned = changed(free, candidate={"must_visit": ("H-00",)})

    assert teams(planned(free)) == ["H-01"]
    assert teams(planned(pinned)) == ["H-00"]
    assert rules(pinned, plan(free)) == {"pinned"}


def test_a_pin_on_a_team_that_is_not_there_is_said() -> None:
    found = planned(changed(a_problem(1, 1), candidate={"must_visit": ("H-09",)}))

    assert found.unplaced[0].reason == (
        "No host team is open to this participant: 1 not among those they must visit."
    )


def test_only_teams_at_sites_within_reach_are_visited() -> None:
    problem = a_problem(1, 2)
    near, far = (h.model_copy(update={"site": s}) for h, s in zip(problem.hosts, "ab", strict=True))
    problem = problem.model_copy(update={"hosts": (near, far)})
    local = changed(problem, candidate={"sites": ("a",)})

    assert teams(planned(problem)) == ["H-01"]
    assert teams(planned(local)) == ["H-00"]
    assert rules(local, plan(problem)) == {"site"}


def test_a_team_that_needs_a_badge_is_for_those_who_have_one() -> None:
    problem = changed(a_problem(1, 1), host={"needs_access": ("badge",)})
    cleared = changed(problem, candidate={"access": ("badge", "keys")})

    assert planned(problem).unplaced[0].reason == (
        "No host team is open to this participant: 1 needing access they don't have."
    )
    assert teams(planned(cleared)) == ["H-00"]
    assert rules(problem, plan(cleared)) == {"access"}


def test_the_first_visit_lies_in_the_weeks_asked_for() -> None:
    free = a_problem(1, 1)
    asked = changed(free, candidate={"visits_in": (week(1),)})

    starts = first_visit(planned(asked)).starts

    assert week(1).starts <= starts < week(1).ends
    assert rules(asked, plan(free)) == {"asked"}


def test_weeks_that_cannot_be_are_said() -> None:
    found = planned(changed(a_problem(1, 1), candidate={"visits_in": (week(5),)}))

    assert found.unplaced[0].reason == "day: it is to be on days on which it can't be."


def test_a_lens_that_every_rotation_needs_decides_where_somebody_goes() -> None:
    problem = changed(a_problem(1, 2), program={"required_lenses": ("finance",)})

    assert teams(planned(problem)) == ["H-00"]
    assert rules(problem, plan(a_problem(1, 2))) == {"lens"}


def test_where_customers_are_a_rule_nobody_goes_without() -> None:
    wish = a_problem(1, 1)
    rule = changed(wish, program={"meets_customers": True})

    assert teams(planned(wish)) == ["H-00"]
    assert planned(rule).unplaced[0].reason == (
        "No host team is open to this participant: 1 without what every rotation has to meet."
    )
    assert rules(rule, plan(wish)) == {"customers"}


def test_an_exposure_clock_that_ran_out_draws_somebody_to_customers() -> None:
    problem = changed(a_problem(1, 2), candidate={"goals": ()})
    liked = problem.hosts[0].model_copy(update={"customer_facing": False})
    weights = problem.program.weights.model_copy(update={"customer_facing": 0})
    goals = (
        problem.candidates[0].model_copy(update={"goals": a_problem(1).candidates[0].goals[1:]}),
    )
    problem = changed(problem, program={"weights": weights}).model_copy(
        update={"hosts": (liked, problem.hosts[1]), "candidates": goals}
    )

    assert teams(planned(problem)) == ["H-00"]
    assert teams(planned(changed(problem, candidate={"unexposed": 20}))) == ["H-01"]


@pytest.mark.parametrize(("a_day", "placed"), [(1, 1), (2, 2)])
def test_a_team_takes_so_many_visitors_a_day(a_day: int, placed: int) -> None:
    problem = changed(
        a_problem(2, 1),
        host={"visits_per_week": 2, "visits_per_day": a_day},
        program={"steps": tuple(map(_without_lead, a_problem().program.steps))},
    )
    day = whole_days((FIRST_DAY + timedelta(days=2),) * 2, BERLIN)
    candidates = (one.model_copy(update={"visits_in": (day,)}) for one in problem.candidates)
    problem = problem.model_copy(update={"candidates": tuple(candidates)})

    found = planned(problem)

    assert len(found.assignments) == placed
    if placed == 2:
        assert rules(changed(problem, host={"visits_per_day": 1}), found) == {"capacity"}


def _without_lead(step: StepTemplate) -> StepTemplate:
    return step.model_copy(
        update={"attendance": step.attendance.model_copy(update={"required": (Seat.PARTICIPANT,)})}
    )


@pytest.mark.parametrize("first", [0, 1])
def test_colleagues_of_a_late_shift_are_met_in_their_late_week_only(first: int) -> None:
    """They work from two to ten in every second week, and not at all in the others."""
    late = week_number(FIRST_DAY) + first
    shift = tuple(
        WorkingHours(weekday=d, starts=time(14), ends=time(22), weeks=2, week=late % 2)
        for d in range(5)
    )
    problem = a_problem(1, 1)
    team = problem.hosts[0]
    people = tuple(
        one.model_copy(update={"hours": shift}) if one.person in team.frontline else one
        for one in problem.people
    )

    found = planned(problem.model_copy(update={"people": people}))
    session = next(s for s in found.steps if s.kind is StepKind.LISTENING_SESSION)
    local = session.starts.astimezone(zone_of(BERLIN))

    assert local.hour in range(14, 17)
    assert week_number(local.date()) % 2 == late % 2


def test_two_stops_hold_a_pin_and_a_required_lens_together() -> None:
    problem = a_problem(1, 4)
    again = tuple(
        step.model_copy(
            update={
                "key": f"{step.key}-2",
                "stop": 2,
                "window": step.window.model_copy(
                    update={"after": f"{step.window.after}-2" if step.window.after else "thanks"}
                ),
            }
        )
        for step in problem.program.steps[1:]
    )
    first = again[0].model_copy(
        update={"window": again[0].window.model_copy(update={"after": "session"})}
    )
    steps = (*problem.program.steps, first, *again[1:])
    wanted = {"steps": steps, "weeks": 8, "required_lenses": ("finance",)}
    problem = changed(problem, candidate={"must_visit": ("H-03",)}, program=wanted)

    found = planned(problem)

    assert "H-03" in teams(found)
    assert {"H-00", "H-02"} & set(teams(found))
