"""What differs between two versions of a program, in plain words, and what that means for rotations under way."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from enum import StrEnum
from itertools import chain

from domain.errors import Refused
from domain.people import Seat
from domain.program import (
    OCCASIONS,
    Card,
    Exercise,
    Patience,
    Program,
    Ritual,
    StepTemplate,
    Weights,
    Window,
)
from domain.value import Value


class Reach(StrEnum):
    """Whom a difference concerns."""

    WORDS = "words"
    """What people read: rotations under way can take it over without any step moving."""
    SESSIONS = "sessions"
    """Rituals and what is looked up when it is needed: it holds at once, whatever is under way."""
    PLAN = "plan"
    """What a rotation is planned with: it holds for those that begin from now on.

    What the same setting means for the whole cohort at once is said beside it.
    """


_HEADINGS = {
    Reach.WORDS: "Words, which what runs can take over (activate --running)",
    Reach.SESSIONS: "At once, for everybody",
    Reach.PLAN: "For what begins from now on",
}


class Difference(Value):
    """One thing that differs; ``step`` is empty where it is about the whole program."""

    reach: Reach
    sentence: str
    step: str = ""


def differences(old: Program, new: Program) -> tuple[Difference, ...]:
    """Return everything that differs, steps first; empty for programs that do the same."""
    return tuple(
        chain(
            _steps(old, new),
            _rituals(old, new),
            _cards(old, new),
            _texts(old, new),
            _patience(old.patience, new.patience),
            _facts(old, new),
        )
    )


def by_reach(found: Iterable[Difference]) -> tuple[tuple[str, tuple[Difference, ...]], ...]:
    """Return differences under a heading that says whom they concern, without empty headings."""
    every = tuple(found)
    grouped = (
        (heading, tuple(one for one in every if one.reach is reach))
        for reach, heading in _HEADINGS.items()
    )
    return tuple((heading, some) for heading, some in grouped if some)


def obstacles(found: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return what keeps a rotation under way from taking a new version over."""
    return tuple(one for one in found if one.reach is Reach.PLAN)


def refuse_to_follow(running: Program, new: Program) -> None:
    """Raise Refused for a version that a cohort under way can't go on with."""
    if new.cohort != running.cohort:
        raise Refused(
            f"This folder is of cohort '{new.cohort}', not of '{running.cohort}'. "
            "Choose its folder, or write that cohort into program.toml."
        )
    if new.version <= running.version:
        raise Refused(
            f"Cohort '{running.cohort}' follows version {running.version} already. "
            f"Write version = {running.version + 1} into program.toml."
        )
    for name in ("starts_on", "continuous"):
        if getattr(new, name) != getattr(running, name):
            kept = _said(getattr(running, name))
            raise Refused(
                f"Cohort '{running.cohort}' is under way with {_setting(name)} {kept}. "
                "Keep it, or give a new program its own cohort."
            )


def _steps(old: Program, new: Program) -> Iterator[Difference]:
    before = {step.key: step for step in old.steps}
    after = {step.key: step for step in new.steps}
    for key in before:
        if key not in after:
            yield _plan(f"The step '{key}' is left out.", key)
    for key in after:
        if key not in before:
            yield _plan(f"The step '{key}' is new.", key)
    stay = [key for key in before if key in after]
    if stay != [key for key in after if key in before]:
        yield _plan(f"The steps come in another order: {', '.join(after)}.")
    for key in stay:
        yield from _step(before[key], after[key])


def _step(old: StepTemplate, new: StepTemplate) -> Iterator[Difference]:
    key = f"'{old.key}'"
    if old.duration != new.duration:
        verb = "longer" if new.duration > old.duration else "shorter"
        takes = f"takes {_length(new.duration)} instead of {_length(old.duration)}"
        yield _plan(f"The step {key} is {verb}: it {takes}.", old.key)
    if old.window != new.window:
        moves = f"{_window(new.window)} instead of {_window(old.window)}"
        yield _plan(f"The step {key} may lie {moves}.", old.key)
    for name, said in _OF_A_STEP.items():
        if getattr(old, name) != getattr(new, name):
            yield _plan(f"The step {key} {said(new)}.", old.key)
    yield from _words(f"the step {key}", old, new)


def _words(
    whose: str, old: StepTemplate | Ritual, new: StepTemplate | Ritual
) -> Iterator[Difference]:
    for name, subject in _WORDS.items():
        before, after = getattr(old, name, None), getattr(new, name, None)
        if before != after:
            yield Difference(
                reach=Reach.WORDS,
                sentence=f"{subject.format(whose)} {_change(before, after)}.",
                step=old.key,
            )


def _rituals(old: Program, new: Program) -> Iterator[Difference]:
    before = {ritual.key: ritual for ritual in old.rituals}
    after = {ritual.key: ritual for ritual in new.rituals}
    for key in before.keys() - after.keys():
        yield _sessions(f"The ritual '{key}' is left out.", key)
    for key in after.keys() - before.keys():
        yield _sessions(f"The ritual '{key}' is new.", key)
    for key in [key for key in before if key in after]:
        whose = f"the ritual '{key}'"
        for name, subject in _OF_A_RITUAL.items():
            was, now = getattr(before[key], name), getattr(after[key], name)
            if was != now:
                yield _sessions(f"{subject.format(whose)} {_change(was, now)}.", key)
        yield from _words(whose, before[key], after[key])


def _cards(old: Program, new: Program) -> Iterator[Difference]:
    before, after = _exercises(old), _exercises(new)
    for key in sorted(before.keys() | after.keys()):
        if key not in after:
            yield _card(key, f"The card '{key}' is switched off.")
        elif key not in before:
            yield _card(key, f"The card '{key}' is switched on.")
        elif before[key] != after[key]:
            yield _card(key, f"What the card '{key}' asks is changed.")


def _exercises(program: Program) -> dict[str, Exercise | None]:
    """Return what each card asks; None for one that is no form."""
    return {**dict.fromkeys(program.cards), **{one.key: one for one in program.exercises}}


def _texts(old: Program, new: Program) -> Iterator[Difference]:
    before = {(text.language, text.name): text.body for text in old.texts}
    after = {(text.language, text.name): text.body for text in new.texts}
    for language, name in sorted(before.keys() | after.keys()):
        if before.get((language, name)) != after.get((language, name)):
            yield _worded(f"The program's own text '{name}' ({language.value}) is changed.")


def _patience(old: Patience, new: Patience) -> Iterator[Difference]:
    for name, said in _OF_PATIENCE.items():
        before, after = getattr(old, name), getattr(new, name)
        if before != after:
            yield _plan(said.format(new=_length(after), old=_length(before)))


def _facts(old: Program, new: Program) -> Iterator[Difference]:
    gone, added = set(old.gates) - set(new.gates), set(new.gates) - set(old.gates)
    yield from (
        _plan(f"The consent '{gate.value}' is not asked any more.") for gate in sorted(gone)
    )
    yield from (_plan(f"The consent '{gate.value}' is asked, too.") for gate in sorted(added))
    for reach, names in _OF_A_PROGRAM.items():
        for name in names:
            before, after = getattr(old, name), getattr(new, name)
            if before != after:
                sentence = f"The setting {_setting(name)} is {_change(before, after)}."
                yield Difference(reach=reach, sentence=sentence)
    yield from _of_the_cohort(old, new)


def _of_the_cohort(old: Program, new: Program) -> Iterator[Difference]:
    """What the program's end and zone are for the cohort, whatever its rotations keep to."""
    if old.last_day != new.last_day and not new.continuous:
        held = (
            "Rituals are held, and quarters have their promise,"
            if new.rituals
            else "Quarters have their promise"
        )
        yield _sessions(f"{held} until {new.last_day} instead of {old.last_day}.")
    if old.zone != new.zone:
        held = (
            "Rituals are held, and quarters begin and end,"
            if new.rituals
            else "Quarters begin and end"
        )
        yield _sessions(f"{held} by the clocks of {new.zone} instead of {old.zone}.")


_OF_A_STEP: dict[str, Callable[[StepTemplate], str]] = {
    "kind": lambda step: f"is of the kind {step.kind.value} now",
    "stop": lambda step: f"belongs to stop {step.stop} now",
    "attendance": lambda step: f"needs other people now: {_needed(step)}",
    "over_meetings": lambda step: (
        f"may{'' if step.over_meetings else ' not'} lie over meetings now"
    ),
    "visit": lambda step: (
        f"is a visit of the type '{step.visit}' now" if step.visit else "is of no type of visit now"
    ),
    "starts_at": lambda step: f"starts at {step.starts_at or 'any time'} now",
}

_WORDS = {
    "title": "The title of {} is",
    "where": "The place of {} is",
    "prompts": "The questions of {} are",
    "names_shown": "Showing the names of {} is",
}

_OF_A_RITUAL = {
    "duration": "The length of {} is",
    "weekday": "The day of {} is",
    "week": "The week of {} is",
    "starts_at": "The start of {} is",
    "lenses": "The lenses of {} are",
    "observer": "The silent observer of {} is",
}

_OF_PATIENCE = {
    "invite_lead": "Invites leave {new} ahead instead of {old}.",
    "remind_after": "People are reminded after {new} instead of {old}.",
    "escalate_after": "A person is asked to act {new} after a reminder instead of {old}.",
    "reflection_within": "There are {new} for a reflection instead of {old}.",
    "held_within": "There are {new} to confirm that a step took place instead of {old}.",
}

_OF_A_PROGRAM: dict[Reach, tuple[str, ...]] = {
    Reach.WORDS: ("name", "coordinator", "language", "visits", "mail_domain"),
    Reach.SESSIONS: (
        "holidays",
        "blackouts",
        "take_proposals",
        "occasions",
        "cadence",
        "exposure_limit",
        "outcomes",
        "tension_register",
        "voice_mode",
        "voice_fact",
    ),
    Reach.PLAN: (
        "cohort",
        "zone",
        "starts_on",
        "weeks",
        "grace",
        "continuous",
        "weights",
        "required_lenses",
        "meets_customers",
    ),
}

_CARDS_AT_ONCE = frozenset({Card.DIGEST, Card.PORTFOLIO, *OCCASIONS})
"""Cards of the whole cohort; all others are of a rotation, which keeps to its version's."""

AT_ONCE = tuple(name for name in _OF_A_PROGRAM[Reach.SESSIONS] if name != "occasions")
"""Settings of a program that hold at once, by name.

Of rituals and occasions, those that are opened from then on are new; those that are open keep to their version.
"""


def _plan(sentence: str, step: str = "") -> Difference:
    return Difference(reach=Reach.PLAN, sentence=sentence, step=step)


def _sessions(sentence: str, ritual: str = "") -> Difference:
    return Difference(reach=Reach.SESSIONS, sentence=sentence, step=ritual)


def _card(key: str, sentence: str) -> Difference:
    reach = Reach.SESSIONS if key in _CARDS_AT_ONCE else Reach.WORDS
    return Difference(reach=reach, sentence=sentence)


def _worded(sentence: str) -> Difference:
    return Difference(reach=Reach.WORDS, sentence=sentence)


def _needed(step: StepTemplate) -> str:
    required = ", ".join(seat.value for seat in step.attendance.required)
    quorum = step.attendance.frontline_quorum
    return f"{required} and {quorum} of {Seat.FRONTLINE.value}" if quorum else required


def _window(window: Window) -> str:
    since = f"the end of '{window.after}'" if window.after else "the first day"
    return f"from {_length(window.opens)} to {_length(window.closes)} after {since}"


def _change(before: object, after: object) -> str:
    """Return what it is now; what is too long for a sentence is only said to be changed."""
    was, now = _said(before), _said(after)
    if len(was) + len(now) > _LONG:
        return "changed"
    return f"{now} instead of {was}"


_LONG = 120


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, timedelta):
        return _length(value)
    if isinstance(value, Weights):
        return ", ".join(f"{name} {weight}" for name, weight in value)
    if isinstance(value, Value):
        return ", ".join(f"{name.replace('_', ' ')} {_said(one)}" for name, one in value)
    if isinstance(value, tuple):
        days = len(value) == 2 and all(isinstance(one, date) for one in value)
        return "..".join(map(str, value)) if days else ", ".join(map(_said, value)) or "none"
    return f"“{value}”" if value not in (None, "") else "none"


def _setting(name: str) -> str:
    """Return a setting as program folders name it."""
    return f"'{name.replace('_', '-')}'"


def _length(span: timedelta) -> str:
    """Return a length as program folders write it, such as ``1d6h`` or ``45m``."""
    minutes = span // timedelta(minutes=1)
    days, rest = divmod(minutes, 24 * 60)
    hours, left = divmod(rest, 60)
    parts = ((days, "d"), (hours, "h"), (left, "m"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"
