"""A rotation under way while the organisation changes around it."""

from datetime import datetime

import pytest

from domain.due import catch_up
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import (
    Answered,
    Delivery,
    GateAnswered,
    ManagerChanged,
    RepairFailed,
    TookPlace,
)
from domain.moves import apply, refuse
from domain.people import Seat
from domain.program import Gate
from domain.rotation import Answer, Concern, Phase, RotationState, StepState
from tests.builders import (
    DAY,
    HOME,
    LEADER,
    MANAGER,
    MONDAY,
    PARTICIPANT,
    a_rotation,
    a_step,
    gates,
    seat,
)

NEW = "P-0042"
HANDED_OVER = ManagerChanged(manager=NEW)


def invited(**changes: object) -> RotationState:
    return catch_up(a_rotation(**changes), MONDAY)[0]


def step(state: RotationState, key: str = "goal-talk") -> StepState:
    found = state.step(key)
    assert found is not None
    return found


def sitting(state: RotationState, key: str = "goal-talk") -> list[str]:
    return [a.person for a in step(state, key).attendees]


def answered(state: RotationState, person: str, said: Answer, **facts: object) -> RotationState:
    revision = step(state).revision
    event = Answered.model_validate(
        {"id": f"{person}:{said}", "step": "goal-talk", "person": person, "answer": said}
        | {"revision": revision}
        | facts
    )
    return apply(state, event, MONDAY)[0]


def handed_over(
    state: RotationState, now: datetime = MONDAY
) -> tuple[RotationState, tuple[Errand, ...]]:
    return apply(state, HANDED_OVER, now)


def test_the_new_manager_takes_the_seat_and_only_that_step_is_sent() -> None:
    before = invited()

    state, errands = handed_over(before)

    assert errands == (Errand(kind=ErrandKind.INVITE, step="goal-talk"),)
    assert sitting(state) == [LEADER, NEW]
    assert [s.revision for s in state.steps] == [1, 0, 0, 0, 0]
    assert [(s.starts, s.ends) for s in state.steps] == [(s.starts, s.ends) for s in before.steps]
    assert state.gates == before.gates


def test_a_step_whose_invites_are_still_to_come_changes_its_seat_alone() -> None:
    state, errands = handed_over(a_rotation())

    assert errands == ()
    assert (step(state).phase, sitting(state)) == (Phase.PLANNED, [LEADER, NEW])


def test_a_confirmed_step_waits_for_the_new_manager_with_patience_of_its_own() -> None:
    confirmed = answered(invited(), MANAGER, Answer.ACCEPTED, complete=True)
    assert step(confirmed).phase is Phase.CONFIRMED

    state, _ = handed_over(confirmed, MONDAY + DAY / 2)

    talk = step(state)
    assert (talk.phase, talk.invited_at) == (Phase.INVITED, MONDAY + DAY / 2)
    assert (talk.reminded_at, talk.escalated) == (None, False)


def test_what_has_begun_stays_with_whoever_was_manager_then() -> None:
    before, _ = catch_up(invited(), step(invited()).ends)

    state, errands = handed_over(before, step(before).ends)

    assert errands == ()
    assert state.steps == before.steps


def test_what_was_held_stays_with_whoever_was_there() -> None:
    ends = step(invited()).ends
    held, _ = apply(catch_up(invited(), ends)[0], TookPlace(step="goal-talk"), ends)

    assert sitting(handed_over(held, ends)[0]) == [LEADER, MANAGER]


def test_a_time_that_only_the_old_manager_declined_stands_again() -> None:
    declined = answered(invited(), MANAGER, Answer.DECLINED)
    stuck, _ = apply(declined, RepairFailed(step="goal-talk"), MONDAY)

    state, errands = handed_over(stuck)

    assert errands == (Errand(kind=ErrandKind.INVITE, step="goal-talk"),)
    assert (step(state).phase, step(state).declined) == (Phase.INVITED, ())
    assert state.attention == ()


def test_a_time_that_the_participant_declined_still_waits_for_another() -> None:
    declined = answered(invited(), LEADER, Answer.DECLINED)

    state, errands = handed_over(declined)

    assert errands == ()
    assert (step(state).phase, sitting(state)) == (Phase.REPAIRING, [LEADER, NEW])
    assert step(state).declined == (LEADER,)


def test_an_open_release_is_asked_anew_of_the_new_manager() -> None:
    state, _ = catch_up(a_rotation(gates=gates(passed=False)), MONDAY)
    state, _ = apply(state, GateAnswered(gate=Gate.GOALS, person=LEADER, agreed=True), MONDAY)
    for days in (0, 10, 20):
        state, _ = catch_up(state, MONDAY + days * DAY)
    assert Concern.GATE_SILENT in {a.concern for a in state.attention}

    state, _ = handed_over(state, MONDAY + 20 * DAY)
    state, errands = catch_up(state, MONDAY + 20 * DAY)

    assert errands == (Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.RELEASE, people=(NEW,)),)
    assert [g.person for g in state.gates if g.gate is Gate.RELEASE] == [NEW]
    assert state.attention == ()
    with pytest.raises(Refused, match="not asked"):
        refuse(state, GateAnswered(gate=Gate.RELEASE, person=MANAGER, agreed=True), MONDAY)


def test_a_refused_release_is_for_the_new_manager_to_decide() -> None:
    no = GateAnswered(gate=Gate.RELEASE, person=MANAGER, agreed=False)
    refused, _ = apply(a_rotation(gates=gates(passed=False)), no, MONDAY)
    assert [a.concern for a in refused.attention] == [Concern.GATE_REFUSED]

    state, _ = handed_over(refused)

    assert state.attention == ()
    assert [g.gate for g in state.gates] == [g.gate for g in gates()]


def test_a_mail_that_never_reached_the_old_manager_needs_nobody_any_more() -> None:
    lost = Delivery(person=MANAGER, step="goal-talk", delivered=False)
    state, _ = apply(invited(), lost, MONDAY)

    assert handed_over(state)[0].attention == ()


def test_a_new_manager_who_sits_there_already_takes_no_second_seat() -> None:
    facilitated = a_step(attendees=(PARTICIPANT, HOME, seat(NEW, Seat.FACILITATOR)))

    state, _ = handed_over(invited(steps=(facilitated,)))

    assert sitting(state) == [LEADER, NEW]


def test_the_same_hand_over_told_twice_changes_nothing_the_second_time() -> None:
    once, _ = handed_over(invited())

    twice, errands = handed_over(once)

    assert errands == ()
    assert twice == once.model_copy(update={"version": twice.version})


def test_nobody_is_their_own_manager() -> None:
    with pytest.raises(Refused, match="their own home manager"):
        refuse(invited(), ManagerChanged(manager=LEADER), MONDAY)
