"""What visits taught, from the terminal."""

from typing import Annotated

import typer

from cli.leaving import ATTENTION, OK, leave
from cli.options import Json, office
from cli.showing import as_json, console, table
from domain.insights import InsightTag
from store.learnings import A_PAGE, Wanted


def learnings(
    words: Annotated[str, typer.Argument(help="Words that it says; none for everything.")] = "",
    team: Annotated[str, typer.Option(help="Name or id of a host team.")] = "",
    tag: Annotated[InsightTag | None, typer.Option(help="Of what kind.")] = None,
    quarter: Annotated[str, typer.Option(help="Such as 2026-Q4.")] = "",
    only_open: Annotated[
        bool,
        typer.Option("--open", help="Only those from which nothing followed, without a reason."),
    ] = False,
    page: Annotated[int, typer.Option(min=1, help=f"Of {A_PAGE} each, the newest first.")] = 1,
    json: Json = False,
) -> None:
    """Find what visits taught, and what followed from it.

    Exit code 3: from some of it nothing has followed, and nobody has said why.

    Example: sojourn learnings "second signature" --quarter 2026-Q4
    """
    found = office()
    ref = found.views.team(team) if team else ""
    wanted = Wanted(words, ref, tag.value if tag else "", quarter, only_open)
    register = found.learnings.find(wanted, page)
    if json:
        as_json(register)
    else:
        rows = [
            (
                one.text,
                one.tag.value,
                one.team_name,
                one.quarter,
                ", ".join(title for _, title in one.changes) or one.reason or "nothing yet",
            )
            for one in register.learnings
        ]
        table("What visits taught", ("what", "kind", "where", "when", "what followed"), rows)
        console.print(f"{register.found} found, page {page}.")
    leave(ATTENTION if register.open else OK)
