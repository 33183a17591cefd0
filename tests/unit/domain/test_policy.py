"""A policy change on its own: what may happen when, and what time alone brings about."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.events import (
    ConcernRaised,
    Decided,
    Extended,
    Measured,
    OwnerChanged,
    OwnerLeft,
    PolicyEvent,
    RolledBack,
)
from domain.policy import (
    CONCERNS_EACH,
    OVER,
    Disposed,
    Disposition,
    PolicyPhase,
    PolicyState,
    Verdict,
)
from domain.policymoves import (
    PolicyErrand,
    apply_policy,
    catch_up_policy,
    next_policy_due,
    policy_sentence,
    refuse_policy,
)
from domain.rotation import Concern
from tests.builders import ANA, BEN, DAY, LEAD, LEADER, MANAGER, MONDAY

FIRST, SECOND, THIRD, FOURTH = "aaaaaaaa", "bbbbbbbb", "cccccccc", "dddddddd"
ADOPTED = Decided(disposition=Disposition.ADOPTED, in_force_at=MONDAY + 7 * DAY)

FAR = ADOPTED.model_copy(update={"in_force_at": datetime(9999, 12, 1, tzinfo=UTC)})


def a_change(**changes: object) -> PolicyState:
    facts: dict[str, object] = {
        "policy": "abcdefgh",
        "cohort": "winter",
        "rotation": "abcdefgh",
        "participant": LEADER,
        "host": "H-01",
        "owner": MANAGER,
        "co_authors": (ANA,),
        "voices": (ANA, BEN, LEAD),
        "proposed_at": MONDAY,
        "decide_by": MONDAY + 14 * DAY,
    }
    return PolicyState.model_validate(facts | changes)


def doubted(*concerns: str, person: str = ANA) -> PolicyState:
    """A proposal about which somebody has raised these concerns."""
    state = a_change()
    for concern in concerns:
        state, _ = apply_policy(state, ConcernRaised(concern=concern, person=person), MONDAY)
    return state


def declining(*concerns: str) -> Decided:
    disposed = (Disposed(concern=c, disposition=Disposition.PARTLY) for c in concerns)
    return Decided(disposition=Disposition.DECLINED, concerns=tuple(disposed))


def in_force() -> PolicyState:
    return apply_policy(a_change(), ADOPTED, MONDAY)[0]


def test_the_owner_is_asked_reminded_once_and_then_a_person_helps() -> None:
    asked, first = catch_up_policy(a_change(), MONDAY)
    reminded, second = catch_up_policy(asked, MONDAY + 5 * DAY)
    late, third = catch_up_policy(reminded, MONDAY + 20 * DAY)

    assert (first, second, third) == (
        (PolicyErrand.ASK_DECISION, PolicyErrand.SHOW_PROPOSAL),
        (PolicyErrand.REMIND_DECISION,),
        (),
    )
    assert [a.concern for a in late.attention] == [Concern.DECISION_MISSING]
    assert next_policy_due(late) is None


def test_the_effect_is_asked_for_from_day_35_and_a_verdict_stands_by_day_42() -> None:
    state = in_force()
    assert state.in_force_at is not None
    day = state.in_force_at

    quiet, none = catch_up_policy(state, day + 34 * DAY)
    asked, ask = catch_up_policy(state, day + 35 * DAY)
    judged, errands = catch_up_policy(asked, day + 42 * DAY)

    assert (none, ask) == ((), (PolicyErrand.ASK_IMPACT,))
    assert quiet == state
    assert (judged.phase, judged.verdict) == (PolicyPhase.REVIEWED, Verdict.NOT_MEASURED)
    assert errands[-1] is PolicyErrand.TELL_VERDICT
    assert judged.verdict_at == day + 42 * DAY


def test_a_target_that_was_not_met_is_extended_or_taken_back() -> None:
    measured = Measured(verdict=Verdict.NOT_MET)
    later = MONDAY + 45 * DAY
    reviewed, _ = apply_policy(in_force(), measured, later)

    extended, _ = apply_policy(reviewed, Extended(), later)
    back, _ = apply_policy(reviewed, RolledBack(), later)
    stayed, _ = catch_up_policy(reviewed, later + 14 * DAY)

    assert (extended.phase, extended.in_force_at) == (PolicyPhase.IN_FORCE, later)
    assert (back.phase, stayed.phase) == (PolicyPhase.ROLLED_BACK, PolicyPhase.KEPT)


@pytest.mark.parametrize(
    ("state", "event", "said"),
    [
        (a_change(), Measured(verdict=Verdict.MET), "not in force"),
        (a_change(), Extended(), "after a verdict"),
        (a_change(), Decided(disposition=Disposition.PARTLY), "from which day"),
        (a_change(), FAR, "more than a year ahead"),
        (in_force(), ADOPTED, "decided already"),
        (in_force(), ConcernRaised(concern=FIRST, person=ANA), "decided already"),
        (a_change(), ConcernRaised(concern=FIRST, person=MANAGER), "who were met"),
        (doubted(FIRST), declining(), "one has none yet"),
        (doubted(FIRST, SECOND), ADOPTED, "2 have none yet"),
        (doubted(FIRST, SECOND), declining(SECOND), "one has none yet"),
        (in_force(), Measured(verdict=Verdict.MET), "not in force yet"),
        (a_change(phase=PolicyPhase.DECLINED), RolledBack(), "is over"),
    ],
)
def test_what_makes_no_sense_is_refused(state: PolicyState, event: PolicyEvent, said: str) -> None:
    with pytest.raises(Refused, match=said):
        refuse_policy(state, event, MONDAY)


def test_practice_s7_nothing_is_decided_while_a_concern_lacks_its_disposition() -> None:
    state = doubted(FIRST, SECOND)
    hasty, silent = apply_policy(state, declining(FIRST), MONDAY)
    decided, errands = apply_policy(state, declining(SECOND, FIRST), MONDAY)

    assert (hasty.phase, silent) == (PolicyPhase.PROPOSED, ())
    assert (decided.phase, errands) == (PolicyPhase.DECLINED, (PolicyErrand.TELL_DECISION,))
    assert [(c.id, c.person, c.disposition) for c in decided.concerns] == [
        (FIRST, ANA, Disposition.PARTLY),
        (SECOND, ANA, Disposition.PARTLY),
    ]


def test_a_concern_is_heard_once_and_everybody_raises_a_few() -> None:
    full = doubted(FIRST, SECOND, SECOND, THIRD)

    assert len(full.concerns) == CONCERNS_EACH
    with pytest.raises(Refused, match="each of them gets an answer"):
        refuse_policy(full, ConcernRaised(concern=FOURTH, person=ANA), MONDAY)
    refuse_policy(full, ConcernRaised(concern=FOURTH, person=BEN), MONDAY)
    assert "3 concerns included" in policy_sentence(full)


def test_a_new_owner_is_asked_anew() -> None:
    asked, _ = catch_up_policy(a_change(), MONDAY)

    changed, _ = apply_policy(asked, OwnerChanged(owner=LEAD), MONDAY)
    _, errands = catch_up_policy(changed, MONDAY)

    assert PolicyErrand.ASK_DECISION in errands


CONCERNS = st.sampled_from((FIRST, SECOND))
EVENTS = st.one_of(
    st.builds(
        Decided,
        disposition=st.sampled_from(Disposition),
        in_force_at=st.integers(0, 30).map(lambda n: MONDAY + n * DAY),
        concerns=st.sets(CONCERNS).map(
            lambda ids: tuple(Disposed(concern=i, disposition=Disposition.PARTLY) for i in ids)
        ),
    ),
    st.builds(ConcernRaised, concern=CONCERNS, person=st.sampled_from((ANA, BEN, LEAD))),
    st.builds(Measured, verdict=st.sampled_from(Verdict)),
    st.just(Extended()),
    st.just(RolledBack()),
    st.just(OwnerChanged(owner=LEAD)),
)


@given(st.lists(st.tuples(EVENTS, st.integers(0, 40)), max_size=8))
def test_whatever_is_said_the_change_stays_whole_and_time_never_stands_still(
    said: list[tuple[PolicyEvent, int]],
) -> None:
    state, now = a_change(), MONDAY
    for event, days in said:
        now += timedelta(days=days)
        state, _ = catch_up_policy(state, now)
        assert_nothing_due(state, now)
        try:
            refuse_policy(state, event, now)
        except Refused:
            continue
        before = state.version
        state, _ = apply_policy(state, event, now)
        assert state.version == before + 1
        assert policy_sentence(state).endswith(".")
        assert state.decided_at is None or all(c.disposition for c in state.concerns)

    judged, _ = catch_up_policy(state, now + 400 * DAY)
    ended, _ = catch_up_policy(judged, now + 800 * DAY)
    waiting = ended.phase is PolicyPhase.PROPOSED and bool(ended.attention)
    assert ended.phase in OVER or waiting


def assert_nothing_due(state: PolicyState, now: datetime) -> None:
    due = next_policy_due(state)
    assert due is None or due.at > now
    assert catch_up_policy(state, now) == (state, ())


@pytest.mark.parametrize("state", [a_change(), in_force()])
def test_an_owner_without_a_team_needs_a_person_until_somebody_else_owns_the_change(
    state: PolicyState,
) -> None:
    left, errands = apply_policy(state, OwnerLeft(), MONDAY)
    handed_over, _ = apply_policy(left, OwnerChanged(owner=BEN), MONDAY)

    assert errands == ()
    assert [(a.concern, a.person) for a in left.attention] == [(Concern.OWNER_LEFT, MANAGER)]
    assert (handed_over.attention, handed_over.owner) == ((), BEN)


def test_a_missing_decision_is_still_noticed_when_the_owner_has_no_team() -> None:
    left, _ = apply_policy(a_change(), OwnerLeft(), MONDAY)

    late, _ = catch_up_policy(left, MONDAY + 20 * DAY)

    assert [a.concern for a in late.attention] == [Concern.OWNER_LEFT, Concern.DECISION_MISSING]
