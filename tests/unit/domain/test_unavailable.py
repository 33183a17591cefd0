"""A calendar shows somebody busy or away during a step to come: when that moves a step, and when not."""

import pytest

from domain.due import catch_up
from domain.errands import ErrandKind
from domain.events import NoShow, RepairFailed, TookPlace, Unavailable
from domain.moves import apply, may_clash
from domain.planning import Cause
from domain.rotation import Answer, Concern, Phase, RotationState
from tests.builders import ANA, BEN, DAY, LEAD, LEADER, MANAGER, a_rotation, gates
from tests.unit.domain.test_moves import NOW, answer, invited, moved, step
from tests.unit.domain.test_rituals import a_session


def busy(key: str, person: str, revision: int = 0) -> Unavailable:
    return Unavailable(step=key, person=person, revision=revision)


def with_one_to_spare() -> RotationState:
    """Two colleagues are invited to the listening session, and one of them is enough."""
    state = invited()
    return state.with_step(step(state, "listening-session").model_copy(update={"quorum": 1}))


@pytest.mark.parametrize("phase", [Phase.PLANNED, Phase.INVITED, Phase.CONFIRMED])
def test_somebody_who_has_to_come_and_is_away_asks_for_a_repair(phase: Phase) -> None:
    state = a_rotation()
    state = state.with_step(step(state, "goal-talk").model_copy(update={"phase": phase}))

    state, (errand,) = apply(state, busy("goal-talk", MANAGER), NOW)

    assert step(state, "goal-talk").phase is Phase.REPAIRING
    assert errand.kind is ErrandKind.REPAIR
    assert errand.disruption is not None
    assert errand.disruption.cause is Cause.CALENDAR
    assert (errand.disruption.step, errand.disruption.person) == ("goal-talk", MANAGER)
    assert errand.disruption.unavailable is None


def test_hearing_it_again_asks_for_nothing_more() -> None:
    state, _ = apply(invited(), busy("goal-talk", MANAGER), NOW)

    again, errands = apply(state, busy("goal-talk", MANAGER), NOW)

    assert errands == ()
    assert again.steps == state.steps


def test_colleagues_who_are_away_move_a_session_only_once_too_few_are_left() -> None:
    state, errands = apply(with_one_to_spare(), busy("listening-session", ANA), NOW)
    assert (errands, step(state, "listening-session").phase) == ((), Phase.INVITED)

    state, (errand,) = apply(state, busy("listening-session", BEN), NOW)
    assert errand.kind is ErrandKind.REPAIR


def test_a_decline_counts_together_with_who_is_away() -> None:
    state, _ = apply(with_one_to_spare(), busy("listening-session", ANA), NOW)

    state, (errand,) = apply(state, answer("listening-session", BEN, Answer.DECLINED), NOW)

    assert errand.disruption is not None
    assert errand.disruption.cause is Cause.DECLINED


def test_who_accepts_all_the_same_comes() -> None:
    state, _ = apply(with_one_to_spare(), busy("listening-session", ANA), NOW)
    assert step(state, "listening-session").away == (ANA,)

    state, _ = apply(state, answer("listening-session", ANA, Answer.ACCEPTED), NOW)
    assert step(state, "listening-session").away == ()


@pytest.mark.parametrize(
    "event", [TookPlace(step="goal-talk"), NoShow(step="goal-talk", person=LEADER)]
)
def test_a_step_that_has_begun_is_left_alone(event: TookPlace | NoShow) -> None:
    state = invited()
    now = step(state, "goal-talk").starts
    assert apply(state, busy("goal-talk", MANAGER), now)[1] == ()

    state, _ = apply(state, event, now)

    assert apply(state, busy("goal-talk", MANAGER), now)[1] == ()


def test_news_of_a_time_that_the_step_no_longer_has_is_left_alone() -> None:
    state, _ = apply(invited(), answer("goal-talk", MANAGER, Answer.DECLINED), NOW)
    state, _ = apply(state, moved(state, "goal-talk", days=1), NOW)

    assert apply(state, busy("goal-talk", MANAGER, revision=0), NOW)[1] == ()
    assert apply(state, busy("goal-talk", MANAGER, revision=1), NOW)[1] != ()


def test_people_who_are_not_invited_break_nothing() -> None:
    assert apply(invited(), busy("goal-talk", LEAD), NOW)[1] == ()


def test_what_was_known_of_the_old_time_is_forgotten_with_it() -> None:
    state, _ = apply(invited(), busy("goal-talk", MANAGER), NOW)
    state, errands = apply(state, moved(state, "goal-talk", days=1), NOW)

    assert step(state, "goal-talk").away == ()
    assert step(state, "goal-talk").phase is Phase.INVITED
    assert [e.step for e in errands if e.kind is ErrandKind.INVITE] == ["goal-talk"]


def test_a_step_that_can_stay_after_all_is_as_it_was() -> None:
    before = invited()
    state, _ = apply(before, busy("goal-talk", MANAGER), NOW)

    state, errands = apply(state, moved(state, "goal-talk", days=0), NOW)

    assert (step(state, "goal-talk"), errands) == (step(before, "goal-talk"), ())


def test_a_step_without_another_time_needs_a_person() -> None:
    state, _ = apply(invited(), busy("goal-talk", MANAGER), NOW)
    state, _ = apply(state, RepairFailed(step="goal-talk"), NOW)

    assert [(a.concern, a.step) for a in state.attention] == [(Concern.NOT_REPAIRED, "goal-talk")]


def test_a_planned_step_is_mended_before_anybody_has_agreed() -> None:
    waiting, _ = catch_up(a_rotation(gates=gates(passed=False)), NOW)

    state, (errand,) = apply(waiting, busy("goal-talk", MANAGER), NOW)
    state, errands = apply(state, moved(state, "goal-talk", days=1), NOW)

    assert errand.kind is ErrandKind.REPAIR
    assert (step(state, "goal-talk").phase, errands) == (Phase.PLANNED, ())


def test_a_session_of_a_ritual_lies_in_nobodys_plan() -> None:
    session = a_session()
    key = session.steps[0].key

    assert may_clash(session, session.participant, session.steps[0].starts - DAY) == ()
    assert apply(session, busy(key, session.participant), session.steps[0].starts - DAY)[1] == ()


def test_what_is_only_written_clashes_with_nothing() -> None:
    keys = [s.key for s in may_clash(invited(), LEADER, NOW)]

    assert keys == ["goal-talk", "shadowing-day", "listening-session", "reflection"]


def test_an_old_state_knows_nobody_away() -> None:
    old = invited().model_dump(mode="json")
    assert not any("away" in one for one in old["steps"])
    assert RotationState.model_validate(old) == invited()
