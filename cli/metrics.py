"""Outcome metrics from the terminal."""

from pathlib import Path
from typing import Annotated

import typer

from cli.leaving import FAILURE, OK, leave
from cli.options import CohortOption, Json, office
from cli.showing import as_json, console, count, errors, rejections

app = typer.Typer(no_args_is_help=True, help="What a company measures: before a program and now.")


@app.callback()
def metrics() -> None:
    """Without it, one command alone would take the place of the group."""


@app.command("import")
def import_metrics(
    file: Annotated[
        Path,
        typer.Argument(
            exists=True,
            dir_okay=False,
            help="CSV: metric, unit, date, value, better (higher or lower), and team where it is one's.",
        ),
    ],
    cohort: CohortOption,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Report, take nothing.")] = False,
    json: Json = False,
) -> None:
    """Take figures such as resolution time or satisfaction, or say everything that is wrong with the file.

    Taking the same file again changes nothing.

    Example: sojourn metrics import desk.csv --cohort winter --dry-run
    """
    found = office()
    report = found.take_metrics(file, cohort, dry_run=dry_run)
    if json:
        as_json(report)
    elif report.rejected:
        rejections(report.rejected)
        errors.print(f"Nothing was taken: {count(len(report.rejected), 'thing')} to mend.")
    else:
        verb = "would be " if dry_run else ""
        console.print(
            f"{count(report.added, 'figure')} {verb}added, {report.changed} {verb}changed, "
            f"{report.unchanged} unchanged."
        )
    leave(FAILURE if report.rejected else OK)
