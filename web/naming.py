"""Words of forms that others read: whom they name, unless their writer says that nobody is meant."""

from collections.abc import Mapping

from domain.evidence import refuse_names
from web.services import Services

NOBODY = "nobody"
"""The box that says so, on every such form."""


def refuse_names_met(
    services: Services, rotation: str, words: str, form: Mapping[str, object]
) -> None:
    """Raise Named where words hold part of a name of somebody of a visit and the form leaves the box empty."""
    if form.get(NOBODY) != "yes":
        refuse_names(words, services.office.observations.names_met(rotation))
