"""Plans and repairs of programs nobody wrote by hand: odd starts, several days, tight windows, full calendars."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import event, given, settings
from hypothesis import strategies as st

from domain.moments import Interval, WorkingHours
from domain.people import Seat
from domain.planning import Availability, Candidate, Cause, Disruption, Host, Plan, PlanningProblem
from domain.program import Attendance, StepKind, StepTemplate, Window
from planner import plan, repair, violations
from planner.worth import objective
from tests.planning_problems import FIRST_DAY, OFFICE, a_problem, template

ZONES = ("Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe")
MEETINGS = (
    StepKind.LEARNING_GOAL_TALK,
    StepKind.SHADOWING_DAY,
    StepKind.LISTENING_SESSION,
    StepKind.REFLECTION,
)
LATE = frozenset({Cause.OVERDUE, Cause.NO_SHOW})
MIDNIGHT = datetime.combine(FIRST_DAY, time(), tzinfo=UTC)

days = st.integers(0, 30).map(lambda n: timedelta(days=n))
lengths = st.sampled_from([15, 30, 45, 60, 85, 120, 240, 360]).map(lambda n: timedelta(minutes=n))
stretches = st.builds(
    lambda start, length: Interval(
        starts=MIDNIGHT + timedelta(minutes=start),
        ends=MIDNIGHT + timedelta(minutes=start + length),
    ),
    st.integers(0, 40 * 24 * 60),
    st.integers(1, 3 * 24 * 60),
)


@st.composite
def steps(draw: st.DrawFn) -> tuple[StepTemplate, ...]:
    kinds = draw(st.lists(st.sampled_from([*MEETINGS, StepKind.THANKS]), min_size=1, max_size=5))
    found: list[StepTemplate] = []
    stop = 1
    for number, kind in enumerate(kinds):
        keys = [None, *(t.key for t in found)]
        length = timedelta() if kind is StepKind.THANKS else draw(lengths)
        opens = draw(st.sampled_from([timedelta(), timedelta(hours=1), timedelta(days=2)]))
        stop += bool(found) and draw(st.sampled_from([0, 0, 0, 1]))
        found.append(
            template(
                f"step{number}",
                kind,
                0,
                None,
                stop=stop,
                duration=length,
                window=Window(
                    after=draw(st.sampled_from(keys)),
                    opens=opens,
                    closes=opens + length + draw(days),
                ),
                attendance=_attendance(draw, kind),
                over_meetings=kind is StepKind.SHADOWING_DAY and draw(st.booleans()),
                starts_at=draw(st.sampled_from([None, None, "09:00", "09:10", "10:37", "02:30"])),
            )
        )
    return tuple(found)


def _attendance(draw: st.DrawFn, kind: StepKind) -> Attendance:
    if kind is StepKind.THANKS:
        return Attendance(required=(Seat.PARTICIPANT,))
    others = st.sets(st.sampled_from([Seat.HOME_MANAGER, Seat.HOST_LEAD]))
    required = (Seat.PARTICIPANT, *sorted(draw(others)))
    return Attendance(required=required, frontline_quorum=draw(st.sampled_from([0, 0, 1, 2, 3])))


@st.composite
def problems(draw: st.DrawFn) -> PlanningProblem:
    problem = a_problem(draw(st.integers(1, 3)), draw(st.integers(1, 3)))
    program = problem.program.model_copy(
        update={
            "steps": draw(steps()),
            "weeks": draw(st.integers(1, 6)),
            "required_lenses": draw(st.sampled_from([(), (), (), ("customer",)])),
            "meets_customers": draw(st.sampled_from([False, False, False, True])),
        }
    )
    hosts = tuple(
        host.model_copy(
            update={
                "visits_per_week": draw(st.sampled_from([0, 1, 1, 2, 2, 3])),
                "zone": draw(st.sampled_from(ZONES[:1] * 3 + ZONES)),
                "closed": tuple(draw(st.lists(stretches, max_size=2))),
                "visits_per_day": draw(st.sampled_from([1, 1, 2])),
                "site": draw(st.sampled_from([None, None, "berlin", "lyon"])),
                "needs_access": draw(st.sampled_from([(), (), (), ("badge",)])),
            }
        )
        for host in problem.hosts
    )
    people = tuple(_somebody(draw, one) for one in problem.people)
    candidates = tuple(_candidate(draw, one, hosts) for one in problem.candidates)
    changes = {"program": program, "hosts": hosts, "people": people, "candidates": candidates}
    return problem.model_copy(update=changes)


def _candidate(draw: st.DrawFn, one: Candidate, hosts: tuple[Host, ...]) -> Candidate:
    return one.model_copy(
        update={
            "sites": draw(st.sampled_from([(), (), ("berlin",), ("berlin", "lyon")])),
            "access": draw(st.sampled_from([(), ("badge",)])),
            "must_visit": draw(st.sampled_from([(), (), (), *((h.team,) for h in hosts)])),
            "visits_in": draw(st.sampled_from([(), (), (stretch(draw),)])),
            "unexposed": draw(st.sampled_from([0, 0, 5])),
        }
    )


def stretch(draw: st.DrawFn) -> Interval:
    """Whole days, as people ask for them."""
    first, more = draw(st.integers(0, 30)), draw(st.integers(1, 10))
    return Interval(
        starts=MIDNIGHT + timedelta(days=first), ends=MIDNIGHT + timedelta(days=first + more)
    )


def _somebody(draw: st.DrawFn, one: Availability) -> Availability:
    odd = tuple(WorkingHours(weekday=d, starts=time(8, 20), ends=time(16, 50)) for d in range(4))
    early = tuple(WorkingHours(weekday=d, starts=time(6), ends=time(14), weeks=2) for d in range(5))
    nights = tuple(
        WorkingHours(weekday=d, starts=time(18), ends=time(4), weeks=2, week=1) for d in range(4)
    )
    return one.model_copy(
        update={
            "zone": draw(st.sampled_from(ZONES[:1] * 3 + ZONES)),
            "hours": draw(st.sampled_from([OFFICE, OFFICE, odd, (*early, *nights)])),
            "busy": tuple(draw(st.lists(stretches, max_size=2))),
            "absences": tuple(draw(st.lists(stretches, max_size=1))),
        }
    )


@settings(max_examples=150)
@given(problem=problems())
def test_a_plan_of_any_program_breaks_no_rule_and_answers_everybody(
    problem: PlanningProblem,
) -> None:
    found = plan(problem)

    placed = f"placed at {problem.program.stops} stops" if found.assignments else "not placed"
    event(f"somebody is {placed}")
    assert violations(problem, found) == ()
    assert len(found.hosts()) + len(found.unplaced) == len(problem.candidates)
    assert all(u.reason.endswith(".") for u in found.unplaced)


@st.composite
def disruptions(draw: st.DrawFn, found: Plan) -> Disruption:
    step = draw(st.sampled_from(found.steps))
    cause = draw(st.sampled_from([c for c in Cause if c is not Cause.WITHDRAWN]))
    whole = cause in {Cause.HOST_REFUSED, Cause.COLLEAGUE_REFUSED}
    person = draw(st.sampled_from(step.attendees)).person
    return Disruption(
        rotation=step.rotation,
        step=None if whole else step.key,
        cause=cause,
        person=person if cause is not Cause.OVERDUE else None,
        unavailable=step.interval if cause is Cause.DECLINED else None,
        wished_start=step.starts + timedelta(days=1) if cause is Cause.RESCHEDULE else None,
        stop=step.stop,
    )


@settings(max_examples=150)
@given(data=st.data(), problem=problems())
def test_a_repair_of_any_program_breaks_no_rule_and_touches_one_other_at_most(
    data: st.DataObject, problem: PlanningProblem
) -> None:
    before = plan(problem)
    if not before.steps:
        return
    broken = data.draw(disruptions(before))
    if broken.cause in LATE:
        first = min(s.starts for s in before.steps_of(broken.rotation))
        later = st.integers(0, 14).map(lambda n: first + timedelta(days=n))
        problem = problem.model_copy(update={"not_before": data.draw(later)})

    found = repair(problem, before, broken)

    event(f"{broken.cause.value}: {'mended' if found.plan else 'no way'}")
    assert found.reason.endswith(".")
    if found.plan is None:
        return
    others = {rotation for rotation, _ in found.moved} - {broken.rotation}
    assert len(others) <= ("nobody was told yet" in found.reason)
    stayed = [s for s in before.steps if s.rotation not in {broken.rotation, *others}]
    stayed += [s for s in before.steps_of(broken.rotation) if s.key in dict(found.stayed)]
    assert set(stayed) <= set(found.plan.steps)
    told_until = problem.not_before + problem.program.patience.invite_lead
    elsewhere = [
        s for s in before.steps if (s.rotation, s.key) in found.moved and s.rotation in others
    ]
    assert all(s.starts > told_until for s in elsewhere)
    assert found.plan.objective == objective(problem, found.plan.hosts(), found.plan.steps)
    begun = {s.key for s in before.steps if s.starts < problem.not_before}
    already = {(v.rotation, v.step, v.rule) for v in violations(problem, before)}
    new = {(v.rotation, v.step, v.rule) for v in violations(problem, found.plan)} - already
    rules = {rule for _, step, rule in new if step not in begun}
    assert rules <= ({"window"} if broken.cause in LATE else set())
