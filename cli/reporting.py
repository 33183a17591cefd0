"""What a program came to, as a file; and its goals, as the list they were imported from."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.options import CohortOption, office
from cli.showing import console, count, errors, keep_file
from web.reporting import KINDS, written
from web.years import report_document

goals_app = typer.Typer(no_args_is_help=True, help="Learning goals.")


@goals_app.callback()
def goals() -> None:
    """Without it, one command alone would take the place of the group."""


def report(
    cohort: CohortOption,
    out: Annotated[
        Path, typer.Option("--out", "-o", help=f"The file; it ends in {', '.join(KINDS)}.")
    ],
) -> None:
    """Write the year of a cohort with its policy changes: promise, effects, trust, indicators, metrics.

    The file's ending says as what: a page that stands alone, a tagged PDF, the facts as JSON, or CSV
    with one figure a line. Nobody is named in it.

    Example: sojourn report --cohort winter -o winter.pdf
    """
    kind = out.suffix.removeprefix(".").lower()
    if kind not in KINDS:
        raise typer.BadParameter(f"{out.name} has to end in .{', .'.join(KINDS)}.")
    found = office()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as progress:
        progress.add_task(f"working out the year of {cohort}", total=None)
        year = found.years.report(cohort, found.now())
        raw = written(report_document(year), year, kind)
    keep_file(out, raw)
    changes = count(len(year.changes), "policy change")
    console.print(f"The year of {cohort}, with {changes}, is in {out}.", markup=False)


@goals_app.command("export")
def export_goals(
    cohort: CohortOption,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A file; else it is printed.")
    ] = None,
) -> None:
    """Write the learning goals of a cohort as goals.csv has them, for another system to read.

    They are goals that participants set for their home managers to see; nothing else of theirs is in it.

    Example: sojourn goals export --cohort winter -o goals.csv
    """
    text = office().goals_as_csv(cohort)
    if out is None:
        typer.echo(text, nl=False)
        return
    keep_file(out, text.encode())
    console.print(f"{count(text.count(chr(10)) - 1, 'line')} in {out}.", markup=False)
