"""Proposals of another time (COUNTER): kept, shown, taken or declined, each once."""

from datetime import datetime

from sqlalchemy import Engine, Select, exists, select
from sqlalchemy.orm import Session, aliased

from domain.errors import NotFound, Refused
from domain.events import Reschedule
from domain.incoming import Incoming
from domain.moves import refuse
from domain.ports import Composer, Links
from domain.rotation import SETTLED, Answer, RotationState
from domain.telling import dispatch
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.inviting import Inviter
from store.news import tell_rotation
from store.people import rotation_row, state_of
from store.reactions import send_again
from store.tables.mail import InviteTable, ProposedTimeTable
from store.tables.people import CohortTable
from store.tables.rotations import RotationTable

_OTHERS = aliased(InviteTable)
_others_accepted = exists().where(
    _OTHERS.rotation == InviteTable.rotation,
    _OTHERS.step == InviteTable.step,
    _OTHERS.person != InviteTable.person,
    _OTHERS.called_off_at.is_(None),
    _OTHERS.answer == Answer.ACCEPTED.value,
)
_programs_take_them = exists().where(
    RotationTable.id == InviteTable.rotation,
    CohortTable.key == RotationTable.cohort,
    CohortTable.program["take_proposals"].as_boolean(),
)

_SETTLED = "That proposal was settled already, or the step has another time by now."


class ProposedTime(Value):
    """Somebody's open wish for another time of one step (UTC)."""

    number: int
    """Of the mail that it came with."""
    rotation: str
    step: str
    person: str
    starts: Moment
    comment: str
    at: Moment


class ProposedTimes:
    """Settles proposals; ``now`` is when a program manager decides (UTC)."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def open(self, rotation: str | None = None) -> tuple[ProposedTime, ...]:
        """Return the proposals that wait for a decision, of one rotation or of all, the oldest first."""
        with reading(self._engine) as session:
            return tuple(open_proposals(session, rotation))

    def harmless(self) -> tuple[ProposedTime, ...]:
        """Return the open proposals that programs take by themselves, unless another step has to move."""
        with reading(self._engine) as session:
            return tuple(
                _standing(session, _open_rows().where(_programs_take_them, ~_others_accepted))
            )

    def get(self, number: int) -> ProposedTime:
        """Return one open proposal; raises NotFound when it is settled or there was none."""
        found = next((one for one in self.open() if one.number == number), None)
        if found is None:
            raise NotFound(_SETTLED)
        return found

    def take(self, number: int, now: datetime) -> None:
        """Ask the rotation to move the step there; whoever is concerned is invited anew."""
        with writing(self._engine) as session:
            row, invite = self._open(session, number)
            event = Reschedule(step=invite.step, starts=row.starts)
            refuse(state_of(session, invite.rotation), event, now)
            tell_rotation(session, invite.rotation, f"proposed-time:{number}", event, now)
            row.settled_at, row.outcome, row.comment = now, "taken", ""
            said = f"proposal of {invite.person} for {invite.step} taken"
            note(session, now, invite.rotation, said)

    def decline(self, number: int, now: datetime) -> None:
        """Tell who proposed it, and nobody else, that the time stays, and send them the invite again.

        Source: RFC 5546 section 3.2.8; programs that don't know DECLINECOUNTER see the invite.
        """
        with writing(self._engine) as session:
            row, invite = self._open(session, number)
            state = state_of(session, invite.rotation)
            about = dispatch(state, (), now)
            inviter = Inviter(session, self._composer, self._links, about)
            inviter.decline_proposal(invite, number)
            send_again(session, invite, f"declined-{number}", now)
            row.settled_at, row.outcome, row.comment = now, "declined", ""
            said = f"proposal of {invite.person} for {invite.step} declined"
            note(session, now, invite.rotation, said)

    def _open(self, session: Session, number: int) -> tuple[ProposedTimeTable, InviteTable]:
        found = session.execute(_open_rows().where(ProposedTimeTable.number == number)).first()
        if found is None or not _still_stands(session, found[1]):
            raise Refused(_SETTLED)
        return found[0], found[1]


def keep_proposal(session: Session, read: Incoming, number: int, now: datetime) -> None:
    """Keep what somebody proposes, until they answer anew."""
    if read.proposed_starts is None:
        return
    session.add(
        ProposedTimeTable(
            number=number,
            uid=read.uid,
            sequence=read.sequence,
            starts=read.proposed_starts,
            ends=read.proposed_ends,
            comment=read.comment,
            at=now,
        )
    )
    session.flush()


def replace_proposals(session: Session, uid: str, now: datetime) -> None:
    """Settle what somebody proposed for an invite: whatever they say next takes its place."""
    earlier = select(ProposedTimeTable).where(
        ProposedTimeTable.uid == uid, ProposedTimeTable.settled_at.is_(None)
    )
    for row in session.scalars(earlier):
        row.settled_at, row.outcome, row.comment = now, "replaced", ""


def last_proposed(session: Session, invite: InviteTable) -> datetime | None:
    """Return the time that was proposed last for an invite as it stands, whatever became of that."""
    query = select(ProposedTimeTable.starts).where(
        ProposedTimeTable.uid == invite.uid, ProposedTimeTable.sequence == invite.sequence
    )
    return session.scalar(query.order_by(ProposedTimeTable.number.desc()).limit(1))


def open_proposals(session: Session, rotation: str | None = None) -> list[ProposedTime]:
    """Return the proposals that wait for a decision, of one rotation or of all, the oldest first."""
    query = _open_rows()
    if rotation:
        query = query.where(InviteTable.rotation == rotation)
    return _standing(session, query)


def _standing(
    session: Session, query: Select[ProposedTimeTable, InviteTable]
) -> list[ProposedTime]:
    return [
        ProposedTime(
            number=row.number,
            rotation=invite.rotation,
            step=invite.step,
            person=invite.person,
            starts=row.starts,
            comment=row.comment,
            at=row.at,
        )
        for row, invite in session.execute(query.order_by(ProposedTimeTable.number))
        if _still_stands(session, invite)
    ]


def _open_rows() -> Select[ProposedTimeTable, InviteTable]:
    """Open proposals for the current time of an invite; a newer time has answered the others."""
    return (
        select(ProposedTimeTable, InviteTable)
        .join(InviteTable, InviteTable.uid == ProposedTimeTable.uid)
        .where(
            ProposedTimeTable.settled_at.is_(None),
            ProposedTimeTable.sequence == InviteTable.sequence,
            InviteTable.called_off_at.is_(None),
        )
    )


def _still_stands(session: Session, invite: InviteTable) -> bool:
    state = rotation_row(session, invite.rotation).state
    step = RotationState.model_validate(state).step(invite.step) if state else None
    return step is not None and step.phase not in SETTLED
