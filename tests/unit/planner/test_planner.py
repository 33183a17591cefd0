from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.moments import Interval, whole_day
from domain.people import Seat
from domain.planning import Attendee, Cause, Disruption, Plan, PlanningProblem
from domain.program import Attendance, StepTemplate
from planner import plan, repair, violations
from tests.planning_problems import FIRST_DAY, a_problem

PEOPLE = ["P-0100", "P-0101", "P-0200", "P-0300", "P-0301", "P-04000", "P-04001"]


def day_off(offset: int) -> Interval:
    return whole_day(FIRST_DAY + timedelta(days=offset), "Europe/Berlin")


ABSENCES = st.dictionaries(
    st.sampled_from(PEOPLE),
    st.lists(st.integers(0, 40), max_size=8).map(lambda days: tuple(day_off(d) for d in days)),
    max_size=5,
)


def test_everybody_gets_a_place_at_the_host_that_covers_most() -> None:
    problem = a_problem(participants=2, hosts=2)

    found = plan(problem)

    assert violations(problem, found) == ()
    assert found.unplaced == ()
    assert found.assignments[0].host == "H-01"
    assert found.assignments[0].reason.startswith("H-01 covers 1 of 2 goals (customer)")


@settings(max_examples=40)
@given(absences=ABSENCES, participants=st.integers(0, 4), hosts=st.integers(0, 3))
def test_a_plan_breaks_no_rule_and_answers_everybody(
    absences: dict[str, tuple[Interval, ...]], participants: int, hosts: int
) -> None:
    problem = a_problem(participants, hosts, absences=absences)

    found = plan(problem)

    assert violations(problem, found) == ()
    assert len(found.assignments) + len(found.unplaced) == participants
    assert all(u.reason.endswith(".") for u in found.unplaced)


@settings(max_examples=40)
@given(absences=ABSENCES, step=st.sampled_from(["talk", "day", "session"]), who=st.integers(0, 2))
def test_a_repair_breaks_no_rule_and_touches_nobody_else(
    absences: dict[str, tuple[Interval, ...]], step: str, who: int
) -> None:
    problem = a_problem(3, 2, absences=absences)
    before = plan(problem)
    if not before.assignments:
        return
    rotation = before.assignments[who % len(before.assignments)].rotation
    broken = next(s for s in before.steps_of(rotation) if s.key == step)
    person = broken.attendees[0].person
    later = declined(problem, person, broken.interval)

    found = repair(
        later,
        before,
        Disruption(
            rotation=rotation,
            step=step,
            cause=Cause.DECLINED,
            person=person,
            unavailable=broken.interval,
        ),
    )

    if found.plan is None:
        assert found.reason
        return
    assert violations(later, found.plan) == ()
    assert {moved for moved, _ in found.moved} == {rotation}
    others = [s for s in before.steps if s.rotation != rotation]
    assert [s for s in found.plan.steps if s.rotation != rotation] == others


def declined(problem: PlanningProblem, person: str, when: Interval) -> PlanningProblem:
    people = tuple(
        a.model_copy(update={"absences": (*a.absences, when)}) if a.person == person else a
        for a in problem.people
    )
    return problem.model_copy(update={"people": people})


def test_a_colleague_who_declines_is_exchanged_at_the_same_time() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    session = next(s for s in before.steps if s.key == "session")
    colleague = session.attendees[1].person
    later = declined(problem, colleague, session.interval)

    found = repair(
        later,
        before,
        Disruption(rotation="abcdefga", step="session", cause=Cause.DECLINED, person=colleague),
    )

    assert found.plan is not None
    after = next(s for s in found.plan.steps if s.key == "session")
    assert (after.starts, found.moved) == (session.starts, (("abcdefga", "session"),))
    assert colleague not in {a.person for a in after.attendees}


def test_a_wished_start_is_taken_or_refused_with_a_sentence() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    wished = datetime(2026, 12, 1, 13, 0, tzinfo=UTC)

    def ask(start: datetime) -> Plan | None:
        asked = Disruption(
            rotation="abcdefga", step="talk", cause=Cause.RESCHEDULE, wished_start=start
        )
        return repair(problem, before, asked).plan

    moved = ask(wished)
    assert moved is not None
    assert next(s for s in moved.steps if s.key == "talk").starts == wished
    assert ask(wished.replace(hour=3)) is None


def test_a_dissolved_team_is_replaced_by_another_or_the_reason_is_said() -> None:
    problem = a_problem(1, 2)
    before = plan(problem)
    gone = problem.model_copy(update={"forbidden": (("abcdefga", "H-01"),)})
    dissolved = Disruption(rotation="abcdefga", step=None, cause=Cause.TEAM_DISSOLVED)

    found = repair(gone, before, dissolved)
    alone = repair(gone.model_copy(update={"hosts": gone.hosts[1:]}), before, dissolved)

    assert found.plan is not None
    assert found.plan.hosts_of("abcdefga") == ("H-00",)
    assert {key for _, key in found.moved} <= {"day", "session", "thanks"}
    assert found.reason.startswith("Team dissolved: changed")
    assert violations(gone, found.plan) == ()
    assert alone.plan is None
    assert alone.reason == "H-01 is dissolved, and no other team is open to this participant."


def test_a_host_who_refuses_is_replaced_by_another() -> None:
    problem = a_problem(1, 2)
    before = plan(problem)
    refused = problem.model_copy(update={"forbidden": (("abcdefga", "H-01"),)})

    found = repair(
        refused, before, Disruption(rotation="abcdefga", step=None, cause=Cause.HOST_REFUSED)
    )

    assert found.plan is not None
    assert found.plan.hosts_of("abcdefga") == ("H-00",)
    assert violations(refused, found.plan) == ()


@pytest.mark.parametrize(
    ("zone", "first_day"),
    [
        ("Europe/Berlin", date(2027, 3, 15)),
        ("Europe/Berlin", date(2026, 10, 12)),
        ("America/New_York", date(2027, 3, 1)),
        ("Asia/Kolkata", date(2026, 11, 30)),
        ("Asia/Kathmandu", date(2026, 11, 30)),
        ("Australia/Lord_Howe", date(2027, 3, 22)),
    ],
)
def test_wall_times_hold_over_clock_changes(zone: str, first_day: date) -> None:
    problem = a_problem(3, 2, zone=zone, first_day=first_day)

    found = plan(problem)

    assert violations(problem, found) == ()
    assert found.unplaced == ()


def test_the_same_problem_gives_the_same_plan() -> None:
    problem = a_problem(4, 2)

    assert plan(problem, seed=3) == plan(problem, seed=3)


def test_without_hosts_everybody_is_told_why() -> None:
    found = plan(a_problem(2, 0))

    assert [u.reason for u in found.unplaced] == ["There is no host team at all."] * 2


def test_somebody_who_is_always_away_is_named() -> None:
    always = tuple(day_off(n) for n in range(45))

    found = plan(a_problem(1, 1, absences={"P-0200": always}))

    assert "P-0200 (home-manager)" in found.unplaced[0].reason


def planted(problem: PlanningProblem, found: Plan, key: str, **changes: object) -> set[str]:
    steps = tuple(s.model_copy(update=changes) if s.key == key else s for s in found.steps)
    broken = found.model_copy(update={"steps": steps})
    return {v.rule for v in violations(problem, broken)}


def test_the_validator_catches_each_kind_of_mistake() -> None:
    problem = a_problem(1, 1)
    found = plan(problem)
    talk, day, session, _ = found.steps
    night = talk.starts.replace(hour=2)
    stranger = Attendee(person="P-0000", seat=talk.attendees[1].seat)

    assert "hours" in planted(
        problem, found, "talk", starts=night, ends=night + timedelta(minutes=30)
    )
    assert "window" in planted(problem, found, "day", starts=talk.starts - timedelta(days=7))
    assert "seats" in planted(problem, found, "talk", attendees=(talk.attendees[0], stranger))
    assert "quorum" in planted(problem, found, "session", attendees=session.attendees[:2])
    assert "double" in planted(problem, found, "session", starts=day.starts, ends=day.ends)
    assert "starts-at" in planted(problem, found, "day", starts=day.starts + timedelta(hours=1))
    away = declined(problem, talk.attendees[0].person, talk.interval)
    assert "absence" in {v.rule for v in violations(away, found)}
    closed = problem.hosts[0].model_copy(update={"closed": (day.interval,)})
    full = problem.hosts[0].model_copy(update={"visits_per_week": 0})
    for host, rule in ((closed, "closed"), (full, "capacity")):
        changed = problem.model_copy(update={"hosts": (host,)})
        assert rule in {v.rule for v in violations(changed, found)}
    assert "answered" in {v.rule for v in violations(problem, Plan())}


def with_steps(problem: PlanningProblem, *steps: StepTemplate) -> PlanningProblem:
    program = problem.program.model_copy(update={"steps": steps})
    return problem.model_copy(update={"program": program})


def test_two_shadowing_days_of_one_rotation_count_against_the_host_as_well() -> None:
    problem = a_problem(1, 1)
    talk, day, session, thanks = problem.program.steps
    second = day.model_copy(
        update={"key": "day2", "window": day.window.model_copy(update={"after": "day"})}
    )
    both = with_steps(problem, talk, day, second, session, thanks)

    found = plan(both)

    weeks = [s.starts.isocalendar().week for s in found.steps if s.kind is day.kind]
    assert weeks == [49, 50]
    assert violations(both, found) == ()


def test_a_start_off_the_quarter_hour_is_kept_to_the_minute() -> None:
    problem = a_problem(1, 1)
    talk, day, session, thanks = problem.program.steps
    odd = with_steps(problem, talk, day.model_copy(update={"starts_at": "09:10"}), session, thanks)

    found = plan(odd)

    starts = next(s.starts for s in found.steps if s.key == "day")
    assert starts.astimezone(ZoneInfo("Europe/Berlin")).time() == time(9, 10)
    assert violations(odd, found) == ()


@pytest.mark.parametrize("days_late", range(7))
def test_an_overdue_step_never_lands_after_the_steps_that_follow_it(days_late: int) -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    day = next(s for s in before.steps if s.key == "day")
    late = problem.model_copy(update={"not_before": day.ends + timedelta(days=days_late)})

    found = repair(
        late, before, Disruption(rotation=day.rotation, step="talk", cause=Cause.OVERDUE)
    )

    assert found.plan is not None
    talk, day = found.plan.steps[:2]
    assert (talk.key, day.key) == ("talk", "day")
    assert late.not_before <= talk.starts < talk.ends <= day.starts


def test_a_repair_keeps_clear_of_the_time_that_was_declined() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    talk = before.steps[0]

    found = repair(
        problem,
        before,
        Disruption(
            rotation=talk.rotation,
            step="talk",
            cause=Cause.DECLINED,
            person=talk.attendees[0].person,
            unavailable=talk.interval,
        ),
    )

    assert found.plan is not None
    assert not found.plan.steps[0].interval.overlaps(talk.interval)


def test_a_colleague_who_refused_sits_in_no_step_of_that_rotation() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    session = next(s for s in before.steps if s.key == "session")
    refusing = session.attendees[1].person
    refused = Disruption(
        rotation=session.rotation, step=None, cause=Cause.COLLEAGUE_REFUSED, person=refusing
    )

    found = repair(problem, before, refused)

    assert found.plan is not None
    assert refusing not in {a.person for s in found.plan.steps for a in s.attendees}


def test_a_wished_start_that_collides_is_refused_with_what_stands_in_the_way() -> None:
    problem = a_problem(1, 1)
    before = plan(problem)
    night = datetime(2026, 12, 1, 3, 0, tzinfo=UTC)

    found = repair(
        problem,
        before,
        Disruption(rotation="abcdefga", step="talk", cause=Cause.RESCHEDULE, wished_start=night),
    )

    assert found.plan is None
    assert found.reason == (
        "talk can't start on 1 Dec 2026 03:00 UTC: P-0100 (participant) is not at work then."
    )


def test_kept_steps_stay_and_the_others_are_planned_after_them() -> None:
    alone = a_problem(1, 1)
    held = plan(alone).steps[0]
    problem = alone.model_copy(
        update={"kept": (held,), "not_before": held.ends + timedelta(days=3)}
    )

    found = plan(problem)

    assert found.steps[0] == held
    assert found.steps[1].starts >= problem.not_before
    assert violations(problem, found) == ()


def test_whoever_holds_two_seats_is_seated_once() -> None:
    problem = a_problem(1, 1)
    talk, *others = problem.program.steps
    seats = (Seat.PARTICIPANT, Seat.HOME_MANAGER, Seat.FACILITATOR)
    talk = talk.model_copy(update={"attendance": Attendance(required=seats)})
    program = problem.program.model_copy(update={"steps": (talk, *others)})
    problem = problem.model_copy(update={"program": program, "facilitator": "P-0200"})

    found = plan(problem)

    assert violations(problem, found) == ()
    first = found.steps_of(found.assignments[0].rotation)[0]
    assert [(a.person, a.seat) for a in first.attendees] == [
        ("P-0100", Seat.PARTICIPANT),
        ("P-0200", Seat.HOME_MANAGER),
    ]
