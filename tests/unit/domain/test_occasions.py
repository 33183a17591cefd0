"""Occasions: opened once, at the first time when everybody is free, and what a no makes of them."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.due import catch_up
from domain.errands import ErrandKind
from domain.errors import Refused
from domain.events import (
    Answered,
    Cancel,
    MemberLeft,
    NoShow,
    NotToday,
    RepairFailed,
    Reschedule,
    Written,
)
from domain.feeds import entries
from domain.moments import Interval, WorkingHours
from domain.moves import apply, refuse
from domain.occasionmoves import MOST_TRIES
from domain.occasions import first_common_time, id_of, is_late, opened, seats
from domain.people import Seat
from domain.planning import Availability
from domain.program import AFTER, OCCASIONS, PEER_DEBRIEF, RESULTS_REVIEW, StepKind
from domain.rotation import Answer, Concern, Ending, Phase, RotationState
from domain.telling import details, sentence, title
from tests.planning_problems import a_program

NOW = datetime(2026, 12, 7, 8, tzinfo=UTC)
"""A Monday, 09:00 in Berlin."""
HALF = timedelta(minutes=30)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANA, BEN, CEM, DAN = "P-0001", "P-0002", "P-0003", "P-0004"


def hours(first: str = "09:00", last: str = "17:00") -> tuple[WorkingHours, ...]:
    starts, ends = time.fromisoformat(first), time.fromisoformat(last)
    return tuple(WorkingHours(weekday=n, starts=starts, ends=ends) for n in range(5))


def somebody(person: str = ANA, zone: str = "Europe/Berlin", **changes: object) -> Availability:
    facts: dict[str, object] = {"person": person, "zone": zone, "hours": hours()}
    return Availability.model_validate(facts | changes)


def from_to(starts: datetime, ends: datetime) -> Interval:
    return Interval(starts=starts, ends=ends)


def an_occasion(
    kind: str = PEER_DEBRIEF,
    people: tuple[str, ...] = (ANA, BEN),
    starts: datetime | None = NOW + DAY,
) -> RotationState:
    held = from_to(starts, starts + HALF) if starts else None
    by = NOW + 14 * DAY
    return opened(a_program(), OCCASIONS[kind], "abcdefgh", people, held, by, 1, NOW)


def begun(state: RotationState) -> RotationState:
    return catch_up(state, NOW)[0]


def says(state: RotationState, person: str, answer: Answer, number: int = 1) -> Answered:
    (step,) = state.steps
    return Answered(
        id=f"{person}:{number}:{step.revision}",
        step=step.key,
        person=person,
        revision=step.revision,
        answer=answer,
    )


def test_the_first_time_at_which_both_work_and_are_free_is_found_on_the_quarter() -> None:
    ana = somebody(busy=(from_to(NOW, NOW + HOUR),))
    ben = somebody(BEN, absences=(from_to(NOW + HOUR, NOW + HOUR + timedelta(minutes=20)),))

    found = first_common_time((ana, ben), HALF, NOW, NOW + DAY)

    assert found == from_to(NOW + HOUR + HALF, NOW + 2 * HOUR)


def test_people_far_apart_meet_where_their_hours_overlap_and_never_where_none_do() -> None:
    tokyo = somebody(BEN, zone="Asia/Tokyo", hours=hours("09:00", "18:00"))
    early = somebody(CEM, hours=hours("08:00", "12:00"))

    found = first_common_time((tokyo, early), HALF, NOW - HOUR, NOW + 3 * DAY)

    assert found == from_to(NOW - HOUR, NOW - HOUR + HALF)
    assert first_common_time((tokyo, somebody(CEM)), HALF, NOW, NOW + 9 * DAY) == from_to(
        NOW, NOW + HALF
    )
    late = somebody(CEM, hours=hours("14:00", "17:00"))
    assert first_common_time((tokyo, late), HALF, NOW, NOW + 30 * DAY) is None


def test_it_fits_before_the_end_or_not_at_all() -> None:
    ana = somebody()

    assert first_common_time((ana,), HALF, NOW, NOW + HALF) == from_to(NOW, NOW + HALF)
    assert first_common_time((ana,), HALF, NOW, NOW + HALF - timedelta(seconds=1)) is None
    assert first_common_time((ana,), HALF, NOW + DAY, NOW) is None
    assert first_common_time((), HALF, NOW, NOW + DAY) is None
    assert first_common_time((somebody(hours=()),), HALF, NOW, NOW + 90 * DAY) is None


def test_a_night_shift_that_began_yesterday_counts() -> None:
    night = somebody(hours=hours("22:00", "06:00"))
    two_at_night = datetime(2026, 12, 8, 1, tzinfo=UTC)

    assert first_common_time((night,), HALF, two_at_night, two_at_night + DAY) == from_to(
        two_at_night, two_at_night + HALF
    )


def test_practice_s11_a_reflection_without_an_event_is_refused() -> None:
    for kind in AFTER.values():
        with pytest.raises(Refused, match="give the id of the event"):
            id_of("winter", kind, "")
        assert id_of("winter", kind, "event:a") == id_of("winter", kind, "event:a")
        assert id_of("winter", kind, "event:a") != id_of("winter", kind, "event:b")
    assert id_of("winter", PEER_DEBRIEF, "")


def test_practice_s11_what_is_written_a_week_later_is_late() -> None:
    occasion = OCCASIONS[AFTER["decision"]]
    (step,) = an_occasion(occasion.key, (ANA,)).steps

    assert not is_late(occasion, step, step.ends + occasion.closes)
    assert is_late(occasion, step, step.ends + occasion.closes + timedelta(seconds=1))


def test_in_threes_everybody_comes_and_a_larger_review_needs_its_first_and_one_more() -> None:
    three = seats(StepKind.PEER_DEBRIEF, (ANA, BEN, CEM))
    four = an_occasion(RESULTS_REVIEW, (ANA, BEN, CEM, DAN))

    assert all(a.required and a.seat is Seat.PARTICIPANT for a in three)
    (step,) = four.steps
    assert [(a.seat, a.required) for a in step.attendees][:2] == [
        (Seat.FACILITATOR, True),
        (Seat.PARTICIPANT, False),
    ]
    assert step.quorum == 1
    state = begun(four)
    for person in (BEN, CEM):
        state, errands = apply(state, says(state, person, Answer.DECLINED), NOW)
        assert errands == ()
    state, errands = apply(state, says(state, DAN, Answer.DECLINED), NOW)
    assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]


def test_a_no_looks_for_another_time_once_and_everybody_is_asked_again() -> None:
    state = begun(an_occasion())
    assert state.steps[0].phase is Phase.INVITED

    state, errands = apply(state, says(state, ANA, Answer.DECLINED), NOW)
    again, none = apply(state, says(state, BEN, Answer.DECLINED), NOW)

    assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]
    assert none == ()
    assert again.steps[0].declined == (ANA, BEN)
    found = Reschedule(step=PEER_DEBRIEF, starts=NOW + 2 * DAY)
    refuse(again, found, NOW)
    moved, errands = apply(again, found, NOW)
    assert [e.kind for e in errands] == [ErrandKind.INVITE]
    (step,) = moved.steps
    assert (step.phase, step.revision, step.declined, step.sought) == (Phase.INVITED, 1, (), 1)


def test_after_three_more_times_a_person_is_needed() -> None:
    state = begun(an_occasion())
    for number in range(MOST_TRIES):
        state, errands = apply(state, says(state, ANA, Answer.DECLINED), NOW)
        assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]
        state, _ = apply(state, Reschedule(step=PEER_DEBRIEF, starts=NOW + (2 + number) * DAY), NOW)

    state, errands = apply(state, says(state, ANA, Answer.DECLINED), NOW)

    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF]
    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]
    assert catch_up(state, NOW + 30 * DAY)[0].attention == state.attention
    moved, _ = apply(state, Reschedule(step=PEER_DEBRIEF, starts=NOW + 9 * DAY), NOW)
    assert moved.attention == ()


def test_on_the_day_itself_it_is_put_off_as_well() -> None:
    state = begun(an_occasion())
    (step,) = state.steps
    event = NotToday(step=step.key, person=BEN)
    refuse(state, event, step.starts - HOUR)

    _, errands = apply(state, event, step.starts - HOUR)

    assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]


def test_not_today_and_not_there_move_nothing_where_enough_others_come() -> None:
    state = begun(an_occasion(RESULTS_REVIEW, (ANA, BEN, CEM, DAN)))
    during = state.steps[0].starts

    for event in (
        NotToday(step=RESULTS_REVIEW, person=BEN),
        NoShow(step=RESULTS_REVIEW, person=BEN),
    ):
        after, errands = apply(state, event, during)
        assert errands == ()
        assert (after.steps[0].phase, after.steps[0].declined) == (Phase.INVITED, (BEN,))
        _, errands = apply(state, event.model_copy(update={"person": ANA}), during)
        assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]


def test_who_did_not_come_to_what_nobody_confirmed_meets_at_another_time() -> None:
    asked, _ = catch_up(begun(an_occasion()), NOW + 2 * DAY)
    state, _ = catch_up(asked, NOW + 30 * DAY)
    assert [a.concern for a in state.attention] == [Concern.UNCONFIRMED]

    state, errands = apply(state, NoShow(step=PEER_DEBRIEF, person=BEN), NOW + 30 * DAY)

    assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]
    assert state.attention == ()
    lost, _ = catch_up(state, NOW + 30 * DAY)
    assert [a.concern for a in lost.attention] == [Concern.NOT_REPAIRED]


def test_what_no_time_is_found_for_stands_in_no_calendar() -> None:
    assert list(entries(an_occasion(starts=None))) == []
    assert "| no time yet |" in details(an_occasion(starts=None))
    sought, _ = apply(begun(an_occasion()), says(an_occasion(), ANA, Answer.DECLINED), NOW)
    assert {e.whose for e in entries(sought)} == {"winter", ANA, BEN}

    _, errands = apply(sought, RepairFailed(step=PEER_DEBRIEF), NOW)

    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF]


def test_half_an_hour_is_called_off_where_its_words_were_written_before_it() -> None:
    state = begun(an_occasion(AFTER["decision"], (ANA,)))
    (step,) = state.steps
    for at, kinds in ((step.starts - HOUR, [ErrandKind.CALL_OFF]), (step.ends, [])):
        over, errands = apply(state, Written(step=step.key, document="d"), at)

        assert over.ending is Ending.COMPLETED
        assert [e.kind for e in errands] == kinds


def test_no_time_needs_a_person_from_the_beginning_and_again_when_none_was_found() -> None:
    state = an_occasion(starts=None)
    assert [a.concern for a in state.attention] == [Concern.NOT_REPAIRED]
    assert catch_up(state, NOW) == (state, ())
    assert sentence(state).startswith("Waiting for a time for peer-debrief of P-0001")

    sought, _ = apply(begun(an_occasion()), says(an_occasion(), ANA, Answer.DECLINED), NOW)
    failed, _ = apply(sought, RepairFailed(step=PEER_DEBRIEF), NOW)

    assert [a.concern for a in failed.attention] == [Concern.NOT_REPAIRED]


def test_somebody_alone_is_said_to_have_no_partner() -> None:
    state, _ = catch_up(an_occasion(people=(ANA,), starts=None), NOW + 30 * DAY)
    (attention,) = state.attention

    assert attention.concern is Concern.NO_PARTNER


def test_what_could_not_be_invited_to_in_time_looks_for_another_time() -> None:
    state, errands = catch_up(an_occasion(), NOW + 2 * DAY)

    assert [e.kind for e in errands] == [ErrandKind.FIND_TIME]
    assert state.steps[0].phase is Phase.REPAIRING


def test_a_debrief_that_one_of_two_leaves_is_called_off_and_three_go_on_as_two() -> None:
    two, three = begun(an_occasion()), begun(an_occasion(people=(ANA, BEN, CEM)))
    left = MemberLeft(step=PEER_DEBRIEF, person=ANA)

    over, errands = apply(two, left, NOW)
    assert over.ending is Ending.COMPLETED
    assert over.steps[0].phase is Phase.CANCELLED
    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF]

    on, errands = apply(three, left, NOW)
    assert [a.person for a in on.steps[0].attendees] == [BEN, CEM]
    assert on.participant == BEN
    assert [e.kind for e in errands] == [ErrandKind.INVITE]


def test_cancelling_asks_no_plan_and_the_temporal_ui_sees_pseudonyms() -> None:
    state = begun(an_occasion())

    _, errands = apply(state, Cancel(), NOW)

    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF]
    assert title(state) == "peer-debrief of P-0001, P-0002"
    assert "Occasion peer-debrief of P-0001, P-0002." in details(state)
