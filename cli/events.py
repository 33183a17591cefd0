"""``sojourn event``: something happened after which somebody reflects, told by hand instead of a program."""

from typing import Annotated

import typer

from cli.options import office
from cli.showing import console
from domain.happenings import PREFIX, EventKind, happening


def event(
    kind: Annotated[EventKind, typer.Argument(help="What happened.")],
    person: Annotated[str, typer.Option(help="To whom: their id in the program folder.")],
    cohort: Annotated[
        str, typer.Option(help="Its cohort, where they take part in none or in several.")
    ] = "",
    at: Annotated[
        str, typer.Option(help="When, with its zone: 2026-12-03T16:05:00Z. Left out: now.")
    ] = "",
    identity: Annotated[
        str,
        typer.Option("--id", help="Tells two events of a kind, person and day apart."),
    ] = "",
) -> None:
    """Invite somebody to reflect on what happened; after a crisis the coordinator is asked first.

    Told twice, the same event has the effect of once. Other programs tell the same at /api/events.

    Example: sojourn event decision --person mara
    """
    found = office()
    now = found.now()
    attributes = {
        "specversion": "1.0",
        "id": identity or f"{kind.value} {person} {at[:10] or f'{now:%Y-%m-%d}'}",
        "source": "sojourn event",
        "type": f"{PREFIX}{kind.value}",
        **({"time": at} if at else {}),
    }
    told = happening(attributes, {"person": person, "cohort": cohort}, now)
    taken = found.happenings.take(told, now)
    if not taken.first:
        console.print("This was told before; nothing happens twice.")
    elif taken.asking:
        console.print("The coordinator is asked first; nobody is invited before they say so.")
    else:
        console.print(f"They are invited to a quiet half hour (sojourn show {taken.occasion}).")
