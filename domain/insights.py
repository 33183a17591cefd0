"""What a visit taught: a summary with three distinct pain points, read by the host team first."""

import re
from enum import StrEnum
from itertools import combinations

from pydantic import Field

from domain.chain import short_digest
from domain.errors import Refused
from domain.touching import Touches
from domain.value import Value

INSIGHTS = 3
"""Distinct pain points that a summary holds."""

WORDS = 150
"""Most words of a summary."""

ALIKE = 0.6
"""Share of common words from which two insights say the same (Jaccard index)."""

_WORD = re.compile(r"\w{3,}")


class InsightTag(StrEnum):
    """What kind of thing was seen."""

    CONSTRAINT = "constraint"
    TRADE_OFF = "trade-off"
    DELIGHT = "delight"
    FRUSTRATION = "frustration"


class Insight(Value):
    """One pain point, or one thing that went well."""

    text: str = Field(min_length=10, max_length=500)
    tag: InsightTag
    evidence: tuple[str, ...] = ()
    """The observations that it stands on, by id; their words stay with their writer."""
    touches: Touches = Touches()


class Summary(Value):
    """A visit in a few words and exactly three insights, none of which repeats another."""

    words: str = Field(min_length=1, max_length=2000)
    insights: tuple[Insight, ...]

    @property
    def digest(self) -> str:
        """Return what tells this text from every other one."""
        return short_digest(self.model_dump_json().encode())


def refuse_summary(summary: Summary) -> None:
    """Raise Refused, saying what is missing, unless there are three insights that differ."""
    if len(summary.words.split()) > WORDS:
        raise Refused(f"Keep the summary to {WORDS} words; it has {len(summary.words.split())}.")
    if len(summary.insights) < INSIGHTS:
        raise Refused(f"Write down {INSIGHTS} things, each in a line; one or more are missing.")
    for (one, first), (other, second) in combinations(enumerate(summary.insights, 1), 2):
        if alike(first.text, second.text):
            raise Refused(
                f"The things {one} and {other} say nearly the same. Which third thing did you see?"
            )


def alike(one: str, other: str) -> bool:
    """Return whether two texts share most of their words, whatever their order and case."""
    first, second = _words(one), _words(other)
    if not first | second:
        return one.strip() == other.strip()
    return len(first & second) / len(first | second) >= ALIKE


def _words(text: str) -> set[str]:
    """Words of three letters and more, without plural endings that would make them differ."""
    return {word.rstrip("s") for word in _WORD.findall(text.casefold())}
