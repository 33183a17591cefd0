"""Moves of an occasion: who can't come makes it look for another time, a few times; then a person is needed."""

from datetime import datetime

from domain.errands import Decision, Errand, ErrandKind
from domain.rotation import Attention, Concern, Phase, RotationState, StepState

MOST_TRIES = 3
"""So often another time is looked for; who declines a fourth time is better asked by a person."""


def put_off(state: RotationState, step: StepState, now: datetime) -> Decision:
    """Look for another time, once however many decline meanwhile; after ``MOST_TRIES`` say so and call it off."""
    if step.phase is Phase.REPAIRING:
        return state.with_step(step), ()
    tired = step.sought >= MOST_TRIES
    changes = {
        "phase": Phase.REPAIRING,
        "sought": step.sought + (not tired),
        "escalated": tired,
    }
    state = state.with_step(step.model_copy(update=changes))
    state = state.without_attention(step.key, Concern.NO_ANSWER, Concern.UNCONFIRMED)
    if tired:
        attention = Attention(concern=Concern.NOT_REPAIRED, since=now, step=step.key)
        return state.raising(attention), (Errand(kind=ErrandKind.CALL_OFF, step=step.key),)
    return state, (Errand(kind=ErrandKind.FIND_TIME, step=step.key),)
