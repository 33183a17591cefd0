"""Moves of a session or a peer debrief: who comes, who facilitates then, who joins or leaves once invites are out.

Everybody else keeps invite and answer; of those who stay, only a new facilitator hears of it.
"""

from datetime import datetime

from domain.errands import Decision, Errand, ErrandKind
from domain.events import MemberJoined, MemberLeft
from domain.people import Seat
from domain.planning import Attendee
from domain.program import StepKind
from domain.rota import came, heir_of, led_by
from domain.rotation import SETTLED, Attention, Concern, Phase, RotationState, StepState

FEWEST = 2
"""Nobody has a debrief alone."""


def unseated(state: RotationState, step: StepState, now: datetime) -> Decision:
    """Go on without somebody who can't come: the next in line facilitates, and alone is told so."""
    state, heir = _staffed(state, step, _facilitators_place(step), now)
    return state, (_invite(step, heir),) if heir else ()


def member_joined(state: RotationState, event: MemberJoined, now: datetime) -> Decision:
    """Invite somebody who belongs to the ritual now; a repeat changes nothing."""
    step = _open_session(state, event.step, now)
    if step is None or event.person in _seated(step):
        return state, ()
    newcomer = Attendee(person=event.person, seat=Seat.PARTICIPANT, required=False, lens=event.lens)
    step = step.model_copy(update={"attendees": (*step.attendees, newcomer)})
    state, heir = _staffed(state, step, _facilitators_place(step), now)
    return state, (_invite(step, heir),) if step.invited_at else ()


def member_left(state: RotationState, event: MemberLeft, now: datetime) -> Decision:
    """Take somebody out who left the program or was erased; what too few are left for is called off."""
    step = _open_session(state, event.step, now)
    if step is None or event.person not in _seated(step):
        return state, ()
    place = _seated(step).index(event.person)
    remaining = _without(step, event.person, now)
    if len(remaining.attendees) < _fewest(state, step):
        state = state.with_step(step.model_copy(update={"phase": Phase.CANCELLED}))
        return state, (Errand(kind=ErrandKind.CALL_OFF, step=step.key),)
    state = state.without_attention(step.key, Concern.DELIVERY_FAILED, person=event.person)
    if state.participant == event.person:
        state = state.model_copy(update={"participant": _line(remaining, place)[0].person})
    state, heir = _staffed(state, remaining, place, now)
    return state, (_invite(step, heir),) if step.invited_at else ()


def _fewest(state: RotationState, step: StepState) -> int:
    """Return how many a session, or an occasion, is held with; a program can be looked at by one alone."""
    alone = state.ritual or step.kind is StepKind.TEMPLATE_REVIEW
    return 1 if alone else FEWEST


def _staffed(
    state: RotationState, step: StepState, place: int, now: datetime
) -> tuple[RotationState, tuple[str, ...]]:
    """Return the session with a facilitator who comes, and whoever is that anew.

    One that too few come to needs a person; no plan can mend it.
    """
    away = frozenset(step.declined)
    coming = came(step.attendees, away)
    state = state.with_step(step)
    if len(coming) <= step.quorum:
        return state.raising(Attention(concern=Concern.TOO_FEW, since=now, step=step.key)), ()
    state = state.without_attention(step.key, Concern.TOO_FEW)
    if any(a.required for a in coming):
        return state, ()
    heir = heir_of(_line(step, place), away)
    changes = {"attendees": led_by(step.attendees, heir), "revision": step.revision + 1}
    state = state.with_step(step.model_copy(update=changes))
    return state.model_copy(update={"participant": heir}), (heir,)


def _line(step: StepState, place: int) -> tuple[Attendee, ...]:
    """Return everybody seated in the order in which they take over from that place on."""
    return (*step.attendees[place:], *step.attendees[:place])


def _facilitators_place(step: StepState) -> int:
    return next((n for n, a in enumerate(step.attendees) if a.required), 0)


def _without(step: StepState, person: str, now: datetime) -> StepState:
    """What was confirmed is asked anew, from now on; the store says at once if it still stands."""
    changes: dict[str, object] = {
        "attendees": tuple(a for a in step.attendees if a.person != person),
        "declined": tuple(p for p in step.declined if p != person),
        "tentative": tuple(p for p in step.tentative if p != person),
    }
    if step.phase is Phase.CONFIRMED:
        changes |= {"phase": Phase.INVITED, "invited_at": now, "reminded_at": None}
    return step.model_copy(update=changes)


def _open_session(state: RotationState, key: str, now: datetime) -> StepState | None:
    step = state.step(key) if state.apart else None
    return step if step and step.phase not in SETTLED and step.starts > now else None


def _seated(step: StepState) -> tuple[str, ...]:
    return tuple(a.person for a in step.attendees)


def _invite(step: StepState, told: tuple[str, ...]) -> Errand:
    return Errand(kind=ErrandKind.INVITE, step=step.key, people=told)
