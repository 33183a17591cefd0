"""Reading ``practices/*.toml``: the exercises that a program's cards switch on, with each mistake's place."""

import difflib
from pathlib import Path

from pydantic import Field

from domain.program import Exercise, FieldKind, FormField, Program, Reader
from intake.data_file import STRICT, parsed, read_data
from intake.program_file import Length
from intake.rejections import Rejections

FOLDER = "practices"


class _FieldTable(FormField):
    model_config = STRICT


class _ExerciseFile(Exercise):
    model_config = STRICT
    closes: Length = Exercise.model_fields["closes"].default
    returns: tuple[Length, ...] = Field(default=(), max_length=6)
    fields: tuple[_FieldTable, ...] = Field(max_length=12)


def read_practices(folder: Path, program: Program, rejections: Rejections) -> tuple[Exercise, ...]:
    """Return the exercises of a program's cards, in the order of the cards; every mistake is noted."""
    found = (_read(folder, card, rejections) for card in program.cards)
    exercises = tuple(one for one in found if one)
    kinds = {step.kind for step in program.steps}
    for exercise in exercises:
        if exercise.step not in kinds:
            _reject(
                rejections,
                exercise.key,
                "step",
                f"the program has no step of kind '{exercise.step}'",
                "name a kind that it has, or take the card out of program.toml",
            )
    return exercises


def read_practice(path: Path) -> Exercise:
    """Return the exercise in a file; raises OSError, ValueError or pydantic's ValidationError."""
    return Exercise.model_validate(parsed(path, _ExerciseFile).model_dump())


def _read(folder: Path, card: str, rejections: Rejections) -> Exercise | None:
    path = folder / FOLDER / f"{card}.toml"
    found = read_data(path, _ExerciseFile, rejections, missing=_where_from(folder, card))
    if found is None:
        return None
    exercise = Exercise.model_validate(found.model_dump())
    _check(exercise, card, rejections)
    return exercise


def _check(exercise: Exercise, card: str, rejections: Rejections) -> None:
    if exercise.key != card:
        problem = f"its key is '{exercise.key}'"
        _reject(rejections, card, "key", problem, f"name it '{card}', as the card and the file")
    if Reader.COUNTED in exercise.readers:
        _check_counted(exercise, card, rejections)
    keys = [field.key for field in exercise.fields]
    for number, field in enumerate(exercise.fields, start=1):
        if keys.index(field.key) != number - 1:
            problem = f"there are two fields '{field.key}'"
            remedy = "give each field its own key"
            _reject(rejections, card, f"fields.{number}.key", problem, remedy)
        if field.unless and (field.required or field.unless not in {*keys} - {field.key}):
            problem = "it stands in for no other field of this card"
            remedy = "name the key of another field, and leave required out"
            _reject(rejections, card, f"fields.{number}.unless", problem, remedy)
        if (field.kind is FieldKind.CHOICE) != bool(field.choices):
            problem = "a choice needs choices, and nothing else has any"
            remedy = 'write kind = "choice" with choices = ["yes", "no"]'
            _reject(rejections, card, f"fields.{number}.choices", problem, remedy)


def _check_counted(exercise: Exercise, card: str, rejections: Rejections) -> None:
    """What is counted is a figure that everybody gives."""
    for number, field in enumerate(exercise.fields, start=1):
        figures = field.kind is FieldKind.NUMBER or (
            field.choices and all(one.isascii() and one.isdigit() for one in field.choices)
        )
        if not figures or not field.required:
            problem = "only required numbers, and choices that are numbers, can be counted"
            remedy = 'write required = true, and kind = "number" or choices = ["1", "2"]'
            _reject(rejections, card, f"fields.{number}", problem, remedy)


def _where_from(folder: Path, card: str) -> str:
    known = [path.stem for path in sorted((folder / FOLDER).glob("*.toml"))]
    near = difflib.get_close_matches(card, known, n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"copy {FOLDER}/{card}.toml from Sojourn's examples, or write it (docs/practices.md)"


def _reject(
    rejections: Rejections, card: str, field: str | None, problem: str, remedy: str
) -> None:
    rejections.add(f"{FOLDER}/{card}.toml", None, field, problem, remedy)
