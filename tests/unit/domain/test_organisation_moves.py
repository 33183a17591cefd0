"""A rotation under way while the organisation changes around it."""

from datetime import datetime

import pytest

from domain.due import catch_up, next_due
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import (
    Answered,
    Delivery,
    GateAnswered,
    ManagerChanged,
    PlanChanged,
    RepairFailed,
    Reschedule,
    TeamDissolved,
    TookPlace,
)
from domain.moves import apply, refuse
from domain.people import Seat
from domain.planning import Cause, PlannedStep
from domain.program import Gate
from domain.rotation import Answer, Concern, Phase, RotationState, StepState
from domain.telling import sentence
from tests.builders import (
    ANA,
    COLLEAGUES,
    DAY,
    HOME,
    HOST,
    LEAD,
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


AT_HOST = ("shadowing-day", "listening-session")
DISSOLVED = TeamDissolved(team="H-01")
OTHERS = {
    "shadowing-day": (PARTICIPANT, HOST.model_copy(update={"person": "P-0050"})),
    "listening-session": (
        PARTICIPANT,
        *(a.model_copy(update={"person": f"P-005{n}"}) for n, a in enumerate(COLLEAGUES, 1)),
    ),
}


def dissolved(
    state: RotationState, now: datetime = MONDAY
) -> tuple[RotationState, tuple[Errand, ...]]:
    return apply(state, DISSOLVED, now)


def replanned(state: RotationState, host: str) -> PlanChanged:
    """A plan with the same times, and other people where the host has changed."""
    others = OTHERS if host != state.host else {}
    return PlanChanged(
        plan=state.plan + 1,
        host=host,
        steps=tuple(
            PlannedStep.model_validate(
                s.model_dump(include=set(PlannedStep.model_fields))
                | {"rotation": state.rotation}
                | {"attendees": others.get(s.key, s.attendees)}
            )
            for s in state.steps
        ),
        consents=((Gate.HOST, "P-0050"),) if others else (),
    )


def test_visits_to_a_dissolved_team_are_called_off_and_another_team_is_looked_for() -> None:
    before = invited()

    state, errands = dissolved(before)

    assert [(e.kind, e.step) for e in errands[:-1]] == [
        (ErrandKind.CALL_OFF, key) for key in AT_HOST
    ]
    asked = errands[-1].disruption
    assert asked is not None
    assert (errands[-1].kind, asked.cause, asked.step) == (
        ErrandKind.REPAIR,
        Cause.TEAM_DISSOLVED,
        None,
    )
    assert [s.phase for s in state.steps if s.key in AT_HOST] == [Phase.REPAIRING] * 2
    assert (step(state), step(state, "reflection")) == (step(before), step(before, "reflection"))
    assert sentence(state).startswith(f"Waiting for another host team that {LEADER} can visit.")


def test_nobody_is_invited_or_asked_while_there_is_no_host_team() -> None:
    asking, _ = catch_up(a_rotation(gates=gates(passed=False)[2:]), MONDAY)

    state, errands = dissolved(asking)

    assert [e.kind for e in errands] == [ErrandKind.REPAIR]
    assert state.gates == ()
    assert next_due(state) is None


def test_another_team_agrees_first_and_is_invited_then() -> None:
    state, _ = dissolved(invited())

    state, errands = apply(state, replanned(state, "H-02"), MONDAY)
    state, asked = catch_up(state, MONDAY)
    agreed = GateAnswered(gate=Gate.HOST, person="P-0050", agreed=True)
    state, _ = apply(state, agreed, MONDAY)
    state, sent = catch_up(state, MONDAY)

    assert errands == ()
    assert asked == (Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.HOST, people=("P-0050",)),)
    assert sent == tuple(Errand(kind=ErrandKind.INVITE, step=key) for key in AT_HOST)
    assert sitting(state, "shadowing-day") == [LEADER, "P-0050"]
    assert (state.host, state.dissolved) == ("H-02", False)


def test_when_no_team_can_take_over_a_person_is_told_until_one_does() -> None:
    state, _ = dissolved(invited())

    state, _ = apply(state, RepairFailed(step=None), MONDAY)
    assert [(a.concern, a.step) for a in state.attention] == [(Concern.TEAM_DISSOLVED, None)]
    again, errands = dissolved(state)
    mended, _ = apply(again, replanned(again, "H-02"), MONDAY)

    assert [e.kind for e in errands] == [ErrandKind.REPAIR]
    assert mended.attention == ()


def test_a_plan_that_still_names_the_dissolved_team_invites_nobody_to_it() -> None:
    state, _ = dissolved(invited())

    state, errands = apply(state, replanned(state, "H-01"), MONDAY)
    state, due = catch_up(state, MONDAY + 40 * DAY)

    assert (errands, due) == ((), ())
    assert [s.phase for s in state.steps if s.key in AT_HOST] == [Phase.REPAIRING] * 2
    with pytest.raises(Refused, match="waits for another team"):
        refuse(state, Reschedule(step="shadowing-day", starts=MONDAY + 50 * DAY), MONDAY)


def test_an_answer_that_was_on_its_way_when_the_team_ended_counts_no_more() -> None:
    late = Answered(
        id="late", step="listening-session", person=ANA, revision=0, answer=Answer.DECLINED
    )

    with pytest.raises(Refused, match="earlier time"):
        refuse(dissolved(invited())[0], late, MONDAY)


@pytest.mark.parametrize("held", [True, False])
def test_a_visit_that_took_place_or_has_begun_goes_on_with_its_people(held: bool) -> None:
    day = step(invited(), "shadowing-day")
    state, _ = catch_up(invited(), day.starts)
    if held:
        state, _ = apply(state, TookPlace(step="shadowing-day"), day.ends)

    after, errands = dissolved(state, day.ends)

    assert errands == ()
    assert after == state.model_copy(update={"version": after.version})


def test_a_rotation_with_another_team_does_not_mind() -> None:
    state = invited(host="H-02")

    after, errands = dissolved(state)

    assert errands == ()
    assert after.steps == state.steps
    assert LEAD in sitting(after, "shadowing-day")
