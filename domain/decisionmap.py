"""Decision maps: the steps of a decision, whom it concerns, and where what they value aligns or clashes."""

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Self

from pydantic import ValidationError, model_validator

from domain.value import Value

MOST_STEPS = 8
MOST_STAKEHOLDERS = 6

LEAST_STAKEHOLDERS = 2

LONGEST_NAME = 80
"""Characters of a step or a stakeholder."""

LONGEST_WORTH = 200
"""Characters of what somebody values."""


class Mark(StrEnum):
    """How what a stakeholder values sits with the decision at one of its steps."""

    ALIGN = "align"
    CLASH = "clash"


class Spot(Value):
    """One stakeholder at one step: what they value there, empty for nothing, and how it sits with the decision."""

    values: str = ""
    mark: Mark | None = None

    @property
    def is_blank(self) -> bool:
        return not self.values and self.mark is None


class DecisionMap(Value):
    """``spots`` has a row for each step, in it one spot for each stakeholder."""

    steps: tuple[str, ...] = ()
    stakeholders: tuple[str, ...] = ()
    spots: tuple[tuple[Spot, ...], ...] = ()

    @model_validator(mode="after")
    def _is_a_table(self) -> Self:
        if [len(row) for row in self.spots] != [len(self.stakeholders)] * len(self.steps):
            raise ValueError("A map has a spot for each stakeholder at each step.")
        return self

    @property
    def filled(self) -> Iterator[tuple[int, int, Spot]]:
        """Every spot that is not blank, with the numbers of its step and stakeholder from 0."""
        for row, spots in enumerate(self.spots):
            for column, spot in enumerate(spots):
                if not spot.is_blank:
                    yield row, column, spot

    @property
    def words(self) -> str:
        """Everything that was written in it."""
        return "\n".join((*self.steps, *self.stakeholders, *(s.values for _, _, s in self.filled)))


def map_of(answer: str) -> DecisionMap | None:
    """Return the map in an answer; an empty answer is an empty map.

    None for other words, such as those that were written before the card asked for a map.
    """
    try:
        return DecisionMap.model_validate_json(answer) if answer else DecisionMap()
    except ValidationError:
        return None


def answer_of(drawn: DecisionMap) -> str:
    """Return the map as an answer, without rows and columns in which nothing stands; empty for an empty map."""
    used = {(row, column) for row, column, _ in drawn.filled}
    rows = [n for n, name in enumerate(drawn.steps) if name or any(r == n for r, _ in used)]
    columns = [n for n, who in enumerate(drawn.stakeholders) if who or any(c == n for _, c in used)]
    if not rows and not columns:
        return ""
    return DecisionMap(
        steps=tuple(drawn.steps[row] for row in rows),
        stakeholders=tuple(drawn.stakeholders[column] for column in columns),
        spots=tuple(tuple(drawn.spots[row][column] for column in columns) for row in rows),
    ).model_dump_json()


def what_the_map_lacks(drawn: DecisionMap) -> str:
    """Return the sentence that says what has to be there yet; empty for a whole map."""
    if len(drawn.stakeholders) < LEAST_STAKEHOLDERS:
        return f"Name at least {LEAST_STAKEHOLDERS} stakeholders whom the decision concerns."
    if not drawn.steps:
        return "Name at least one step of the decision."
    return _nameless(drawn) or _too_long(drawn) or _unmarked(drawn)


def mermaid(drawn: DecisionMap) -> str:
    """Return the map as a Mermaid flowchart: steps in a row, from each what its stakeholders value there."""
    lines = ["flowchart LR"]
    lines += [f'  s{row}["{_label(step)}"]' for row, step in enumerate(drawn.steps)]
    lines += [f"  s{row} --> s{row + 1}" for row in range(len(drawn.steps) - 1)]
    for row, column, spot in drawn.filled:
        who = drawn.stakeholders[column]
        said = f"{who}: {spot.values}" if spot.values else who
        lines.append(f'  s{row}v{column}["{_label(said)}"]')
        lines.append(f"  s{row} {_EDGES[spot.mark]} s{row}v{column}")
    return "\n".join([*lines, ""])


def exported(drawn: DecisionMap) -> dict[str, object]:
    """Return the map as it is exported: names once, and each spot that is not blank with both of its names."""
    return {
        "steps": list(drawn.steps),
        "stakeholders": list(drawn.stakeholders),
        "spots": [
            {
                "step": drawn.steps[row],
                "stakeholder": drawn.stakeholders[column],
                "values": spot.values,
                "mark": spot.mark.value if spot.mark else None,
            }
            for row, column, spot in drawn.filled
        ],
    }


_EDGES = {Mark.ALIGN: "-- aligns ---", Mark.CLASH: "-. clashes .-", None: "---"}

_MEANT = re.compile(r"[^\w ,?!()]")


def _label(text: str) -> str:
    """Text as it may stand between quotes: whatever could mean something to Mermaid as its number."""
    return _MEANT.sub(lambda found: f"#{ord(found[0])};", " ".join(text.split()))


def _nameless(drawn: DecisionMap) -> str:
    for what, names in (("step", drawn.steps), ("stakeholder", drawn.stakeholders)):
        if "" in names:
            return f"Give {what} {names.index('') + 1} a name; something is written for it."
        if len(set(names)) < len(names):
            return f"Give each {what} a name of its own; two are the same."
    return ""


def _too_long(drawn: DecisionMap) -> str:
    for name in (*drawn.steps, *drawn.stakeholders):
        if len(name) > LONGEST_NAME:
            return f"Keep each name to {LONGEST_NAME} characters; one has {len(name)}."
    for _, _, spot in drawn.filled:
        if len(spot.values) > LONGEST_WORTH:
            return f"Keep what somebody values to {LONGEST_WORTH} characters; one has {len(spot.values)}."
    return ""


def _unmarked(drawn: DecisionMap) -> str:
    if any(spot.mark for _, _, spot in drawn.filled):
        return ""
    return "Say of at least one place whether it aligns or clashes."
