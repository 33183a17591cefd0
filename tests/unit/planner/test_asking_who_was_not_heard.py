"""The next invites go to those for whom nobody has spoken yet, and nothing else of a plan changes."""

from datetime import timedelta
from itertools import zip_longest

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.people import Seat
from domain.planning import Plan, PlannedStep, PlanningProblem
from planner import plan, violations
from planner.calendars import Calendars
from planner.diary import Diary
from tests.planning_problems import a_problem, somebody


def a_desk(shifts: str = "", heard: tuple[str, ...] = ()) -> PlanningProblem:
    """One visit to a team of six colleagues, of whom three are asked; each one's shift is a letter."""
    problem = a_problem(1, 2)
    desk = problem.hosts[1]
    colleagues = tuple(f"P-0401{n}" for n in range(6))
    team = desk.model_copy(update={"frontline": colleagues})
    others = tuple(one for one in problem.people if one.person not in colleagues)
    known = tuple(
        somebody(ref, voices=(f"shift:{shift}",) if shift else ())
        for ref, shift in zip_longest(colleagues, shifts, fillvalue="")
    )
    changes = {"hosts": (team,), "people": (*others, *known), "heard": heard}
    return problem.model_copy(update=changes)


def asked(found: Plan) -> set[str]:
    (session,) = (step for step in found.steps if step.key == "session")
    return {a.person[-1] for a in session.attendees if a.seat is Seat.FRONTLINE}


SHIFTS = "ddddnl"
"""Four on days, one at night, one late."""


def test_first_f7_the_next_invites_raise_coverage() -> None:
    without, with_facts = plan(a_desk()), plan(a_desk(SHIFTS))

    assert asked(without) == {"0", "1", "2"}
    assert asked(with_facts) == {"0", "4", "5"}
    assert violations(a_desk(SHIFTS), with_facts) == ()


def test_first_f7_who_was_heard_this_quarter_already_waits() -> None:
    found = plan(a_desk(SHIFTS, heard=("shift:d", "shift:l")))

    assert asked(found) == {"0", "1", "4"}


def test_first_f7_once_everybody_is_heard_the_order_is_what_it_was() -> None:
    heard = ("shift:d", "shift:l", "shift:n")

    assert asked(plan(a_desk(SHIFTS, heard=heard))) == {"0", "1", "2"}


def heard_after(problem: PlanningProblem, step: PlannedStep) -> set[str]:
    diary = Diary(Calendars(problem.model_copy(update={"kept": (step,)})))
    return diary.heard()


def test_first_f7_who_said_no_to_a_step_that_stays_is_not_expected_to_speak() -> None:
    problem = a_desk(SHIFTS)
    (session,) = (step for step in plan(problem).steps if step.key == "session")
    no = (("P-04014", session.starts), ("P-04015", session.starts - timedelta(days=1)))

    assert heard_after(problem, session) == {"shift:d", "shift:l", "shift:n"}
    refused = problem.model_copy(update={"said_no": no})
    assert heard_after(refused, session) == {"shift:d", "shift:l"}


def test_first_f7_of_what_has_begun_only_those_count_who_are_known_to_have_been_heard() -> None:
    problem = a_desk(SHIFTS)
    (session,) = (step for step in plan(problem).steps if step.key == "session")

    begun = problem.model_copy(update={"not_before": session.starts, "heard": ("shift:n",)})
    assert heard_after(begun, session) == {"shift:n"}


@settings(max_examples=15)
@given(st.text("dnl", min_size=6, max_size=6))
def test_first_f7_times_and_teams_stay_whoever_is_asked(shifts: str) -> None:
    before, after = plan(a_desk()), plan(a_desk(shifts))

    assert before.assignments == after.assignments
    assert [(s.key, s.starts) for s in before.steps] == [(s.key, s.starts) for s in after.steps]
    covered = {shifts[int(one)] for one in asked(after)}
    assert len(covered) == min(3, len(set(shifts)))
