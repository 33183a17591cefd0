"""In which days a program compares its outcome metrics."""

from datetime import date, timedelta
from pathlib import Path

from domain.folder import Folder
from domain.outcomes import Windows
from intake.folder import read_folder
from tests.mill import ORGANISER, PROGRAM, write_folder

TODAY = date(2026, 2, 20)


def test_practice_s52_a_program_says_in_which_days_metrics_are_compared(tmp_path: Path) -> None:
    own = PROGRAM + '\n[outcomes]\nbaseline = "26w"\n'
    found = read_folder(write_folder(tmp_path, own), today=TODAY, organiser=ORGANISER)
    assert isinstance(found, Folder)
    assert found.program.outcomes == Windows(
        baseline=timedelta(weeks=26), current=timedelta(weeks=13)
    )


def test_a_window_without_days_is_refused_with_its_line(tmp_path: Path) -> None:
    wrong = PROGRAM + '\n[outcomes]\ncurrent = "12h"\nbaselin = "2w"\n'
    rejected = read_folder(write_folder(tmp_path, wrong), today=TODAY, organiser=ORGANISER)
    assert isinstance(rejected, tuple)
    lines = wrong.splitlines()
    assert {(r.field, lines[(r.line or 0) - 1]) for r in rejected} == {
        ("outcomes.current", 'current = "12h"'),
        ("outcomes.baselin", 'baselin = "2w"'),
    }
