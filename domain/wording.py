"""How a text differs from another, word by word, so that people can read it."""

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from enum import StrEnum
from typing import NamedTuple

_TOKEN = re.compile(r"\s+|\w+|[^\w\s]")


class PartKind(StrEnum):
    """What became of a part of a text."""

    SAME = "same"
    TAKEN_OUT = "taken-out"
    PUT_IN = "put-in"


class Part(NamedTuple):
    """Some words in a row."""

    kind: PartKind
    text: str


def word_diff(before: str, after: str) -> tuple[Part, ...]:
    """Return both texts as one, in parts: same and put-in parts in order are ``after``, same and taken-out ones ``before``."""
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    changes = SequenceMatcher(str.isspace, old, new, autojunk=False).get_opcodes()
    return tuple(part for tag, a, b, c, d in changes for part in _parts(tag, old[a:b], new[c:d]))


def _parts(tag: str, old: list[str], new: list[str]) -> Iterator[Part]:
    if tag == "equal":
        yield Part(PartKind.SAME, "".join(old))
        return
    if old:
        yield Part(PartKind.TAKEN_OUT, "".join(old))
    if new:
        yield Part(PartKind.PUT_IN, "".join(new))
