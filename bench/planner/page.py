"""Tables in Markdown, and the page that keeps them: every part has its own place in it."""

import os
import platform
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table; the first column is words, all others are numbers."""
    rule = ["---", *("--:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(map(str, row))} |" for row in (head, rule, *rows))


def verdict(target: str, reached: str, met: bool) -> str:
    """Return one line that says whether a target is met."""
    return f"- {'Met' if met else '**Not met**'}: {target} Measured: {reached}."


def when(module: str) -> str:
    """Return the command, the day and the machine of a measurement."""
    return (
        f"`python -m {module}`, {datetime.now(UTC):%-d %B %Y}, "
        f"Python {platform.python_version()}, {os.cpu_count()} cores of {_processor()}."
    )


def keep(part: str, text: str) -> None:
    """Put the results of one part in their place on the page."""
    marks = f"<!-- {part} -->", f"<!-- end of {part} -->"
    old = PAGE.read_text()
    pattern = re.compile(f"{marks[0]}.*?{marks[1]}", re.DOTALL)
    if not pattern.search(old):
        raise SystemExit(f"{PAGE.name} has no place for {part}.")
    PAGE.write_text(pattern.sub(lambda _: f"{marks[0]}\n{text}\n{marks[1]}", old))


def _processor() -> str:
    known = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*:\s*(.+)", known.read_text()) if known.exists() else None
    return found[1] if found else platform.machine()
