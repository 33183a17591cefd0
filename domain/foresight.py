"""Predictions and what came of them: how near somebody's idea of others is to what these say themselves.

What others say is only ever one figure for all of them, as near as one point of the scale, so that it
tells of nobody how they answered: not even where all say the same, and not even at an end of the scale.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import floor

from domain.program import Exercise, FormField, Timing
from domain.rotation import StepState
from domain.value import Value

LEAST_TOGETHER = 3
"""Answers that a figure is made of at least."""


class Foreseen(Value):
    """One question: what was foreseen, and what those who were asked say together."""

    question: str
    foreseen: int
    together: int
    span: int
    """From the lowest to the highest answer that could be given."""


def points_of(field: FormField) -> range:
    """Return the whole numbers that can be chosen, empty unless each is one more than the one before."""
    if not all(one.isascii() and one.isdigit() for one in field.choices):
        return range(0)
    points = [int(one) for one in field.choices]
    whole = range(points[0], points[0] + len(points)) if len(points) > 1 else range(0)
    return whole if list(whole) == points else range(0)


def together(answers: Sequence[int]) -> int | None:
    """Return the mean rounded to a whole point, halves up; None for too few answers."""
    if len(answers) < LEAST_TOGETHER:
        return None
    return floor(sum(answers) / len(answers) + 0.5)


def accuracy(questions: Sequence[Foreseen]) -> int:
    """Return how near the predictions are, in whole percent, halves up: 100 all right, 0 all as wrong as can be.

    Each question counts the same. Raises ValueError without any.
    """
    if not questions:
        raise ValueError("Without a question nothing can be near.")
    off = sum(abs(one.foreseen - one.together) / one.span for one in questions)
    return floor(100 * (1 - off / len(questions)) + 0.5)


def opens_at(foreseen_at: StepState, answers: Exercise, answered_at: StepState) -> datetime:
    """Return when predictions may be set beside the answers (UTC): the visit is over, and nobody answers any more."""
    waits = answers.closes if answers.timing is Timing.AFTER else timedelta()
    return max(foreseen_at.ends, answered_at.ends + waits)
