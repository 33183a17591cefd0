"""How a program says that its visitors hear what people want heard."""

from datetime import date
from pathlib import Path

import pytest

from domain.folder import Folder
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
