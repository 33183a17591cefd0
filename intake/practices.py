"""Reading ``practices/*.toml``: what a program's cards switch on, with each mistake's place.

A card is an exercise, or an occasion by one of the keys that those have.
"""

import difflib
import tomllib
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import ConfigDict, Field, ValidationError

from domain.program import (
    FIGURES,
    OCCASIONS,
    PORTFOLIO,
    REVIEWS,
    Exercise,
    FieldKind,
    FormField,
    Occasion,
    Program,
    RoleCard,
    StepKind,
)
from intake.hours import DURATION_REMEDY
from intake.pairs import faults_of_pairs
from intake.program_file import Length, Line, Prompt
from intake.rejections import Rejections

FOLDER = "practices"

Card = TypeVar("Card", Exercise, Occasion)

LARGEST = 64 * 1024
"""Bytes of one file."""


class _FieldTable(FormField):
    model_config = ConfigDict(extra="forbid", alias_generator=lambda n: n.replace("_", "-"))


class _RoleTable(RoleCard):
    model_config = ConfigDict(extra="forbid", alias_generator=lambda n: n.replace("_", "-"))


class _ExerciseFile(Exercise):
    model_config = ConfigDict(extra="forbid", alias_generator=lambda n: n.replace("_", "-"))
    closes: Length = Exercise.model_fields["closes"].default
    returns: tuple[Length, ...] = Field(default=(), max_length=6)
    roles: tuple[_RoleTable, ...] = Field(default=(), max_length=12)
    fields: tuple[_FieldTable, ...] = Field(max_length=12)


class _OccasionFile(Occasion):
    """Whatever a file leaves out is as it is without a card."""

    model_config = ConfigDict(extra="forbid")
    kind: StepKind = StepKind.PEER_DEBRIEF
    title: Line = Field(default="", min_length=1, max_length=120)
    duration: Length = timedelta()
    notice: Length = timedelta()
    within: Length = timedelta()
    closes: Length = timedelta()
    where: Line = Field(default="", max_length=300)
    prompts: tuple[Prompt, ...] = Field(default=(), max_length=12)


def read_practices(folder: Path, program: Program, rejections: Rejections) -> tuple[Exercise, ...]:
    """Return the exercises of a program's cards, in the order of the cards; every mistake is noted."""
    cards = (card for card in program.cards if card not in (*OCCASIONS, PORTFOLIO))
    found = (_read(folder, card, rejections, read_practice, _check) for card in cards)
    exercises = tuple(one for one in found if one)
    kinds = {step.kind for step in (*program.steps, *(r.template for r in program.rituals))}
    for exercise in exercises:
        if exercise.step not in kinds:
            _reject(
                rejections,
                exercise.key,
                "step",
                f"the program has no step of kind '{exercise.step}'",
                "name a kind that it has, or take the card out of program.toml",
            )
    for fault in faults_of_pairs(exercises):
        _reject(rejections, *fault)
    return exercises


def read_occasions(
    folder: Path, program: Program, known: AbstractSet[str], rejections: Rejections
) -> tuple[Occasion, ...]:
    """Return the occasions among a program's cards; ``known`` are the ids in its ``people.csv``."""

    def check(occasion: Occasion, card: str, rejections: Rejections) -> None:
        check_occasion(occasion, card, known, rejections)

    cards = (card for card in program.cards if card in OCCASIONS)
    found = (_read(folder, card, rejections, read_occasion, check) for card in cards)
    return tuple(one for one in found if one)


def read_occasion(path: Path) -> Occasion:
    """Return the occasion in a file; raises OSError, ValueError or pydantic's ValidationError."""
    parsed = _OccasionFile.model_validate(tomllib.loads(_text(path)))
    usual = OCCASIONS[path.stem].model_dump()
    return Occasion.model_validate({**usual, **parsed.model_dump(exclude_unset=True)})


def check_occasion(
    occasion: Occasion, card: str, known: AbstractSet[str], rejections: Rejections
) -> None:
    """Note every mistake in an occasion's card; ``known`` are the ids in ``people.csv``."""
    if not timedelta(minutes=5) <= occasion.duration <= timedelta(hours=12):
        problem = "an occasion lasts 5 minutes to 12 hours"
        _reject(rejections, card, "duration", problem, DURATION_REMEDY)
    if not occasion.notice + occasion.duration <= occasion.within <= timedelta(weeks=13):
        problem = "it has to fit between its notice and 13 weeks"
        _reject(rejections, card, "within", problem, 'write a length such as "14d"')
    if occasion.kind is not OCCASIONS[card].kind:
        problem, remedy = f"it is no {occasion.kind}", "leave the kind out: it follows from the key"
        _reject(rejections, card, "kind", problem, remedy)
    if occasion.people and occasion.kind not in REVIEWS:
        problem = "only those come whom it is opened for"
        _reject(rejections, card, "people", problem, "leave 'people' out: it is for reviews")
        return
    for stranger in sorted(set(occasion.people) - known):
        problem = f"nobody has the id '{stranger}' in people.csv"
        _reject(rejections, card, "people", problem, "name somebody who is there")


def read_practice(path: Path) -> Exercise:
    """Return the exercise in a file; raises OSError, ValueError or pydantic's ValidationError."""
    parsed = _ExerciseFile.model_validate(tomllib.loads(_text(path)))
    return Exercise.model_validate(parsed.model_dump())


def _read(
    folder: Path,
    card: str,
    rejections: Rejections,
    read: Callable[[Path], Card],
    check: Callable[[Card, str, Rejections], None],
) -> Card | None:
    try:
        found = read(folder / FOLDER / f"{card}.toml")
    except OSError:
        _reject(rejections, card, None, "there is no such file", _where_from(folder, card))
    except ValidationError as wrong:
        for error in wrong.errors():
            place = ".".join(str(p + 1 if isinstance(p, int) else p) for p in error["loc"])
            problem = error["msg"].removeprefix("Value error, ")
            problem = problem.replace("Input should be", "it should be")
            _reject(rejections, card, place, problem, "docs/practices.md says what belongs here")
    except ValueError as broken:
        _reject(rejections, card, None, f"it is not TOML in UTF-8: {broken}", "mend the file")
    else:
        if found.key != card:
            problem, remedy = (
                f"its key is '{found.key}'",
                f"name it '{card}', as the card and the file",
            )
            _reject(rejections, card, "key", problem, remedy)
        check(found, card, rejections)
        return found
    return None


def _text(path: Path) -> str:
    """The file as text; raises ValueError for one that is too large or not in UTF-8."""
    raw = path.read_bytes()
    if len(raw) > LARGEST:
        raise ValueError(f"it has over {LARGEST // 1024} KiB")
    return raw.decode("utf-8-sig")


def _check(exercise: Exercise, card: str, rejections: Rejections) -> None:
    if FIGURES.intersection(exercise.readers):
        _check_figures(exercise, card, rejections)
    _check_keys("role", exercise.roles, card, rejections)
    _check_keys("field", exercise.fields, card, rejections)
    for number, field in enumerate(exercise.fields, start=1):
        if (field.kind is FieldKind.CHOICE) != bool(field.choices):
            problem = "a choice needs choices, and nothing else has any"
            remedy = 'write kind = "choice" with choices = ["yes", "no"]'
            _reject(rejections, card, f"fields.{number}.choices", problem, remedy)


def _check_keys(
    what: str, named: Sequence[FormField | RoleCard], card: str, rejections: Rejections
) -> None:
    keys = [one.key for one in named]
    for number, key in enumerate(keys, start=1):
        if keys.index(key) != number - 1:
            remedy = f"give each {what} its own key"
            _reject(
                rejections, card, f"{what}s.{number}.key", f"there are two {what}s '{key}'", remedy
            )


def _check_figures(exercise: Exercise, card: str, rejections: Rejections) -> None:
    """What nobody reads singly is a figure that everybody gives."""
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
