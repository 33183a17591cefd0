"""What counts as an observation, when, and what it must not say."""

from datetime import timedelta

import pytest

from domain.errors import Refused
from domain.evidence import (
    NOTES_CLOSE,
    Observation,
    named_in,
    refuse_observation,
    refuse_untimely,
)
from domain.insights import InsightTag
from domain.program import StepKind
from domain.rotation import Phase, StepState
from tests.builders import a_rotation

SECOND = timedelta(seconds=1)


def the_day() -> StepState:
    return next(s for s in a_rotation().steps if s.kind is StepKind.SHADOWING_DAY)


@pytest.mark.parametrize("said", [{"quote": "We keep a list."}, {"moment": "The printer stopped."}])
def test_practice_s15_what_was_said_or_what_happened_is_enough(said: dict[str, str]) -> None:
    refuse_observation(Observation(**said, tag=InsightTag.DELIGHT))


def test_practice_s15_a_feeling_alone_is_no_observation() -> None:
    with pytest.raises(Refused, match="what was said or what happened"):
        refuse_observation(Observation(feeling="uneasy", tag=InsightTag.FRUSTRATION))


def test_a_step_is_observed_from_its_start_to_two_weeks_after_its_end() -> None:
    day = the_day()
    refuse_untimely(day, day.starts)
    refuse_untimely(day, day.ends + NOTES_CLOSE)

    with pytest.raises(Refused, match="when the step begins"):
        refuse_untimely(day, day.starts - SECOND)
    with pytest.raises(Refused, match="closed 14 days after"):
        refuse_untimely(day, day.ends + NOTES_CLOSE + SECOND)


def test_a_step_that_was_called_off_is_not_observed() -> None:
    day = the_day().model_copy(update={"phase": Phase.CANCELLED})
    with pytest.raises(Refused, match="called off"):
        refuse_untimely(day, day.starts)


def test_a_meeting_about_goals_is_not_observed() -> None:
    talk = next(s for s in a_rotation().steps if s.kind is StepKind.LEARNING_GOAL_TALK)
    with pytest.raises(Refused, match="nothing to observe"):
        refuse_untimely(talk, talk.starts)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Vera keeps a list of her own", ("Vera",)),
        ("that's Lang's list, and Vera's too", ("Lang", "Vera")),
        ("Özlem said so, and Özlem again", ("Özlem",)),
        ("it will break in may", ()),
        ("Langer waits, and Verandas are not Vera", ("Vera",)),
        ("Veras Plan, Langs Liste und Özlems Idee", ("Veras", "Langs", "Özlems")),
        ("VERA UND LANGS LISTE", ("VERA", "LANGS")),
        ("O\u0308zlem said so", ("Özlem",)),
        ("Bo Li said so", ("Bo", "Li")),
        ("then Bo came, and Lis are flowers", ("Bo",)),
        ("the LI of the BO", ()),
        ("So it is. And then: So! But then So came", ("So",)),
        ("Von hier kam Da Ponte", ("Da", "Ponte")),
        ("nobody has time", ()),
        ("", ()),
    ],
)
def test_names_are_found_as_words_of_their_own(text: str, found: tuple[str, ...]) -> None:
    names = ["Vera Lang", "O\u0308zlem Kaya", "Will May", "Bo Li", "So Yun", "Ada von Da Ponte"]
    assert named_in(text, names) == found
