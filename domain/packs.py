"""A review pack: what a participant takes to a talk about their work, made from what happened.

It holds what they chose, in their own words where they add some, and nothing else.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum

from domain.errors import Refused
from domain.value import Value

LONGEST_WORDS = 3000
"""Characters of a participant's own words."""


class ItemKind(StrEnum):
    """What something in a pack is; what is private is none of them."""

    GOAL = "goal"
    STEP = "step"
    INSIGHT = "insight"
    CHANGE = "change"
    QUARTER = "quarter"
    """Of the program's promise: never a person's."""


class PackItem(Value):
    """One thing that can be chosen; ``key`` is unique in its pack."""

    key: str
    kind: ItemKind
    title: str
    lines: tuple[str, ...] = ()


class ReviewPack(Value):
    """What could be in a pack, or what was chosen of it."""

    leader_name: str
    program_name: str
    made_on: date
    items: tuple[PackItem, ...]
    words: str = ""


def chosen(offered: ReviewPack, keys: Collection[str], words: str) -> ReviewPack:
    """Return the pack with exactly what was chosen; raises Refused for an empty one and too many words."""
    said = words.strip()
    if len(said) > LONGEST_WORDS:
        raise Refused(f"Keep your words to {LONGEST_WORDS} characters; they have {len(said)}.")
    items = tuple(item for item in offered.items if item.key in keys)
    if not items and not said:
        raise Refused("Tick what goes in, or write something yourself; nothing is chosen yet.")
    return offered.model_copy(update={"items": items, "words": said})
