"""Types of visit are data: every file of the examples can be used, and every mistake is named with its place."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from domain.folder import Folder
from domain.program import StepKind
from intake.folder import read_folder
from intake.rejections import Rejections
from intake.visits import read_visits
from tests.light import light_example

EXAMPLES = Path(__file__).parents[3] / "examples"
GOOD = (EXAMPLES / "visits" / "immersive-demo.toml").read_text()
TODAY = date(2026, 11, 25)


def folder_with(tmp_path: Path, day: str, text: str = GOOD, file: str = "immersive-demo") -> Path:
    """The example, with one type of visit and other lines for its shadowing day."""
    folder = tmp_path / "program"
    light_example(folder)
    (folder / "visits").mkdir()
    (folder / "visits" / f"{file}.toml").write_text(text)
    program = folder / "program.toml"
    told = program.read_text()
    assert 'kind = "shadowing-day"' in told
    program.write_text(told.replace('kind = "shadowing-day"', day, 1))
    return folder


def rejected(folder: Path) -> list[str]:
    found = read_folder(folder, today=TODAY)
    assert isinstance(found, tuple)
    return [f"{r.file} {r.line} {r.field}: {r.problem}. {r.remedy}" for r in found]


def test_practice_s14_every_type_of_visit_is_a_file_without_code() -> None:
    rejections = Rejections()
    found = read_visits(EXAMPLES, rejections)

    assert rejections.in_order() == ()
    assert [visit.key for visit in found] == [
        "immersive-demo",
        "retail-shadowing",
        "support-ride-along",
    ]
    for visit in found:
        assert visit.what
        assert visit.visitor
        assert visit.host
        assert len(visit.questions) >= 5


def test_a_step_says_what_it_wants_to_be_different_from_its_type(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, 'kind = "shadowing-day"\nvisit = "immersive-demo"')
    found = read_folder(folder, today=TODAY)

    assert isinstance(found, Folder)
    (day,) = [s for s in found.program.steps if s.kind is StepKind.SHADOWING_DAY]
    assert (day.title, day.duration) == ("Shadowing day", timedelta(hours=6))
    assert [visit.key for visit in found.program.visits] == ["immersive-demo"]


def test_a_type_that_no_step_is_stays_out_of_the_program(tmp_path: Path) -> None:
    found = read_folder(folder_with(tmp_path, 'kind = "shadowing-day"'), today=TODAY)
    assert isinstance(found, Folder)
    assert found.program.visits == ()


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (
            'kind = "shadowing-day"\nvisit = "immersive"',
            "program.toml 32 steps.2.visit: there is no file visits/immersive.toml",
        ),
        (
            'kind = "shadowing-day"\nvisit = 3',
            "program.toml 32 steps.2.visit: there is no file visits/3.toml",
        ),
        (
            'kind = "follow-up"\nvisit = "immersive-demo"',
            "program.toml 32 steps.2.visit: this step is no visit. leave visit out",
        ),
    ],
)
def test_a_step_of_a_type_that_is_not_there_is_named(tmp_path: Path, day: str, said: str) -> None:
    (problem,) = rejected(folder_with(tmp_path, day))
    assert problem.startswith(said)
    assert ("did you mean 'immersive-demo'?" in problem) == ("/immersive.toml" in problem)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('key = "immersive-demo"', 'key = "demo"', "key: its key is 'demo'. name it 'immersive"),
        ('duration = "90m"', "duration = 90", "duration:"),
        ('what = "', 'that = "', "that: Extra inputs"),
        (
            "questions = [",
            'questions = [\n"What do you want me to try next?",',
            "stands there twice",
        ),
        ("questions = [", 'questions = [\n"",', "questions.1:"),
        ("visitor = [", f'visitor = [\n"{"x" * 201}",', "visitor.1:"),
        ("host = [", "host = ", "it is not TOML in UTF-8"),
        ('what = "', 'what = "\\u0007', "what: it holds control characters"),
    ],
)
def test_what_is_wrong_with_a_type_is_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in GOOD
    folder = folder_with(tmp_path, 'kind = "shadowing-day"', GOOD.replace(old, new, 1))
    problem = rejected(folder)[0]
    assert problem.startswith("visits/immersive-demo.toml")
    assert said in problem


def test_fifty_types_of_visit_are_enough(tmp_path: Path) -> None:
    folder = folder_with(tmp_path, 'kind = "shadowing-day"')
    for number in range(50):
        text = GOOD.replace('key = "immersive-demo"', f'key = "v{number}"')
        (folder / "visits" / f"v{number}.toml").write_text(text)
    assert any("there are 51 files" in problem for problem in rejected(folder))
