"""Codes for people without mail."""

from typing import Annotated

import typer

from cli.options import office
from cli.showing import console
from store.kiosk import CODE_LASTS


def issue_code(
    person: Annotated[
        str, typer.Option("--person", help="Name, id in people.csv or pseudonym; without mail.")
    ],
) -> None:
    """Print a code for somebody without mail: entered at /kiosk, it opens their invites once.

    Hand it over to them alone: who holds it can answer for them. That it was made and used is recorded.

    Example: sojourn code issue --person emil
    """
    found = office()
    code = found.kiosk.issue(found.views.person(person), "a program manager", found.now())
    console.print(code)
    hours = int(CODE_LASTS.total_seconds() // 3600)
    console.print(
        f"It works once, for {hours} hours, at {found.settings.base_url.rstrip('/')}/kiosk",
        soft_wrap=True,
        markup=False,
    )
