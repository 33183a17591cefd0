"""What a visitor sees and hears: observations, the evidence that insights stand on."""

import re
from collections.abc import Iterable
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

_NAME = re.compile(r"[^\W\d_]{3,}")


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

    ``names`` are whole names, such as ``Vera Lang``. Only words that begin with a capital count, so
    that a name which is also a word (Will, May) is found where it is most likely one.
    """
    parts = {part for name in names for part in _NAME.findall(name)}
    said = (word for word in _NAME.findall(text) if word in parts and word[0].isupper())
    return tuple(dict.fromkeys(said))
