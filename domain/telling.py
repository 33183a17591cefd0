"""A rotation in plain words, in pseudonyms: its stage, who is awaited since when, what comes next."""

from collections.abc import Iterator
from datetime import datetime

from domain.due import next_due
from domain.errands import Dispatch, Errand
from domain.program import Gate, StepKind
from domain.rotation import SETTLED, Phase, RotationState, StepState

ON_HOLD = "on-hold"
"""The stage of a rotation that is paused."""


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


def sentence(state: RotationState) -> str:
    """Return one sentence: who is awaited since when, and what comes next."""
    if state.ending:
        return f"Over: {state.ending.value}."
    if state.on_hold:
        return "On hold until a program manager resumes it."
    due = next_due(state)
    upcoming = f" Next on {_at(due.at)}: {due.label}." if due else " Next: a person has to act."
    return _waiting(state) + upcoming


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


def details(state: RotationState) -> str:
    """Return the Markdown that the Temporal UI shows as current details."""
    attention = "".join(
        f"\n- **{a.concern.value}** {a.step or ''} {a.person or ''} since {_at(a.since)}"
        for a in state.attention
    )
    rows = "".join(
        f"\n| {s.key} | {s.phase.value} | {_at(s.starts)} | {_people(s)} |" for s in state.steps
    )
    return (
        f"**{sentence(state)}**\n\n"
        f"Participant {state.participant}, host team {state.host}, plan {state.plan}.\n"
        + (f"\nNeeds a person:{attention}\n" if attention else "")
        + f"\n| step | phase | starts | people |\n|---|---|---|---|{rows}\n"
    )


def _waiting(state: RotationState) -> str:
    gate = _open_gate(state)
    if gate:
        return _waiting_for_consent(state, gate)
    step = current_step(state)
    if step is None:
        return "Closing."
    return _STEP_SENTENCES[step.phase](step, state)


def _waiting_for_consent(state: RotationState, gate: Gate) -> str:
    waiting = [g for g in state.gates if g.gate is gate and not g.passed_at]
    people = ", ".join(g.person for g in waiting)
    since = min((g.asked_at for g in waiting if g.asked_at), default=None)
    asked = f" since {_at(since)}" if since else ""
    return f"Waiting for {people}{asked} to agree ({gate.value})."


def _invited(step: StepState, _: RotationState) -> str:
    since = f" since {_at(step.invited_at)}" if step.invited_at else ""
    return f"Waiting for answers to {step.key} from {_people(step)}{since}."


def _planned(step: StepState, _: RotationState) -> str:
    return f"Waiting for {step.key} of {_people(step)} on {_at(step.starts)}."


def _confirmed(step: StepState, _: RotationState) -> str:
    return f"{_people(step)} will meet for {step.key} on {_at(step.starts)}."


def _repairing(step: StepState, _: RotationState) -> str:
    return (
        f"Waiting for a new time for {step.key} of {_people(step)} instead of {_at(step.starts)}."
    )


def _open(step: StepState, state: RotationState) -> str:
    since = f" since {_at(step.asked_at)}" if step.asked_at else ""
    what = "reflection" if step.kind is StepKind.REFLECTION else "thanks"
    return f"Waiting for the {what} of {state.participant}{since}."


_STEP_SENTENCES = {
    Phase.PLANNED: _planned,
    Phase.INVITED: _invited,
    Phase.CONFIRMED: _confirmed,
    Phase.REPAIRING: _repairing,
    Phase.OPEN: _open,
}


def _awaited(state: RotationState) -> Iterator[str]:
    gate = _open_gate(state)
    if gate:
        yield from (g.person for g in state.gates if g.gate is gate and not g.passed_at)
        return
    for step in state.steps:
        if step.phase is Phase.INVITED:
            yield from (a.person for a in step.attendees)
        if step.phase is Phase.OPEN:
            yield state.participant


def _open_gate(state: RotationState) -> Gate | None:
    return next(
        (g for g in Gate if any(s.gate is g and not s.passed_at for s in state.gates)), None
    )


def _people(step: StepState) -> str:
    return ", ".join(f"{a.person} ({a.seat.value})" for a in step.attendees)


def _at(moment: datetime) -> str:
    return f"{moment:%-d %b %Y %H:%M} UTC"
