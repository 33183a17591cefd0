"""Every command is there, says what it does, and imports no more than it needs."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from typer.main import get_command

from cli.main import app


def every(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield " ".join(path), command
        return
    for name in inner:
        yield from every(inner[name], *path, name)


COMMANDS = dict(every(get_command(app)))


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_says_what_it_does_under_its_own_name(path: str) -> None:
    command = COMMANDS[path]

    assert command.name == path.split()[-1]
    assert command.help


def test_a_listing_imports_no_web_server() -> None:
    program = (
        "import sys; from cli.main import app; app(['list', '--help'], standalone_mode=False); "
        "print([name for name in ('fastapi', 'uvicorn', 'temporalio.worker', 'alembic') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert "List rotations" in done.stdout, done.stderr
    assert done.stdout.strip().endswith("[]")
