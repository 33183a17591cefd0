"""Codes that let somebody read their own words again: sent to their own address, good once and for a while."""

import hmac
from datetime import datetime, timedelta
from random import Random

from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.ports import Composer, Links
from domain.rotation import RotationState
from domain.telling import dispatch
from store.chance import UNGUESSABLE
from store.letters import LetterDesk
from store.people import people
from store.tables.voices import ReadingCodeTable
from store.vault import Vault

CODE_LIFE = timedelta(minutes=15)
"""How long a code opens what somebody wrote."""

CODE_TRIES = 5
"""Wrong codes after which a new one is needed."""

CODES_A_DAY = 10
"""Codes that one person can ask for in a day."""

WRONG_CODE = "That code is wrong or too old. Check the mail, or ask for a new one."

_DAY = timedelta(days=1)


class ReadingCodes:
    """Sends codes and takes them back, inside the transaction of whoever asks."""

    def __init__(
        self, vault: Vault, composer: Composer, links: Links, chance: Random = UNGUESSABLE
    ) -> None:
        self._vault = vault
        self._composer = composer
        self._links = links
        self._chance = chance

    def send(
        self,
        session: Session,
        state: RotationState,
        step: str,
        person: str,
        now: datetime,
        *,
        listed: bool = True,
    ) -> None:
        """Send a code, which replaces any earlier one; raises Refused without an address or after too many.

        Unless ``listed``, the rotation's page does not tell that one was asked for.
        """
        if people(session)[person].email is None:
            raise Refused(
                "No mail address is known of you, so no code can be sent. Ask whoever looks after the "
                "program to note one."
            )
        row = _count(session, person, now)
        code = f"{self._chance.randrange(10**6):06}"
        row.tries, row.expires_at = 0, now + CODE_LIFE
        row.sealed = self._vault.seal(session, person, code)
        letters = LetterDesk(session, self._composer, self._links, dispatch(state, (), now))
        letters.send_code(person, step, code, row.asked, listed=listed)

    def redeem(self, session: Session, person: str, code: str, now: datetime) -> bool:
        """Return whether a code is the right one, which uses it up; a wrong one is counted."""
        row = session.get(ReadingCodeTable, person)
        if row is None or row.sealed is None or now > row.expires_at or row.tries >= CODE_TRIES:
            return False
        right = self._vault.open(session, person, row.sealed)
        if hmac.compare_digest(right.encode(), code.strip().encode()):
            row.sealed = None
            return True
        row.tries += 1
        return False


def _count(session: Session, person: str, now: datetime) -> ReadingCodeTable:
    """Count one more code that somebody asks for today; raises Refused after too many."""
    row = session.get(ReadingCodeTable, person)
    if row is None or now - row.counted_since > _DAY:
        row = row or ReadingCodeTable(person=person, expires_at=now)
        row.counted_since, row.asked = now, 0
    if row.asked == CODES_A_DAY:
        raise Refused("You asked for many codes today. Try again tomorrow.")
    row.asked += 1
    session.add(row)
    return row
