"""Commands about the organisation around rotations under way: who manages whom."""

from typing import Annotated

import typer

from cli.options import RotationArg, office
from cli.showing import console

KEEP_THE_FOLDER = "Change people.csv too, so that the next import does not take it back."


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
    said = f"Recorded: {who} is the home manager of {participant}. {KEEP_THE_FOLDER}"
    console.print(found.views.named(said), markup=False)
