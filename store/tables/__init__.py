"""The tables, one class each, by subject; importing this package makes all of them known."""

from store.tables import (
    changes,
    installation,
    learning,
    mail,
    people,
    planning,
    rotations,
    voices,
    words,
)
from store.tables.base import Base, UtcMoment

__all__ = [
    "Base",
    "UtcMoment",
    "people",
    "planning",
    "rotations",
    "mail",
    "words",
    "voices",
    "learning",
    "changes",
    "installation",
]
