"""What a decision asks to be done in the world; running one twice has the effect of running it once."""

from enum import StrEnum

from domain.planning import Disruption
from domain.policy import PolicyState
from domain.program import Gate
from domain.rotation import RotationState
from domain.value import Key, Moment, PersonRef, Value


class ErrandKind(StrEnum):
    """The verbs of a rotation's correspondence."""

    ASK_CONSENT = "ask-consent"
    REMIND_CONSENT = "remind-consent"
    INVITE = "invite"
    REMIND = "remind"
    CALL_OFF = "call-off"
    ASK_HELD = "ask-held"
    ASK_REFLECTION = "ask-reflection"
    ASK_THANKS = "ask-thanks"
    REMIND_THANKS = "remind-thanks"
    DELIVER_THANKS = "deliver-thanks"
    ASK_SUMMARY = "ask-summary"
    REMIND_SUMMARY = "remind-summary"
    SHOW_SUMMARY = "show-summary"
    REMIND_RELEASE = "remind-release"
    SHARE_SUMMARY = "share-summary"
    ASK_PROPOSAL = "ask-proposal"
    REMIND_PROPOSAL = "remind-proposal"
    HAND_OVER = "hand-over"
    REPAIR = "repair"
    FIND_TIME = "find-time"
    """Of an occasion, which is in nobody's plan: the next time at which everybody is free."""


class Errand(Value):
    """One thing to do; ``people`` are those it is about, empty where the store knows (who is silent)."""

    kind: ErrandKind
    step: Key | None = None
    gate: Gate | None = None
    people: tuple[PersonRef, ...] = ()
    disruption: Disruption | None = None
    policy: PolicyState | None = None
    """With HAND_OVER: the proposal as its own workflow begins with it."""


Decision = tuple[RotationState, tuple[Errand, ...]]
"""The state after a move, and what has to be done in the world."""


class Dispatch(Value):
    """A rotation's state after a decision, with the errands the decision asks for: one transaction."""

    state: RotationState
    errands: tuple[Errand, ...]
    now: Moment
    """The workflow's moment of decision; activities never look at their own clock."""
    stage: str
    sentence: str
    """Who is awaited since when and what comes next, in pseudonyms."""
    next_at: Moment | None = None
