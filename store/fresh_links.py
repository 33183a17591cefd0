"""Fresh links in place of those whose time is over: by mail, to whom the old one was for, and to nobody else."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.invites import LetterKind
from domain.links import LinkClaim
from domain.ports import Composer, Links
from domain.program import Program
from store.audit import note
from store.database import writing
from store.inviting import LINK_LIFE
from store.people import people, program_followed, rotation_row
from store.posting import write_to
from store.reading_codes import ReadingCodes
from store.tables.rotations import OccasionTable


class FreshLinks:
    """Sends them; ``now`` is the moment of asking (UTC)."""

    def __init__(
        self, engine: Engine, composer: Composer, links: Links, codes: ReadingCodes
    ) -> None:
        self._engine = engine
        self._composer = composer
        self._links = links
        self._codes = codes

    def send(self, claim: LinkClaim, now: datetime) -> None:
        """Mail a link that opens the same to its person; nobody without an address hears of it.

        It counts as one of the codes that they can ask for in a day: raises Refused after too many.
        """
        with writing(self._engine) as session:
            reader = people(session).get(claim.person)
            if reader is None or reader.email is None:
                return
            number = self._codes.count(session, reader.ref, now).asked
            program = _program_of(session, claim)
            kind = LetterKind.FRESH_LINK
            key = f"{kind.value}:{reader.ref}:{now.isoformat()}:{number}"
            url = self._links.url(claim, now + LINK_LIFE)
            facts = {"program": program.name}
            write_to(session, self._composer, program, reader, kind, key, facts, now, url=url)
            note(session, now, None, f"{reader.ref} asked for a fresh link")


def _program_of(session: Session, claim: LinkClaim) -> Program:
    """What somebody is asked before an occasion is opened belongs to no rotation yet."""
    asked = session.get(OccasionTable, claim.rotation)
    cohort = asked.cohort if asked else rotation_row(session, claim.rotation).cohort
    return program_followed(session, cohort, claim.rotation)
