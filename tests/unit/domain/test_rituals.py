"""Rituals: their dates across changes of clocks, their lenses, and what happens without a facilitator."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.due import catch_up, next_due
from domain.errands import ErrandKind
from domain.events import (
    Answered,
    Cancel,
    MemberJoined,
    MemberLeft,
    NoShow,
    NotToday,
    Reschedule,
    Skip,
    TookPlace,
)
from domain.moments import Interval
from domain.moves import apply
from domain.people import Lens, Seat
from domain.planning import Attendee
from domain.program import Ritual, Weekday
from domain.rituals import Series, next_session, number_of, session
from domain.rota import Member, Seats, seats_of
from domain.rotation import Answer, Concern, Ending, Phase, RotationState

FOUR = ("P-0001", "P-0002", "P-0003", "P-0004")
WEEK = timedelta(weeks=1)
NOW = datetime(2026, 3, 19, 14, 0, tzinfo=UTC)


def a_series(week: int | None = None) -> Series:
    ritual = Ritual(
        key="four-lenses",
        title="Four lenses",
        duration=timedelta(hours=1),
        weekday=Weekday.THURSDAY,
        week=week,
        starts_at="15:00",
        lenses=tuple(Lens),
    )
    since = datetime(2026, 3, 2, tzinfo=UTC)
    until = since + 40 * WEEK
    return Series(cohort="spring", ritual=ritual, zone="Europe/Berlin", since=since, until=until)


def seats_for(
    series: Series, people: tuple[str, ...], held: tuple[Seats, ...] = ()
) -> tuple[Attendee, ...]:
    return seats_of(series.ritual, [Member(person=person) for person in people], held)


def next_held(series: Series, after: datetime) -> Interval:
    found = next_session(series, after)
    assert found is not None
    return found.held


def a_session(people: tuple[str, ...] = FOUR, now: datetime = NOW) -> RotationState:
    series = a_series().model_copy(update={"until": now + 2 * WEEK})
    held = next_held(series, now)
    state = session(series, "aaaaaaaa", held, seats_for(series, people), plan=1)
    return catch_up(state, now)[0]


def answered(person: str, answer: Answer, revision: int = 0) -> Answered:
    facts = {"id": f"{person}:{answer}:{revision}", "step": "four-lenses", "person": person}
    return Answered.model_validate(facts | {"revision": revision, "answer": answer})


def test_a_weekly_session_keeps_its_wall_time_over_a_change_of_clocks() -> None:
    first = next_held(a_series(), NOW)
    second = next_held(a_series(), first.starts)

    assert first.starts == datetime(2026, 3, 26, 14, 0, tzinfo=UTC)
    assert second.starts == datetime(2026, 4, 2, 13, 0, tzinfo=UTC)


def test_a_monthly_session_is_held_on_its_week_of_each_month() -> None:
    series, after, days = a_series(week=2), NOW, []
    while found := next_session(series, after):
        days.append(found.held.starts.date())
        after = found.due

    assert days[:3] == [date(2026, 4, 9), date(2026, 5, 14), date(2026, 6, 11)]
    assert [number_of(series, date(2026, 3, 2), _at(day)) for day in days] == [
        1,
        2,
        3,
        4,
        5,
        6,
        7,
        8,
        9,
    ][: len(days)]


def test_no_session_lies_outside_the_program() -> None:
    series = a_series()

    early = next_held(series, series.since - 4 * WEEK)
    assert early.starts.date() == date(2026, 3, 5)
    assert series.until is not None
    assert next_session(series, series.until - timedelta(days=1)) is None


@given(st.integers(0, 5), st.integers(1, 30))
def test_practice_s46_over_four_sessions_each_person_holds_four_lenses(
    rounds: int, size: int
) -> None:
    people = tuple(f"P-{n:04d}" for n in range(1, size + 1))
    held: tuple[Seats, ...] = ()
    for _ in range(4 * (rounds + 1)):
        held = (*held, seats_for(a_series(), people, held))

    for person in people:
        lenses = {seat.lens for seats in held[-4:] for seat in seats if seat.person == person}
        assert lenses == set(Lens)
    for seats in held:
        assert sum(seat.required for seat in seats) == 1


def test_a_session_is_invited_at_once_and_over_when_it_took_place() -> None:
    state = a_session()
    step = state.steps[0]
    assert step.phase is Phase.INVITED

    held, _ = apply(state, TookPlace(step=step.key), step.starts)

    assert held.ending is Ending.COMPLETED


def test_when_the_facilitator_declines_the_next_in_line_facilitates_and_alone_is_told() -> None:
    state = a_session()

    changed, errands = apply(state, answered(FOUR[0], Answer.DECLINED), NOW)

    (facilitator,) = (a for a in changed.steps[0].attendees if a.seat is Seat.FACILITATOR)
    assert (facilitator.person, facilitator.required) == (FOUR[1], True)
    assert [(e.kind, e.people) for e in errands] == [(ErrandKind.INVITE, (FOUR[1],))]
    assert changed.participant == FOUR[1]


def test_somebody_elses_no_changes_nothing() -> None:
    changed, errands = apply(a_session(), answered(FOUR[2], Answer.DECLINED), NOW)

    assert errands == ()
    assert changed.attention == ()


def test_a_no_after_its_start_changes_nobodys_part() -> None:
    state = a_session()

    late, errands = apply(state, answered(FOUR[0], Answer.DECLINED), state.steps[0].starts)

    assert late.participant == FOUR[0]
    assert errands == ()


@pytest.mark.parametrize("people", [FOUR[:2], FOUR[:3]])
def test_a_session_with_too_few_needs_a_person(people: tuple[str, ...]) -> None:
    state = a_session(people)
    for person in people[1:]:
        state, errands = apply(state, answered(person, Answer.DECLINED), NOW)

    assert [a.concern for a in state.attention] == [Concern.TOO_FEW]
    assert errands == ()


def test_a_session_never_asks_for_a_repair() -> None:
    state = a_session()
    step = state.steps[0]
    later = step.starts + WEEK
    for event, at in (
        (NotToday(step=step.key, person=FOUR[0]), step.starts - timedelta(hours=1)),
        (NoShow(step=step.key, person=FOUR[0]), step.ends),
        (Reschedule(step=step.key, starts=later), NOW),
        (Cancel(), NOW),
    ):
        _, errands = apply(state, event, at)
        assert ErrandKind.REPAIR not in {e.kind for e in errands}


def test_a_no_show_at_a_session_is_seen_until_somebody_says_what_becomes_of_it() -> None:
    step = a_session().steps[0]
    asked, _ = catch_up(a_session(), step.ends)
    unconfirmed, _ = catch_up(asked, step.ends + WEEK)
    assert [a.concern for a in unconfirmed.attention] == [Concern.UNCONFIRMED]
    missed = NoShow(step=step.key, person=FOUR[0], shown=True)

    state, errands = apply(unconfirmed, missed, step.ends + WEEK)

    assert errands == ()
    assert [(a.concern, a.person) for a in state.attention] == [(Concern.NO_SHOW, FOUR[0])]
    for event in (TookPlace(step=step.key), Skip(step=step.key)):
        over, _ = apply(state, event, step.ends + WEEK)
        assert (over.attention, over.ending) == ((), Ending.COMPLETED)


def test_a_no_show_that_a_session_heard_of_before_it_was_shown_changes_nothing_else() -> None:
    step = a_session().steps[0]
    before = NoShow.model_validate({"step": step.key, "person": FOUR[0]})

    state, _ = apply(a_session(), before, step.ends)

    assert state.attention == ()
    assert "shown" not in before.model_dump_json()


def test_a_moved_session_asks_everybody_again() -> None:
    state = a_session()
    later = state.steps[0].starts + timedelta(days=1)

    moved, errands = apply(state, Reschedule(step="four-lenses", starts=later), NOW)

    assert moved.steps[0].starts == later
    assert moved.steps[0].revision == 1
    assert [e.kind for e in errands] == [ErrandKind.INVITE]


def test_a_session_that_was_opened_too_late_is_let_go() -> None:
    series = a_series()
    held = next_held(series, NOW)
    state = session(series, "aaaaaaaa", held, seats_for(series, FOUR), plan=1)

    late, errands = catch_up(state, held.ends)

    assert late.steps[0].phase is Phase.CANCELLED
    assert late.ending is Ending.COMPLETED
    assert errands == ()
    assert next_due(late) is None


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 13, tzinfo=UTC)


def joining(person: str = "P-0009") -> MemberJoined:
    return MemberJoined(step="four-lenses", person=person, lens="finance")


def leaving(person: str) -> MemberLeft:
    return MemberLeft(step="four-lenses", person=person)


def seats(state: RotationState) -> list[tuple[str, bool]]:
    return [(a.person, a.required) for a in state.steps[0].attendees]


def test_who_joins_an_open_session_has_a_lens_and_changes_nobody_elses_seat() -> None:
    before = a_session()

    state, errands = apply(before, joining(), NOW)

    assert state.steps[0].attendees[:-1] == before.steps[0].attendees
    newcomer = state.steps[0].attendees[-1]
    assert (newcomer.person, newcomer.lens, newcomer.required) == ("P-0009", "finance", False)
    assert state.steps[0].revision == before.steps[0].revision
    assert [(e.kind, e.people) for e in errands] == [(ErrandKind.INVITE, ())]
    assert apply(state, joining(), NOW)[0].steps == state.steps


def test_who_leaves_loses_their_seat_and_everybody_else_keeps_their_answer() -> None:
    state = a_session()
    for person in (FOUR[1], FOUR[2]):
        state, _ = apply(state, answered(person, Answer.TENTATIVE), NOW)

    changed, errands = apply(state, leaving(FOUR[2]), NOW)

    assert seats(changed) == [(FOUR[0], True), (FOUR[1], False), (FOUR[3], False)]
    assert changed.steps[0].tentative == (FOUR[1],)
    assert changed.steps[0].revision == state.steps[0].revision
    assert [(e.kind, e.people) for e in errands] == [(ErrandKind.INVITE, ())]
    assert apply(changed, leaving(FOUR[2]), NOW)[1] == ()


def test_when_the_facilitator_leaves_the_next_in_line_facilitates_and_alone_is_told() -> None:
    state, _ = apply(a_session(), answered(FOUR[1], Answer.DECLINED), NOW)

    changed, errands = apply(state, leaving(FOUR[0]), NOW)

    assert seats(changed) == [(FOUR[1], False), (FOUR[2], True), (FOUR[3], False)]
    assert changed.participant == FOUR[2]
    assert changed.steps[0].revision == 1
    assert [(e.kind, e.people) for e in errands] == [(ErrandKind.INVITE, (FOUR[2],))]


def test_a_session_that_too_few_are_left_of_needs_a_person_until_somebody_joins() -> None:
    state, errands = apply(a_session(FOUR[:2]), leaving(FOUR[0]), NOW)
    assert [a.concern for a in state.attention] == [Concern.TOO_FEW]
    assert [(e.kind, e.people) for e in errands] == [(ErrandKind.INVITE, ())]
    assert state.participant == FOUR[1]

    state, errands = apply(state, joining(), NOW)
    assert state.attention == ()
    assert seats(state) == [(FOUR[1], True), ("P-0009", False)]
    assert [e.people for e in errands] == [(FOUR[1],)]


def test_a_session_that_nobody_is_left_of_is_called_off() -> None:
    state = a_session(FOUR[:2])
    for person in FOUR[:2]:
        state, errands = apply(state, leaving(person), NOW)

    assert state.steps[0].phase is Phase.CANCELLED
    assert state.ending is Ending.COMPLETED
    assert [e.kind for e in errands] == [ErrandKind.CALL_OFF]


def test_what_was_confirmed_waits_for_the_others_but_reminds_nobody_at_once() -> None:
    state = a_session()
    complete = answered(FOUR[1], Answer.ACCEPTED).model_copy(update={"complete": True})
    state, _ = apply(state, complete, NOW)
    assert state.steps[0].phase is Phase.CONFIRMED
    later = NOW + timedelta(days=5)

    state, _ = apply(state, leaving(FOUR[1]), later)

    assert state.steps[0].phase is Phase.INVITED
    assert catch_up(state, later)[1] == ()


@pytest.mark.parametrize("event", [joining(), leaving(FOUR[0])])
def test_a_session_that_has_begun_and_a_rotation_keep_their_people(
    event: MemberJoined | MemberLeft,
) -> None:
    session, begun = a_session(), a_session().steps[0].starts
    for state, at in ((session, begun), (session.model_copy(update={"ritual": None}), NOW)):
        changed, errands = apply(state, event, at)
        assert changed.steps == state.steps
        assert errands == ()


_happenings = st.one_of(
    st.builds(joining, st.sampled_from((*FOUR, "P-0009"))),
    st.builds(leaving, st.sampled_from(FOUR)),
    st.builds(answered, st.sampled_from(FOUR), st.just(Answer.DECLINED), st.integers(0, 3)),
)


@given(st.lists(_happenings, max_size=12))
def test_whoever_joins_leaves_or_declines_one_who_comes_facilitates_or_a_person_is_needed(
    happenings: list[MemberJoined | MemberLeft | Answered],
) -> None:
    state = a_session()
    for event in happenings:
        if event.person in dict(seats(state)) or not isinstance(event, Answered):
            state, _ = apply(state, event, NOW)
        if state.ending:
            return
    step = state.steps[0]
    coming = [a for a in step.attendees if a.person not in step.declined]
    assert len({a.person for a in step.attendees}) == len(step.attendees)
    if len(coming) > step.quorum:
        assert [a.person for a in coming if a.required] == [state.participant]
        assert state.attention == ()
    else:
        assert [a.concern for a in state.attention] == [Concern.TOO_FEW]
