"""Which team somebody has to visit, said before a plan is approved."""

from typing import Annotated

import typer

from cli.options import CohortOption, office
from cli.showing import console
from domain.errors import NotFound
from wiring import Office


def pin(
    participant: Annotated[
        str, typer.Argument(help="Name, mail address, id in people.csv or pseudonym.")
    ],
    host: Annotated[str, typer.Argument(help="Name or id in hosts.csv of the host team.")],
    cohort: CohortOption,
    off: Annotated[bool, typer.Option("--off", help="Let go of the pin.")] = False,
) -> None:
    """Let a participant visit this team whenever the cohort is planned again.

    Example: sojourn pin "Mara Stein" service-desk --cohort winter
    """
    found = office()
    who, team = found.views.person(participant), found.views.team(host)
    act = found.pins.unpin if off else found.pins.pin
    act(cohort, _rotation_of(found, cohort, who), team, found.now())
    said = f"{team} is not pinned for {who}." if off else f"{team} is pinned for {who}."
    again = f"Make the plan with it: sojourn plan --cohort {cohort} --again"
    console.print(f"{found.views.named(said)} {again}", markup=False)


def _rotation_of(found: Office, cohort: str, who: str) -> str:
    rotations = found.views.rotations(cohort)
    mine = (row.rotation for row in rotations if row.participant == who)
    rotation = next(mine, None)
    if rotation is None:
        raise NotFound(f"{found.views.named(who)} has no rotation in cohort '{cohort}'.")
    return rotation
