"""Predictions and what came of them: how near somebody's idea of others is to what these say themselves.

What others say is only ever one figure for all of them, as near as one point of the scale, so that it
tells of nobody how they answered: not even where all say the same, and not even at an end of the scale.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from math import floor

from domain.program import FormField
from domain.rotation import Phase, StepState
from domain.value import Key, TeamRef, Value

LEAST_TOGETHER = 3
"""Answers that a figure is made of at least."""


class Figure(Value):
    """What those who were asked say together to one question."""

    key: Key
    question: str
    together: int
    span: int
    """From the lowest to the highest answer that could be given."""


class Seen(Value):
    """What the team of a stop says, as its visitor saw it first, and how near they were."""

    team: TeamRef
    figures: tuple[Figure, ...]
    percent: int


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


def figures_of(fields: Iterable[FormField], given: Sequence[Mapping[str, str]]) -> Iterator[Figure]:
    """Return what answers say together, question by question, where enough can be counted."""
    for field in filter(points_of, fields):
        chosen = (one.get(field.key, "") for one in given)
        mean = together([int(point) for point in chosen if point in field.choices])
        span = len(field.choices) - 1
        if mean is not None:
            yield Figure(key=field.key, question=field.label, together=mean, span=span)


def beside(figures: Iterable[Figure], guesses: Mapping[str, str]) -> tuple[Foreseen, ...]:
    """Return the figures with what was foreseen of each; without those of which nothing was."""
    return tuple(
        Foreseen(
            question=one.question,
            foreseen=int(guesses[one.key]),
            together=one.together,
            span=one.span,
        )
        for one in figures
        if guesses.get(one.key, "").isdecimal()
    )


def accuracy(questions: Sequence[Foreseen]) -> int:
    """Return how near the predictions are, in whole percent, halves up: 100 all right, 0 all as wrong as can be.

    Each question counts the same. Raises ValueError without any.
    """
    if not questions:
        raise ValueError("Without a question nothing can be near.")
    off = sum(abs(one.foreseen - one.together) / one.span for one in questions)
    return floor(100 * (1 - off / len(questions)) + 0.5)


def opens_at(foreseen_at: StepState, answered_at: Iterable[StepState]) -> datetime | None:
    """Return when predictions may be set beside the answers (UTC): the visit and the sessions are over.

    None where the visit or all sessions were called off. Nobody answers any more once their session began.
    """
    standing = [step.ends for step in answered_at if step.phase is not Phase.CANCELLED]
    if foreseen_at.phase is Phase.CANCELLED or not standing:
        return None
    return max(foreseen_at.ends, *standing)
