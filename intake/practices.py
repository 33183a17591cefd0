"""Reading ``practices/*.toml``: what a program's cards switch on, with each mistake's place.

A card is an exercise, or an occasion by one of the keys that those have.
"""

import difflib
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from datetime import timedelta
from pathlib import Path
from typing import TypeVar

from pydantic import Field

from domain.language import Language
from domain.program import (
    FIGURES,
    OCCASIONS,
    REVIEWS,
    Card,
    Exercise,
    FieldKind,
    FormField,
    Occasion,
    Program,
    RoleCard,
    StepKind,
    usual_occasion,
)
from intake.data_file import STRICT, parsed, read_data
from intake.hours import DURATION_REMEDY
from intake.pairs import faults_of_pairs
from intake.program_file import Length, Line, Prompt
from intake.rejections import Rejections

FOLDER = "practices"
_OWN = frozenset(card.value for card in Card)

File = TypeVar("File", "_ExerciseFile", "_OccasionFile")

TAKEN = frozenset({"code", "more", "nobody", "reader"})
"""What a card's page calls its own buttons and boxes, so that no field can be called so."""


class _FieldTable(FormField):
    model_config = STRICT


class _RoleTable(RoleCard):
    model_config = STRICT


class _ExerciseFile(Exercise):
    model_config = STRICT
    closes: Length = Exercise.model_fields["closes"].default
    returns: tuple[Length, ...] = Field(default=(), max_length=6)
    roles: tuple[_RoleTable, ...] = Field(default=(), max_length=12)
    fields: tuple[_FieldTable, ...] = Field(max_length=12)


class _OccasionFile(Occasion):
    """Whatever a file leaves out is as it is without a card."""

    model_config = STRICT
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
    cards = (card for card in program.cards if card not in _OWN | OCCASIONS.keys())
    found = (_exercise(folder, card, rejections) for card in cards)
    exercises = tuple(one for one in found if one)
    for card in _OWN.intersection(program.cards):
        if (folder / FOLDER / f"{card}.toml").exists():
            problem = "this card is Sojourn's own, and asks what it asks"
            _reject(rejections, card, None, problem, "take the file away, or give it another key")
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
    for fault in faults_of_pairs(exercises, program.steps):
        _reject(rejections, *fault)
    return exercises


def read_occasions(
    folder: Path, program: Program, known: AbstractSet[str], rejections: Rejections
) -> tuple[Occasion, ...]:
    """Return the occasions among a program's cards; ``known`` are the ids in its ``people.csv``."""
    cards = (card for card in program.cards if card in OCCASIONS)
    language = program.language
    found = (_occasion(folder, card, language, known, rejections) for card in cards)
    return tuple(one for one in found if one)


def read_practice(path: Path) -> Exercise:
    """Return the exercise in a file; raises OSError, ValueError or pydantic's ValidationError."""
    return Exercise.model_validate(parsed(path, _ExerciseFile).model_dump())


def read_occasion(path: Path, language: Language = Language.ENGLISH) -> Occasion:
    """Return the occasion in a file of a program in that language.

    Raises OSError, ValueError or pydantic's ValidationError.
    """
    return _whole(parsed(path, _OccasionFile), path.stem, language)


def _exercise(folder: Path, card: str, rejections: Rejections) -> Exercise | None:
    found = _read(folder, card, _ExerciseFile, rejections)
    if found is None:
        return None
    exercise = Exercise.model_validate(found.model_dump())
    _check(exercise, card, rejections)
    return exercise


def _occasion(
    folder: Path,
    card: str,
    language: Language,
    known: AbstractSet[str],
    rejections: Rejections,
) -> Occasion | None:
    found = _read(folder, card, _OccasionFile, rejections)
    if found is None:
        return None
    occasion = _whole(found, card, language)
    check_occasion(occasion, card, known, rejections)
    return occasion


def _whole(found: _OccasionFile, card: str, language: Language) -> Occasion:
    usual = usual_occasion(card, language).model_dump()
    return Occasion.model_validate({**usual, **found.model_dump(exclude_unset=True)})


def _read(folder: Path, card: str, model: type[File], rejections: Rejections) -> File | None:
    path = folder / FOLDER / f"{card}.toml"
    found = read_data(path, model, rejections, missing=_where_from(folder, card))
    if found and found.key != card:
        problem = f"its key is '{found.key}'"
        _reject(rejections, card, "key", problem, f"name it '{card}', as the card and the file")
    return found


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


def _check(exercise: Exercise, card: str, rejections: Rejections) -> None:
    if FIGURES.intersection(exercise.readers):
        _check_figures(exercise, card, rejections)
    _check_keys("role", exercise.roles, card, rejections)
    _check_keys("field", exercise.fields, card, rejections)
    keys = {field.key for field in exercise.fields}
    for number, field in enumerate(exercise.fields, start=1):
        if field.unless and (field.required or field.unless not in keys - {field.key}):
            problem = "it stands in for no other field of this card"
            remedy = "name the key of another field, and leave required out"
            _reject(rejections, card, f"fields.{number}.unless", problem, remedy)
        if (field.kind is FieldKind.CHOICE) != bool(field.choices):
            problem = "a choice needs choices, and nothing else has any"
            remedy = 'write kind = "choice" with choices = ["yes", "no"]'
            _reject(rejections, card, f"fields.{number}.choices", problem, remedy)
        if field.key in TAKEN:
            problem = f"the page of every card has a button or a box called '{field.key}'"
            remedy = f"call the field anything but {', '.join(sorted(TAKEN))}"
            _reject(rejections, card, f"fields.{number}.key", problem, remedy)
    _check_maps(exercise, card, rejections)


def _check_maps(exercise: Exercise, card: str, rejections: Rejections) -> None:
    maps = [n for n, field in enumerate(exercise.fields, 1) if field.kind is FieldKind.MAP]
    for number in maps[1:]:
        problem = "a card has one map, which can be taken along under its name"
        _reject(rejections, card, f"fields.{number}.kind", problem, "give it a card of its own")
    for number in maps:
        if exercise.fields[number - 1].intention:
            problem = "a map is not said again as a sentence"
            remedy = "put intention = true to a field of text or lines beside it"
            _reject(rejections, card, f"fields.{number}.intention", problem, remedy)


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
