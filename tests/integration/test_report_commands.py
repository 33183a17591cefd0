"""The commands of a report, of metrics and of goals, as somebody types them."""

import io
import os
import subprocess
from pathlib import Path

import pytest
from pypdf import PdfReader

from intake.lists import GOALS_COLUMNS, rows_of
from intake.rejections import Rejections
from tests.installation import SOJOURN
from tests.visit import Visit
from tests.yearly import a_year


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    found = Visit(tmp_path_factory.mktemp("reports"))
    a_year(found)
    return found


def sojourn(visit: Visit, *words: str) -> tuple[int, str]:
    home = {"SOJOURN_DATA": str(visit.office.settings.data), "SOJOURN_LOCAL": "true"}
    command = [str(SOJOURN), *words]
    done = subprocess.run(
        command,
        env=os.environ | home | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join((done.stdout + done.stderr).split())


def test_practice_s62_a_report_is_written_as_its_ending_says(visit: Visit, tmp_path: Path) -> None:
    out = tmp_path / "report.PDF"
    code, said = sojourn(visit, "report", "--cohort", visit.state.cohort, "-o", str(out))
    assert (code, said) == (
        0,
        f"The year of {visit.state.cohort}, with 6 policy changes, is in {out}.",
    )
    assert PdfReader(io.BytesIO(out.read_bytes()), strict=True).pages


@pytest.mark.parametrize(
    ("cohort", "file", "code", "sentence"),
    [
        ("full", "report.doc", 2, "has to end in .html, .pdf, .json, .csv"),
        ("nowhere", "report.pdf", 1, "There is no cohort 'nowhere'"),
    ],
)
def test_a_report_that_can_not_be_written_says_why(
    visit: Visit, tmp_path: Path, cohort: str, file: str, code: int, sentence: str
) -> None:
    found = sojourn(visit, "report", "--cohort", cohort, "-o", str(tmp_path / file))
    assert found[0] == code
    assert sentence in found[1]
    assert not list(tmp_path.iterdir())


def test_practice_s52_figures_are_imported_or_every_mistake_is_said(
    visit: Visit, tmp_path: Path
) -> None:
    cohort, file = visit.state.cohort, tmp_path / "desk.csv"
    file.write_text("metric,unit,date,value,better\nWaiting,min,2026-01-02,4,lower\n")
    command = ("metrics", "import", str(file), "--cohort", cohort)

    assert sojourn(visit, *command, "--dry-run") == (
        0,
        "1 figure would be added, 0 would be changed, 0 unchanged.",
    )

    file.write_text("metric,unit,date,value,better\nWaiting,min,2.1.2026,four,down\n")
    code, said = sojourn(visit, *command)
    assert code == 1
    for part in ("desk.csv:2 date:", "desk.csv:2 value:", "desk.csv:2 better:", "3 things to mend"):
        assert part in said


def test_practice_s50_goals_are_exported_as_they_were_imported(
    visit: Visit, tmp_path: Path
) -> None:
    out = tmp_path / "goals.csv"
    code, said = sojourn(visit, "goals", "export", "--cohort", visit.state.cohort, "-o", str(out))
    assert code == 0
    assert said.endswith(f"in {out}.")

    written, loaded = (
        [row.cells for row in rows_of(folder, "goals.csv", GOALS_COLUMNS, Rejections())]
        for folder in (tmp_path, visit.office.settings.data / "program")
    )
    assert [{k: v for k, v in row.items() if k != "agreed_on"} for row in written] == [
        {k: v for k, v in row.items() if k != "agreed_on"} for row in loaded
    ]
