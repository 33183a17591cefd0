"""A quick-cycle test: one small adjustment, tried for a few weeks, that says whether an insight holds.

It is a draft until everything is there; from its start nothing about it changes but its result.
"""

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple

from pydantic import Field

from domain.errors import Refused
from domain.figures import figure_of
from domain.moments import after_weekdays
from domain.policy import Verdict
from domain.policymoves import REMIND_AFTER
from domain.value import Moment, PersonRef, Value

LONGEST = timedelta(days=28)
"""From the start of a test to its end."""

ANSWER_WITHIN = timedelta(weeks=2)
"""After the owner was asked: then it is recorded that nobody measured."""

LONGEST_WORDS = 500
"""Characters of a hypothesis and of an adjustment."""

LONGEST_LINE = 120
"""Characters of a metric and of a cost."""


class InsightState(StrEnum):
    """How far an insight can be trusted."""

    INTUITION = "intuition"
    TESTED = "tested"
    """A test of it goes on, or ended with a new question."""
    CONFIRMED = "confirmed"
    REFUTED = "refuted"


class QuickTest(Value):
    """What is tried and how it is judged, in words and figures, with somebody who looks after it."""

    hypothesis: str = Field(min_length=1, max_length=LONGEST_WORDS)
    notes: tuple[str, ...] = Field(min_length=1)
    """The observations of its insight that it stands on, by id."""
    adjustment: str = Field(min_length=1, max_length=LONGEST_WORDS)
    owner: PersonRef
    cost: str = Field(min_length=1, max_length=LONGEST_LINE)
    """What it may cost at most."""
    reversible: bool
    metric: str = Field(min_length=1, max_length=LONGEST_LINE)
    baseline: float
    target: float
    ends_on: date


class Draft(Value):
    """A test as it was typed; what is missing is empty."""

    hypothesis: str = ""
    notes: tuple[str, ...] = ()
    adjustment: str = ""
    owner: str = ""
    cost: str = ""
    reversible: str = ""
    """``yes`` or ``no``."""
    metric: str = ""
    baseline: str = ""
    target: str = ""
    ends_on: str = ""


class CourseErrand(StrEnum):
    """What time brings about for a test that goes on."""

    ASK = "ask-result"
    REMIND = "remind-result"
    GIVE_UP = "give-up"


class Course(Value):
    """How far a test that goes on has come."""

    ends_at: Moment
    asked_at: Moment | None = None
    reminded_at: Moment | None = None

    @property
    def next_at(self) -> Moment:
        """Return when something falls due."""
        if self.asked_at is None:
            return self.ends_at
        if self.reminded_at is None:
            return after_weekdays(self.asked_at, REMIND_AFTER, "UTC")
        return self.asked_at + ANSWER_WITHIN

    def due(self, now: Moment) -> CourseErrand | None:
        """Return what has to be done now; None while it is too early for anything."""
        if now < self.next_at:
            return None
        if self.asked_at is None:
            return CourseErrand.ASK
        if now >= self.asked_at + ANSWER_WITHIN:
            return CourseErrand.GIVE_UP
        return CourseErrand.REMIND


class Standing(NamedTuple):
    """The state of an insight, and the test that it comes from; None for an intuition."""

    state: InsightState
    test: str | None


_INTUITION = Standing(InsightState.INTUITION, None)

_STATES: dict[Verdict | None, InsightState] = {
    None: InsightState.TESTED,
    Verdict.NEW_QUESTION: InsightState.TESTED,
    Verdict.MET: InsightState.CONFIRMED,
    Verdict.NOT_MET: InsightState.REFUTED,
}


def standing(tests: Iterable[tuple[str, Verdict | None]]) -> Standing:
    """Return what the tests of an insight, the oldest first, make of it; one that nobody measured counts for nothing."""
    found = _INTUITION
    for test, verdict in tests:
        if verdict is not Verdict.NOT_MEASURED:
            found = Standing(_STATES[verdict], test)
    return found


def what_is_missing(draft: Draft, today: date) -> dict[str, str]:
    """Return a sentence for each field, by its name, without which a test can't start."""
    return dict(_missing(draft, today))


def as_test(draft: Draft) -> QuickTest:
    """Return the test that a draft describes; nothing may be missing in it."""
    facts = draft.model_dump() | {
        "reversible": draft.reversible == "yes",
        "baseline": figure_of(draft.baseline),
        "target": figure_of(draft.target),
        "ends_on": date.fromisoformat(draft.ends_on),
    }
    return QuickTest.model_validate(facts)


_EMPTY = {
    "hypothesis": "Write what you expect to happen.",
    "notes": "Tick at least one of your notes: a hypothesis stands on something that was seen.",
    "adjustment": "Write the one small thing that is done differently.",
    "owner": "Choose who looks after it: without an owner nothing starts.",
    "cost": "Say what it may cost at most, such as nothing, or two hours a week.",
    "metric": "Say what is counted or timed, with its unit.",
    "baseline": "Write the figure as it is today: without it nothing that comes after can be compared.",
    "target": "Write the figure that you hope for.",
}
_MOST = {
    "hypothesis": LONGEST_WORDS,
    "adjustment": LONGEST_WORDS,
    "cost": LONGEST_LINE,
    "metric": LONGEST_LINE,
}


def _missing(draft: Draft, today: date) -> Iterator[tuple[str, str]]:
    for name, sentence in _EMPTY.items():
        if not getattr(draft, name):
            yield name, sentence
    for name, most in _MOST.items():
        if len(getattr(draft, name)) > most:
            yield name, f"Keep it to {most} characters; it has {len(getattr(draft, name))}."
    if draft.reversible not in {"yes", "no"}:
        yield "reversible", "Say whether it can be taken back."
    yield from _crooked(draft)
    if not _ends_in_time(draft.ends_on, today):
        last = today + LONGEST
        yield "ends_on", f"Choose a day after today and not after {last}, such as {last}."


def _crooked(draft: Draft) -> Iterator[tuple[str, str]]:
    """Figures that are none, or that hope for nothing."""
    figures = []
    for name in ("baseline", "target"):
        typed = getattr(draft, name)
        try:
            figures += [figure_of(typed)] if typed else []
        except Refused as refused:
            yield name, str(refused)
    if len(figures) > len(set(figures)):
        yield "target", "Hope for another figure than today's: else nothing could show you wrong."


def _ends_in_time(typed: str, today: date) -> bool:
    try:
        return today < date.fromisoformat(typed) <= today + LONGEST
    except ValueError:
        return False
