"""What is said before planning is certain, names the people and teams, and what would help helps."""

from datetime import timedelta

from hypothesis import event, given, settings

from domain.moments import whole_days
from domain.planning import PlanningProblem
from domain.program import AT_HOST, StepKind
from planner import plan, structure
from planner.relaxing import relaxations
from planner.watch import Watch
from tests.planning_problems import FIRST_DAY, a_problem
from tests.unit.planner.test_planner import day_off
from tests.unit.planner.test_varied_programs import problems
from tests.unit.planner.test_wider_problem import changed

BERLIN = "Europe/Berlin"
DAYS = {StepKind.SHADOWING_DAY}


def few_weeks(problem: PlanningProblem, weeks: int) -> PlanningProblem:
    """Teams are open in the first so many weeks only."""
    shut = whole_days((FIRST_DAY + timedelta(weeks=weeks), FIRST_DAY + timedelta(weeks=9)), BERLIN)
    hosts = tuple(host.model_copy(update={"closed": (shut,)}) for host in problem.hosts)
    steps = tuple(
        s.model_copy(update={"kind": StepKind.REFLECTION}) if s.kind in AT_HOST - DAYS else s
        for s in problem.program.steps
    )
    program = problem.program.model_copy(update={"steps": steps})
    return problem.model_copy(update={"hosts": hosts, "program": program})


@settings(max_examples=150)
@given(problem=problems())
def test_no_plan_places_anybody_who_was_said_to_have_no_place(problem: PlanningProblem) -> None:
    found, made = structure(problem), plan(problem)

    event(f"short: {found.short > 0}, unplaced: {bool(made.unplaced)}")
    assert found.short <= len(made.unplaced)
    assert bool(found.shortfalls) == (found.short > 0)


def test_where_everybody_fits_nothing_is_said() -> None:
    assert structure(a_problem(4, 2)).shortfalls == ()


def test_too_many_for_the_teams_are_named_with_what_the_teams_take() -> None:
    found = structure(few_weeks(a_problem(4, 1), 2))

    (crowd,) = found.shortfalls
    assert crowd.sentence == (
        "All 4 participants can begin with nobody but H-00, which takes 2 of them in the weeks in "
        "which they could come: 2 too many."
    )
    assert found.short == 2
    assert found.remedy == (
        "What would help most: H-00 takes one more visit a week (2 of them could then be placed)."
    )


def test_a_crowd_is_told_apart_from_those_who_go_elsewhere() -> None:
    problem = few_weeks(a_problem(5, 2), 1)
    pinned = tuple(
        c.model_copy(update={"must_visit": ("H-01",)}) if n < 3 else c
        for n, c in enumerate(problem.candidates)
    )
    roomy = problem.hosts[0].model_copy(update={"visits_per_week": 5})
    problem = problem.model_copy(update={"candidates": pinned, "hosts": (roomy, problem.hosts[1])})

    (crowd,) = structure(problem).shortfalls

    assert crowd.participants == tuple(c.participant for c in pinned[:3])
    assert crowd.sentence.startswith("P-0100, P-0101 and P-0102 can begin with nobody but H-01")


def test_who_cannot_be_placed_even_alone_is_told_why_and_what_would_help() -> None:
    always = tuple(day_off(n) for n in range(45))
    problem = a_problem(2, 1, absences={"P-0300": always})

    found = structure(problem)

    (both,) = found.shortfalls
    assert both.sentence == (
        "P-0100 and P-0101 can't be placed, even alone. Day: P-0300 (host-lead) is away on every "
        "possible day from 1 Dec to 23 Dec 2026."
    )
    assert found.remedy == ""


def test_a_quorum_that_is_too_high_is_what_would_help_most() -> None:
    problem = a_problem(2, 1)
    team = problem.hosts[0]
    always = {person: tuple(day_off(n) for n in range(45)) for person in team.frontline[:2]}
    problem = a_problem(2, 1, absences=always)

    found = structure(problem)

    assert found.short == 2
    assert "never 2 colleagues of H-00 are free together" in found.shortfalls[0].sentence
    assert found.remedy == (
        "What would help most: session needs one frontline colleague less "
        "(2 of them could then be placed)."
    )


def test_a_pin_that_shuts_the_only_door_is_what_would_help_most() -> None:
    problem = changed(a_problem(1, 1), candidate={"must_visit": ("H-09",)})

    assert structure(problem).remedy == (
        "What would help most: nobody has to visit a certain team (1 of them could then be placed)."
    )


def test_every_relaxation_changes_the_problem() -> None:
    problem = changed(
        a_problem(2, 2),
        candidate={"must_visit": ("H-00",), "sites": ("a",)},
        host={"closed": (day_off(3),), "needs_access": ("badge",)},
        program={"meets_customers": True, "required_lenses": ("finance",)},
    )

    eased = list(relaxations(problem))

    assert len({r.sentence for r in eased}) == len(eased) > 10
    assert all(r.problem != problem for r in eased)


def test_a_look_that_has_to_end_says_less_and_nothing_wrong() -> None:
    assert structure(few_weeks(a_problem(4, 1), 1), Watch(over=lambda: True)).short == 0
