"""Who arranges what somebody needs for a step: they are written to, once each time it is asked."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.people import Person
from domain.ports import Composer, Links
from domain.program import Program
from domain.rotation import RotationState
from store.coordinating import tell_coordinator
from store.inviting import LINK_LIFE, open_invites, public_title
from store.people import coordinator_of, people, program_followed, state_of
from store.tables.mail import InviteTable
from store.tables.words import NeedTable


class Arranging:
    """Asks for what is needed, inside the transaction of whoever knows of it; ``now`` is the moment of it (UTC)."""

    def __init__(self, session: Session, composer: Composer, links: Links, now: datetime) -> None:
        self._session = session
        self._composer = composer
        self._links = links
        self._now = now

    def ask_anew(self, invite: InviteTable, row: NeedTable) -> None:
        """Have it read and arranged once more, whatever was said of it before."""
        row.asked_at, row.read_at, row.arranged_at = self._now, None, None
        row.starts, row.host, row.place = _when_and_where(invite)

    def follow(self, row: NeedTable) -> None:
        """Let a need go with the invite of its writer: asked anew for another time or place, gone without one."""
        invite = self._standing(row)
        if invite is None:
            self._session.delete(row)
            return
        row.uid = invite.uid
        if _when_and_where(row) != _when_and_where(invite):
            self.ask_anew(invite, row)
        self.tell(invite, row)

    def _standing(self, row: NeedTable) -> InviteTable | None:
        """Their invite, or the one to the same step that came in its place."""
        known = self._session.get_one(InviteTable, row.uid)
        standing = open_invites(self._session, known.rotation, known.step)
        return next((invite for invite in standing if invite.person == row.person), None)

    def tell(self, invite: InviteTable, row: NeedTable) -> None:
        """Write to whoever reads it by now, unless it is arranged; the mail says neither who nor what."""
        state, program = of_invite(self._session, invite)
        reader = reader_of(self._session, invite)
        if reader is None or row.arranged_at:
            return
        language = reader.language_in(program.language)
        claim = LinkClaim(
            purpose=Purpose.NEED,
            person=reader.ref,
            rotation=state.rotation,
            about=invite.uid,
            step=invite.step,
        )
        tell_coordinator(
            self._session,
            self._composer,
            program,
            LetterKind.READ_NEED,
            f"{invite.uid}:{reader.ref}:{row.asked_at.isoformat()}",
            {
                "program": program.name,
                "title": public_title(program.step(invite.step), language),
                "when": wall_time(invite.starts, invite.zone, language),
            },
            self._links.url(claim, invite.ends + LINK_LIFE),
            self._now,
        )


def follow_invites(
    session: Session,
    composer: Composer,
    links: Links,
    invites: Iterable[InviteTable],
    now: datetime,
) -> None:
    """Let what people need go with these invites of theirs, moved or called off."""
    uids = {invite.uid for invite in invites}
    arranging = Arranging(session, composer, links, now)
    for row in session.scalars(select(NeedTable).where(NeedTable.uid.in_(uids))).all():
        arranging.follow(row)


def _when_and_where(one: InviteTable | NeedTable) -> tuple[datetime, str | None, str | None]:
    return one.starts, one.host, one.place


def of_invite(session: Session, invite: InviteTable) -> tuple[RotationState, Program]:
    """Return the rotation that an invite belongs to, and the program that it follows."""
    state = state_of(session, invite.rotation)
    return state, program_followed(session, state.cohort, state.rotation)


def reader_of(session: Session, invite: InviteTable) -> Person | None:
    """Return the coordinator, where a code can reach them; nobody writes to themselves."""
    found = coordinator_of(of_invite(session, invite)[1], people(session))
    return found if found and found.email and found.ref != invite.person else None
