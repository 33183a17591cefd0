"""The example as a program that switches nothing on."""

import shutil
from pathlib import Path

from bench.folders import light_program

SERVICE_DESK = Path(__file__).parents[1] / "examples" / "service-desk"


def light_example(folder: Path) -> Path:
    """Copy the example to a folder that does not exist yet, without cards, tensions and voices; return it."""
    shutil.copytree(SERVICE_DESK, folder)
    (folder / "program.toml").write_text(light_program())
    return folder
