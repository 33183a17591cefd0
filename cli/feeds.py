"""Commands about calendar feeds: who has one, make one, give it a new address, end it."""

from typing import Annotated

import typer

from cli.options import Json, Yes, confirm, office
from cli.showing import as_json, console, table
from domain.moments import short_time
from wiring import Office

app = typer.Typer(no_args_is_help=True, help="Calendar feeds that people subscribe to.")

PersonOption = Annotated[
    str | None, typer.Option(help="All steps of one person: name, mail address, id or pseudonym.")
]
TeamOption = Annotated[
    str | None, typer.Option(help="What takes place with one host team: its name or id.")
]
CohortOption = Annotated[str | None, typer.Option(help="All steps of one cohort: its key.")]


@app.command()
def create(
    person: PersonOption = None, team: TeamOption = None, cohort: CohortOption = None
) -> None:
    """Make a feed and print its address, which nothing can show again.

    Example: sojourn feed create --person "Vera Lang"
    """
    found = office()
    whose = _whose(found, person, team, cohort)
    _print(found.feeds.create(whose, found.now()))


@app.command("list")
def list_feeds(json: Json = False) -> None:
    """List the feeds that are served; their addresses are kept nowhere.

    Example: sojourn feed list --json
    """
    served = office().feeds.subscribed()
    if json:
        as_json(served)
        return
    rows = [(one.whose, one.kind, one.name, short_time(one.since, "UTC")) for one in served]
    table("Calendar feeds", ("id", "kind", "for", "since"), rows)


@app.command()
def rotate(
    person: PersonOption = None, team: TeamOption = None, cohort: CohortOption = None
) -> None:
    """Print a new address for a feed; the old one is gone at once.

    Example: sojourn feed rotate --team mill
    """
    found = office()
    whose = _whose(found, person, team, cohort)
    _print(found.feeds.rotate(whose, found.now()))


@app.command()
def revoke(
    person: PersonOption = None,
    team: TeamOption = None,
    cohort: CohortOption = None,
    yes: Yes = False,
) -> None:
    """End a feed, as when somebody leaves: its subscribers are told that it is gone.

    Example: sojourn feed revoke --person "Vera Lang" --yes
    """
    found = office()
    whose = _whose(found, person, team, cohort)
    name = found.views.named(whose)
    confirm(yes, f"Revoke the calendar feed of {name}? Whoever subscribes needs a new address.")
    found.feeds.revoke(whose, found.now())
    console.print(f"The calendar feed of {name} is revoked.", markup=False)


def _whose(found: Office, person: str | None, team: str | None, cohort: str | None) -> str:
    named = [
        look_up(said)
        for said, look_up in (
            (person, found.views.person),
            (team, found.views.team),
            (cohort, lambda key: found.views.cohort(key).cohort),
        )
        if said is not None
    ]
    if len(named) != 1:
        raise typer.BadParameter("say whose feed: one of --person, --team or --cohort.")
    return named[0]


def _print(address: str) -> None:
    console.print(address, soft_wrap=True, markup=False)
    console.print(
        "Hand it over where nobody else reads it; it is shown only now. Google Calendar looks again "
        "every 8 to 24 hours, most others within the hour."
    )
