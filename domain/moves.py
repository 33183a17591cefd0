"""Which moves a rotation allows, and what each one leads to.

``refuse`` raises a sentence for a move that makes no sense now; ``apply`` is total for all others.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

from domain.errands import Decision, Errand, ErrandKind
from domain.errors import Refused
from domain.events import (
    Answered,
    Cancel,
    Delivery,
    Event,
    GateAnswered,
    Hold,
    ManagerChanged,
    MemberJoined,
    MemberLeft,
    NoShow,
    NotToday,
    PlanChanged,
    Proposed,
    Released,
    RepairFailed,
    Reschedule,
    Resume,
    Skip,
    Summarised,
    TeamDissolved,
    TookPlace,
    Unavailable,
    Withdraw,
    Written,
)
from domain.moments import Interval, refuse_too_far, whole_day, zone_of
from domain.occasionmoves import put_off
from domain.people import Seat
from domain.planning import Attendee, Cause, Disruption, PlannedStep, managed_by, meets_the_host
from domain.policy import PolicyState
from domain.program import AT_HOST, UNMET, VISITS, Gate, StepKind
from domain.rotation import (
    SETTLED,
    Answer,
    Attention,
    Concern,
    Ending,
    GateState,
    Phase,
    RotationState,
    StepState,
)
from domain.sessionmoves import member_joined, member_left, unseated

WRITTEN = UNMET | {StepKind.REFLECTION}
"""Kinds of step that are over when somebody has written, not when somebody confirms them."""

REMEMBERED_ANSWERS = 200

THANKS_LET_GO = "These thanks were let go, so nothing is sent from here. Thank them in person."

_OF_THE_TEAM = frozenset({Gate.HOST, Gate.COLLEAGUES})

_STANDING = frozenset({Phase.INVITED, Phase.CONFIRMED})

_AHEAD = _STANDING | {Phase.PLANNED}


def refuse(state: RotationState, event: Event, now: datetime) -> None:
    """Raise Refused with a sentence when the event can't be taken now; otherwise do nothing."""
    if state.ending:
        raise Refused(
            f"This rotation is over ({state.ending}); nothing about it can change any more."
        )
    rule = _REFUSALS.get(type(event))
    if rule:
        rule(state, event, now)


def apply(state: RotationState, event: Event, now: datetime) -> Decision:
    """Return the rotation after the event with the errands it causes; ``version`` rises by one."""
    if state.ending:
        return state, ()
    changed, errands = _MOVES[type(event)](state, event, now)
    return completed(changed, errands)


def foreseen(state: RotationState, event: Event, now: datetime) -> RotationState | None:
    """Return what a quiet event makes of a rotation; None when anything has to be done for it.

    The store shows it as soon as somebody has said it, so the rotation need not say it again.
    """
    if not state.sparing or state.ending or not isinstance(event, Answered | TookPlace):
        return None
    try:
        refuse(state, event, now)
    except Refused:
        return None
    changed, errands = apply(state, event, now)
    return None if errands or changed.ending else changed


def completed(state: RotationState, errands: tuple[Errand, ...]) -> Decision:
    """Close the rotation when every step is settled, and count the change."""
    over = state.steps and all(step.phase in SETTLED for step in state.steps)
    ending = state.ending or (Ending.COMPLETED if over else None)
    attention = () if ending else state.attention
    changes = {"ending": ending, "attention": attention, "version": state.version + 1}
    return state.model_copy(update=changes), errands


def repairing(state: RotationState, step: StepState, disruption: Disruption) -> Decision:
    """Mark the step as being repaired and ask the cohort for the smallest repair."""
    asked = disruption.model_copy(update=as_it_stands(state))
    changed = state.with_step(step.model_copy(update={"phase": Phase.REPAIRING}))
    errand = Errand(kind=ErrandKind.REPAIR, step=step.key, disruption=asked)
    return changed, (errand,)


def as_it_stands(state: RotationState) -> dict[str, Any]:
    """Return what a disruption says of the rotation it happens to: what is over, what was accepted."""
    return {
        "settled": tuple(s.key for s in state.steps if s.phase in SETTLED),
        "accepted": tuple(s.key for s in state.steps if s.phase is Phase.CONFIRMED),
        "asked": state.version,
    }


def _answered(state: RotationState, event: Answered, now: datetime) -> Decision:
    step = _step(state, event.step)
    if event.id in state.seen or event.revision != step.revision:
        return state, ()
    state = state.model_copy(update={"seen": (*state.seen, event.id)[-REMEMBERED_ANSWERS:]})
    step = _with_answer(step, event)
    state = state.with_step(step)
    if event.answer is Answer.DECLINED:
        return _declined(state, step, event.person, now)
    if event.complete and step.phase is Phase.INVITED:
        state = state.with_step(step.model_copy(update={"phase": Phase.CONFIRMED}))
        return state.without_attention(step.key, Concern.NO_ANSWER), ()
    return state, ()


def _with_answer(step: StepState, event: Answered) -> StepState:
    declined = tuple(p for p in step.declined if p != event.person)
    tentative = tuple(p for p in step.tentative if p != event.person)
    if event.answer is Answer.DECLINED:
        declined = (*declined, event.person)
    if event.answer is Answer.TENTATIVE:
        tentative = (*tentative, event.person)
    accepted = event.answer is Answer.ACCEPTED
    away = tuple(p for p in step.away if not (accepted and p == event.person))
    phase = Phase.INVITED if step.phase is Phase.CONFIRMED and not accepted else step.phase
    changes = {"declined": declined, "tentative": tentative, "away": away, "phase": phase}
    return step.model_copy(update=changes)


def _declined(state: RotationState, step: StepState, person: str, now: datetime) -> Decision:
    if step.starts <= now:
        return state, ()
    if state.ritual:
        return unseated(state, step, now)
    if _can_be_held(step):
        return state, ()
    if state.occasion:
        return put_off(state, step, now)
    return repairing(state, step, _away(state, step, person, Cause.DECLINED, _hours_of(step)))


def _can_be_held(step: StepState) -> bool:
    coming = [a for a in step.attendees if a.person not in {*step.declined, *step.away}]
    everybody_needed = all(a in coming for a in step.attendees if a.required)
    return everybody_needed and sum(not a.required for a in coming) >= step.quorum


def _gate_answered(state: RotationState, event: GateAnswered, now: datetime) -> Decision:
    gate = _gate(state, event)
    if gate.passed_at or gate.refused_at:
        return state, ()
    answered = {"passed_at": now} if event.agreed else {"refused_at": now}
    state = state.with_gate(gate.model_copy(update=answered))
    silent = Concern.GATE_SILENT
    state = state.without_attention(event.gate.value, silent, person=event.person)
    return (state, ()) if event.agreed else _gate_refused(state, event, now)


def _gate_refused(state: RotationState, event: GateAnswered, now: datetime) -> Decision:
    causes = {Gate.HOST: Cause.HOST_REFUSED, Gate.COLLEAGUES: Cause.COLLEAGUE_REFUSED}
    if event.gate not in causes:
        concern = Concern.GATE_REFUSED
        attention = Attention(
            concern=concern, since=now, step=event.gate.value, person=event.person
        )
        return state.raising(attention), ()
    disruption = Disruption(
        rotation=state.rotation,
        step=None,
        cause=causes[event.gate],
        person=event.person,
        stop=_gate(state, event).stop,
        **as_it_stands(state),
    )
    return state, (Errand(kind=ErrandKind.REPAIR, disruption=disruption),)


def _took_place(state: RotationState, event: TookPlace, _: datetime) -> Decision:
    step = _step(state, event.step).model_copy(update={"delegated": event.delegated})
    return _settled(state, step, Phase.HELD), ()


def _no_show(state: RotationState, event: NoShow, now: datetime) -> Decision:
    step = _step(state, event.step)
    if state.occasion:
        return _put_off_without(state, step, event.person, now)
    state = state.without_attention(step.key)
    attention = Attention(concern=Concern.NO_SHOW, since=now, step=step.key, person=event.person)
    if state.ritual:
        return state.raising(attention) if event.shown else state, ()
    state = state.raising(attention)
    return repairing(state, step, _away(state, step, event.person, Cause.NO_SHOW, None))


def _not_today(state: RotationState, event: NotToday, now: datetime) -> Decision:
    step = _step(state, event.step)
    if state.occasion:
        return _put_off_without(state, step, event.person, now)
    if state.ritual:
        return unseated(state, _without(step, event.person), now)
    today = step.starts.astimezone(zone_of(step.zone)).date()
    away = _away(state, step, event.person, Cause.NOT_TODAY, whole_day(today, step.zone))
    return repairing(state, step, away)


def _put_off_without(state: RotationState, step: StepState, person: str, now: datetime) -> Decision:
    """An occasion takes place without somebody where enough others come, else at another time."""
    left = _without(step, person)
    if _can_be_held(left):
        return state.with_step(left), ()
    return put_off(state, left, now)


def _without(step: StepState, person: str) -> StepState:
    return step.model_copy(update={"declined": tuple(dict.fromkeys((*step.declined, person)))})


def _unavailable(state: RotationState, event: Unavailable, now: datetime) -> Decision:
    """Without a word to anybody when enough others come; a step that moved meanwhile is left alone."""
    step = _step(state, event.step)
    if event.revision != step.revision or step not in may_clash(state, event.person, now):
        return state, ()
    step = step.model_copy(update={"away": (*step.away, event.person)})
    state = state.with_step(step)
    if _can_be_held(step):
        return state, ()
    return repairing(state, step, _away(state, step, event.person, Cause.CALENDAR, None))


def may_clash(state: RotationState, person: str, now: datetime) -> tuple[StepState, ...]:
    """Return the steps to come that somebody is expected at, and that a busy calendar would break."""
    if state.ending or state.apart:
        return ()
    return tuple(
        step
        for step in state.steps
        if step.phase in _AHEAD and step.kind not in UNMET and step.starts > now
        if person in {a.person for a in step.attendees} - {*step.declined, *step.away}
    )


def _written(state: RotationState, event: Written, now: datetime) -> Decision:
    step = _step(state, event.step)
    if step.phase in SETTLED:
        return state, ()
    state = _settled(state, step, Phase.HELD)
    if step.kind is StepKind.THANKS:
        return state, (Errand(kind=ErrandKind.DELIVER_THANKS, step=step.key),)
    early = state.occasion and step.invited_at and now < step.starts
    return state, (Errand(kind=ErrandKind.CALL_OFF, step=step.key),) if early else ()


def _summarised(state: RotationState, event: Summarised, now: datetime) -> Decision:
    step = _step(state, event.step)
    if step.phase is not Phase.OPEN:
        return state, ()
    changes = {"phase": Phase.SHOWN, "asked_at": now, "reminded_at": None, "escalated": False}
    state = state.with_step(step.model_copy(update=changes)).without_attention(step.key)
    return state, (Errand(kind=ErrandKind.SHOW_SUMMARY, step=step.key),)


def _released(state: RotationState, event: Released, _: datetime) -> Decision:
    step = _step(state, event.step)
    if step.phase is not Phase.SHOWN:
        return state, ()
    share = (Errand(kind=ErrandKind.SHARE_SUMMARY, step=step.key),) if event.agreed else ()
    return _settled(state, step, Phase.HELD), share


def _proposed(state: RotationState, event: Proposed, now: datetime) -> Decision:
    step = _step(state, event.step)
    if step.phase in SETTLED:
        return state, ()
    begun = PolicyState(
        policy=event.policy,
        cohort=state.cohort,
        rotation=state.rotation,
        participant=state.participant,
        host=_host(state, step),
        owner=event.owner,
        co_authors=event.co_authors,
        voices=tuple(dict.fromkeys((*event.co_authors, *_listened_to(state, step)))),
        proposed_at=now,
        decide_by=event.decide_by,
        evidence=(event.evidence,) if event.evidence else (),
    )
    hand_over = Errand(kind=ErrandKind.HAND_OVER, step=step.key, policy=begun)
    return _settled(state, step, Phase.HELD), (hand_over,)


def _host(state: RotationState, step: StepState) -> str:
    host = state.host_at(step.stop)
    if host is None:
        raise Refused("A proposal comes from a visit.")
    return host


def _listened_to(state: RotationState, proposal: StepState) -> tuple[str, ...]:
    """Everybody of the host teams who came to a day, session or workshop that was held."""
    return tuple(
        a.person
        for step in state.about(proposal)
        if step.kind in AT_HOST and step.phase is Phase.HELD
        for a in step.attendees
        if a.seat in {Seat.FRONTLINE, Seat.HOST_LEAD} and a.person not in step.declined
    )


def co_author_candidates(state: RotationState, proposal: StepState) -> tuple[str, ...]:
    """Return the frontline colleagues who worked a change out with the participant."""
    return tuple(
        a.person
        for step in state.about(proposal)
        if step.kind is StepKind.CO_CREATION and step.phase is Phase.HELD
        for a in step.attendees
        if a.seat is Seat.FRONTLINE and a.person not in step.declined
    )


def _reschedule(state: RotationState, event: Reschedule, now: datetime) -> Decision:
    step = _step(state, event.step)
    if state.apart:
        return _moved(state, step, event.starts, now)
    disruption = Disruption(
        rotation=state.rotation,
        step=step.key,
        cause=Cause.RESCHEDULE,
        wished_start=event.starts,
    )
    return repairing(state, step, disruption)


def _moved(state: RotationState, step: StepState, starts: datetime, now: datetime) -> Decision:
    """What stands in nobody's plan is moved as wished, and everybody is asked again."""
    moved = PlannedStep(
        rotation=state.rotation,
        starts=starts,
        ends=starts + (step.ends - step.starts),
        **step.model_dump(include={"key", "kind", "zone", "attendees", "quorum"}),
    )
    changed = _replanned(step, moved, now)
    errand = Errand(kind=ErrandKind.INVITE, step=step.key)
    invited = changed.phase is Phase.INVITED
    return state.with_step(changed).without_attention(step.key), (errand,) if invited else ()


def _skip(state: RotationState, event: Skip, _: datetime) -> Decision:
    step = _step(state, event.step)
    invited = step.invited_at is not None
    errands = (Errand(kind=ErrandKind.CALL_OFF, step=step.key),) if invited else ()
    return _settled(state, step, Phase.CANCELLED), errands


def _hold(state: RotationState, _: Hold, __: datetime) -> Decision:
    return state.model_copy(update={"on_hold": True}), ()


def _resume(state: RotationState, _: Resume, __: datetime) -> Decision:
    return state.model_copy(update={"on_hold": False}), ()


def _withdraw(state: RotationState, _: Withdraw, __: datetime) -> Decision:
    return _ended(state, Ending.WITHDRAWN)


def _cancel(state: RotationState, _: Cancel, __: datetime) -> Decision:
    return _ended(state, Ending.CANCELLED)


def _ended(state: RotationState, ending: Ending) -> Decision:
    steps = tuple(
        step if step.phase in SETTLED else step.model_copy(update={"phase": Phase.CANCELLED})
        for step in state.steps
    )
    withdrawn = Disruption(
        rotation=state.rotation,
        step=None,
        cause=Cause.WITHDRAWN,
        **as_it_stands(state),
    )
    call_off = Errand(kind=ErrandKind.CALL_OFF)
    repair = Errand(kind=ErrandKind.REPAIR, disruption=withdrawn)
    errands = (call_off,) if state.apart else (call_off, repair)
    return state.model_copy(update={"steps": steps, "ending": ending}), errands


def _manager_changed(state: RotationState, event: ManagerChanged, now: datetime) -> Decision:
    """What has begun stays with whoever was manager then; a release that was given stays given."""
    state = _released_by(state, event.manager)
    errands: list[Errand] = []
    for step in state.steps:
        attendees = managed_by(step.attendees, event.manager)
        if step.phase in SETTLED or step.starts <= now or attendees == step.attendees:
            continue
        changed = _with_new_manager(step, attendees, now)
        state = _without_those_who_left(state.with_step(changed), step, changed)
        if changed.phase is Phase.INVITED:
            errands.append(Errand(kind=ErrandKind.INVITE, step=step.key))
    return state, tuple(errands)


def _released_by(state: RotationState, manager: str) -> RotationState:
    """An open release is asked anew of the new manager, whatever the old one was asked or said."""
    kept = tuple(
        g for g in state.gates if g.gate is not Gate.RELEASE or g.passed_at or g.person == manager
    )
    if len(kept) == len(state.gates):
        return state
    anew = GateState(gate=Gate.RELEASE, person=manager)
    asked = any((g.gate, g.person) == (anew.gate, manager) for g in kept)
    gates = kept if asked else _in_order((*kept, anew))
    concerns = Concern.GATE_SILENT, Concern.GATE_REFUSED
    state = state.model_copy(update={"gates": gates})
    return state.without_attention(Gate.RELEASE.value, *concerns)


def _with_new_manager(step: StepState, attendees: tuple[Attendee, ...], now: datetime) -> StepState:
    """The others keep their answers; a time that only the old manager had declined stands again."""
    coming = {a.person for a in attendees}
    changes = {
        "attendees": attendees,
        "revision": step.revision + 1,
        "declined": tuple(p for p in step.declined if p in coming),
        "tentative": tuple(p for p in step.tentative if p in coming),
        "away": tuple(p for p in step.away if p in coming),
    }
    changed = step.model_copy(update=changes)
    missing = (step.declined, step.away)
    stands = (changed.declined, changed.away) != missing and _can_be_held(changed)
    if step.phase is Phase.PLANNED or (step.phase is Phase.REPAIRING and not stands):
        return changed
    asked = {"phase": Phase.INVITED, "invited_at": now, "reminded_at": None, "escalated": False}
    return changed.model_copy(update=asked)


def _without_those_who_left(
    state: RotationState, before: StepState, after: StepState
) -> RotationState:
    for gone in {a.person for a in before.attendees} - {a.person for a in after.attendees}:
        state = state.without_attention(after.key, Concern.DELIVERY_FAILED, person=gone)
    if after.phase is not Phase.INVITED:
        return state
    return state.without_attention(after.key, Concern.NO_ANSWER, Concern.NOT_REPAIRED)


def visited(state: RotationState, team: str, now: datetime) -> bool:
    """Return whether a day beside a host team was held, or has begun."""
    days = (
        step
        for step in state.steps
        if step.kind is StepKind.SHADOWING_DAY and state.host_at(step.stop) == team
    )
    return any(d.phase is Phase.HELD or (d.phase in _STANDING and d.starts <= now) for d in days)


def _team_dissolved(state: RotationState, event: TeamDissolved, now: datetime) -> Decision:
    """A visit that has begun goes on with its people; any other needs another team."""
    at_host = [
        s
        for s in state.steps
        if s.phase not in SETTLED and _is_at_host(s) and state.host_at(s.stop) == event.team
    ]
    if visited(state, event.team, now) or not at_host:
        return state, ()
    stop = at_host[0].stop
    called_off = [
        Errand(kind=ErrandKind.CALL_OFF, step=step.key) for step in at_host if step.invited_at
    ]
    looked_for = Disruption(
        rotation=state.rotation,
        step=None,
        cause=Cause.TEAM_DISSOLVED,
        stop=stop,
        **as_it_stands(state),
    )
    for step in at_host:
        state = state.with_step(_without_host(step)).without_attention(step.key)
    state = _asking_nobody_of(state, stop).with_teamless(state.teamless | {stop})
    return state, (*called_off, Errand(kind=ErrandKind.REPAIR, disruption=looked_for))


def _is_at_host(step: StepState) -> bool:
    return meets_the_host(step.kind, step.attendees)


def _without_host(step: StepState) -> StepState:
    """Nothing falls due for it and no answer to it counts until another team takes over."""
    changes = {
        "phase": Phase.REPAIRING,
        "revision": step.revision + 1,
        "invited_at": None,
        "reminded_at": None,
        "escalated": True,
        "declined": (),
        "tentative": (),
        "away": (),
    }
    return step.model_copy(update=changes)


def _asking_nobody_of(state: RotationState, stop: int) -> RotationState:
    """Take back what the team of a stop was asked."""
    dropped = [g for g in state.gates if g.gate in _OF_THE_TEAM and g.stop == stop]
    for gate in dropped:
        state = state.without_attention(gate.gate.value, person=gate.person)
    return state.model_copy(update={"gates": tuple(g for g in state.gates if g not in dropped)})


def _plan_changed(state: RotationState, event: PlanChanged, now: datetime) -> Decision:
    if event.plan <= state.plan:
        return state, ()
    state = _with_teams_found(state, event)
    waiting = {s.key for s in state.steps if s.stop in state.teamless and _is_at_host(s)}
    planned = {step.key: step for step in event.steps if step.key not in waiting}
    changes = {
        "plan": event.plan,
        "host": event.host,
        "later_hosts": event.later_hosts,
        "gates": _gates_after(state, event),
    }
    state = state.model_copy(update=changes)
    errands: list[Errand] = []
    for step in state.steps:
        if step.phase not in SETTLED and step.key in planned:
            changed = _replanned(step, planned[step.key], now)
            state = _without_what_is_settled(state.with_step(changed), step, changed)
            if changed.phase is Phase.INVITED and changed.revision > step.revision:
                errands.append(Errand(kind=ErrandKind.INVITE, step=step.key))
    return state, tuple(errands)


def _with_teams_found(state: RotationState, event: PlanChanged) -> RotationState:
    """A stop without a team waits no longer once the plan has another one for it."""
    waiting = {n for n in state.teamless if event.hosts[n - 1] == state.host_at(n)}
    if waiting == state.teamless:
        return state
    return state.without_attention(None, Concern.TEAM_DISSOLVED).with_teamless(waiting)


def _without_what_is_settled(
    state: RotationState, before: StepState, after: StepState
) -> RotationState:
    """A new time settles everything about a step; a plan that left it alone settles nothing else."""
    if after.revision > before.revision:
        return state.without_attention(after.key)
    if before.phase is Phase.REPAIRING:
        return state.without_attention(after.key, Concern.NOT_REPAIRED)
    return state


def _replanned(step: StepState, planned: PlannedStep, now: datetime) -> StepState:
    if step.kind in UNMET and step.phase is not Phase.PLANNED:
        return step
    back = Phase.PLANNED if step.invited_at is None else Phase.INVITED
    before = (step.starts, step.ends, step.attendees, step.quorum)
    after = (planned.starts, planned.ends, planned.attendees, planned.quorum)
    if before == after:
        if step.phase is not Phase.REPAIRING:
            return step
        return step.model_copy(update={"phase": back, "escalated": False, "away": ()})
    moved = (step.starts, step.ends) != (planned.starts, planned.ends)
    stayed = () if moved else step.declined
    changes = {
        "starts": planned.starts,
        "ends": planned.ends,
        "zone": planned.zone,
        "attendees": planned.attendees,
        "quorum": planned.quorum,
        "phase": back,
        "revision": step.revision + 1,
        "invited_at": now if step.invited_at else None,
        "reminded_at": None,
        "asked_at": None,
        "escalated": False,
        "declined": stayed,
        "tentative": () if moved else step.tentative,
        "away": (),
    }
    return step.model_copy(update=changes)


def _gates_after(state: RotationState, event: PlanChanged) -> tuple[GateState, ...]:
    """Keep consents that still matter, and add those a new host team still has to give."""
    coming = {a.person for step in event.steps for a in step.attendees}
    kept = [g for g in state.gates if g.gate not in _OF_THE_TEAM or g.person in coming]
    known = {(g.gate, g.person) for g in kept}
    added = [
        GateState(gate=wanted.gate, person=wanted.person, stop=wanted.stop)
        for wanted in event.consents
        if (wanted.gate, wanted.person) not in known and wanted.stop not in state.teamless
    ]
    return _in_order((*kept, *added))


def _in_order(gates: tuple[GateState, ...]) -> tuple[GateState, ...]:
    order = list(Gate)
    return tuple(sorted(gates, key=lambda g: order.index(g.gate)))


def _repair_failed(state: RotationState, event: RepairFailed, now: datetime) -> Decision:
    teamless = bool(state.teamless) and event.step is None
    concern = Concern.TEAM_DISSOLVED if teamless else Concern.NOT_REPAIRED
    attention = Attention(concern=concern, since=now, step=event.step)
    given_up = (Errand(kind=ErrandKind.CALL_OFF, step=event.step),) if state.occasion else ()
    return state.raising(attention), given_up


def _delivery(state: RotationState, event: Delivery, now: datetime) -> Decision:
    concern = Concern.DELIVERY_FAILED
    if event.delivered:
        return state.without_attention(event.step, concern, person=event.person), ()
    attention = Attention(concern=concern, since=now, step=event.step, person=event.person)
    return state.raising(attention), ()


def _settled(state: RotationState, step: StepState, phase: Phase) -> RotationState:
    return state.with_step(step.model_copy(update={"phase": phase})).without_attention(step.key)


def _hours_of(step: StepState) -> Interval:
    return Interval(starts=step.starts, ends=step.ends)


def _away(
    state: RotationState, step: StepState, person: str, cause: Cause, away: Interval | None
) -> Disruption:
    return Disruption(
        rotation=state.rotation, step=step.key, cause=cause, person=person, unavailable=away
    )


def _step(state: RotationState, key: str) -> StepState:
    step = state.step(key)
    if step is None:
        raise Refused(f"This rotation has no step '{key}'.")
    return step


def _gate(state: RotationState, event: GateAnswered) -> GateState:
    for gate in state.gates:
        if (gate.gate, gate.person) == (event.gate, event.person):
            return gate
    raise Refused("This person is not asked for that consent in this rotation.")


def _unsettled(state: RotationState, key: str) -> StepState:
    step = _step(state, key)
    if step.phase in SETTLED:
        raise Refused(f"The step '{key}' is {step.phase}; it can't change any more.")
    return step


def _refuse_answer(state: RotationState, event: Answered, _: datetime) -> None:
    step = _unsettled(state, event.step)
    if event.revision < step.revision:
        raise Refused("This answers an earlier time of the step; a newer invite is out.")
    _refuse_uninvited(step, event.person)


def _refuse_uninvited(step: StepState, person: str) -> None:
    if person not in {a.person for a in step.attendees}:
        raise Refused("This person is not invited to the step.")


def _refuse_gate(state: RotationState, event: GateAnswered, _: datetime) -> None:
    _gate(state, event)


def _refuse_before_start(state: RotationState, event: TookPlace | NoShow, now: datetime) -> None:
    step = _unsettled(state, event.step)
    if step.kind in WRITTEN:
        raise Refused(f"The step '{event.step}' is over when its words are written.")
    if now < step.starts:
        raise Refused(f"The step '{event.step}' has not begun yet.")
    if isinstance(event, NoShow):
        _refuse_uninvited(step, event.person)


def _refuse_took_place(state: RotationState, event: TookPlace, now: datetime) -> None:
    step = _step(state, event.step)
    corrects = step.phase is Phase.HELD and step.delegated != event.delegated
    if not corrects:
        _refuse_before_start(state, event, now)
    if event.delegated and step.kind not in VISITS:
        raise Refused("Only to a visit can somebody else come in the participant's place.")


def _refuse_not_today(state: RotationState, event: NotToday, now: datetime) -> None:
    step = _unsettled(state, event.step)
    _refuse_uninvited(step, event.person)
    if now >= step.ends:
        raise Refused("The step is over already; say whether it took place instead.")
    tz = zone_of(step.zone)
    if step.starts.astimezone(tz).date() != now.astimezone(tz).date():
        raise Refused("'Not today' is for the day itself; decline the invite instead.")


def _refuse_written(state: RotationState, event: Written, _: datetime) -> None:
    step = _step(state, event.step)
    if step.kind not in {StepKind.REFLECTION, StepKind.THANKS}:
        raise Refused(f"Nothing is written for the step '{event.step}'.")
    if step.kind is StepKind.THANKS and step.phase is Phase.CANCELLED:
        raise Refused(THANKS_LET_GO)


def _refuse_summarised(state: RotationState, event: Summarised, _: datetime) -> None:
    step = _unsettled(state, event.step)
    if step.kind is not StepKind.SUMMARY:
        raise Refused(f"The step '{event.step}' has no summary.")
    if step.phase is Phase.PLANNED:
        raise Refused("The summary comes after the meetings it sums up.")


def _refuse_released(state: RotationState, event: Released, _: datetime) -> None:
    if _unsettled(state, event.step).phase is not Phase.SHOWN:
        raise Refused("There is no summary to read here yet.")


def _refuse_proposed(state: RotationState, event: Proposed, now: datetime) -> None:
    step = _unsettled(state, event.step)
    if step.kind is not StepKind.PROPOSAL:
        raise Refused(f"Nothing is proposed in the step '{event.step}'.")
    known = co_author_candidates(state, step)
    if not known:
        raise Refused("A proposal comes after its co-creation workshop was held.")
    if not event.co_authors or not set(event.co_authors) <= set(known):
        raise Refused("Name at least one co-author among the frontline people of the workshop.")
    refuse_too_far(event.decide_by, now)


def _refuse_reschedule(state: RotationState, event: Reschedule, now: datetime) -> None:
    step = _unsettled(state, event.step)
    if step.stop in state.teamless and _is_at_host(step):
        raise Refused("The host team is dissolved; this step waits for another team.")
    if event.starts <= now:
        raise Refused("A step can only move to a time that is still to come.")
    if event.starts == step.starts and step.phase is not Phase.REPAIRING:
        raise Refused("The step is already at that time.")


def _refuse_skip(state: RotationState, event: Skip, _: datetime) -> None:
    step = _unsettled(state, event.step)
    if step.kind is StepKind.LISTENING_SESSION and _days_that_stand(state, step) != ():
        raise Refused(
            "A listening session belongs to every shadowing stop; it can't be skipped while its day stands."
        )


def _days_that_stand(state: RotationState, step: StepState) -> tuple[StepState, ...] | None:
    """The shadowing days at a step's stop that were not called off; None where it never had one."""
    days = [s for s in state.steps if s.kind is StepKind.SHADOWING_DAY and s.stop == step.stop]
    return tuple(day for day in days if day.phase is not Phase.CANCELLED) if days else None


def goes_with(state: RotationState, step: StepState) -> tuple[StepState, ...]:
    """Return what belongs to a step that is to be let go: a day's sessions, or a session's days.

    Raises Refused for a session whose day was held: what was seen there has to be heard.
    """
    standing = _days_that_stand(state, step) or ()
    if step.kind is StepKind.SHADOWING_DAY and standing == (step,):
        sessions = (s for s in state.steps if s.kind is StepKind.LISTENING_SESSION)
        return tuple(s for s in sessions if s.stop == step.stop and s.phase not in SETTLED)
    if step.kind is not StepKind.LISTENING_SESSION:
        return ()
    if any(day.phase is Phase.HELD for day in standing):
        raise Refused(
            "Its shadowing day was held, so its listening session is held too. Move it instead."
        )
    return standing


def _refuse_hold(state: RotationState, _: Hold, __: datetime) -> None:
    if state.on_hold:
        raise Refused("This rotation is already on hold.")


def _refuse_resume(state: RotationState, _: Resume, __: datetime) -> None:
    if not state.on_hold:
        raise Refused("This rotation is not on hold.")


def _refuse_manager(state: RotationState, event: ManagerChanged, _: datetime) -> None:
    if event.manager == state.participant:
        raise Refused("Nobody is their own home manager.")


_Rule = Callable[[RotationState, Event, datetime], None]
_Move = Callable[[RotationState, Event, datetime], Decision]

_REFUSALS = cast(
    "dict[type, _Rule]",
    {
        Answered: _refuse_answer,
        GateAnswered: _refuse_gate,
        TookPlace: _refuse_took_place,
        NoShow: _refuse_before_start,
        NotToday: _refuse_not_today,
        Written: _refuse_written,
        Summarised: _refuse_summarised,
        Released: _refuse_released,
        Proposed: _refuse_proposed,
        Reschedule: _refuse_reschedule,
        Skip: _refuse_skip,
        Hold: _refuse_hold,
        Resume: _refuse_resume,
        ManagerChanged: _refuse_manager,
    },
)

_MOVES = cast(
    "dict[type, _Move]",
    {
        Answered: _answered,
        GateAnswered: _gate_answered,
        TookPlace: _took_place,
        NoShow: _no_show,
        NotToday: _not_today,
        Unavailable: _unavailable,
        Written: _written,
        Summarised: _summarised,
        Released: _released,
        Proposed: _proposed,
        Reschedule: _reschedule,
        Skip: _skip,
        Hold: _hold,
        Resume: _resume,
        Withdraw: _withdraw,
        Cancel: _cancel,
        ManagerChanged: _manager_changed,
        TeamDissolved: _team_dissolved,
        MemberJoined: member_joined,
        MemberLeft: member_left,
        PlanChanged: _plan_changed,
        RepairFailed: _repair_failed,
        Delivery: _delivery,
    },
)
