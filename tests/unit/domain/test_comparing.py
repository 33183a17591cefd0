"""What differs between two plans."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

import planner
from domain.comparing import changes
from domain.planning import Plan
from tests.planning_problems import a_problem

PLAN = planner.plan(a_problem(participants=4, hosts=3))
ROTATIONS = sorted(PLAN.hosts())
MEETINGS = {"talk", "day", "session"}


def moved(plan: Plan, rotation: str, key: str, days: int) -> Plan:
    span = timedelta(days=days)
    steps = tuple(
        s.model_copy(update={"starts": s.starts + span, "ends": s.ends + span})
        if (s.rotation, s.key) == (rotation, key)
        else s
        for s in plan.steps
    )
    return plan.model_copy(update={"steps": steps})


def without(plan: Plan, rotation: str) -> Plan:
    return plan.model_copy(
        update={
            "assignments": tuple(a for a in plan.assignments if a.rotation != rotation),
            "steps": tuple(s for s in plan.steps if s.rotation != rotation),
        }
    )


def test_a_plan_does_not_differ_from_itself() -> None:
    assert changes(PLAN, PLAN) == ()


@given(
    st.dictionaries(
        st.tuples(st.sampled_from(ROTATIONS), st.sampled_from(sorted(MEETINGS))),
        st.integers(1, 30),
        max_size=6,
    )
)
def test_exactly_the_moved_meetings_lose_their_time(wanted: dict[tuple[str, str], int]) -> None:
    after = PLAN
    for (rotation, key), days in wanted.items():
        after = moved(after, rotation, key, days)

    found = changes(PLAN, after)

    lost = {
        (one.rotation, step.step) for one in found for step in one.steps if not step.keeps_its_time
    }
    assert lost == set(wanted)
    assert all({step.step for step in one.steps} == MEETINGS for one in found)


def test_written_steps_take_nobodys_time_and_count_for_nothing() -> None:
    assert changes(PLAN, moved(PLAN, ROTATIONS[0], "thanks", 3)) == ()


def test_a_place_lost_or_won_has_teams_on_one_side_alone() -> None:
    fewer = without(PLAN, ROTATIONS[1])

    (lost,), (won,) = changes(PLAN, fewer), changes(fewer, PLAN)

    assert (lost.rotation, lost.after, won.before) == (ROTATIONS[1], (), ())
    assert lost.before == won.after == PLAN.hosts_of(ROTATIONS[1])
    assert not any(step.keeps_its_time for step in (*lost.steps, *won.steps))


def test_other_people_at_the_same_time_are_a_change_that_keeps_its_time() -> None:
    steps = tuple(
        s.model_copy(update={"attendees": s.attendees[:1]})
        if (s.rotation, s.key) == (ROTATIONS[0], "session")
        else s
        for s in PLAN.steps
    )

    (found,) = changes(PLAN, PLAN.model_copy(update={"steps": steps}))

    assert found.rotation == ROTATIONS[0]
    assert all(step.keeps_its_time for step in found.steps)
