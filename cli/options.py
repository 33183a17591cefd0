"""Arguments that several commands share, and what they all do first."""

from pathlib import Path
from typing import Annotated

import typer

from settings import Settings, local_settings
from store.database import check_migrated
from wiring import Office

HERE = Path(".sojourn")
"""Where ``sojourn up`` keeps its installation, in the folder it is run in."""

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
CohortOption = Annotated[str, typer.Option("--cohort", help="The cohort's key.")]
RotationArg = Annotated[str, typer.Argument(help="The rotation's id, as 'sojourn list' shows it.")]
StepArg = Annotated[str, typer.Argument(help="The step's key, such as shadowing-day.")]


def settings() -> Settings:
    """Return the settings of this folder's installation, or of the environment."""
    return local_settings(HERE)


def office() -> Office:
    """Return the office of a database with this version's schema."""
    found = Office(settings())
    check_migrated(found.engine)
    return found


def confirm(yes: bool, question: str) -> None:
    """Ask unless ``--yes`` was given; a no ends the command with nothing done."""
    if not yes and not typer.confirm(question):
        raise typer.Abort
