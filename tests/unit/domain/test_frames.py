"""What frames a rotation: goals before its start, a day with its session, and a hard end."""

from datetime import UTC, date, datetime

import pytest

from domain.due import catch_up, next_due
from domain.errands import Decision, Errand, ErrandKind
from domain.errors import Refused
from domain.events import Hold, Skip, TookPlace
from domain.moves import apply, goes_with, refuse
from domain.program import Gate
from domain.rotation import Concern, Phase, RotationState
from tests.builders import DAY, MONDAY, a_rotation, a_rotation_of_two_stops, gates
from tests.planning_problems import a_program

END = MONDAY + 60 * DAY


def day_by_day(state: RotationState, days: int) -> Decision:
    """What time alone makes of a rotation."""
    errands: tuple[Errand, ...] = ()
    for day in range(days + 1):
        state, more = catch_up(state, MONDAY + day * DAY)
        errands = (*errands, *more)
    return state, errands


def test_practice_s37_without_agreed_goals_nothing_starts_however_long_it_takes() -> None:
    agreed = gates()
    goals = tuple(
        gate.model_copy(update={"passed_at": None}) if gate.gate is Gate.GOALS else gate
        for gate in agreed
    )
    state, errands = day_by_day(a_rotation(gates=goals), 30)

    assert [errand.kind for errand in errands] == [
        ErrandKind.ASK_CONSENT,
        ErrandKind.REMIND_CONSENT,
    ]
    assert {errand.gate for errand in errands} == {Gate.GOALS}
    assert [a.concern for a in state.attention] == [Concern.GATE_SILENT]
    assert all(step.phase is Phase.PLANNED for step in state.steps)


def test_practice_s41_letting_a_day_go_asks_about_its_session_and_the_other_way_round() -> None:
    state, _ = catch_up(a_rotation(), MONDAY)
    day, talk = state.steps[1], state.steps[2]

    assert goes_with(state, day) == (talk,)
    assert goes_with(state, talk) == (day,)
    assert goes_with(state, state.steps[0]) == ()
    with pytest.raises(Refused, match="can't be skipped while its day stands"):
        refuse(state, Skip(step=talk.key), MONDAY)
    state, _ = apply(state, Skip(step=day.key), MONDAY)
    assert goes_with(state, state.steps[2]) == ()
    refuse(state, Skip(step=talk.key), MONDAY)
    state, errands = apply(state, Skip(step=talk.key), MONDAY)
    assert [errand.kind for errand in errands] == [ErrandKind.CALL_OFF]
    assert state.steps[2].phase is Phase.CANCELLED


def test_practice_s41_after_a_day_that_was_held_its_session_stays() -> None:
    state, _ = catch_up(a_rotation(), MONDAY)
    day, talk = state.steps[1], state.steps[2]
    state, _ = apply(state, TookPlace(step=day.key), day.ends)
    with pytest.raises(Refused, match="so its listening session is held too"):
        goes_with(state, talk)
    with pytest.raises(Refused, match="can't be skipped"):
        refuse(state, Skip(step=talk.key), day.ends)


def test_practice_s41_each_stop_has_its_own_day_and_session() -> None:
    state, _ = catch_up(a_rotation_of_two_stops(), MONDAY)
    days = [step for step in state.steps if step.key in {"shadowing-day", "second-day"}]
    assert [[s.key for s in goes_with(state, day)] for day in days] == [
        ["listening-session"],
        ["second-session"],
    ]


@pytest.mark.parametrize("on_hold", [False, True])
def test_practice_s38_on_its_hard_end_a_rotation_asks_once_what_is_to_become_of_it(
    on_hold: bool,
) -> None:
    state: RotationState = a_rotation(gates=gates(passed=False), over_by=END)
    if on_hold:
        state, _ = apply(state, Hold(), MONDAY)
    before, _ = day_by_day(state, 59)
    assert Concern.PAST_ITS_END not in {a.concern for a in before.attention}
    due = next_due(before)
    assert due
    assert due.at == END

    after, errands = catch_up(before, END)

    assert errands == ()
    assert [a.concern for a in after.attention].count(Concern.PAST_ITS_END) == 1
    assert next_due(after) is None
    assert catch_up(after, END + 30 * DAY) == (after, ())


def test_practice_s38_a_rotation_that_is_over_is_not_asked_about() -> None:
    state = a_rotation(over_by=END)
    for step in state.steps:
        state, _ = apply(state, Skip(step=step.key), MONDAY)
    assert state.ending
    assert next_due(state) is None


def test_practice_s38_the_hard_end_is_the_programs_last_week_and_its_days_of_grace() -> None:
    program = a_program().model_copy(
        update={"starts_on": date(2026, 11, 30), "weeks": 4, "zone": "Europe/Berlin"}
    )
    assert program.over_by == datetime(2027, 1, 10, 23, tzinfo=UTC)
