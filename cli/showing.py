"""How commands show things: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from domain.errors import Refused
from domain.folder import Rejection

console = Console(highlight=False)
WIDE = 140
"""Columns from which a table has room for a sentence."""

errors = Console(stderr=True, highlight=False)


def as_json(value: BaseModel | Sequence[BaseModel]) -> None:
    """Print a value, or a list of them, as one JSON document."""
    plain = (
        value.model_dump(mode="json")
        if isinstance(value, BaseModel)
        else [one.model_dump(mode="json") for one in value]
    )
    sys.stdout.write(json.dumps(plain, ensure_ascii=False, indent=2) + "\n")


def table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; where the terminal is narrow, cells wrap and nothing is cut."""
    named = any(columns)
    shown = Table(
        title=title, title_justify="left", show_edge=False, pad_edge=False, show_header=named
    )
    for column in columns:
        shown.add_column(column, overflow="fold")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def rejections(found: Iterable[Rejection]) -> None:
    """Print what is wrong with a folder, each with its place and what would be right."""
    for one in found:
        place = f"{one.file}:{one.line}" if one.line else one.file
        field = f" {one.field}" if one.field else ""
        errors.print(f"{place}{field}: {one.problem}\n    {one.remedy}", markup=False)


def keep_file(out: Path, raw: bytes) -> None:
    """Write a file; raises Refused where it can't be written."""
    try:
        out.write_bytes(raw)
    except OSError as why:
        raise Refused(f"{out} can't be written ({why.strerror}). Name another file.") from why


def count(number: int, one: str, many: str = "") -> str:
    """Return a number with its noun, such as ``1 thing`` or ``3 things``."""
    return f"{number} {one if number == 1 else many or one + 's'}"
