"""What falls due by time alone: asking, reminding once, escalating, opening what is written.

One list of due moments is the single place for every clock of a rotation: its earliest moment is
the workflow's only timer, and ``catch_up`` carries out all that have come.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from domain.errands import Decision, Errand, ErrandKind
from domain.moments import after_weekdays
from domain.moves import completed, repairing
from domain.occasionmoves import put_off
from domain.people import Seat
from domain.planning import Cause, Disruption
from domain.program import UNMET, StepKind
from domain.rotation import SETTLED, Attention, Concern, GateState, Phase, RotationState, StepState

_ANCIENT = datetime(1970, 1, 1, tzinfo=UTC)

_SUMMARY_WITHIN = timedelta(days=2)

_CONFIRMERS = (Seat.HOST_LEAD, Seat.FACILITATOR, Seat.HOME_MANAGER, Seat.FRONTLINE)


@dataclass(frozen=True)
class Due:
    """One thing that time alone brings about: when (UTC), in words, and the move itself.

    ``say`` names what it is about as ``{step}`` or ``{person}``.
    """

    at: datetime
    say: str
    move: Callable[[RotationState, datetime], Decision]
    step: str = ""
    person: str = ""

    @property
    def label(self) -> str:
        """In keys and pseudonyms, as history may hold it."""
        return self.say.format(step=self.step, person=self.person)


def next_due(state: RotationState) -> Due | None:
    """Return what falls due first; None while on hold, when over, or when only people are awaited."""
    return min(_dues(state), key=lambda due: due.at, default=None)


def catch_up(state: RotationState, now: datetime) -> Decision:
    """Carry out everything that has fallen due, in order of time; a second call changes nothing."""
    errands: tuple[Errand, ...] = ()
    while (due := next_due(state)) and due.at <= now:
        state, more = due.move(state, now)
        state, more = completed(state, more)
        errands = (*errands, *more)
    return state, errands


def confirmer(step: StepState) -> str:
    """Return who is asked whether a step took place: host lead, else facilitator, else home manager."""
    for seat in _CONFIRMERS:
        for attendee in step.attendees:
            if attendee.seat is seat:
                return attendee.person
    return step.attendees[0].person


def says_whether_held(step: StepState, person: str) -> bool:
    """Return whether somebody is who is asked whether a step took place; nobody is where nobody sits in it."""
    return bool(step.attendees) and confirmer(step) == person


def _dues(state: RotationState) -> Iterator[Due]:
    if state.ending:
        return
    yield from _end_dues(state)
    if state.on_hold:
        return
    yield from _gate_dues(state)
    for step in state.steps:
        if state.allows(step):
            yield from _STEP_DUES[step.phase](state, step)


def _end_dues(state: RotationState) -> Iterator[Due]:
    """Also on hold: nothing goes on for longer than its program without anybody being asked."""
    asked = any(a.concern is Concern.PAST_ITS_END for a in state.attention)
    if state.over_by and not asked:
        yield Due(state.over_by, "say that it should be over", _past_its_end)


def _past_its_end(state: RotationState, now: datetime) -> Decision:
    return state.raising(Attention(concern=Concern.PAST_ITS_END, since=now)), ()


def _gate_dues(state: RotationState) -> Iterator[Due]:
    for gate in (g for g in state.ready_gates if not g.refused_at):
        who, about = f"{{person}} ({gate.gate})", gate.person
        if gate.asked_at is None:
            yield Due(_ANCIENT, f"ask {who}", _asking(gate), person=about)
        elif gate.reminded_at is None:
            at = _patiently(state, gate.asked_at, state.patience.remind_after)
            yield Due(at, f"remind {who}", _reminding_gate(gate), person=about)
        elif not gate.escalated:
            at = _patiently(state, gate.reminded_at, state.patience.escalate_after)
            said = f"tell the program manager that {who} is silent"
            yield Due(at, said, _gate_silent(gate), person=about)


def _patiently(state: RotationState, since: datetime, wait: timedelta) -> datetime:
    if not state.patience.weekdays_only:
        return since + wait
    return after_weekdays(since, wait, state.steps[0].zone)


def _asking(gate: GateState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = gate.model_copy(update={"asked_at": now})
        return state.with_gate(changed), (_about_gate(ErrandKind.ASK_CONSENT, gate),)

    return move


def _reminding_gate(gate: GateState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = gate.model_copy(update={"reminded_at": now})
        return state.with_gate(changed), (_about_gate(ErrandKind.REMIND_CONSENT, gate),)

    return move


def _gate_silent(gate: GateState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = state.with_gate(gate.model_copy(update={"escalated": True}))
        about = {"step": gate.gate.value, "person": gate.person}
        return changed.raising(Attention(concern=Concern.GATE_SILENT, since=now, **about)), ()

    return move


def _about_gate(kind: ErrandKind, gate: GateState) -> Errand:
    return Errand(kind=kind, gate=gate.gate, people=(gate.person,))


def _planned_dues(state: RotationState, step: StepState) -> Iterator[Due]:
    if step.kind in UNMET:
        if _all_before_settled(state, step):
            yield Due(step.starts, "ask for the words of {step}", _opening(step), step.key)
        return
    at = step.starts - state.patience.invite_lead
    yield Due(at, "send the invites to {step}", _inviting(step), step.key)


def _invited_dues(state: RotationState, step: StepState) -> Iterator[Due]:
    if step.phase is Phase.INVITED and step.invited_at and not step.asked_at:
        yield from _silence_dues(state, step, step.invited_at)
    if step.kind is StepKind.REFLECTION:
        yield Due(step.ends, "ask for the {step}", _opening(step), step.key)
    elif step.asked_at is None:
        yield Due(step.ends, "ask whether {step} took place", _asking_held(step), step.key)
    elif not step.escalated:
        at = step.asked_at + state.patience.held_within
        yield Due(
            at, "say that {step} is unconfirmed", _escalating(step, Concern.UNCONFIRMED), step.key
        )


def _silence_dues(state: RotationState, step: StepState, invited_at: datetime) -> Iterator[Due]:
    if step.reminded_at is None:
        at = _patiently(state, invited_at, state.patience.remind_after)
        if at < step.starts:
            yield Due(at, "remind who has not answered about {step}", _reminding(step), step.key)
    elif not step.escalated:
        at = _patiently(state, step.reminded_at, state.patience.escalate_after)
        if at < step.ends:
            yield Due(
                at, "say who is silent about {step}", _escalating(step, Concern.NO_ANSWER), step.key
            )


def _open_dues(state: RotationState, step: StepState) -> Iterator[Due]:
    if step.asked_at is None:
        return
    if step.kind is StepKind.REFLECTION:
        at = step.ends + state.patience.reflection_within
        missing = Concern.REFLECTION_MISSING
    elif step.reminded_at is None:
        wait = _SUMMARY_WITHIN if step.kind is StepKind.SUMMARY else state.patience.remind_after
        at = _patiently(state, step.asked_at, wait)
        yield Due(at, "remind about {step}", _reminding_words(step), step.key)
        return
    else:
        at = _patiently(state, step.reminded_at, state.patience.escalate_after)
        missing = _MISSING[step.kind]
    if not step.escalated:
        yield Due(
            at, "say that the words of {step} are missing", _escalating(step, missing), step.key
        )


def _shown_dues(state: RotationState, step: StepState) -> Iterator[Due]:
    """A silent host lead keeps nothing up: the summary then stays between the two."""
    if step.asked_at is None:
        return
    if step.reminded_at is None:
        at = _patiently(state, step.asked_at, state.patience.remind_after)
        yield Due(at, "remind the host lead of {step}", _reminding_release(step), step.key)
    else:
        at = _patiently(state, step.reminded_at, state.patience.escalate_after)
        yield Due(at, "leave {step} between participant and host", _unshared(step), step.key)


def _reminding_release(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = state.with_step(step.model_copy(update={"reminded_at": now}))
        return changed, (Errand(kind=ErrandKind.REMIND_RELEASE, step=step.key),)

    return move


def _unshared(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    return lambda state, _: (state.with_step(step.model_copy(update={"phase": Phase.HELD})), ())


def _repairing_dues(_: RotationState, step: StepState) -> Iterator[Due]:
    if not step.escalated:
        late = step.starts + timedelta(hours=1)
        yield Due(
            late,
            "say that {step} has no new time",
            _escalating(step, Concern.NOT_REPAIRED),
            step.key,
        )


def _nothing_due(_: RotationState, __: StepState) -> Iterator[Due]:
    return iter(())


def _inviting(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        if now >= step.starts:
            return _late(state, step, now)
        invited = step.model_copy(update={"phase": Phase.INVITED, "invited_at": now})
        return state.with_step(invited), (Errand(kind=ErrandKind.INVITE, step=step.key),)

    return move


def _late(state: RotationState, step: StepState, now: datetime) -> Decision:
    if state.occasion:
        return put_off(state, step, now)
    return _missed(state, step) if state.ritual else _overdue(state, step)


def _missed(state: RotationState, step: StepState) -> Decision:
    """A session that nobody could be invited to in time is not held; the next one is."""
    return state.with_step(step.model_copy(update={"phase": Phase.CANCELLED})), ()


def _overdue(state: RotationState, step: StepState) -> Decision:
    disruption = Disruption(rotation=state.rotation, step=step.key, cause=Cause.OVERDUE)
    return repairing(state, step, disruption)


def _reminding(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = state.with_step(step.model_copy(update={"reminded_at": now}))
        in_time = now < step.starts
        return changed, (Errand(kind=ErrandKind.REMIND, step=step.key),) if in_time else ()

    return move


def _asking_held(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        asked = step.model_copy(update={"asked_at": now, "escalated": False})
        state = state.with_step(asked).without_attention(step.key, Concern.NO_ANSWER)
        who = confirmer(step)
        return state, (Errand(kind=ErrandKind.ASK_HELD, step=step.key, people=(who,)),)

    return move


def _opening(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changes = {"phase": Phase.OPEN, "asked_at": now, "reminded_at": None, "escalated": False}
        opened = state.with_step(step.model_copy(update=changes))
        opened = opened.without_attention(step.key, Concern.NO_ANSWER)
        errand = Errand(kind=_ASKS[step.kind], step=step.key, people=(state.participant,))
        return opened, (errand,)

    return move


def _reminding_words(step: StepState) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = state.with_step(step.model_copy(update={"reminded_at": now}))
        people = (state.participant,)
        return changed, (Errand(kind=_REMINDS[step.kind], step=step.key, people=people),)

    return move


def _escalating(step: StepState, concern: Concern) -> Callable[[RotationState, datetime], Decision]:
    def move(state: RotationState, now: datetime) -> Decision:
        changed = state.with_step(step.model_copy(update={"escalated": True}))
        return changed.raising(Attention(concern=concern, since=now, step=step.key)), ()

    return move


def _all_before_settled(state: RotationState, step: StepState) -> bool:
    """Summary and proposal wait for the meetings alone: no other words ever hold a change up."""
    earlier = state.steps[: state.steps.index(step)]
    if step.kind in {StepKind.SUMMARY, StepKind.PROPOSAL}:
        earlier = tuple(s for s in earlier if s.kind not in {StepKind.REFLECTION, StepKind.SUMMARY})
    return all(s.phase in SETTLED for s in earlier)


_ASKS = {
    StepKind.REFLECTION: ErrandKind.ASK_REFLECTION,
    StepKind.SUMMARY: ErrandKind.ASK_SUMMARY,
    StepKind.PROPOSAL: ErrandKind.ASK_PROPOSAL,
    StepKind.THANKS: ErrandKind.ASK_THANKS,
}
_REMINDS = {
    StepKind.SUMMARY: ErrandKind.REMIND_SUMMARY,
    StepKind.PROPOSAL: ErrandKind.REMIND_PROPOSAL,
    StepKind.THANKS: ErrandKind.REMIND_THANKS,
}
_MISSING = {
    StepKind.SUMMARY: Concern.SUMMARY_MISSING,
    StepKind.PROPOSAL: Concern.PROPOSAL_MISSING,
    StepKind.THANKS: Concern.THANKS_MISSING,
}

_STEP_DUES = {
    Phase.PLANNED: _planned_dues,
    Phase.INVITED: _invited_dues,
    Phase.CONFIRMED: _invited_dues,
    Phase.REPAIRING: _repairing_dues,
    Phase.OPEN: _open_dues,
    Phase.SHOWN: _shown_dues,
    Phase.HELD: _nothing_due,
    Phase.CANCELLED: _nothing_due,
}
