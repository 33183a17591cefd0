"""A policy change as a state machine: what may happen to it, what falls due, what has to be done then.

``(state, event, now) -> (state, errands)``, pure and total, as for rotations.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from domain.errors import Refused
from domain.events import (
    ConcernRaised,
    Decided,
    Extended,
    Measured,
    OwnerChanged,
    OwnerLeft,
    PolicyEvent,
    RolledBack,
)
from domain.moments import after_weekdays, refuse_too_far
from domain.policy import (
    CONCERNS_EACH,
    REVIEW_OPENS,
    SECOND_THOUGHTS,
    VERDICT_DUE,
    Disposition,
    PolicyPhase,
    PolicyState,
    RaisedConcern,
    Verdict,
)
from domain.rotation import Concern
from domain.value import Moment, Value

_RECORDED = ConcernRaised | Decided | Measured
"""Events that are links of the change's chain of evidence."""

REMIND_AFTER = timedelta(days=3)
_ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)


class PolicyErrand(StrEnum):
    """What a policy change has written to people."""

    ASK_DECISION = "ask-decision"
    SHOW_PROPOSAL = "show-proposal"
    REMIND_DECISION = "remind-decision"
    TELL_DECISION = "tell-decision"
    ASK_IMPACT = "ask-impact"
    REMIND_IMPACT = "remind-impact"
    TELL_VERDICT = "tell-verdict"


class PolicyDispatch(Value):
    """A policy change after a decision, with what has to be written: one transaction."""

    state: PolicyState
    errands: tuple[PolicyErrand, ...]
    now: Moment
    sentence: str


Step = tuple[PolicyState, tuple[PolicyErrand, ...]]


@dataclass(frozen=True)
class PolicyDue:
    """One thing that time alone brings about: when (UTC), in words, and the move itself."""

    at: datetime
    label: str
    move: Callable[[PolicyState, datetime], Step]


def refuse_policy(state: PolicyState, event: PolicyEvent, now: datetime) -> None:
    """Raise Refused with a sentence when the event can't be taken now; otherwise do nothing."""
    if state.over:
        raise Refused(f"This policy change is over ({state.phase}); nothing about it can change.")
    if isinstance(event, ConcernRaised):
        _refuse_concern(state, event)
    elif isinstance(event, Decided):
        _refuse_decision(state, event, now)
    elif isinstance(event, Measured):
        _refuse_measure(state, now)
    elif isinstance(event, Extended | RolledBack) and state.phase is not PolicyPhase.REVIEWED:
        raise Refused(
            "Extending or rolling back comes after a verdict that the target was not met."
        )


def apply_policy(state: PolicyState, event: PolicyEvent, now: datetime) -> Step:
    """Return the change after the event with the errands it causes; ``version`` rises by one."""
    if state.over:
        return state, ()
    changed, errands = _moved(state, event, now)
    recorded = (event.evidence,) if isinstance(event, _RECORDED) and event.evidence else ()
    changes = {"version": state.version + 1, "evidence": (*state.evidence, *recorded)}
    return changed.model_copy(update=changes), errands


def next_policy_due(state: PolicyState) -> PolicyDue | None:
    """Return what falls due first; None when only people are awaited or all is over."""
    return min(_dues(state), key=lambda due: due.at, default=None)


def catch_up_policy(state: PolicyState, now: datetime) -> Step:
    """Carry out everything that has fallen due, in order of time; a second call changes nothing."""
    errands: tuple[PolicyErrand, ...] = ()
    while (due := next_policy_due(state)) and due.at <= now:
        moved, more = due.move(state, now)
        state = moved.model_copy(update={"version": state.version + 1})
        errands = (*errands, *more)
    return state, errands


def policy_sentence(state: PolicyState) -> str:
    """Return one sentence in pseudonyms: who is awaited, and what comes next."""
    if state.over:
        return f"Over: {state.phase.value}."
    waiting = {
        PolicyPhase.PROPOSED: f"Waiting for {state.owner} to decide by {_utc(state.decide_by)}"
        f"{_with_concerns(state)}.",
        PolicyPhase.IN_FORCE: f"In force since {_utc(state.in_force_at)}; {state.owner} measures.",
        PolicyPhase.REVIEWED: f"Verdict {state.verdict}: {state.owner} may extend or roll back.",
    }
    due = next_policy_due(state)
    upcoming = f" Next on {_utc(due.at)}: {due.label}." if due else ""
    return waiting[state.phase] + upcoming


def _with_concerns(state: PolicyState) -> str:
    raised = len(state.concerns)
    return f", {raised} concern{'s' if raised > 1 else ''} included" if raised else ""


def _refuse_concern(state: PolicyState, event: ConcernRaised) -> None:
    if state.phase is not PolicyPhase.PROPOSED:
        raise Refused("This proposal is decided already.")
    if event.person not in state.voices:
        raise Refused("Only people who were met on the visit raise concerns about it.")
    if len(state.concerns_of(event.person)) >= CONCERNS_EACH:
        raise Refused(f"You have raised {CONCERNS_EACH} concerns; each of them gets an answer.")


def _refuse_decision(state: PolicyState, event: Decided, now: datetime) -> None:
    if state.phase is not PolicyPhase.PROPOSED:
        raise Refused("This proposal is decided already.")
    if left := len(_left_open(state, event)):
        missing = "one has none yet" if left == 1 else f"{left} have none yet"
        raise Refused(f"Every concern gets a decision of its own; {missing}.")
    if event.disposition is not Disposition.DECLINED and event.in_force_at is None:
        raise Refused("Say from which day the change is in force.")
    if event.in_force_at:
        refuse_too_far(event.in_force_at, now)


def _refuse_measure(state: PolicyState, now: datetime) -> None:
    """What was measured in time may be heard of after its time: the store knows which came first."""
    if state.phase is not PolicyPhase.IN_FORCE and not state.unmeasured:
        raise Refused("There is nothing to measure: the change is not in force.")
    if state.in_force_at is None or now < state.in_force_at:
        raise Refused("The change is not in force yet; measure when it has had time to work.")


def _left_open(state: PolicyState, event: Decided) -> tuple[RaisedConcern, ...]:
    disposed = {one.concern for one in event.concerns}
    return tuple(concern for concern in state.concerns if concern.id not in disposed)


def _moved(state: PolicyState, event: PolicyEvent, now: datetime) -> Step:
    if isinstance(event, ConcernRaised):
        return _raised(state, event), ()
    if isinstance(event, Decided):
        return _decided(state, event, now)
    if isinstance(event, Measured):
        return _judged(state, event.verdict, now)
    if isinstance(event, Extended):
        return _in_force(state, now, extended=state.extended + 1), ()
    if isinstance(event, RolledBack):
        return _ended(state, PolicyPhase.ROLLED_BACK), ()
    if isinstance(event, OwnerLeft):
        return state.raising(Concern.OWNER_LEFT, now), ()
    return _owned(state, event), ()


def _raised(state: PolicyState, event: ConcernRaised) -> PolicyState:
    if state.phase is not PolicyPhase.PROPOSED or any(
        concern.id == event.concern for concern in state.concerns
    ):
        return state
    concern = RaisedConcern(id=event.concern, person=event.person)
    return state.model_copy(update={"concerns": (*state.concerns, concern)})


def _decided(state: PolicyState, event: Decided, now: datetime) -> Step:
    if state.phase is not PolicyPhase.PROPOSED or _left_open(state, event):
        return state, ()
    changes = {
        "disposition": event.disposition,
        "decided_at": now,
        "concerns": _disposed(state, event),
    }
    decided = state.model_copy(update=changes)
    if event.disposition is Disposition.DECLINED:
        decided = _ended(decided, PolicyPhase.DECLINED)
    else:
        decided = _in_force(decided, event.in_force_at or now)
    return decided, (PolicyErrand.TELL_DECISION,)


def _disposed(state: PolicyState, event: Decided) -> tuple[RaisedConcern, ...]:
    said = {one.concern: one.disposition for one in event.concerns}
    return tuple(
        concern.model_copy(update={"disposition": said[concern.id]}) for concern in state.concerns
    )


def _in_force(state: PolicyState, since: datetime, extended: int = 0) -> PolicyState:
    changes = {
        "phase": PolicyPhase.IN_FORCE,
        "in_force_at": since,
        "extended": extended,
        "verdict": None,
        "verdict_at": None,
        "asked_at": None,
        "reminded_at": None,
        "attention": (),
    }
    return state.model_copy(update=changes)


def _judged(state: PolicyState, verdict: Verdict, now: datetime) -> Step:
    if state.phase is not PolicyPhase.IN_FORCE and not state.unmeasured:
        return state, ()
    phase = PolicyPhase.KEPT if verdict is Verdict.MET else PolicyPhase.REVIEWED
    changes = {"phase": phase, "verdict": verdict, "verdict_at": now, "attention": ()}
    return state.model_copy(update=changes), (PolicyErrand.TELL_VERDICT,)


def _owned(state: PolicyState, event: OwnerChanged) -> PolicyState:
    """The new owner is asked anew for whatever the old one was asked."""
    changes = {
        "owner": event.owner,
        "handed_over": state.handed_over + 1,
        "asked_at": None,
        "reminded_at": None,
        "attention": (),
    }
    return state.model_copy(update=changes)


def _ended(state: PolicyState, phase: PolicyPhase) -> PolicyState:
    return state.model_copy(update={"phase": phase, "attention": ()})


def _dues(state: PolicyState) -> Iterator[PolicyDue]:
    if state.phase is PolicyPhase.PROPOSED:
        yield from _asking(
            state,
            _ANCIENT,
            "decision",
            (PolicyErrand.ASK_DECISION, PolicyErrand.SHOW_PROPOSAL),
            PolicyErrand.REMIND_DECISION,
        )
        if not any(a.concern is Concern.DECISION_MISSING for a in state.attention):
            yield PolicyDue(state.decide_by, "say that the decision is missing", _undecided)
    elif state.phase is PolicyPhase.IN_FORCE and state.in_force_at:
        opens = state.in_force_at + REVIEW_OPENS
        yield from _asking(
            state, opens, "effect", (PolicyErrand.ASK_IMPACT,), PolicyErrand.REMIND_IMPACT
        )
        yield PolicyDue(state.in_force_at + VERDICT_DUE, "record the verdict", _unmeasured)
    elif state.phase is PolicyPhase.REVIEWED and state.verdict_at:
        yield PolicyDue(state.verdict_at + SECOND_THOUGHTS, "let it stay as it is", _kept)


def _asking(
    state: PolicyState,
    opens: datetime,
    what: str,
    ask: tuple[PolicyErrand, ...],
    remind: PolicyErrand,
) -> Iterator[PolicyDue]:
    if state.asked_at is None:
        yield PolicyDue(opens, f"ask {state.owner} for the {what}", _marking("asked_at", *ask))
    elif state.reminded_at is None:
        at = after_weekdays(state.asked_at, REMIND_AFTER, "UTC")
        label = f"remind {state.owner} of the {what}"
        yield PolicyDue(at, label, _marking("reminded_at", remind))


def _marking(field: str, *errands: PolicyErrand) -> Callable[[PolicyState, datetime], Step]:
    return lambda state, now: (state.model_copy(update={field: now}), errands)


def _undecided(state: PolicyState, now: datetime) -> Step:
    return state.raising(Concern.DECISION_MISSING, now), ()


def _unmeasured(state: PolicyState, now: datetime) -> Step:
    judged, errands = _judged(state, Verdict.NOT_MEASURED, now)
    return judged.raising(Concern.NOT_MEASURED, now), errands


def _kept(state: PolicyState, _: datetime) -> Step:
    return _ended(state, PolicyPhase.KEPT), ()


def _utc(moment: datetime | None) -> str:
    return f"{moment:%-d %b %Y %H:%M} UTC" if moment else "nothing"
