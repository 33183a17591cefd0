"""Small cells stay hidden: means of answers that are shown only for groups nobody can be told apart in."""

from collections.abc import Sequence
from typing import NamedTuple

SMALLEST_CELL = 5
"""Answers that a figure is made of at least, and by which it changes at a time."""


class Mean(NamedTuple):
    """The mean of so many answers."""

    answers: int
    mean: float


def shown_mean(answers: Sequence[float]) -> Mean | None:
    """Return the mean of as many of the earliest answers as make whole cells; None for fewer than one.

    ``answers`` are in the order in which they were given. A figure that followed every single answer
    would tell the newest one to whoever looked before and after it.
    """
    whole = len(answers) // SMALLEST_CELL * SMALLEST_CELL
    return Mean(whole, sum(answers[:whole]) / whole) if whole else None
