"""Reading one TOML file of a folder into a value, with each mistake's place."""

import tomllib
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from intake.rejections import Rejections

LARGEST = 64 * 1024
"""Bytes of one file."""

STRICT = ConfigDict(extra="forbid", alias_generator=lambda name: name.replace("_", "-"))
"""Of what stands in a file: kebab-case keys, and none that is not known."""

T = TypeVar("T", bound=BaseModel)


def parsed(path: Path, model: type[T]) -> T:
    """Return what a file says; raises OSError, ValueError or pydantic's ValidationError."""
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        raise ValueError(f"it has over {LARGEST // 1024} KiB")
    return model.model_validate(tomllib.loads(raw.decode("utf-8-sig")))


def read_data(path: Path, model: type[T], rejections: Rejections, *, missing: str) -> T | None:
    """Return what a file says, or None with every mistake noted; ``missing`` helps where there is no file."""
    name = f"{path.parent.name}/{path.name}"
    try:
        return parsed(path, model)
    except OSError:
        rejections.add(name, None, None, "there is no such file", missing)
    except ValidationError as wrong:
        for error in wrong.errors():
            place = ".".join(str(p + 1 if isinstance(p, int) else p) for p in error["loc"])
            problem = error["msg"].removeprefix("Value error, ")
            problem = problem.replace("Input should be", "it should be")
            rejections.add(name, None, place, problem, "docs/practices.md says what belongs here")
    except (ValueError, RecursionError) as broken:
        rejections.add(name, None, None, f"it is not TOML in UTF-8: {broken}", "mend the file")
    return None
