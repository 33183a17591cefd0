"""Tensions: two things that pull against each other, seen early, looked at by somebody until a day."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum

from domain.errors import Refused
from domain.evidence import named_in
from domain.insights import alike
from domain.moments import is_within_a_year

LONGEST = 300
"""Characters of each text."""

TEXTS = ("one", "other", "initiative")
"""Fields in which somebody writes; everything else is chosen."""


class TensionState(StrEnum):
    """What has become of a tension."""

    OPEN = "open"
    EASED = "eased"
    ACCEPTED = "accepted"
    """It stays: both sides are right, and everybody knows."""


def what_is_wrong(
    typed: Mapping[str, str], lenses: Collection[str], places: Collection[str], today: date
) -> dict[str, str]:
    """Return a sentence for each field, by its key, that is not as it should be.

    ``one`` pulls against ``other``; ``due`` and ``decided_on`` are days such as ``2026-12-10``; ``place``
    is one of the ``places`` where the ``initiative`` can be discussed, or empty.
    """
    return dict(
        [
            *_of_the_texts(typed),
            *_of_the_initiative(typed, places, today),
            *(
                ()
                if typed["lens"] in lenses
                else [("lens", "Choose the lens that it is seen through.")]
            ),
            *_of_a_day("due", typed["due"], today),
        ]
    )


def name_nobody(texts: Collection[str], names: Collection[str]) -> str:
    """Return a sentence where texts name somebody; empty where they don't."""
    named = named_in(" ".join(texts), names)
    if not named:
        return ""
    return (
        f"Name nobody: {', '.join(named)} is somebody here. Say it without the name, or say below "
        "that nobody is meant."
    )


def refuse_settling(now: TensionState, state: TensionState, sentence: str) -> None:
    """Raise Refused unless an open tension is settled with a sentence."""
    if now is not TensionState.OPEN:
        raise Refused(f"This tension is {now} already.")
    if state is TensionState.OPEN:
        raise Refused("Choose whether it is eased or accepted.")
    if not sentence:
        raise Refused("Write in a sentence what became of it.")
    if len(sentence) > LONGEST:
        raise Refused(f"Keep it to {LONGEST} characters; it has {len(sentence)}.")


def is_overdue(state: TensionState, due: date, today: date) -> bool:
    """Return whether an open tension should have been looked at by now."""
    return state is TensionState.OPEN and due < today


def is_decided_too_early(decided_on: date, discussed_on: date | None) -> bool:
    """Return whether an initiative is decided before the session in which it is to be discussed.

    ``discussed_on`` is None where that session will not be held.
    """
    return discussed_on is None or decided_on < discussed_on


def _of_the_texts(typed: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key in TEXTS:
        if len(typed[key]) > LONGEST:
            yield key, f"Keep it to {LONGEST} characters; it has {len(typed[key])}."
    missing = [key for key in ("one", "other") if not typed[key]]
    for key in missing:
        yield key, "Write in a few words what pulls here."
    if not missing and alike(typed["one"], typed["other"]):
        yield "other", "Both sides say nearly the same. What does it pull against?"


def _of_the_initiative(
    typed: Mapping[str, str], places: Collection[str], today: date
) -> Iterator[tuple[str, str]]:
    if typed["place"] and typed["place"] not in places:
        yield "place", "Choose one of these sessions."
    if typed["initiative"]:
        yield from _of_a_day("decided_on", typed["decided_on"], today)
    elif typed["decided_on"]:
        yield "initiative", "Write what is decided on that day, or leave the day empty."


def _of_a_day(key: str, typed: str, today: date) -> Iterator[tuple[str, str]]:
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        yield key, f"Name a day, such as {today + timedelta(days=14)}."
        return
    if not is_within_a_year(day, today):
        yield key, "Name a day from today on, within a year."
