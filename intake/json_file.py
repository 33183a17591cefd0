"""Values from JSON files: read whole, or refused with a sentence that names the place."""

import json
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from domain.errors import Refused
from domain.value import Value

V = TypeVar("V", bound=Value)

LARGEST = 500_000_000
"""Bytes of a file that are read."""


def read_json(path: Path, kind: type[V]) -> V:
    """Return a file's value; raises Refused for what can't be read, is no JSON, or is not that value."""
    try:
        with path.open("rb") as file:
            return kind.model_validate(json.loads(file.read(LARGEST)))
    except OSError as why:
        raise Refused(f"{path}: it can't be read ({why.strerror}).") from why
    except json.JSONDecodeError as broken:
        raise Refused(f"{path}:{broken.lineno}: it is no JSON: {broken.msg}.") from broken
    except (UnicodeDecodeError, RecursionError) as broken:
        raise Refused(f"{path}: it is no JSON text.") from broken
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = "".join(f"{part}: " for part in [".".join(map(str, first["loc"]))] if part)
        said = str(first["msg"]).removeprefix("Value error, ")
        raise Refused(f"{path}: {place}{said}.") from wrong
