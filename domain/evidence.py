"""What a visitor sees and hears: observations, the evidence that insights stand on."""

import re
import unicodedata
from collections.abc import Container, Iterable
from datetime import timedelta

from pydantic import Field

from domain.errors import Refused
from domain.insights import InsightTag
from domain.program import StepKind
from domain.rotation import Phase, StepState
from domain.value import Moment, Value

OBSERVED = frozenset({StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION, StepKind.RETURN_VISIT})
"""Kinds of step in which there is something to see or hear."""

NOTES_CLOSE = timedelta(days=14)
"""After the end of a step: what is written later is memory, not observation."""

MOST_NOTES = 200
"""Observations of one step."""

_NAME = re.compile(r"[^\W\d_]{2,}")
_SHORT = 2
"""Letters of the shortest names."""
_USUAL_WORD = re.compile(
    "ab|ah|am|an|as|at|be|by|da|do|du|eh|er|es|go|he|if|im|in|is|it|ja|me|my|na|no|ob|of|oh|ok|on|or|"
    "ox|so|to|um|up|us|we|wo|zu",
    re.IGNORECASE,
)
"""English and German words of two letters, some of which are names too."""


class Observation(Value):
    """One thing seen or heard, in its writer's words; what was left out is empty."""

    quote: str = Field(default="", max_length=500)
    """What somebody said."""
    moment: str = Field(default="", max_length=500)
    """What happened just then."""
    feeling: str = Field(default="", max_length=80)
    tag: InsightTag


def refuse_observation(observation: Observation) -> None:
    """Raise Refused unless there is something that was said or that happened."""
    if not observation.quote and not observation.moment:
        raise Refused("Write down what was said or what happened; a feeling alone says too little.")


def refuse_untimely(step: StepState, now: Moment) -> None:
    """Raise Refused, saying since or from when, unless a step is being observed."""
    if step.kind not in OBSERVED:
        raise Refused("There is nothing to observe in this step.")
    if step.phase is Phase.CANCELLED:
        raise Refused("This step was called off; what you saw elsewhere belongs there.")
    if now < step.starts:
        raise Refused("This opens when the step begins.")
    if now > step.ends + NOTES_CLOSE:
        raise Refused(
            f"This closed {NOTES_CLOSE.days} days after the step. Your summary can still say it."
        )


class Named(Refused):
    """Words that others are to read name somebody."""


def refuse_names(text: str, names: Iterable[str]) -> None:
    """Raise Named where words that others are to read hold part of a name of somebody who was met."""
    named = named_in(text, names)
    if named:
        raise Named(
            f"Name nobody: {', '.join(named)} is somebody you met. Say it without the name, or say "
            "below that nobody is meant."
        )


def named_in(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return the parts of people's names that stand in a text as words of their own, as written there.

    ``names`` are whole names, such as ``Vera Lang``, whose genitives (``Veras``) and capitals (``VERA``)
    count too. Only words that begin with a capital do, so that a name which is also a word (Will, May) is
    found where it is most likely one.
    """
    parts = {part.casefold() for name in names for part in _words(name) if part[0].isupper()}
    found = (word.group() for word in _NAME.finditer(_composed(text)) if _is_named(word, parts))
    return tuple(dict.fromkeys(found))


def _is_named(found: re.Match[str], parts: Container[str]) -> bool:
    word = found.group()
    said = word.casefold()
    if not word[0].isupper() or (len(word) == _SHORT and not _is_short_name(found)):
        return False
    return said in parts or (len(said) > _SHORT + 1 and said.endswith("s") and said[:-1] in parts)


def _is_short_name(found: re.Match[str]) -> bool:
    """Whether two letters can be a name: no abbreviation, and no usual word that begins a sentence."""
    word, before = found.group(), found.string[: found.start()].rstrip(" \"'„“‚‘»«(-")
    begins = not before or before[-1] in ".!?:\n"
    return not word.isupper() and not (begins and _USUAL_WORD.fullmatch(word))


def _words(name: str) -> list[str]:
    return _NAME.findall(_composed(name))


def _composed(text: str) -> str:
    """The same text with each letter and its accents in one character, however it was typed."""
    return unicodedata.normalize("NFC", text)
