"""Cards are data: every file of the examples can be used, and every mistake is named with its place."""

from pathlib import Path

import pytest

from domain.program import OCCASIONS, Card, Exercise, Program
from intake.practices import read_practice, read_practices
from intake.rejections import Rejections
from tests.planning_problems import a_program

PRACTICES = Path(__file__).parents[3] / "examples" / "practices"
FILES = sorted(p for p in PRACTICES.glob("*.toml") if p.stem not in OCCASIONS)
GOOD = (PRACTICES / "assumptions.toml").read_text()


def with_cards(*cards: str) -> Program:
    return a_program().model_copy(update={"cards": cards})


def rejected(tmp_path: Path, text: str | bytes, card: str = "assumptions") -> list[str]:
    """What is said about one card whose file holds this."""
    (tmp_path / "practices").mkdir()
    raw = text if isinstance(text, bytes) else text.encode()
    (tmp_path / "practices" / "assumptions.toml").write_bytes(raw)
    rejections = Rejections()
    read_practices(tmp_path, with_cards(card), rejections)
    return [f"{r.file} {r.field}: {r.problem}. {r.remedy}" for r in rejections.in_order()]


@pytest.mark.parametrize("file", FILES, ids=[file.stem for file in FILES])
def test_practice_s63_every_exercise_is_a_file_without_code(file: Path) -> None:
    found = read_practice(file)
    assert isinstance(found, Exercise)
    assert found.key == file.stem
    assert read_practice(file) == found


def test_practice_s8_the_cards_of_a_program_are_read_in_their_order() -> None:
    rejections = Rejections()
    found = read_practices(PRACTICES.parent, with_cards("understood", "assumptions"), rejections)

    assert rejections.in_order() == ()
    assert [(one.key, one.version) for one in found] == [("understood", 1), ("assumptions", 1)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "assumptions"', 'key = "others"', "name it 'assumptions'"),
        ("version = 1", "version = 0", "version: it should be greater than or equal to 1"),
        ('seat = "participant"', 'seat = "pilot"', "seat: it should be 'participant'"),
        ('step = "shadowing-day"', 'step = "holiday"', "step: it should be 'learning-goal-talk'"),
        ('step = "shadowing-day"', 'step = "follow-up"', "no step of kind 'follow-up'"),
        ('kind = "lines"', 'kind = "choice"', "fields.1.choices: a choice needs choices"),
        ("distinct = true", "distinkt = true", "fields.1.distinkt: Extra inputs"),
        ("least = 3", "least = three", "it is not TOML in UTF-8"),
        ('readers = ["writer"]', "readers = []", "readers:"),
        ('timing = "before"', 'timing = "before"\ncloses = "soon"', "closes:"),
    ],
)
def test_what_is_wrong_with_a_card_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    (problem,) = rejected(tmp_path, GOOD.replace(old, new, 1))
    assert problem.startswith("practices/assumptions.toml")
    assert said in problem


def test_two_fields_of_one_name_are_refused(tmp_path: Path) -> None:
    again = GOOD + '\n[[fields]]\nkey = "assumptions"\nlabel = "More"\n'
    (problem,) = rejected(tmp_path, again)
    assert "there are two fields 'assumptions'" in problem


def test_a_card_without_a_file_says_which_file_is_near(tmp_path: Path) -> None:
    (problem,) = rejected(tmp_path, GOOD, card="assumption")
    assert "there is no such file. did you mean 'assumptions'?" in problem


def test_a_card_of_sojourns_own_has_no_file(tmp_path: Path) -> None:
    rejections = Rejections()
    assert read_practices(tmp_path, with_cards(*Card), rejections) == ()
    assert rejections.in_order() == ()

    (tmp_path / "practices").mkdir()
    (tmp_path / "practices" / "quick-test.toml").write_text(GOOD)
    read_practices(tmp_path, with_cards("quick-test"), rejections)

    (problem,) = rejections.in_order()
    assert problem.file == "practices/quick-test.toml"
    assert problem.remedy == "take the file away, or give it another key"


def test_a_file_that_is_no_text_or_too_large_is_refused(tmp_path: Path) -> None:
    for number, raw in enumerate((b"\xff\xfe", b"#" * 70_000)):
        folder = tmp_path / str(number)
        folder.mkdir()
        (problem,) = rejected(folder, raw)
        assert "it is not TOML in UTF-8" in problem


@pytest.mark.parametrize("key", ["code", "more", "nobody", "reader"])
def test_a_field_that_the_page_would_take_for_its_own_is_refused(tmp_path: Path, key: str) -> None:
    named = GOOD.replace('[[fields]]\nkey = "assumptions"', f'[[fields]]\nkey = "{key}"', 1)
    (problem,) = rejected(tmp_path, named)
    assert f"fields.1.key: the page of every card has a button or a box called '{key}'" in problem
    assert "call the field anything but code, more, nobody, reader" in problem


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("intention = true", "fields.2.intention: a map is not said again as a sentence"),
        (
            '[[fields]]\nkey = "other"\nlabel = "Other"\nkind = "map"',
            "fields.3.kind: a card has one map",
        ),
    ],
)
def test_practice_s10_a_card_has_one_map_and_it_is_no_intention(
    tmp_path: Path, more: str, said: str
) -> None:
    text = f'{GOOD}\n[[fields]]\nkey = "drawn"\nlabel = "Drawn"\nkind = "map"\n{more}\n'
    (problem,) = rejected(tmp_path, text)
    assert said in problem


@pytest.mark.parametrize("other", ["assumptions", "nothing"])
def test_a_field_stands_in_for_another_one_of_its_card(tmp_path: Path, other: str) -> None:
    text = GOOD.replace("required = true", f'unless = "{other}"', 1)
    (problem,) = rejected(tmp_path, text)
    assert "fields.1.unless: it stands in for no other field" in problem
