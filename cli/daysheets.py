"""The page that a host team gets on paper."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from cli.options import RotationArg, office
from cli.showing import console, keep_file
from domain.errors import NotFound
from store.daysheets import PrintableVisit
from web.daysheets import sheet_document
from web.pdf import as_pdf


def day_sheet(
    rotation: RotationArg,
    person: Annotated[
        str | None,
        typer.Option("--person", help="Whom it is for; the lead of the host team, if left out."),
    ] = None,
    step: Annotated[
        str | None, typer.Option("--step", help="The visit's key; the next one, if left out.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The PDF file to write.")] = Path(
        "day-sheet.pdf"
    ),
) -> None:
    """Write what somebody of a host team may know of a visit as a page to print, in their language.

    There is one for the lead, and one for each person without mail who is invited, with room for a
    code (sojourn code issue).

    Example: sojourn day-sheet abcd2345 --person emil -o emil.pdf
    """
    found = office()
    visit = _visit(found.day_sheets.visits(rotation), step, found.now())
    reader = found.views.person(person) if person else visit.readers[0].ref
    keep_file(out, as_pdf(sheet_document(found, rotation, visit.step, reader)))
    console.print(f"The day sheet for {found.views.named(reader)} is in {out}.", markup=False)


def _visit(visits: Sequence[PrintableVisit], step: str | None, now: datetime) -> PrintableVisit:
    wanted = [one for one in visits if step in {None, one.step}]
    if not wanted:
        raise NotFound("There is no such visit to which people are invited; see 'sojourn show'.")
    to_come = (one for one in wanted if one.ends > now)
    return next(to_come, wanted[-1])
