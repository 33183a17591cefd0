"""Predictions belong to the answers that they foresee; what does not fit is said before anything is loaded."""

from datetime import timedelta
from pathlib import Path

import pytest

from domain.people import Lens, Seat
from domain.program import Ritual, StepKind, Weekday
from intake.practices import read_practices
from intake.rejections import Rejections
from tests.planning_problems import a_program

PRACTICES = Path(__file__).parents[3] / "examples" / "practices"
LENSES = Ritual(
    key="four-lenses",
    title="One case, four lenses",
    duration=timedelta(hours=1),
    weekday=Weekday.THURSDAY,
    starts_at="15:00",
    lenses=tuple(Lens),
)
PAIR = ("predictions", "our-answers")


def rejected(folder: Path, *cards: str) -> list[str]:
    rejections = Rejections()
    program = a_program().model_copy(update={"cards": cards})
    read_practices(folder, program, rejections)
    return [f"{r.file} {r.field}: {r.problem}. {r.remedy}" for r in rejections.in_order()]


def changed(folder: Path, card: str, old: str, new: str) -> Path:
    (folder / "practices").mkdir()
    for one in PAIR:
        text = (PRACTICES / f"{one}.toml").read_text()
        assert one != card or old in text
        changed = text.replace(old, new) if one == card else text
        (folder / "practices" / f"{one}.toml").write_text(changed)
    return folder


def test_first_f5_the_two_cards_of_the_examples_belong_together() -> None:
    assert rejected(PRACTICES.parent, *PAIR) == []


@pytest.mark.parametrize(
    ("card", "said"),
    [
        (
            "predictions",
            "predictions.toml compares-with: the card 'our-answers' is not switched on",
        ),
        ("our-answers", "our-answers.toml readers: no other card is compared with it"),
    ],
)
def test_first_f5_neither_card_is_any_use_alone(card: str, said: str) -> None:
    (problem,) = rejected(PRACTICES.parent, card)
    assert said in problem


@pytest.mark.parametrize(
    ("card", "old", "new", "said"),
    [
        ("our-answers", '["compared"]', '["compared", "program"]', "nobody may read it singly"),
        ("our-answers", '["compared"]', '["counted"]', 'write readers = ["compared"]'),
        (
            "predictions",
            'seat = "participant"',
            'seat = "host-lead"',
            "seat: it is the participant",
        ),
        (
            "predictions",
            'timing = "before"',
            'timing = "after"',
            "timing: what is written afterwards",
        ),
        ("predictions", 'key = "waiting"', 'key = "queues"', "are not those of 'our-answers'"),
        ("predictions", '"4", "5"]', '"4"]', "are not those of 'our-answers'"),
        ("predictions", "required = true", "", "only a required choice between points of a scale"),
        ("our-answers", "required = true", "", "fields.1: only required numbers"),
        (
            "our-answers",
            'timing = "before"',
            'timing = "after"',
            "our-answers.toml timing: 'predictions' is compared with it, and whoever answers later",
        ),
        (
            "our-answers",
            'step = "listening-session"',
            'step = "follow-up"',
            "predictions.toml step: at stop 1 there is no step of kind 'follow-up'",
        ),
        ("predictions", '"our-answers"', '"predictions"', "is compared with it, so nobody"),
        ("predictions", '"our-answers"', '"Our answers"', "compares-with: String should match"),
    ],
)
def test_first_f5_what_does_not_fit_is_named_with_its_place(
    tmp_path: Path, card: str, old: str, new: str, said: str
) -> None:
    problems = rejected(changed(tmp_path, card, old, new), *PAIR)
    assert any(said in problem for problem in problems), problems


def test_first_f5_the_same_answers_are_foreseen_once(tmp_path: Path) -> None:
    folder = changed(tmp_path, "", "", "")
    text = (PRACTICES / "predictions.toml").read_text()
    again = text.replace('key = "predictions"', 'key = "guesses"')
    (folder / "practices" / "guesses.toml").write_text(again)

    (problem,) = rejected(folder, *PAIR, "guesses")

    assert "guesses.toml compares-with: 'predictions' is compared with the same answers" in problem


def test_first_f5_each_stop_with_predictions_has_a_session_in_which_they_are_answered() -> None:
    rejections, program = Rejections(), a_program()
    day = next(s for s in program.steps if s.kind is StepKind.SHADOWING_DAY)
    second = day.model_copy(update={"key": "second-day", "stop": 2})
    steps = {"cards": PAIR, "steps": (*program.steps, second)}
    read_practices(PRACTICES.parent, program.model_copy(update=steps), rejections)

    (problem,) = rejections.in_order()

    assert "at stop 2 there is no step of kind 'listening-session'" in problem.problem


def test_first_f5_nobody_is_foreseen_in_the_session_of_a_ritual(tmp_path: Path) -> None:
    folder = changed(tmp_path, "predictions", 'step = "shadowing-day"', 'step = "ritual-session"')
    rejections = Rejections()
    program = a_program().model_copy(update={"cards": PAIR, "rituals": (LENSES,)})
    read_practices(folder, program, rejections)

    (problem,) = rejections.in_order()

    assert "no team is visited in the session of a ritual" in problem.problem


def test_practice_s9_a_card_may_belong_to_the_sessions_of_a_ritual(tmp_path: Path) -> None:
    text = (PRACTICES / "role-cards.toml").read_text()
    (tmp_path / "practices").mkdir()
    file = tmp_path / "practices" / "role-cards.toml"
    file.write_text(text.replace('step = "co-creation"', 'step = "ritual-session"'))
    rejections = Rejections()
    program = a_program().model_copy(update={"cards": ("role-cards",), "rituals": (LENSES,)})

    (found,) = read_practices(tmp_path, program, rejections)

    assert rejections.in_order() == ()
    assert found.seats == set(Seat)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "supplier"', 'key = "customer"', "roles.3.key: there are two roles 'customer'"),
        ("held-by = []", 'held-by = ["pilot"]', "roles.1.held-by.1: it should be 'participant'"),
        ("held-by = []", "held = []", "roles.1.held: Extra inputs"),
        ('also = ["home-manager"', 'also = ["boss"', "also.1: it should be 'participant'"),
        ('step = "co-creation"', 'step = "ritual-session"', "no step of kind 'ritual-session'"),
    ],
)
def test_practice_s9_what_is_wrong_with_a_role_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    text = (PRACTICES / "role-cards.toml").read_text()
    assert old in text
    (tmp_path / "practices").mkdir()
    (tmp_path / "practices" / "role-cards.toml").write_text(text.replace(old, new))
    problems = rejected(tmp_path, "role-cards")
    assert any(said in problem for problem in problems), problems
