"""What people say by links and pages: once, in time, and only about what is theirs."""

import pytest
from sqlalchemy import Engine

from domain.errors import Refused
from domain.events import GateAnswered, TookPlace, Written
from domain.program import Gate
from domain.rotation import Ending, RotationState
from store.news import NewsDesk
from store.sayings import Sayings
from store.vault import Unreadable, Vault
from tests.builders import ANA, DAY, LEAD, LEADER, MANAGER, MONDAY, gates
from tests.integration.store.world import NOW, VAULT, carry_out, invited, loaded, the_step

LATE = MONDAY + 9 * DAY


def running(engine: Engine, **changes: object) -> RotationState:
    state = invited(loaded(engine, **changes))
    carry_out(engine, state)
    return state


def heard(engine: Engine) -> list[object]:
    """Every event that waits for the rotation, told one after the other."""
    desk, events = NewsDesk(engine), list[object]()
    while pending := desk.pending(LATE, 10):
        events += [one.event for one in pending]
        desk.told(pending[0].number, LATE)
    return events


def test_pressing_a_button_twice_says_it_once(engine: Engine) -> None:
    rotation = running(engine, gates=gates(passed=False)).rotation
    sayings = Sayings(engine, VAULT)

    for _ in range(2):
        sayings.consent(rotation, Gate.HOST, LEAD, agreed=True, now=NOW)
    with pytest.raises(Refused, match="answered already: you said yes"):
        sayings.consent(rotation, Gate.HOST, LEAD, agreed=False, now=NOW)
    for _ in range(2):
        sayings.took_place(rotation, "goal-talk", MANAGER, LATE)

    assert heard(engine) == [
        GateAnswered(gate=Gate.HOST, person=LEAD, agreed=True),
        TookPlace(step="goal-talk", by=MANAGER),
    ]


@pytest.mark.parametrize("by", [LEADER, ANA, LEAD])
def test_only_who_is_asked_says_by_link_that_a_step_was_held(engine: Engine, by: str) -> None:
    rotation = running(engine).rotation

    with pytest.raises(Refused, match="Somebody else is asked by now"):
        Sayings(engine, VAULT).took_place(rotation, "goal-talk", by, LATE)

    assert heard(engine) == []


def test_a_reflection_can_be_written_again_and_is_told_once(engine: Engine) -> None:
    rotation = running(engine).rotation
    sayings = Sayings(engine, VAULT)

    first = sayings.write(rotation, "reflection", LEADER, "I saw queues.", LATE)
    again = sayings.write(rotation, "reflection", LEADER, "I saw people wait.", LATE)

    assert first == again
    assert sayings.words(rotation, "reflection", LEADER) == "I saw people wait."
    assert heard(engine) == [Written(step="reflection", document=first)]


def test_what_is_over_takes_no_first_words_and_lets_old_ones_be_mended(engine: Engine) -> None:
    state = running(engine)
    sayings = Sayings(engine, VAULT)
    first = sayings.write(state.rotation, "reflection", LEADER, "I saw queues.", LATE)
    ended = state.model_copy(update={"ending": Ending.CANCELLED, "version": state.version + 1})
    carry_out(engine, ended)

    with pytest.raises(Refused, match=r"rotation is over \(cancelled\)"):
        sayings.write(state.rotation, "thanks", LEADER, "Thank you.", LATE)
    assert sayings.words(state.rotation, "thanks", LEADER) is None
    assert sayings.write(state.rotation, "reflection", LEADER, "I saw people.", LATE) == first
    assert heard(engine) == [Written(step="reflection", document=first)]


def test_only_the_participant_writes(engine: Engine) -> None:
    rotation = running(engine).rotation
    with pytest.raises(Refused, match="Only the participant"):
        Sayings(engine, VAULT).write(rotation, "reflection", ANA, "words", LATE)


def test_only_written_steps_have_words(engine: Engine) -> None:
    rotation = running(engine).rotation
    with pytest.raises(Refused, match="Nothing is written"):
        Sayings(engine, VAULT).write(rotation, "shadowing-day", LEADER, "words", LATE)


def test_nothing_is_written_before_the_session_it_looks_back_on(engine: Engine) -> None:
    state = running(engine)
    early = the_step(state, "listening-session").starts - DAY
    with pytest.raises(Refused, match="has begun"):
        Sayings(engine, VAULT).write(state.rotation, "reflection", LEADER, "words", early)
    assert heard(engine) == []


def test_words_do_not_open_with_another_key(engine: Engine) -> None:
    rotation = running(engine).rotation
    Sayings(engine, VAULT).write(rotation, "reflection", LEADER, "words", LATE)

    with pytest.raises(Unreadable):
        Sayings(engine, Vault(b"z" * 32)).words(rotation, "reflection", LEADER)
