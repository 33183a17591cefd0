"""A rotation in plain words, in pseudonyms: its stage, who is awaited since when, what comes next."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.due import next_due
from domain.errands import Dispatch, Errand
from domain.planning import Attendee
from domain.program import MOST_STOPS, Gate, StepKind
from domain.rotation import SETTLED, Ending, Phase, RotationState, StepState


def _utc(moment: datetime) -> str:
    return f"{moment:%-d %b %Y %H:%M} UTC"


@dataclass(frozen=True)
class Words:
    """What people, steps and moments are called; as it stands, in the words that history may hold."""

    person: Callable[[str], str] = str
    step: Callable[[str], str] = str
    at: Callable[[datetime], str] = _utc

    silent: Callable[[StepState], tuple[Attendee, ...]] = lambda step: step.attendees
    """Who of a step has not accepted; a rotation's state alone does not know, the store does."""

    def people(self, attendees: Iterable[Attendee]) -> str:
        """Return people with their seats."""
        return ", ".join(f"{self.person(a.person)} ({a.seat.value})" for a in attendees)


PSEUDONYMS = Words()

ON_HOLD = "on-hold"
"""The stage of a rotation that is paused."""


STAGES = (*Gate, *StepKind, "closing", ON_HOLD, *Ending)
"""Every word that ``stage`` returns."""


def stage(state: RotationState) -> str:
    """Return one word for where the rotation is: a gate, a kind of step, ``on-hold`` or its ending."""
    if state.ending:
        return state.ending.value
    if state.on_hold:
        return ON_HOLD
    gate = _open_gate(state)
    if gate:
        return gate.value
    step = current_step(state)
    return step.kind.value if step else "closing"


def current_step(state: RotationState) -> StepState | None:
    """Return the first step that is not over."""
    return next((step for step in state.steps if step.phase not in SETTLED), None)


def next_date(state: RotationState) -> datetime | None:
    """Return when the current step starts (UTC); None when nothing lies ahead."""
    step = None if state.ending else current_step(state)
    return step.starts if step else None


def waiting_on(state: RotationState) -> tuple[str, ...]:
    """Return whose answer, consent or words are awaited now, each once, in order."""
    if state.ending or state.on_hold:
        return ()
    return tuple(dict.fromkeys(_awaited(state)))


def open_answers(state: RotationState) -> int:
    """Return how many people hold an invite to a step that is not yet confirmed."""
    invited = [step for step in state.steps if step.phase is Phase.INVITED]
    return sum(len(step.attendees) for step in invited)


def sentence(state: RotationState, words: Words = PSEUDONYMS, *, discreet: bool = False) -> str:
    """Return one sentence: who is awaited since when, and what comes next.

    A ``discreet`` one does not say what comes next while a consent is missing: only one that is open
    is reminded of, and that would tell it from a refused one.
    """
    if state.ending:
        return f"Over: {state.ending.value}."
    if state.on_hold:
        return "On hold until a program manager resumes it."
    if discreet and not state.consented:
        return _waiting(state, words)
    return f"{_waiting(state, words)} {_upcoming(state, words)}"


def _upcoming(state: RotationState, words: Words) -> str:
    due = next_due(state)
    if due is None:
        return "Next: a person has to act."
    said = due.say.format(step=words.step(due.step), person=words.person(due.person))
    return f"Next on {words.at(due.at)}: {said}."


def dispatch(state: RotationState, errands: tuple[Errand, ...], now: datetime) -> Dispatch:
    """Return what the correspondence has to carry out after a decision."""
    return Dispatch(
        state=state,
        errands=errands,
        now=now,
        stage=stage(state),
        sentence=sentence(state),
        next_at=next_date(state),
    )


def title(state: RotationState) -> str:
    """Return the one line under which the Temporal UI lists a rotation."""
    if state.ritual:
        return f"Session of {state.ritual}, facilitated by {state.participant}"
    if state.occasion:
        return f"{state.occasion} of {_seated(state)}"
    return f"{state.participant} visits {' and '.join(state.hosts)}"


def details(state: RotationState) -> str:
    """Return the Markdown that the Temporal UI shows as current details."""
    attention = "".join(
        f"\n- **{a.concern.value}** {a.step or ''} {a.person or ''} since {_utc(a.since)}"
        for a in state.attention
    )
    rows = "".join(
        f"\n| {s.key} | {s.phase.value} | {_start(state, s)} | {PSEUDONYMS.people(s.attendees)} |"
        for s in state.steps
    )
    return (
        f"**{sentence(state)}**\n\n"
        f"{_parties(state)}\n"
        + (f"\nNeeds a person:{attention}\n" if attention else "")
        + f"\n| step | phase | starts | people |\n|---|---|---|---|{rows}\n"
    )


def _start(state: RotationState, step: StepState) -> str:
    return "no time yet" if state.untimed(step) else _utc(step.starts)


def _parties(state: RotationState) -> str:
    if state.ritual:
        return f"Ritual {state.ritual}, facilitated by {state.participant}."
    if state.occasion:
        return f"Occasion {state.occasion} of {_seated(state)}."
    teams = f"host team{'s' if len(state.hosts) > 1 else ''} {', '.join(state.hosts)}"
    return f"Participant {state.participant}, {teams}, plan {state.plan}."


def _seated(state: RotationState) -> str:
    return ", ".join(a.person for step in state.steps for a in step.attendees)


def _waiting(state: RotationState, words: Words) -> str:
    step = current_step(state)
    if step and any(stop <= step.stop for stop in state.teamless):
        return f"Waiting for another host team that {words.person(state.participant)} can visit."
    gate = _open_gate(state)
    if gate:
        return _waiting_for_consent(state, gate, words)
    if step is None:
        return "Closing."
    return _STEP_SENTENCES[step.phase](step, state, words)


def _waiting_for_consent(state: RotationState, gate: Gate, words: Words) -> str:
    waiting = [g for g in state.ready_gates if g.gate is gate]
    people = ", ".join(words.person(g.person) for g in waiting)
    since = min((g.asked_at for g in waiting if g.asked_at), default=None)
    return f"Waiting for {people}{_since(since, words)} to agree ({gate.value})."


def _invited(step: StepState, _: RotationState, words: Words) -> str:
    since = _since(step.invited_at, words)
    who = words.people(words.silent(step))
    return f"Waiting for everybody needed to accept {words.step(step.key)}{since}: {who}."


def _planned(step: StepState, _: RotationState, words: Words) -> str:
    who, when = words.people(step.attendees), words.at(step.starts)
    return f"Waiting for {words.step(step.key)} of {who} on {when}."


def _confirmed(step: StepState, _: RotationState, words: Words) -> str:
    who, when = words.people(step.attendees), words.at(step.starts)
    return f"{who} will meet for {words.step(step.key)} on {when}."


def _repairing(step: StepState, state: RotationState, words: Words) -> str:
    who, when = words.people(step.attendees), words.at(step.starts)
    if state.untimed(step):
        return f"Waiting for a time for {words.step(step.key)} of {who}."
    return f"Waiting for a new time for {words.step(step.key)} of {who} instead of {when}."


def _open(step: StepState, state: RotationState, words: Words) -> str:
    what = step.kind.value
    since = _since(step.asked_at, words)
    return f"Waiting for the {what} of {words.person(state.participant)}{since}."


def _shown(step: StepState, _: RotationState, words: Words) -> str:
    since = _since(step.asked_at, words)
    return f"Waiting for the host lead to read {words.step(step.key)}{since}."


def _since(moment: datetime | None, words: Words) -> str:
    return f" since {words.at(moment)}" if moment else ""


_STEP_SENTENCES = {
    Phase.PLANNED: _planned,
    Phase.INVITED: _invited,
    Phase.CONFIRMED: _confirmed,
    Phase.REPAIRING: _repairing,
    Phase.OPEN: _open,
    Phase.SHOWN: _shown,
}


def _awaited(state: RotationState) -> Iterator[str]:
    yield from (gate.person for gate in state.ready_gates)
    kept_up = min((gate.stop for gate in state.ready_gates), default=MOST_STOPS + 1)
    for step in (s for s in state.steps if s.stop < kept_up):
        if step.phase is Phase.INVITED:
            yield from (a.person for a in step.attendees)
        if step.phase is Phase.OPEN:
            yield state.participant


def _open_gate(state: RotationState) -> Gate | None:
    """The consent that keeps the current step up, if any does."""
    step = current_step(state)
    waiting = {g.gate for g in state.ready_gates if step is None or g.stop <= step.stop}
    return next((gate for gate in Gate if gate in waiting), None)
