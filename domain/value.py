"""The base of every value: frozen, equal by content, tolerant of fields that a newer version added."""

from operator import not_
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]{1,24}$")]
"""A name that people choose in a program folder: cohorts, steps, folder ids of people and teams."""

PersonRef = Annotated[str, StringConstraints(pattern=r"^P-\d{4,}$")]
"""A person's pseudonym, such as ``P-0007``: all that Temporal ever sees of them."""

TeamRef = Annotated[str, StringConstraints(pattern=r"^H-\d{2,}$")]
"""A host team's pseudonym, such as ``H-03``."""

RotationId = Annotated[str, StringConstraints(pattern=r"^[a-z2-7]{8}$")]
"""A rotation's short random id; it stays the same over every plan version."""

T = TypeVar("T")
Silent = Annotated[T, Field(exclude_if=not_)]
"""A field with an empty default: where it says nothing it takes no room in a history."""

Digest = Silent[Annotated[str, StringConstraints(pattern=r"^([a-z2-7]{26})?$")]]
"""Which link of a chain of evidence was recorded with something; empty, and in no history, for none."""

Moment = AwareDatetime
"""An instant; stored and compared in UTC."""


class Value(BaseModel):
    """An immutable value. Unknown fields are ignored, so an old history loads in a new version and back."""

    model_config = ConfigDict(frozen=True)
