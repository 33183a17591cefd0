"""Words that others will read name nobody who was met."""

from domain.errors import Refused
from domain.evidence import named_in
from web.services import Services


class Named(Refused):
    """A text that is to be shared names somebody."""


def refuse_names(services: Services, rotation: str, text: str) -> None:
    """Raise Named where a text names somebody who was met on a rotation."""
    named = named_in(text, services.office.observations.names_met(rotation))
    if named:
        raise Named(
            f"Name nobody: {', '.join(named)} is somebody you met. Say it without the name, or say "
            "below that nobody is meant."
        )
