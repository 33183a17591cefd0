"""Commands about the organisation around rotations under way: line managers, and teams that end."""

from typing import Annotated

import typer

from cli.options import CohortOption, RotationArg, Yes, confirm, office
from cli.showing import console, count
from store.organisation import Dissolution
from wiring import Office


def hand_over(
    rotation: RotationArg,
    manager: Annotated[
        str, typer.Option(help="Name, mail address, id in people.csv or pseudonym.")
    ],
) -> None:
    """Make somebody else the participant's home manager; only the old and the new one get mail.

    Example: sojourn hand-over abcd2345 --manager "Ines Amaro"
    """
    found = office()
    who = found.views.person(manager)
    found.organisation.hand_over(rotation, who, found.now())
    participant = found.views.rotation(rotation).row.participant
    said = f"Recorded: {who} is the home manager of {participant}."
    console.print(found.views.named(said), markup=False)


def dissolve_team(
    host: Annotated[str, typer.Argument(help="Name or id in hosts.csv of the host team.")],
    cohort: CohortOption,
    yes: Yes = False,
) -> None:
    """Close a host team that does not exist any more; visits to come look for another one.

    Example: sojourn dissolve-team mill --cohort winter
    """
    found = office()
    team = found.views.team(host)
    name = found.views.named(team)
    question = f"Dissolve {name} in cohort {cohort}? Invites to its visits to come are called off"
    confirm(yes, f"{question}; this can't be undone.")
    _show(found, name, found.organisation.dissolve(team, cohort, found.now()))


def _show(found: Office, name: str, left: Dissolution) -> None:
    console.print(f"{name} is dissolved; nobody new is planned with it.", markup=False)
    for rotations, what in (
        (left.moving, "Visits to come look for another team"),
        (left.staying, "Visits took place and go on"),
    ):
        names = [found.views.rotation(r).row.participant_name for r in rotations]
        if names:
            console.print(f"{what}: {', '.join(names)}", markup=False)
    if left.orphaned:
        changes = count(len(left.orphaned), "policy change")
        console.print(f"{changes} to hand over: {', '.join(left.orphaned)} (sojourn changes)")
