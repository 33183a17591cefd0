"""What exercises ask, when they are open, and what is missing in what was written."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.errors import Refused
from domain.exercises import is_late, lines_of, refuse_out_of_time, what_is_missing
from domain.people import Seat
from domain.program import Exercise, FieldKind, FormField, StepKind, Timing
from domain.rotation import Phase, StepState
from intake.practices import read_practice
from tests.builders import a_rotation

PRACTICES = Path(__file__).parents[3] / "examples" / "practices"
SECOND = timedelta(seconds=1)


def practice(key: str) -> Exercise:
    found = read_practice(PRACTICES / f"{key}.toml")
    assert isinstance(found, Exercise), found
    return found


def the_step(kind: StepKind) -> StepState:
    return next(step for step in a_rotation().steps if step.kind is kind)


THINGS = ("Nobody reads the handbook", "Calls come in the morning", "The tool is slow")


def test_practice_s3_three_assumptions_are_written_and_sealed_when_the_visit_starts() -> None:
    sealed, day = practice("assumptions"), the_step(StepKind.SHADOWING_DAY)
    two = what_is_missing(sealed, {"assumptions": "\n".join(THINGS[:2])})
    three = what_is_missing(sealed, {"assumptions": "\n\n".join(THINGS)})

    assert "there are 2" in two["assumptions"]
    assert three == {}
    refuse_out_of_time(sealed, day, day.starts - SECOND)
    with pytest.raises(Refused, match="sealed since the step began"):
        refuse_out_of_time(sealed, day, day.starts)


def test_practice_s3_the_same_assumption_twice_is_one() -> None:
    again = what_is_missing(
        practice("assumptions"), {"assumptions": "\n".join((*THINGS[:2], "calls come in mornings"))}
    )
    assert "Lines 2 and 3 say nearly the same" in again["assumptions"]


def test_practice_s11_a_reflection_opens_with_its_event_and_says_when_it_is_late() -> None:
    asked, day = practice("understood"), the_step(StepKind.SHADOWING_DAY)
    with pytest.raises(Refused, match="opens when the step begins"):
        refuse_out_of_time(asked, day, day.starts - SECOND)
    gone = day.model_copy(update={"phase": Phase.CANCELLED})
    with pytest.raises(Refused, match="called off"):
        refuse_out_of_time(asked, gone, day.ends)

    refuse_out_of_time(asked, day, day.ends + timedelta(days=90))
    assert not is_late(asked, day, day.ends + asked.closes)
    assert is_late(asked, day, day.ends + asked.closes + SECOND)


@pytest.mark.parametrize(
    ("card", "fields"),
    [
        pytest.param("understood", {"understood", "assumed", "learnt"}, id="practice_s26"),
        pytest.param(
            "open-questions", {"missed", "values", "voices", "diverged"}, id="practice_s31"
        ),
        pytest.param("used-to-think", {"before", "now"}, id="practice_s29"),
        pytest.param(
            "hidden-expectations", {"bias", "assumption", "expectation"}, id="practice_s47"
        ),
        pytest.param("resistance", {"resistance", "mitigation"}, id="practice_s33"),
        pytest.param(
            "decision-scorecard", {"decision", "meant", "did", "score"}, id="practice_s63"
        ),
    ],
)
def test_practice_each_empty_field_keeps_an_exercise_open(card: str, fields: set[str]) -> None:
    asked = practice(card)
    whole = {field.key: an_answer(field) for field in asked.fields}

    assert set(what_is_missing(asked, {})) == fields
    assert what_is_missing(asked, whole) == {}
    for key in fields:
        assert set(what_is_missing(asked, whole | {key: "  "})) == {key}


def an_answer(field: FormField) -> str:
    if field.kind is FieldKind.CHOICE:
        return field.choices[0]
    return "4,5" if field.kind is FieldKind.NUMBER else "a few words"


def test_practice_s29_each_half_has_its_length() -> None:
    asked = practice("used-to-think")
    halves = sum(field.most_words for field in asked.fields)
    long = what_is_missing(asked, {"before": "word " * 76, "now": "words"})

    assert halves == 150
    assert long == {"before": "Keep it to 75 words; it has 76."}


@pytest.mark.parametrize("figure", ["about four", "nan", "inf", "4.5.6"])
def test_a_number_is_a_figure(figure: str) -> None:
    field = FormField(key="count", label="How many", kind=FieldKind.NUMBER)
    asked = practice("understood").model_copy(update={"fields": (field,)})
    assert what_is_missing(asked, {"count": figure}) == {
        "count": "Write the figure as a number, such as 4.5."
    }


def test_practice_s55_what_one_got_wrong_is_shared_only_by_choice() -> None:
    first, *_ = practice("what-i-got-wrong").readers
    assert first.value == "writer"


def test_first_f6_a_host_says_what_the_team_wants_before_the_visit() -> None:
    asked = practice("what-we-want")
    assert (asked.seat, asked.timing) == (Seat.HOST_LEAD, Timing.BEFORE)


def test_a_choice_is_one_of_those_given() -> None:
    said = what_is_missing(practice("decision-scorecard"), {"score": "6"})
    assert said["score"] == "Choose one of those given."


def test_empty_lines_count_for_nothing() -> None:
    assert lines_of(" one \n\n \n two") == ("one", "two")


@pytest.mark.parametrize(
    ("answers", "missing"),
    [
        ({}, {"why-not"}),
        ({"silent-minutes": "0"}, {"why-not"}),
        ({"silent-minutes": "-5", "why-not": " "}, {"why-not"}),
        ({"silent-minutes": "nan"}, {"silent-minutes", "why-not"}),
        ({"silent-minutes": "many"}, {"silent-minutes"}),
        ({"silent-minutes": "20"}, set()),
        ({"silent-minutes": "0,5"}, set()),
        ({"silent-minutes": "0", "why-not": "The call broke off."}, set()),
        ({"why-not": "The call broke off."}, set()),
    ],
)
def test_practice_s4_a_session_record_has_silent_minutes_or_a_reason(
    answers: dict[str, str], missing: set[str]
) -> None:
    assert set(what_is_missing(practice("session-record"), answers)) == missing
