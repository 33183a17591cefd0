"""Rules of what should be heard: who is a crowd, when, and which thanks wait for it."""

import pytest

from domain.errors import Refused
from domain.policy import Disposition
from domain.program import VoiceMode
from domain.rotation import Phase
from domain.voices import (
    CLOSES,
    CROWD,
    LANGUAGES,
    OPENS,
    Weighed,
    mode_among,
    refuse_unheard,
    sessions_before,
    thanks_after,
    what_is_missing,
)
from tests.builders import HOUR, a_rotation, a_rotation_of_two_stops


def test_practice_s6_only_a_crowd_can_be_anonymous() -> None:
    for speakers in range(CROWD):
        assert mode_among(VoiceMode.ANONYMOUS, speakers) is VoiceMode.FACILITATOR
        assert mode_among(VoiceMode.NAMED, speakers) is VoiceMode.NAMED
    assert mode_among(VoiceMode.ANONYMOUS, CROWD) is VoiceMode.ANONYMOUS


def test_thanks_wait_for_the_sessions_since_the_last_thanks() -> None:
    state = a_rotation_of_two_stops()
    *rest, last = state.steps
    early = last.model_copy(update={"key": "first-thanks", "stop": 1})
    both = state.model_copy(update={"steps": (*rest[:4], early, *rest[4:], last)})

    assert [s.key for s in sessions_before(state, last)] == ["listening-session", "second-session"]
    assert [s.key for s in sessions_before(both, early)] == ["listening-session"]
    assert [s.key for s in sessions_before(both, last)] == ["second-session"]
    for session, thanks in (("listening-session", early), ("second-session", last)):
        found = both.step(session)
        assert found
        assert thanks_after(both, found) == thanks
    assert thanks_after(a_rotation(steps=rest), rest[2]) is None


def test_a_session_that_was_called_off_is_not_spoken_around() -> None:
    step = a_rotation().steps[2]
    refuse_unheard(step, step.starts - OPENS)
    refuse_unheard(step, step.ends + CLOSES)
    with pytest.raises(Refused, match="called off"):
        refuse_unheard(step.model_copy(update={"phase": Phase.CANCELLED}), step.starts)
    with pytest.raises(Refused, match="opens a day before"):
        refuse_unheard(step, step.starts - OPENS - HOUR)


def test_practice_s7_an_answer_is_whole_with_a_reason_and_a_yes_with_its_change() -> None:
    no = Weighed(disposition=Disposition.DECLINED, reason="A law asks for it.")
    yes = no.model_copy(update={"disposition": Disposition.PARTLY, "policy": "abcdefgh"})
    known = frozenset({"abcdefgh"})
    assert what_is_missing(no, frozenset()) == what_is_missing(yes, known) == ""
    assert "Choose the change" in what_is_missing(yes, frozenset())
    assert "Write the reason" in what_is_missing(no.model_copy(update={"reason": " \n"}), known)


def test_every_language_has_its_own_name() -> None:
    assert len(set(LANGUAGES.values())) == len(LANGUAGES)
    assert list(LANGUAGES)[-1] == "und"
