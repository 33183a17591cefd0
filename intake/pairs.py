"""Cards that belong together: predictions, and the answers of those about whom they were made."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from domain.foresight import points_of
from domain.people import Seat
from domain.program import Exercise, Reader, StepKind, StepTemplate, Timing


class Fault(NamedTuple):
    """A mistake in a card, where it is, and what to do about it."""

    card: str
    field: str | None
    problem: str
    remedy: str


def faults_of_pairs(
    exercises: Sequence[Exercise], steps: Sequence[StepTemplate]
) -> Iterator[Fault]:
    """Return what is wrong between the cards of a program with these steps."""
    cards = {one.key: one for one in exercises}
    foreseen = {one.compares_with for one in exercises}
    yield from _foreseen_twice(exercises)
    for one in exercises:
        if one.compares_with in cards:
            yield from _between(one, cards[one.compares_with])
            yield from _never_compared(one, cards[one.compares_with], steps)
        elif one.compares_with:
            problem = f"the card '{one.compares_with}' is not switched on"
            yield Fault(one.key, "compares-with", problem, "add it to cards in program.toml")
        if Reader.COMPARED in one.readers and one.key not in foreseen:
            problem = (
                "no other card is compared with it, so nobody would ever see what was answered"
            )
            remedy = "switch on the card of the predictions, or choose other readers"
            yield Fault(one.key, "readers", problem, remedy)


def _between(foreseen: Exercise, answers: Exercise) -> Iterator[Fault]:
    if answers.readers != (Reader.COMPARED,):
        problem = f"'{foreseen.key}' is compared with it, so nobody may read it singly"
        yield Fault(answers.key, "readers", problem, 'write readers = ["compared"]')
    if foreseen.seats != {Seat.PARTICIPANT}:
        problem = "it is the participant who foresees what others answer"
        yield Fault(foreseen.key, "seat", problem, 'write seat = "participant", and no also')
    if foreseen.readers != (Reader.WRITER,):
        problem = "how near somebody was is for them alone"
        yield Fault(foreseen.key, "readers", problem, 'write readers = ["writer"]')
    if foreseen.timing is not Timing.BEFORE:
        problem = "what is written afterwards is no prediction"
        yield Fault(foreseen.key, "timing", problem, 'write timing = "before"')
    if answers.timing is not Timing.BEFORE:
        problem = f"'{foreseen.key}' is compared with it, and whoever answers later would be told by the difference"
        yield Fault(answers.key, "timing", problem, 'write timing = "before"')
    if _questions(foreseen) != _questions(answers):
        problem = f"its questions are not those of '{answers.key}'"
        remedy = "give both cards fields with the same keys and choices, in the same order"
        yield Fault(foreseen.key, "fields", problem, remedy)
    yield from _unmeasured((foreseen, answers))


def _foreseen_twice(exercises: Sequence[Exercise]) -> Iterator[Fault]:
    """Whoever has seen the answers beside one card would foresee them on the other."""
    first: dict[str, str] = {}
    for one in exercises:
        if one.compares_with and first.setdefault(one.compares_with, one.key) != one.key:
            problem = f"'{first[one.compares_with]}' is compared with the same answers"
            remedy = "ask it all on one card, or switch one of the two off"
            yield Fault(one.key, "compares-with", problem, remedy)


def _never_compared(
    foreseen: Exercise, answers: Exercise, steps: Sequence[StepTemplate]
) -> Iterator[Fault]:
    if foreseen.step is StepKind.RITUAL_SESSION:
        problem = "no team is visited in the session of a ritual, so there is nobody to foresee"
        yield Fault(foreseen.key, "step", problem, "name a kind of step at a host team")
    answered = {step.stop for step in steps if step.kind is answers.step}
    asked = {step.stop for step in steps if step.kind is foreseen.step}
    for stop in sorted(asked - answered):
        problem = f"at stop {stop} there is no step of kind '{answers.step}', before which '{answers.key}' could be answered"
        remedy = "give that stop such a step, or let both cards name kinds that each stop has"
        yield Fault(foreseen.key, "step", problem, remedy)


def _questions(exercise: Exercise) -> list[tuple[str, tuple[str, ...]]]:
    return [(field.key, field.choices) for field in exercise.fields]


def _unmeasured(cards: Iterable[Exercise]) -> Iterator[Fault]:
    """Only points of one scale have a distance."""
    for card in cards:
        for number, field in enumerate(card.fields, start=1):
            if not field.required or not points_of(field):
                problem = "only a required choice between points of a scale can be compared"
                remedy = 'write required = true and choices such as ["1", "2", "3", "4", "5"]'
                yield Fault(card.key, f"fields.{number}", problem, remedy)
