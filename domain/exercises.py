"""Exercises: short forms around a step that a program switches on as cards; data, never code.

An exercise says who writes when, what is asked, and whom the writer may let read it. It is kept as a
draft until everything that is asked is there.
"""

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from domain.decisionmap import DecisionMap, map_of, what_the_map_lacks
from domain.errors import Refused
from domain.evidence import named_in
from domain.figures import figure_of
from domain.insights import alike
from domain.program import Exercise, FieldKind, FormField, Timing
from domain.rotation import Phase, StepState
from domain.value import Moment


def what_is_missing(exercise: Exercise, answers: Mapping[str, str]) -> dict[str, str]:
    """Return a sentence for each field, by its key, that is not answered as it should be."""
    found = {
        field.key: _CHECKS[field.kind](
            _as_asked(field, answers), answers.get(field.key, "").strip()
        )
        for field in exercise.fields
    }
    return {key: sentence for key, sentence in found.items() if sentence}


def who_is_named(
    exercise: Exercise, answers: Mapping[str, str], names: Iterable[str]
) -> dict[str, str]:
    """Return a sentence for each field that names somebody of these."""
    known = tuple(names)
    found = {f.key: named_in(_words(f, answers.get(f.key, "")), known) for f in exercise.fields}
    return {
        key: f"Name nobody: {', '.join(named)} is somebody you met. Say it without the name."
        for key, named in found.items()
        if named
    }


def intentions_of(exercise: Exercise, answers: Mapping[str, str]) -> tuple[str, ...]:
    """Return what its writer said they would do, to be said again the next time."""
    meant = (answers.get(field.key, "") for field in exercise.fields if field.intention)
    return tuple(one for one in meant if one)


def _as_asked(field: FormField, answers: Mapping[str, str]) -> FormField:
    """A field that stands in for another is required while that one says nothing."""
    if field.unless is None or _says_something(answers.get(field.unless, "").strip()):
        return field
    return field.model_copy(update={"required": True})


def _says_something(answer: str) -> bool:
    try:
        return float(answer.replace(",", ".")) > 0
    except ValueError:
        return bool(answer)


def refuse_out_of_time(exercise: Exercise, step: StepState, now: Moment) -> None:
    """Raise Refused, saying why, while nothing can be written."""
    if step.phase is Phase.CANCELLED:
        raise Refused("The step that this belongs to was called off.")
    if exercise.timing is Timing.BEFORE and now >= step.starts:
        raise Refused("This is sealed since the step began; nobody can change it any more.")
    if exercise.timing is Timing.AFTER and now < step.starts:
        raise Refused("This opens when the step begins.")


def is_late(exercise: Exercise, step: StepState, now: Moment) -> bool:
    """Return whether something written now is more memory than account."""
    return exercise.timing is Timing.AFTER and now > step.ends + exercise.closes


def lines_of(answer: str) -> tuple[str, ...]:
    """Return the lines of an answer, without empty ones."""
    return tuple(line.strip() for line in answer.splitlines() if line.strip())


def _text(field: FormField, answer: str) -> str:
    if field.required and not answer:
        return "Write a line or two here."
    words = len(answer.split())
    if words > field.most_words:
        return f"Keep it to {field.most_words} words; it has {words}."
    return ""


def _lines(field: FormField, answer: str) -> str:
    lines = lines_of(answer)
    if len(lines) < max(field.least, field.required):
        return f"Write down {field.least or 1}, each in a line of its own; there are {len(lines)}."
    if field.distinct:
        for (one, first), (other, second) in combinations(enumerate(lines, 1), 2):
            if alike(first, second):
                return f"Lines {one} and {other} say nearly the same. What else is there?"
    return _text(field, answer)


def _number(field: FormField, answer: str) -> str:
    if not answer:
        return "Write the figure." if field.required else ""
    try:
        figure_of(answer)
    except Refused as refused:
        return str(refused)
    return ""


def _choice(field: FormField, answer: str) -> str:
    if not answer:
        return "Choose one." if field.required else ""
    return "" if answer in field.choices else "Choose one of those given."


def _map(field: FormField, answer: str) -> str:
    drawn = map_of(answer) or DecisionMap()
    return what_the_map_lacks(drawn) if answer or field.required else ""


def _words(field: FormField, answer: str) -> str:
    drawn = map_of(answer) if field.kind is FieldKind.MAP else None
    return drawn.words if drawn else answer


_CHECKS: dict[FieldKind, Callable[[FormField, str], str]] = {
    FieldKind.TEXT: _text,
    FieldKind.LINES: _lines,
    FieldKind.NUMBER: _number,
    FieldKind.CHOICE: _choice,
    FieldKind.MAP: _map,
}
