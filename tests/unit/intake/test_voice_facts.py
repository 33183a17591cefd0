"""Facts of people's work in people.csv, and what nobody may be sorted by."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.folder import Folder, Rejection
from domain.people import Fact
from domain.program import Cadence
from intake.folder import read_folder
from tests.light import light_example

EXAMPLE = Path(__file__).parents[3] / "examples" / "service-desk"
TODAY = date(2026, 11, 23)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "program"
    light_example(copy)
    return copy


def told(folder: Path, file: str = "people.csv", **cells: str) -> Folder | tuple[Rejection, ...]:
    """Write these cells into the first row, in columns that are added where need be, and read the folder."""
    path = folder / file
    with path.open(newline="") as opened:
        first, *others = csv.DictReader(opened)
    first |= cells
    with path.open("w", newline="") as opened:
        writer = csv.DictWriter(opened, list(first), restval="")
        writer.writeheader()
        writer.writerows((first, *others))
    return read_folder(folder, today=TODAY)


def rejected(found: Folder | tuple[Rejection, ...]) -> list[tuple[str | None, str]]:
    assert not isinstance(found, Folder)
    return [(one.field, one.problem) for one in found]


def test_first_f7_facts_of_peoples_work_are_read_and_may_be_left_out(folder: Path) -> None:
    found = told(folder, works_at="Berlin", shift=" late   shift ", level="Führung", function="2nd")
    assert isinstance(found, Folder)
    first, second = found.people[:2]

    assert (first.works_at, first.shift, first.level, first.function) == (
        "Berlin",
        "late shift",
        "Führung",
        "2nd",
    )
    assert (second.works_at, second.shift, second.level, second.function) == ("", "", "", "")
    assert first.sites == ()


@pytest.mark.parametrize(
    "column",
    ["age", "Gender", "date_of_birth", "age group", "ethnic-origin", "NATIONALITY", "Geschlecht"],
)
@pytest.mark.parametrize("file", ["people.csv", "hosts.csv"])
def test_first_f7_protected_attributes_are_refused_with_a_sentence(
    folder: Path, file: str, column: str
) -> None:
    (wrong,) = told(folder, file, **{column: "x"})

    assert isinstance(wrong, Rejection)
    assert (wrong.file, wrong.line, wrong.field) == (file, 1, column)
    assert wrong.problem == "this is a protected attribute, and Sojourn keeps none of anybody"
    assert wrong.remedy == "take the column out of the list"


@pytest.mark.parametrize("column", ["stage", "average", "shifts", "villages"])
def test_other_unknown_columns_are_only_unknown(folder: Path, column: str) -> None:
    assert rejected(told(folder, **{column: "x"})) == [(column, "this column is unknown")]


@pytest.mark.parametrize("value", ["=1+1", "-", "x" * 41])
def test_a_fact_is_a_short_name(folder: Path, value: str) -> None:
    ((field, problem),) = rejected(told(folder, shift=value))

    assert field == "shift"
    assert problem == f"'{value[:40]}' is no name of a group"


def program(folder: Path, cards: str, lines: str) -> Folder | tuple[Rejection, ...]:
    path = folder / "program.toml"
    text = path.read_text()
    assert "cards = []" in text or "\ncards" not in text
    text = text.replace("cards = []\n", "").replace("weeks = 6\n", f"weeks = 6\n{cards}\n", 1)
    path.write_text(f"{text}\n{lines}\n")
    return read_folder(folder, today=TODAY)


def test_first_f7_a_program_says_by_which_fact_who_was_heard_is_counted(folder: Path) -> None:
    found = program(folder, 'voice-fact = "level"', "")

    assert isinstance(found, Folder), found
    assert found.program.voice_fact is Fact.LEVEL


def test_first_f7_no_other_fact_can_be_chosen(folder: Path) -> None:
    ((where, said),) = rejected(program(folder, 'voice-fact = "age"', ""))

    assert where == "program.voice-fact"
    assert said == "it should be 'works_at', 'shift', 'level' or 'function'"


def test_practice_s1_each_kind_of_practice_has_its_own_cadence(folder: Path) -> None:
    lines = '[cadence]\nreflection = "2w"\ncustomer-immersion = "90d"'
    found = program(folder, 'cards = ["portfolio"]', lines)

    assert isinstance(found, Folder), found
    assert found.program.shows_portfolio
    assert found.program.exercises == ()
    assert found.program.cadence == Cadence(
        reflection=timedelta(weeks=2), customer_immersion=timedelta(days=90)
    )


@pytest.mark.parametrize(
    ("cards", "lines", "field", "problem"),
    [
        ("cards = []", "[cadence]", "cadence", "the card 'portfolio' is not switched on"),
        (
            'cards = ["portfolio"]',
            '[cadence]\nreflection = "5h"',
            "cadence.reflection",
            "nothing is practised that often",
        ),
        (
            'cards = ["portfolio"]',
            '[cadence]\nreflexion = "5d"',
            "cadence.reflexion",
            "there is no such key",
        ),
    ],
)
def test_a_cadence_that_makes_no_sense_is_refused_with_its_place(
    folder: Path, cards: str, lines: str, field: str, problem: str
) -> None:
    ((where, said),) = rejected(program(folder, cards, lines))

    assert where == field
    assert said.startswith(problem)
