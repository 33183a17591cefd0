"""Who is signed in: one-time login links and the sessions they open.

Tokens have 256 random bits; the database keeps their SHA-256 digests, so that nobody can sign in
with what a backup holds.
"""

import base64
import hashlib
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import CursorResult, Engine, delete
from sqlalchemy.orm import Session

from domain.errors import Refused
from domain.links import LinkOver
from domain.roles import Role
from domain.value import Value
from store import audit
from store.database import quietly, reading
from store.tables.installation import LoginLinkTable, SessionTable

SESSION_LASTS = timedelta(days=7)
LINK_LASTS = timedelta(hours=24)
LONGEST_LINK = timedelta(days=7)
LONGEST_NAME = 64

_OVER = "This login link was used or its time is over. Ask whoever sent it for a new one."


class Visitor(Value):
    """Somebody who is signed in."""

    who: str
    role: Role


class Visitors:
    """Hands out login links, opens and ends sessions."""

    def __init__(self, engine: Engine, chance: Random) -> None:
        self._engine = engine
        self._chance = chance

    def invite(self, who: str, role: Role, lasts: timedelta, now: datetime) -> str:
        """Return the token of a new one-time login link.

        Raises Refused for an empty or longer name than 64 characters, or a link that lasts
        longer than a week.
        """
        name = who.strip()
        if not 0 < len(name) <= LONGEST_NAME:
            raise Refused(f"A name has 1 to {LONGEST_NAME} characters.")
        if not timedelta(0) < lasts <= LONGEST_LINK:
            raise Refused(f"A login link lasts at most {LONGEST_LINK.days} days.")
        token = self._token()
        with quietly(self._engine) as session:
            _forget_what_ran_out(session, now)
            session.add(
                LoginLinkTable(
                    digest=_digest(token), who=name, role=role.value, expires_at=now + lasts
                )
            )
            audit.note(session, now, None, f"A login link was made for {role.value}.")
        return token

    def invited(self, token: str, now: datetime) -> Visitor:
        """Return whom a link is for, without using it up; raises LinkOver."""
        with reading(self._engine) as session:
            return _visitor(_valid(session.get(LoginLinkTable, _digest(token)), now))

    def sign_in(self, token: str, now: datetime) -> tuple[str, Visitor]:
        """Use a link up and return the token of the session that it opens; raises LinkOver."""
        with quietly(self._engine) as session:
            link = _valid(session.get(LoginLinkTable, _digest(token)), now)
            visitor = _visitor(link)
            session.delete(link)
            opened = self._token()
            session.add(
                SessionTable(
                    digest=_digest(opened),
                    who=visitor.who,
                    role=visitor.role.value,
                    expires_at=now + SESSION_LASTS,
                )
            )
            audit.note(session, now, None, f"Somebody signed in as {visitor.role.value}.")
        return opened, visitor

    def visitor(self, token: str, now: datetime) -> Visitor | None:
        """Return who holds a session; None when it ended or never was."""
        with reading(self._engine) as session:
            found = session.get(SessionTable, _digest(token))
            return _visitor(found) if found and found.expires_at > now else None

    def sign_out(self, token: str) -> None:
        """End one session."""
        with quietly(self._engine) as session:
            session.execute(delete(SessionTable).where(SessionTable.digest == _digest(token)))

    def sign_out_everywhere(self, who: str, now: datetime) -> int:
        """End every session and link of a name and return how many there were."""
        ended = 0
        with quietly(self._engine) as session:
            for table in (SessionTable, LoginLinkTable):
                done = session.execute(delete(table).where(table.who == who.strip()))
                ended += done.rowcount if isinstance(done, CursorResult) else 0
            audit.note(session, now, None, f"{ended} sessions and login links were ended.")
        return ended

    def _token(self) -> str:
        return base64.urlsafe_b64encode(self._chance.randbytes(32)).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _visitor(row: LoginLinkTable | SessionTable) -> Visitor:
    return Visitor(who=row.who, role=Role(row.role))


def _valid(link: LoginLinkTable | None, now: datetime) -> LoginLinkTable:
    if link is None or link.expires_at <= now:
        raise LinkOver(_OVER)
    return link


def _forget_what_ran_out(session: Session, now: datetime) -> None:
    for table in (SessionTable, LoginLinkTable):
        session.execute(delete(table).where(table.expires_at <= now))
