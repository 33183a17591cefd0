"""Fresh links in place of those whose time is over: by mail, to whom the old one was for, and to nobody else."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.links import LinkClaim
from domain.ports import Composer, Links
from domain.program import Program
from store.audit import note
from store.database import reading, writing
from store.inviting import LINK_LIFE
from store.people import people, program_followed, rotation_row
from store.posting import write_to
from store.still_asked import is_still_asked
from store.tables.mail import OutboxTable
from store.tables.rotations import OccasionTable

FRESH_A_DAY = 3
"""Fresh links that one person is sent in a day; whoever has an old one can ask for them."""

_DAY = timedelta(days=1)
_KIND = LetterKind.FRESH_LINK


class FreshLinks:
    """Sends them; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, composer: Composer, links: Links) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links

    def is_still_asked(self, claim: LinkClaim) -> bool:
        """Return whether what a link was for is still asked of its person; raises DomainError where it is gone."""
        with reading(self._engine) as session:
            return is_still_asked(session, claim)

    def send(self, claim: LinkClaim, now: datetime) -> None:
        """Mail a link that opens the same to its person.

        Nothing is sent to somebody without an address, nor more than ``FRESH_A_DAY``; nobody who asks
        hears of either.
        """
        with writing(self._engine) as session:
            reader = people(session).get(claim.person)
            if reader is None or reader.email is None:
                return
            number = _sent_today(session, reader.ref, now)
            if number == FRESH_A_DAY:
                return
            program = _program_of(session, claim)
            key = f"{_KIND.value}:{reader.ref}:{now.isoformat()}:{number}"
            url = self._links.url(claim, now + LINK_LIFE)
            facts = {"program": program.name}
            write_to(session, self._composer, program, reader, _KIND, key, facts, now, url=url)
            note(session, now, None, f"a fresh link was sent to {reader.ref}")


def _sent_today(session: Session, person: str, now: datetime) -> int:
    query = select(func.count()).where(
        OutboxTable.person == person,
        OutboxTable.kind == _KIND.value,
        OutboxTable.created_at > now - _DAY,
    )
    return session.scalar(query) or 0


def _program_of(session: Session, claim: LinkClaim) -> Program:
    """What somebody is asked before an occasion is opened belongs to no rotation yet."""
    asked = session.get(OccasionTable, claim.rotation)
    cohort = asked.cohort if asked else rotation_row(session, claim.rotation).cohort
    return program_followed(session, cohort, claim.rotation)
