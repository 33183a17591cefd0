"""Reading ``visits/*.toml``: the types of visit that a program has, with each mistake's place."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from domain.program import Visit
from intake.data_file import STRICT, read_data
from intake.program_file import Length, Line, Prompt, WallTime
from intake.rejections import Rejections

FOLDER = "visits"

MOST = 50
"""Files that are read."""

_Things = Annotated[tuple[Prompt, ...], Field(max_length=12)]


class _VisitFile(Visit):
    model_config = STRICT
    title: Line = Field(min_length=1, max_length=120)
    duration: Length
    starts_at: WallTime | None = None
    what: Line = Field(default="", max_length=500)
    visitor: _Things = ()
    host: _Things = ()
    questions: tuple[Prompt, ...] = Field(default=(), max_length=60)


def read_visits(folder: Path, rejections: Rejections) -> tuple[Visit, ...]:
    """Return the types of visit in a program folder by their keys; every mistake is noted."""
    files = sorted((folder / FOLDER).glob("*.toml"))
    if len(files) > MOST:
        problem = f"there are {len(files)} files"
        rejections.add(FOLDER, None, None, problem, f"keep to {MOST} types of visit")
    read = [(path, _read(path, rejections)) for path in files[:MOST]]
    found = [(path, visit) for path, visit in read if visit]
    for path, visit in found:
        _check(visit, path, rejections)
    return tuple(visit for _, visit in found)


def _read(path: Path, rejections: Rejections) -> Visit | None:
    found = read_data(path, _VisitFile, rejections, missing="make it a file that can be read")
    return found and Visit.model_validate(found.model_dump())


def _check(visit: Visit, path: Path, rejections: Rejections) -> None:
    if visit.key != path.stem:
        problem = f"its key is '{visit.key}'"
        remedy = f"name it '{path.stem}', as the file"
        rejections.add(f"{FOLDER}/{path.name}", None, "key", problem, remedy)
    if len(set(visit.questions)) < len(visit.questions):
        remedy = "keep each question once"
        rejections.add(
            f"{FOLDER}/{path.name}", None, "questions", "a question stands there twice", remedy
        )
