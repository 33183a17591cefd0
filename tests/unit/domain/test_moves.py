from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.due import catch_up, next_due
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import (
    Answered,
    Cancel,
    Delivery,
    Event,
    GateAnswered,
    Hold,
    ManagerChanged,
    NoShow,
    NotToday,
    PlanChanged,
    RepairFailed,
    Reschedule,
    Resume,
    Skip,
    TeamDissolved,
    TookPlace,
    Withdraw,
    Written,
)
from domain.moments import Interval
from domain.moves import apply, refuse
from domain.planning import Cause, Disruption, PlannedStep
from domain.program import Gate
from domain.rotation import Answer, Attention, Concern, Ending, Phase, RotationState, StepState
from domain.telling import sentence, stage, waiting_on
from tests.builders import (
    ANA,
    BEN,
    COLLEAGUES,
    DAY,
    HOUR,
    LEAD,
    LEADER,
    MANAGER,
    MONDAY,
    PARTICIPANT,
    a_rotation,
    gates,
)

NOW = MONDAY


def invited() -> RotationState:
    return catch_up(a_rotation(), NOW)[0]


def step(state: RotationState, key: str) -> StepState:
    found = state.step(key)
    assert found is not None
    return found


def answer(key: str, person: str, said: Answer, **facts: object) -> Answered:
    known = {"id": f"answer:{key}:{person}:{said}", "step": key, "person": person, "revision": 0}
    return Answered.model_validate(known | {"answer": said} | facts)


def moved(state: RotationState, key: str, days: int) -> PlanChanged:
    """A plan in which one step lies later."""
    later = timedelta(days=days)
    return PlanChanged(
        plan=state.plan + 1,
        host=state.host,
        steps=tuple(
            PlannedStep(
                rotation=state.rotation,
                key=s.key,
                kind=s.kind,
                starts=s.starts + (later if s.key == key else timedelta()),
                ends=s.ends + (later if s.key == key else timedelta()),
                zone=s.zone,
                attendees=s.attendees,
                quorum=s.quorum,
            )
            for s in state.steps
        ),
    )


def test_every_step_within_the_lead_time_is_invited_when_all_have_agreed() -> None:
    state, errands = catch_up(a_rotation(), NOW)

    assert [s.phase for s in state.steps] == [Phase.INVITED] * 4 + [Phase.PLANNED]
    assert [e.step for e in errands] == [
        "goal-talk",
        "shadowing-day",
        "listening-session",
        "reflection",
    ]
    assert {e.kind for e in errands} == {ErrandKind.INVITE}


def test_a_step_far_ahead_is_invited_when_its_lead_time_comes() -> None:
    state = a_rotation()
    early = state.steps[0].starts - timedelta(weeks=5)

    waiting, errands = catch_up(state, early)

    assert errands == ()
    due = next_due(waiting)
    assert due is not None
    assert due.at == state.steps[0].starts - timedelta(weeks=4)


def test_consents_are_asked_for_in_order_and_nobody_is_invited_before() -> None:
    state, errands = catch_up(a_rotation(gates=gates(passed=False)), NOW)

    assert errands == (Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.GOALS, people=(LEADER,)),)
    state, _ = apply(state, GateAnswered(gate=Gate.GOALS, person=LEADER, agreed=True), NOW)
    state, errands = catch_up(state, NOW)
    assert errands == (Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.RELEASE, people=(MANAGER,)),)
    assert stage(state) == "release"
    assert waiting_on(state) == (MANAGER,)


def test_a_silent_manager_is_reminded_once_and_then_the_program_manager_is_told() -> None:
    state, _ = catch_up(a_rotation(gates=gates(passed=False)), NOW)

    state, reminded = catch_up(state, NOW + 3 * DAY)
    state, told = catch_up(state, NOW + 5 * DAY)

    assert [e.kind for e in reminded] == [ErrandKind.REMIND_CONSENT]
    assert told == ()
    assert state.attention == (
        Attention(concern=Concern.GATE_SILENT, since=NOW + 5 * DAY, step="goals", person=LEADER),
    )
    assert next_due(state) is None


def test_a_refused_release_needs_a_person_and_carries_no_reason() -> None:
    state = a_rotation(gates=gates(passed=False))

    state, errands = apply(
        state, GateAnswered(gate=Gate.RELEASE, person=MANAGER, agreed=False), NOW
    )

    assert errands == ()
    assert [a.concern for a in state.attention] == [Concern.GATE_REFUSED]


def test_a_host_lead_who_refuses_leads_to_another_host() -> None:
    state = a_rotation(gates=gates(passed=False))

    state, errands = apply(state, GateAnswered(gate=Gate.HOST, person=LEAD, agreed=False), NOW)

    assert errands == (
        Errand(
            kind=ErrandKind.REPAIR,
            disruption=Disruption(
                rotation="abcdefgh", step=None, cause=Cause.HOST_REFUSED, person=LEAD
            ),
        ),
    )


def test_the_accept_that_completes_a_step_confirms_it() -> None:
    state, errands = apply(
        invited(), answer("goal-talk", MANAGER, Answer.ACCEPTED, complete=True), NOW
    )

    assert step(state, "goal-talk").phase is Phase.CONFIRMED
    assert errands == ()


def test_a_decline_of_somebody_needed_asks_for_a_repair_around_that_time() -> None:
    state = invited()
    talk = step(state, "goal-talk")

    state, errands = apply(state, answer("goal-talk", MANAGER, Answer.DECLINED), NOW)

    assert step(state, "goal-talk").phase is Phase.REPAIRING
    assert errands[0].disruption == Disruption(
        rotation="abcdefgh",
        step="goal-talk",
        cause=Cause.DECLINED,
        person=MANAGER,
        unavailable=Interval(starts=talk.starts, ends=talk.ends),
        asked=4,
    )


def test_a_colleague_beyond_the_quorum_may_decline_without_anybody_moving() -> None:
    carla = COLLEAGUES[0].model_copy(update={"person": "P-0009"})
    state = invited()
    session = step(state, "listening-session")
    larger = session.model_copy(update={"attendees": (PARTICIPANT, *COLLEAGUES, carla)})

    state, errands = apply(
        state.with_step(larger), answer("listening-session", ANA, Answer.DECLINED), NOW
    )

    assert errands == ()
    assert step(state, "listening-session").phase is Phase.INVITED


def test_the_same_answer_told_twice_changes_nothing_the_second_time() -> None:
    declined = answer("goal-talk", MANAGER, Answer.DECLINED)
    once, _ = apply(invited(), declined, NOW)

    twice, errands = apply(once, declined, NOW)

    assert errands == ()
    assert twice.model_copy(update={"version": once.version}) == once


def test_only_a_moved_step_is_sent_again_with_a_new_revision() -> None:
    state, _ = apply(invited(), answer("goal-talk", MANAGER, Answer.DECLINED), NOW)

    state, errands = apply(state, moved(state, "goal-talk", days=1), NOW)

    assert errands == (Errand(kind=ErrandKind.INVITE, step="goal-talk"),)
    assert [s.revision for s in state.steps] == [1, 0, 0, 0, 0]
    assert step(state, "goal-talk").phase is Phase.INVITED


def test_an_older_plan_than_the_known_one_is_ignored() -> None:
    state = invited()
    late = moved(state, "goal-talk", days=1).model_copy(update={"plan": state.plan})

    after, errands = apply(state, late, NOW)

    assert errands == ()
    assert after.steps == state.steps


def test_a_repair_that_fails_needs_a_person_until_the_step_moves() -> None:
    state, _ = apply(invited(), answer("goal-talk", MANAGER, Answer.DECLINED), NOW)
    state, _ = apply(state, RepairFailed(step="goal-talk"), NOW)
    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]

    state, _ = apply(state, moved(state, "goal-talk", days=1), NOW)

    assert state.attention == ()


def test_who_has_not_answered_is_reminded_once_then_somebody_is_told() -> None:
    state = invited()

    state, first = catch_up(state, NOW + 3 * DAY)
    state, _ = catch_up(state, NOW + 5 * DAY)

    reminded = [e.step for e in first if e.kind is ErrandKind.REMIND]
    assert reminded == ["listening-session", "reflection"]
    silent = [(a.concern, a.step) for a in state.attention if a.concern is Concern.NO_ANSWER]
    assert silent == [(Concern.NO_ANSWER, "listening-session"), (Concern.NO_ANSWER, "reflection")]


def test_the_host_is_asked_whether_a_day_took_place_and_silence_is_told_a_day_later() -> None:
    state = invited()
    day = step(state, "shadowing-day")

    state, errands = catch_up(state, day.ends)
    asked = [e for e in errands if e.kind is ErrandKind.ASK_HELD]
    state, _ = catch_up(state, day.ends + DAY)

    assert asked == [
        Errand(kind=ErrandKind.ASK_HELD, step="goal-talk", people=(MANAGER,)),
        Errand(kind=ErrandKind.ASK_HELD, step="shadowing-day", people=(LEAD,)),
    ]
    unconfirmed = [a.step for a in state.attention if a.concern is Concern.UNCONFIRMED]
    assert unconfirmed == ["goal-talk", "shadowing-day"]


def walked_to_thanks() -> RotationState:
    state = invited()
    for key in ("goal-talk", "shadowing-day", "listening-session"):
        now = step(state, key).ends
        state, _ = catch_up(state, now)
        state, _ = apply(state, TookPlace(step=key), now)
    now = step(state, "reflection").ends
    state, _ = catch_up(state, now)
    state, _ = apply(state, Written(step="reflection", document="d1"), now)
    return state


def test_thanks_are_asked_for_when_all_else_is_over_and_close_the_rotation() -> None:
    state = walked_to_thanks()
    now = step(state, "thanks").starts

    state, asked = catch_up(state, now)
    state, delivered = apply(state, Written(step="thanks", document="d2"), now)

    assert [e.kind for e in asked] == [ErrandKind.ASK_THANKS]
    assert [e.kind for e in delivered] == [ErrandKind.DELIVER_THANKS]
    assert state.ending is Ending.COMPLETED
    assert sentence(state) == "Over: completed."


def test_a_missing_reflection_needs_a_person_after_48_hours() -> None:
    state = invited()
    slot = step(state, "reflection")
    state, _ = catch_up(state, slot.ends)

    state, _ = catch_up(state, slot.ends + 48 * HOUR)

    assert Concern.REFLECTION_MISSING in {a.concern for a in state.attention}


def test_not_today_keeps_the_whole_day_free_and_is_only_for_the_day_itself() -> None:
    state = invited()
    day = step(state, "shadowing-day")
    event = NotToday(step="shadowing-day", person=LEADER)

    with pytest.raises(Refused, match="for the day itself"):
        refuse(state, event, day.starts - DAY)
    _, errands = apply(state, event, day.starts - HOUR)

    disruption = errands[0].disruption
    assert disruption is not None
    assert disruption.unavailable is not None
    assert disruption.unavailable.contains(Interval(starts=day.starts, ends=day.ends))


@pytest.mark.parametrize("event", [NotToday, NoShow])
def test_only_of_those_who_are_invited_it_is_said_that_they_are_missing(
    event: type[NotToday | NoShow],
) -> None:
    state = invited()

    with pytest.raises(Refused, match="not invited"):
        refuse(
            state, event(step="shadowing-day", person="P-9999"), step(state, "shadowing-day").starts
        )


def test_not_today_is_too_late_once_the_step_is_over() -> None:
    state = invited()
    ends = step(state, "shadowing-day").ends

    with pytest.raises(Refused, match="over already"):
        refuse(state, NotToday(step="shadowing-day", person=LEADER), ends)


def test_a_no_show_needs_a_person_and_a_new_date() -> None:
    state = invited()

    state, errands = apply(
        state, NoShow(step="shadowing-day", person=LEADER), step(state, "shadowing-day").ends
    )

    assert [a.concern for a in state.attention] == [Concern.NO_SHOW]
    assert [e.disruption.cause for e in errands if e.disruption] == [Cause.NO_SHOW]


def test_nothing_falls_due_while_on_hold_and_past_steps_are_planned_anew_afterwards() -> None:
    held, _ = apply(a_rotation(), Hold(), NOW)
    assert next_due(held) is None

    resumed, _ = apply(held, Resume(), NOW + 20 * DAY)
    state, errands = catch_up(resumed, NOW + 20 * DAY)

    assert [e.disruption.cause for e in errands if e.disruption] == [Cause.OVERDUE] * 4
    assert stage(held) == "on-hold"
    assert step(state, "goal-talk").phase is Phase.REPAIRING


@pytest.mark.parametrize(
    ("event", "ending"), [(Withdraw(), Ending.WITHDRAWN), (Cancel(), Ending.CANCELLED)]
)
def test_leaving_calls_every_open_invite_off(event: Event, ending: Ending) -> None:
    state, errands = apply(invited(), event, NOW)

    assert state.ending is ending
    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF, ErrandKind.REPAIR]
    assert {s.phase for s in state.steps} == {Phase.CANCELLED}


def test_a_skipped_step_calls_its_invites_off() -> None:
    state, errands = apply(invited(), Skip(step="goal-talk"), NOW)

    assert errands == (Errand(kind=ErrandKind.CALL_OFF, step="goal-talk"),)
    assert step(state, "goal-talk").phase is Phase.CANCELLED


def test_a_refused_address_needs_a_person_until_the_mail_arrives() -> None:
    state, _ = apply(invited(), Delivery(person=ANA, step="goal-talk", delivered=False), NOW)
    assert [a.concern for a in state.attention] == [Concern.DELIVERY_FAILED]

    state, _ = apply(state, Delivery(person=ANA, step="goal-talk", delivered=True), NOW)

    assert state.attention == ()


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (
            Answered(id="a", step="nowhere", person=ANA, revision=0, answer=Answer.ACCEPTED),
            "no step",
        ),
        (answer("goal-talk", ANA, Answer.ACCEPTED), "not invited"),
        (GateAnswered(gate=Gate.HOST, person=BEN, agreed=True), "not asked"),
        (TookPlace(step="shadowing-day"), "has not begun"),
        (TookPlace(step="reflection"), "words are written"),
        (Written(step="shadowing-day", document="d"), "Nothing is written"),
        (Reschedule(step="goal-talk", starts=NOW - DAY), "still to come"),
        (Reschedule(step="goal-talk", starts=NOW + DAY), "already at that time"),
        (Skip(step="listening-session"), "belongs to every shadowing stop"),
        (Resume(), "not on hold"),
    ],
)
def test_a_move_that_makes_no_sense_is_refused_with_a_sentence(event: Event, said: str) -> None:
    with pytest.raises(Refused, match=said):
        refuse(invited(), event, NOW)


def test_nothing_about_a_rotation_that_is_over_can_change() -> None:
    over, _ = apply(invited(), Cancel(), NOW)

    with pytest.raises(Refused, match="over"):
        refuse(over, Hold(), NOW)
    assert apply(over, Hold(), NOW) == (over, ())


EVENTS = st.one_of(
    st.builds(TookPlace, step=st.sampled_from(["goal-talk", "shadowing-day", "listening-session"])),
    st.builds(NoShow, step=st.sampled_from(["goal-talk", "shadowing-day"]), person=st.just(LEADER)),
    st.builds(
        answer,
        st.sampled_from(["goal-talk", "shadowing-day", "listening-session"]),
        st.sampled_from([LEADER, MANAGER, LEAD, ANA, BEN]),
        st.sampled_from(Answer),
    ),
    st.builds(Written, step=st.sampled_from(["reflection", "thanks"]), document=st.just("d")),
    st.builds(Skip, step=st.sampled_from(["goal-talk", "thanks", "reflection"])),
    st.sampled_from([Hold(), Resume(), Withdraw()]),
    st.builds(RepairFailed, step=st.just("goal-talk")),
    st.builds(TeamDissolved, team=st.sampled_from(["H-01", "H-02"])),
    st.builds(ManagerChanged, manager=st.sampled_from([MANAGER, LEAD, BEN])),
)


@given(st.lists(st.tuples(st.integers(0, 72), EVENTS), max_size=25))
def test_whatever_happens_the_rotation_stays_sound(story: list[tuple[int, Event]]) -> None:
    state, now = a_rotation(), NOW
    for hours, event in story:
        now += timedelta(hours=hours)
        state, _ = catch_up(state, now)
        before = state
        try:
            refuse(state, event, now)
        except Refused:
            continue
        state, _ = apply(state, event, now)
        assert state.version >= before.version
        assert all(b.revision >= a.revision for a, b in zip(before.steps, state.steps, strict=True))
        caught, errands = catch_up(state, now)
        assert catch_up(caught, now) == (caught, ())
        due = next_due(caught)
        assert due is None or due.at > now
        assert sentence(caught)
        if caught.ending:
            assert due is None
            assert errands == () or state.ending is None


def test_a_plan_that_leaves_a_step_alone_leaves_what_it_needs_of_a_person() -> None:
    asked, _ = catch_up(invited(), step(invited(), "goal-talk").ends)
    unconfirmed, _ = catch_up(asked, step(asked, "goal-talk").ends + 2 * DAY)
    about = Concern.UNCONFIRMED, "goal-talk"
    assert about in {(a.concern, a.step) for a in unconfirmed.attention}
    later = step(unconfirmed, "goal-talk").ends + 2 * DAY

    changed, _ = apply(unconfirmed, moved(unconfirmed, "listening-session", 3), later)

    assert about in {(a.concern, a.step) for a in changed.attention}


def test_a_step_that_comes_back_from_a_repair_unchanged_can_still_be_escalated() -> None:
    begun = invited()
    broken = begun.with_step(
        step(begun, "goal-talk").model_copy(update={"phase": Phase.REPAIRING, "escalated": True})
    ).raising(Attention(concern=Concern.NOT_REPAIRED, since=NOW, step="goal-talk"))

    mended, _ = apply(broken, moved(broken, "listening-session", 3), NOW)

    back = step(mended, "goal-talk")
    assert (back.phase, back.escalated) == (Phase.INVITED, False)
    assert mended.attention == ()
