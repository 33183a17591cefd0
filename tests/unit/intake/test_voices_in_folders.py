"""How a program says that its visitors hear what people want heard."""

import csv
from datetime import date
from pathlib import Path

import pytest

from domain.folder import Folder, Rejection
from domain.program import VoiceMode
from intake.folder import read_folder
from tests.light import light_example

EXAMPLES = Path(__file__).parents[3] / "examples"
TODAY = date(2026, 11, 23)


@pytest.fixture
def program(tmp_path: Path) -> Path:
    light_example(tmp_path / "program")
    return tmp_path / "program" / "program.toml"


def mode_of(folder: Path) -> VoiceMode | None:
    found = read_folder(folder, today=TODAY)
    assert isinstance(found, Folder), found
    return found.program.voice_mode


def test_practice_s6_a_program_gives_the_mode_and_the_light_one_collects_nothing(
    program: Path,
) -> None:
    assert mode_of(program.parent) is None
    assert mode_of(EXAMPLES / "full-program") is VoiceMode.ANONYMOUS
    text = program.read_text()
    for mode in VoiceMode:
        program.write_text(text.replace("cards = []", f'cards = []\nvoice-mode = "{mode}"'))
        assert mode_of(program.parent) is mode


@pytest.mark.parametrize(
    ("mode", "thanks", "problem"),
    [
        ("loud", 'kind = "thanks"', "'named', 'anonymous' or 'facilitator-only'"),
        ("named", 'kind = "reflection"', "no thanks follow the last listening session"),
    ],
)
def test_a_mode_that_can_not_be_kept_is_refused_with_its_line(
    program: Path, mode: str, thanks: str, problem: str
) -> None:
    text = program.read_text().replace("cards = []", f'cards = []\nvoice-mode = "{mode}"')
    before, _, after = text.rpartition('kind = "thanks"')
    program.write_text(f"{before}{thanks}{after}")

    found = read_folder(program.parent, today=TODAY)

    assert not isinstance(found, Folder)
    (mine,) = [one for one in found if one.field == "program.voice-mode"]
    assert problem in mine.problem
    assert mine.line == 1 + program.read_text().splitlines().index(f'voice-mode = "{mode}"')


def edited(program: Path, mode: str, person: str = "", **changes: str) -> tuple[Rejection, ...]:
    """What is wrong with the folder once it collects points, with one person's row changed."""
    program.write_text(
        program.read_text().replace("cards = []", f'cards = []\nvoice-mode = "{mode}"')
    )
    people = program.parent / "people.csv"
    rows = list(csv.DictReader(people.read_text().splitlines()))
    with people.open("w") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(row | changes if row["id"] == person else row for row in rows)
    found = read_folder(program.parent, today=TODAY)
    return () if isinstance(found, Folder) else found


@pytest.mark.parametrize("person", ["lena", "mara"])
def test_who_opens_what_is_said_needs_a_mail_address(program: Path, person: str) -> None:
    (wrong,) = edited(program, "named", person, email="")

    assert (wrong.file, wrong.field) == ("people.csv", "email")
    assert f"person '{person}'" in wrong.problem
    assert "give them an address, or leave voice-mode out" in wrong.remedy


def test_who_is_visited_needs_none(program: Path) -> None:
    assert edited(program, "anonymous", "ben", email="") == ()


def test_a_coordinator_who_takes_part_passes_nothing_on_to_themselves(program: Path) -> None:
    (wrong,) = (
        one
        for one in edited(program, "facilitator-only", "lena", participates="yes")
        if one.field == "program.coordinator"
    )

    assert "nobody else passes on" in wrong.problem
    assert "name somebody who does not take part" in wrong.remedy
