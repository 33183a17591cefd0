"""Whether what a signed link was for is still asked of its person: one question for each purpose."""

from collections.abc import Callable

from sqlalchemy.orm import Session

from domain.due import says_whether_held
from domain.links import LinkClaim, Purpose
from domain.policy import PolicyPhase, PolicyState
from domain.program import StepKind
from domain.rotation import SETTLED, Phase, RotationState, StepState
from store.answers import held_row
from store.changes import policy_row
from store.inviting import open_invites
from store.people import coordinator_of, people, program_of, state_of, step_of
from store.sayings import written_by
from store.tables.mail import InviteTable
from store.tables.rotations import ASKING, OccasionTable


def is_still_asked(session: Session, claim: LinkClaim) -> bool:
    """Return whether a link's person is still asked what it was for; raises DomainError where that is gone.

    True for each purpose that has no question here: its page opens to nobody else, and while it is asked.
    """
    asks = _ASKS.get(claim.purpose)
    return asks is None or asks(session, claim)


def _consent(session: Session, claim: LinkClaim) -> bool:
    state, mine = state_of(session, claim.rotation), (claim.about, claim.person)
    return not state.ending and mine in {(g.gate.value, g.person) for g in state.open_gates}


def _answer(session: Session, claim: LinkClaim) -> bool:
    state, step = _around(session, claim)
    invited = {invite.person for invite in open_invites(session, state.rotation, step.key)}
    return _goes_on(state, step) and claim.person in invited


def _held(session: Session, claim: LinkClaim) -> bool:
    state, step = _around(session, claim)
    return _goes_on(state, step) and says_whether_held(step, claim.person)


def _reflect(session: Session, claim: LinkClaim) -> bool:
    """What was written stays its writer's to read, and to write anew."""
    state, step = _around(session, claim)
    if claim.person != state.participant or step.kind is not StepKind.REFLECTION:
        return False
    can_begin = not state.ending and step.phase is not Phase.CANCELLED
    return can_begin or written_by(session, state.rotation, step.key, claim.person) is not None


def _thank(session: Session, claim: LinkClaim) -> bool:
    return _participant_has_open(session, claim, StepKind.THANKS)


def _propose(session: Session, claim: LinkClaim) -> bool:
    return _participant_has_open(session, claim, StepKind.PROPOSAL)


def _release(session: Session, claim: LinkClaim) -> bool:
    _, step = _around(session, claim)
    return step.phase is Phase.SHOWN


def _tension(session: Session, claim: LinkClaim) -> bool:
    return not state_of(session, claim.rotation).ending


def _vouch(session: Session, claim: LinkClaim) -> bool:
    invite = session.get(InviteTable, held_row(session, int(claim.about)).uid)
    return invite is not None and invite.person == claim.person


def _invite(session: Session, claim: LinkClaim) -> bool:
    row = session.get(OccasionTable, claim.rotation)
    if row is None or row.phase != ASKING:
        return False
    coordinator = coordinator_of(program_of(session, row.cohort), people(session))
    return coordinator is not None and coordinator.ref == claim.person


def _concern(session: Session, claim: LinkClaim) -> bool:
    row = policy_row(session, claim.about)
    shown_to = PolicyState.model_validate(row.state).voices if row.state else ()
    return row.decided_at is None and claim.person in shown_to


def _decide(session: Session, claim: LinkClaim) -> bool:
    return policy_row(session, claim.about).decided_at is None


def _measure(session: Session, claim: LinkClaim) -> bool:
    return policy_row(session, claim.about).phase == PolicyPhase.IN_FORCE


def _around(session: Session, claim: LinkClaim) -> tuple[RotationState, StepState]:
    state = state_of(session, claim.rotation)
    return state, step_of(state, claim.step or "")


def _goes_on(state: RotationState, step: StepState) -> bool:
    return not state.ending and step.phase not in SETTLED


def _participant_has_open(session: Session, claim: LinkClaim, kind: StepKind) -> bool:
    state, step = _around(session, claim)
    return claim.person == state.participant and step.kind is kind and _goes_on(state, step)


_ASKS: dict[Purpose, Callable[[Session, LinkClaim], bool]] = {
    Purpose.CONSENT: _consent,
    Purpose.ANSWER: _answer,
    Purpose.HELD: _held,
    Purpose.REFLECT: _reflect,
    Purpose.THANK: _thank,
    Purpose.PROPOSE: _propose,
    Purpose.RELEASE: _release,
    Purpose.TENSION: _tension,
    Purpose.VOUCH: _vouch,
    Purpose.INVITE: _invite,
    Purpose.CONCERN: _concern,
    Purpose.DECIDE: _decide,
    Purpose.MEASURE: _measure,
}
