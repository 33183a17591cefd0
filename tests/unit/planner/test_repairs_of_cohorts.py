"""Repairs that concern more than one rotation: newcomers, teams that take less or are gone, room made by another."""

from datetime import UTC, date, datetime, time, timedelta

from domain.moments import Interval, whole_day
from domain.planning import Cause, Disruption, Limit, Plan, PlanningProblem, Staying
from planner import Standing, mend, mend_all, plan, repair, surplus, violations
from planner.worth import objective
from tests.disturbance import absent
from tests.planning_problems import FIRST_DAY, a_problem

MIDNIGHT = datetime.combine(FIRST_DAY, time(), tzinfo=UTC)
NEWCOMER = Disruption(rotation="abcdefgc", step=None, cause=Cause.NEW_PARTICIPANT)


def days_off(*offsets: int) -> tuple[Interval, ...]:
    return tuple(whole_day(FIRST_DAY + timedelta(days=n), "Europe/Berlin") for n in offsets)


def without_the_last(problem: PlanningProblem) -> Plan:
    return plan(problem.model_copy(update={"candidates": problem.candidates[:-1]}))


def weeks(problem: PlanningProblem, number: int) -> PlanningProblem:
    program = problem.program.model_copy(update={"weeks": number})
    return problem.model_copy(update={"program": program})


def shadowing_days(found: Plan) -> dict[str, date]:
    return {s.rotation: s.starts.date() for s in found.steps if s.key == "day"}


def test_a_newcomer_is_placed_and_nobody_else_moves() -> None:
    problem = a_problem(3, 2)
    before = without_the_last(problem)

    found = repair(problem, before, NEWCOMER)

    assert found.plan is not None
    assert found.moved == ()
    assert found.reason.endswith("nobody else's steps move.")
    assert violations(problem, found.plan) == ()
    assert [s for s in found.plan.steps if s.rotation != "abcdefgc"] == list(before.steps)
    assert found.plan.objective == objective(problem, found.plan.hosts(), found.plan.steps)


def only_the_first_week_is_left(told: bool) -> tuple[PlanningProblem, Plan]:
    """One team, one visit a week; the newcomer can come in the first week, which somebody has."""
    busy_later = days_off(*range(7, 14))
    problem = weeks(a_problem(2, 1, absences={"P-0101": busy_later}), 2)
    new = problem.candidates[1].model_copy(update={"rotation": "abcdefgc"})
    problem = problem.model_copy(update={"candidates": (problem.candidates[0], new)})
    before = without_the_last(problem)
    assert shadowing_days(before)["abcdefga"] < FIRST_DAY + timedelta(days=7)
    now = MIDNIGHT - timedelta(hours=1) if told else MIDNIGHT - timedelta(weeks=8)
    return problem.model_copy(update={"not_before": now}), before


def test_room_is_made_by_one_other_of_whose_steps_nobody_was_told() -> None:
    problem, before = only_the_first_week_is_left(told=False)

    found = repair(problem, before, NEWCOMER)

    assert found.plan is not None
    assert {rotation for rotation, _ in found.moved} == {"abcdefga"}
    assert "of P-0100" in found.reason
    assert "nobody was told yet" in found.reason
    assert violations(problem, found.plan) == ()
    assert found.plan.hosts_of("abcdefga") == before.hosts_of("abcdefga")


def test_nobody_who_was_told_makes_room_and_the_newcomer_is_told_why() -> None:
    problem, before = only_the_first_week_is_left(told=True)
    standing = Standing(problem, before)

    found = mend(standing, NEWCOMER)

    assert not found.mended
    assert found.reason.startswith("day: ")
    (unplaced,) = standing.plan().unplaced
    assert (unplaced.rotation, unplaced.reason) == ("abcdefgc", found.reason)
    assert standing.plan().steps == before.steps


def limited(problem: PlanningProblem, team: str, visits: int, since: date) -> PlanningProblem:
    limit = Limit(since=since, visits_per_week=visits)
    hosts = tuple(
        h.model_copy(update={"limits": (limit,)}) if h.team == team else h for h in problem.hosts
    )
    return problem.model_copy(update={"hosts": hosts})


def three_visits_of_one_week() -> tuple[PlanningProblem, Plan]:
    problem = a_problem(3, 1)
    host = problem.hosts[0].model_copy(update={"visits_per_week": 3})
    problem = problem.model_copy(update={"hosts": (host,)})
    before = plan(problem)
    assert len({day.isocalendar().week for day in shadowing_days(before).values()}) == 1
    return problem, before


def test_of_visits_beyond_what_a_team_takes_the_accepted_and_the_soonest_stay() -> None:
    problem, before = three_visits_of_one_week()
    cut = limited(problem, "H-00", 2, FIRST_DAY)
    soonest, second, last = sorted(shadowing_days(before), key=shadowing_days(before).__getitem__)

    latest_moves = surplus(cut, before)
    accepted_stays = surplus(cut, before, [(last, "day")])

    assert [d.rotation for d in latest_moves] == [last]
    assert [d.rotation for d in accepted_stays] == [second]
    pinned = [s for s in before.steps if s.rotation in {second, last} and s.key == "day"]
    kept = surplus(cut.model_copy(update={"kept": tuple(pinned)}), before)
    assert [d.rotation for d in kept] == [soonest]


def test_a_capacity_cut_moves_the_surplus_and_nothing_before_it_begins() -> None:
    problem, before = three_visits_of_one_week()
    cut = limited(problem, "H-00", 1, FIRST_DAY)
    standing = Standing(cut, before)

    answers = mend_all(standing, surplus(cut, before))

    assert [a.mended for a in answers] == [True, True]
    assert all("day" in {key for _, key in a.moved} for a in answers)
    assert answers[0].reason.startswith("Capacity cut: changed day, session")
    assert violations(cut, standing.plan()) == ()
    assert surplus(cut, standing.plan()) == ()
    assert surplus(limited(problem, "H-00", 0, FIRST_DAY + timedelta(weeks=3)), before) == ()


def test_visitors_of_a_team_that_is_gone_are_placed_beside_each_other() -> None:
    """First come, first served would give one the only week in which another can come."""
    problem = weeks(a_problem(2, 2, absences={"P-0101": days_off(*range(7, 21))}), 3)
    hosts = [h.model_copy(update={"visits_per_week": 2}) for h in problem.hosts[:1]]
    both = problem.model_copy(update={"hosts": tuple(hosts)})
    before = plan(both)
    left = problem.hosts[1].model_copy(update={"visits_per_week": 1})
    gone = problem.model_copy(
        update={
            "hosts": (*hosts, left),
            "forbidden": tuple((c.rotation, "H-00") for c in problem.candidates),
        }
    )
    lost = [
        Disruption(rotation=c.rotation, step=None, cause=Cause.TEAM_DISSOLVED)
        for c in problem.candidates
    ]
    standing = Standing(gone, before)

    answers = mend_all(standing, lost)

    assert [a.mended for a in answers] == [True, True], [a.reason for a in answers]
    assert violations(gone, standing.plan()) == ()
    assert set(standing.plan().hosts().values()) == {("H-01",)}
    moved = {rotation for a in answers for rotation, _ in a.moved}
    assert moved == {"abcdefga", "abcdefgb"}


def declined(step: str, **facts: object) -> Disruption:
    told = {"rotation": "abcdefga", "step": step, "cause": Cause.DECLINED, "person": "P-0100"}
    return Disruption.model_validate(told | facts)


def test_what_stayed_is_named_with_the_reason() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    day = next(s for s in before.steps if s.key == "day")
    pinned = problem.model_copy(update={"kept": (day,)})

    kept = repair(pinned, before, declined("session", settled=("talk",)))
    accepted = repair(problem, before, declined("session", accepted=("day",)))

    assert kept.stayed == (("talk", Staying.SETTLED), ("day", Staying.KEPT))
    assert accepted.stayed == (("talk", Staying.FITS), ("day", Staying.ACCEPTED))
    assert kept.reason == (
        "Declined by P-0100: changed session, thanks; 2 steps stayed (1 kept, 1 over)."
    )


def test_an_accepted_step_that_has_to_move_is_named() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    day, session = (next(s for s in before.steps if s.key == key) for key in ("day", "session"))
    assert day.starts.date() == session.starts.date()

    found = repair(problem, before, declined("day", accepted=("session",)))

    assert {key for _, key in found.moved} == {"day", "session", "thanks"}
    assert "; session had been accepted, and nothing less would do; " in found.reason


def test_a_standing_plan_answers_one_disruption_after_another_as_single_repairs_do() -> None:
    problem = a_problem(4, 2)
    current = plan(problem)
    standing = Standing(problem, current)
    for step in [s for s in current.steps if s.key in {"talk", "session"}]:
        person = step.attendees[0].person
        asked = Disruption(
            rotation=step.rotation,
            step=step.key,
            cause=Cause.DECLINED,
            person=person,
            unavailable=step.interval,
        )

        done = mend(standing, asked)
        alone = repair(problem, current, asked)

        assert done.mended
        assert standing.plan() == alone.plan
        assert done.moved == alone.moved
        problem = absent(problem, asked)
        current = standing.plan()
