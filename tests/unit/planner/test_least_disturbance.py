"""Repairs of small cohorts against everything that could be done: nothing asks less of people."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from domain.moments import Interval, whole_day
from domain.people import Seat
from domain.planning import Cause, Disruption, Plan, PlanningProblem
from domain.program import Attendance, Patience, StepKind, Window
from planner import Standing, mend, mend_all, plan, repair, violations
from planner.worth import objective
from tests.disturbance import broken_steps, least, measured
from tests.planning_problems import FIRST_DAY, a_problem, somebody, template

MIDNIGHT = datetime.combine(FIRST_DAY, time(), tzinfo=UTC)
FACILITATOR = "P-0500"

small = settings(
    deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@st.composite
def cohorts(draw: st.DrawFn, most: int = 3, longest: int = 3) -> PlanningProblem:
    """One to three people, one or two teams, two or three weeks, narrow windows and many days off."""
    problem = a_problem(draw(st.integers(1, most)), draw(st.integers(1, 2)))
    facilitated = draw(st.booleans())
    session = (Seat.PARTICIPANT, Seat.FACILITATOR) if facilitated else (Seat.PARTICIPANT,)
    steps = [
        template(
            "talk",
            StepKind.LEARNING_GOAL_TALK,
            0.5,
            None,
            attendance=Attendance(required=(Seat.PARTICIPANT, Seat.HOME_MANAGER)),
            starts_at="09:00",
        ),
        template(
            "day",
            StepKind.SHADOWING_DAY,
            5,
            "talk",
            attendance=Attendance(required=(Seat.PARTICIPANT, Seat.HOST_LEAD)),
            starts_at="10:00",
        ),
        template(
            "session",
            StepKind.LISTENING_SESSION,
            1,
            "day",
            attendance=Attendance(required=session, frontline_quorum=draw(st.integers(0, 2))),
            starts_at="15:30",
        ),
        template("thanks", StepKind.THANKS, 0, "session"),
    ]
    closes = st.sampled_from([1, 2, 4, 8]).map(lambda n: timedelta(days=n, hours=8))
    steps[:3] = [
        one.model_copy(
            update={
                "window": Window(after=one.window.after, opens=timedelta(), closes=draw(closes))
            }
        )
        for one in steps[:3]
    ]
    program = problem.program.model_copy(
        update={
            "steps": tuple(steps),
            "weeks": draw(st.integers(1, longest)),
            "patience": Patience(invite_lead=timedelta(weeks=1)),
        }
    )
    off = st.lists(st.integers(0, 18), max_size=4)
    people = (*problem.people, somebody(FACILITATOR))
    away = tuple(
        one.model_copy(update={"absences": tuple(map(_day_off, draw(off)))}) for one in people
    )
    visits = st.integers(1, 2)
    hosts = tuple(h.model_copy(update={"visits_per_week": draw(visits)}) for h in problem.hosts)
    return problem.model_copy(
        update={"program": program, "people": away, "hosts": hosts, "facilitator": FACILITATOR}
    )


def _day_off(offset: int) -> Interval:
    return whole_day(FIRST_DAY + timedelta(days=offset), "Europe/Berlin")


@st.composite
def disruptions(draw: st.DrawFn, found: Plan, causes: list[Cause]) -> Disruption:
    step = draw(st.sampled_from([s for s in found.steps if s.key != "thanks"]))
    own = [s.key for s in found.steps_of(step.rotation) if s.key != step.key]
    cause = draw(st.sampled_from(causes))
    whole = cause in {Cause.HOST_REFUSED, Cause.TEAM_DISSOLVED, Cause.COLLEAGUE_REFUSED}
    person = draw(st.sampled_from(step.attendees)).person
    day = draw(st.integers(-4, 4))
    longer = Interval(starts=step.starts, ends=step.ends + timedelta(days=draw(st.integers(0, 6))))
    return Disruption(
        rotation=step.rotation,
        step=None if whole else step.key,
        cause=cause,
        person=None if cause is Cause.RESCHEDULE else person,
        unavailable={Cause.DECLINED: step.interval, Cause.CALENDAR: longer}.get(cause),
        wished_start=step.starts + timedelta(days=day) if cause is Cause.RESCHEDULE else None,
        settled=tuple(own[: draw(st.sampled_from([0, 0, 0, 1]))]),
        accepted=tuple(draw(st.sets(st.sampled_from(own)))),
    )


def compared(problem: PlanningProblem, before: Plan, broken: Disruption) -> None:
    best = least(problem, before, broken)

    found = repair(problem, before, broken)

    event(
        f"{broken.cause.value}: {best and 'mended'} elsewhere {best.elsewhere if best else 0}, another {best and best.another_team}, weight {best and best.weight}"
    )
    if best is None or found.plan is None:
        assert (best, found.plan) == (None, None), found.reason
        return
    assert measured(problem, before, found.plan, broken) == best, found.reason
    told = {(s.rotation, s.key) for s in found.plan.steps} - {*found.moved}
    assert {s for s in before.steps if (s.rotation, s.key) in told} <= {*found.plan.steps}


@settings(small, max_examples=100)
@given(data=st.data(), problem=cohorts(), days=st.integers(-10, 6))
def test_no_repair_could_ask_less_of_people(
    data: st.DataObject, problem: PlanningProblem, days: int
) -> None:
    before = plan(problem)
    if not before.steps:
        return
    now = {"not_before": MIDNIGHT + timedelta(days=days)}
    pinned = data.draw(st.lists(st.sampled_from(before.steps), max_size=2, unique=True))
    causes = [
        Cause.DECLINED,
        Cause.CALENDAR,
        Cause.RESCHEDULE,
        Cause.COLLEAGUE_REFUSED,
        Cause.HOST_REFUSED,
        Cause.TEAM_DISSOLVED,
    ]
    broken = data.draw(disruptions(before, causes))
    kept = tuple(s for s in pinned if s.key != broken.step)
    problem = problem.model_copy(update=now | {"kept": kept})
    if broken.cause in {Cause.HOST_REFUSED, Cause.TEAM_DISSOLVED}:
        team = before.hosts_of(broken.rotation)[0]
        problem = problem.model_copy(update={"forbidden": ((broken.rotation, team),)})
    if broken_steps(problem, before.steps_of(broken.rotation), broken):
        compared(problem, before, broken)


@settings(small, max_examples=60)
@given(data=st.data(), problem=cohorts(most=2, longest=2))
def test_a_newcomer_moves_nobody_who_need_not_move(
    data: st.DataObject, problem: PlanningProblem
) -> None:
    *others, new = problem.candidates
    before = plan(problem.model_copy(update={"candidates": tuple(others)}))
    pinned = (
        data.draw(st.lists(st.sampled_from(before.steps), max_size=2, unique=True))
        if before.steps
        else []
    )
    joining = Disruption(rotation=new.rotation, step=None, cause=Cause.NEW_PARTICIPANT)

    compared(problem.model_copy(update={"kept": tuple(pinned)}), before, joining)


@settings(small, max_examples=50)
@given(problem=cohorts())
def test_visitors_of_a_team_that_is_gone_lose_no_place_that_one_after_another_would_find(
    problem: PlanningProblem,
) -> None:
    before = plan(problem)
    if not before.assignments:
        return
    team = before.assignments[0].host
    gone = tuple((c.rotation, team) for c in problem.candidates)
    left = problem.model_copy(update={"forbidden": gone})
    lost = [
        Disruption(rotation=a.rotation, step=None, cause=Cause.TEAM_DISSOLVED)
        for a in before.assignments
        if a.host == team
    ]
    together, in_turn = Standing(left, before), Standing(left, before)

    answers = mend_all(together, lost)
    one_by_one = [mend(in_turn, one) for one in lost]

    event(f"{sum(a.mended for a in answers)} of {len(lost)} have a place")
    assert sum(a.mended for a in answers) >= sum(a.mended for a in one_by_one)
    unmended = {
        one.rotation for one, answer in zip(lost, answers, strict=True) if not answer.mended
    }
    after = together.plan()
    assert {v.rotation for v in violations(left, after) if v.rotation} <= unmended
    assert after.objective == objective(left, after.hosts(), after.steps)
    stayed = [s for s in before.steps if s.rotation in unmended]
    assert set(stayed) <= set(after.steps)
