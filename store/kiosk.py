"""Codes for people without mail: entered once at a kiosk or a shared phone, they open the person's own pages."""

import re
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import Engine, Select, delete, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.links import LinkClaim, Purpose
from domain.ports import Links
from domain.value import Moment, Value
from store.audit import note
from store.chance import UNGUESSABLE, short_id
from store.changes import concern_rows
from store.changeviews import change_page
from store.database import quietly, reading
from store.pages import ChangePage, ConcernRow, Named
from store.people import people, program_followed, rotation_row, was_erased
from store.proxies import proxy_in
from store.tables.changes import PolicyTable, ReceiptTable
from store.tables.mail import InviteTable
from store.tables.voices import KioskCodeTable, KioskLeftTable, KioskMissTable
from store.vault import Vault

CODE_LASTS = timedelta(hours=24)

MISSES_AN_HOUR = 60
"""Wrong codes in an hour after which none is taken: 2^40 codes would take longer than any of them lasts."""

LOOKS_BACK = timedelta(days=14)
"""Invites whose step ended so long ago are still shown: what should be heard can be said until then."""

MOST_INVITES = 50
MOST_CHANGES = 30
"""Shown at once, the newest."""

_HOUR = timedelta(hours=1)
_WRONG = "That code is wrong, was used or is too old. Ask whoever gave it to you for a new one."


class OpenInvite(Value):
    """One invite of somebody at a kiosk, with its page."""

    title: str
    starts: Moment
    zone: str
    answer: str
    by: str
    """Who gave the answer in their place; empty where they did."""
    url: str


class OwnChange(Value):
    """A change that somebody at a kiosk has a say in: to weigh, or what came of it; never what they said."""

    change: ChangePage
    answers: tuple[ConcernRow, ...]
    """What was decided about each thing that they said against it, without their words."""
    url: str


class Kiosk:
    """Hands out codes and takes them back; ``now`` is the moment of asking (UTC)."""

    def __init__(
        self, engine: Engine, vault: Vault, links: Links, chance: Random = UNGUESSABLE
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._links = links
        self._chance = chance

    def issue(self, person: str, by: str, now: datetime) -> str:
        """Return a new code, such as ``abcd-efgh``, that replaces an earlier one; ``by`` is who hands it over.

        Raises NotFound for nobody and for who was erased, and Refused for somebody with a mail address,
        whose links come by mail.
        """
        with quietly(self._engine) as session:
            known = people(session).get(person)
            if known is None or was_erased(session, person):
                raise NotFound(f"Nobody is known as '{person}'.")
            if known.email is not None:
                raise Refused(f"{known.name} has a mail address: their links come by mail.")
            code = short_id(self._chance)
            row = session.get(KioskCodeTable, person) or KioskCodeTable(person=person)
            row.digest, row.expires_at = self._digest(code), now + CODE_LASTS
            session.add(row)
            note(session, now, None, f"{by} got a code for {person}")
            return f"{code[:4]}-{code[4:]}"

    def redeem(self, code: str, now: datetime) -> str:
        """Use a code up and return whose it is; raises Refused for a wrong one and after very many."""
        typed = re.sub(r"[^a-z0-9]", "", code.lower())
        with quietly(self._engine) as session:
            session.execute(delete(KioskMissTable).where(KioskMissTable.at < now - _HOUR))
            missed = session.scalar(select(func.count()).select_from(KioskMissTable)) or 0
            query = select(KioskCodeTable).where(KioskCodeTable.digest == self._digest(typed))
            row = session.scalar(query) if missed < MISSES_AN_HOUR else None
            found = row.person if row and _opens(session, row, now) else None
            if row and found:
                session.delete(row)
                note(session, now, None, f"{found} used a code")
            elif missed < MISSES_AN_HOUR:
                session.add(KioskMissTable(at=now))
        if missed >= MISSES_AN_HOUR:
            raise Refused("Very many wrong codes were entered. Try again in an hour.")
        if found is None:
            raise Refused(_WRONG)
        return found

    def without_mail(self, rotation: str) -> tuple[Named, ...]:
        """Return who is invited in a rotation and needs a code for that, by pseudonym."""
        query = select(InviteTable.person).where(
            InviteTable.rotation == rotation, InviteTable.called_off_at.is_(None)
        )
        with reading(self._engine) as session:
            everybody = people(session)
            return tuple(
                Named(ref=person, name=everybody[person].name)
                for person in session.scalars(query.distinct().order_by(InviteTable.person))
                if everybody[person].email is None and not was_erased(session, person)
            )

    def leave(self, person: str, until: datetime) -> None:
        """End a visit: no page of it, or of an earlier one, opens any more."""
        with quietly(self._engine) as session:
            row = session.get(KioskLeftTable, person) or KioskLeftTable(person=person)
            row.until = until
            session.add(row)

    def url(self, person: str, until: datetime) -> str:
        """Return the page with everything that somebody can do here until then."""
        claim = LinkClaim(
            purpose=Purpose.OWN_PAGES, person=person, rotation="", about="", until=until
        )
        return self._links.url(claim, until)

    def invites(self, person: str, until: datetime, now: datetime) -> tuple[OpenInvite, ...]:
        """Return the invites of somebody that still matter, the next first, with links that work until then."""
        with reading(self._engine) as session:
            rows = session.scalars(_mattering(person, now).limit(MOST_INVITES))
            return tuple(self._shown(session, row, until) for row in rows)

    def changes(self, person: str, until: datetime) -> tuple[OwnChange, ...]:
        """Return the changes of which somebody hears in person, the newest first, with links that work until then."""
        theirs = select(ReceiptTable.policy).where(
            ReceiptTable.person == person, ReceiptTable.by_word
        )
        query = select(PolicyTable).where(PolicyTable.id.in_(theirs))
        newest = query.order_by(PolicyTable.proposed_at.desc(), PolicyTable.id).limit(MOST_CHANGES)
        with reading(self._engine) as session:
            return tuple(
                self._change(session, row, person, until) for row in session.scalars(newest)
            )

    def _change(
        self, session: Session, row: PolicyTable, person: str, until: datetime
    ) -> OwnChange:
        claim = LinkClaim(
            purpose=Purpose.CONCERN,
            person=person,
            rotation=row.rotation,
            about=row.id,
            until=until,
        )
        mine = {one.id for one in concern_rows(session, row.id) if one.person == person}
        change = change_page(session, row)
        answers = tuple(
            one.model_copy(update={"text": "", "by": ""})
            for one in change.concerns
            if one.id in mine and one.decision
        )
        return OwnChange(
            change=change.model_copy(update={"concerns": ()}),
            answers=answers,
            url=self._links.url(claim, until),
        )

    def proxy_url(self, person: str, until: datetime, now: datetime) -> str:
        """Return the page on which somebody chooses a proxy; empty while they are invited to nothing."""
        with reading(self._engine) as session:
            row = session.scalars(_mattering(person, now)).first()
        if row is None:
            return ""
        claim = LinkClaim(
            purpose=Purpose.CHOOSE_PROXY,
            person=person,
            rotation=row.rotation,
            about=Purpose.PROXY.value,
            until=until,
        )
        return self._links.url(claim, row.ends + LOOKS_BACK)

    def _shown(self, session: Session, row: InviteTable, until: datetime) -> OpenInvite:
        cohort = rotation_row(session, row.rotation).cohort
        program = program_followed(session, cohort, row.rotation)
        everybody, by = people(session), proxy_in(row.answered_by)
        claim = LinkClaim(
            purpose=Purpose.ANSWER,
            person=row.person,
            rotation=row.rotation,
            about=row.uid,
            step=row.step,
            until=until,
        )
        return OpenInvite(
            title=program.step(row.step).title,
            starts=row.starts,
            zone=row.zone,
            answer=row.answer,
            by=everybody[by].name if by else "",
            url=self._links.url(claim, row.ends + LOOKS_BACK),
        )

    def _digest(self, code: str) -> str:
        return self._vault.mark_apart(f"kiosk:{code}")


def left_kiosk(engine: Engine, claim: LinkClaim) -> bool:
    """Return whether somebody has ended the visit to a kiosk that a claim belongs to."""
    if claim.until is None:
        return False
    with reading(engine) as session:
        row = session.get(KioskLeftTable, claim.person)
        return row is not None and claim.until <= row.until


def _opens(session: Session, code: KioskCodeTable, now: datetime) -> bool:
    return code.expires_at > now and not was_erased(session, code.person)


def _mattering(person: str, now: datetime) -> Select[InviteTable]:
    query = select(InviteTable).where(
        InviteTable.person == person,
        InviteTable.called_off_at.is_(None),
        InviteTable.ends > now - LOOKS_BACK,
    )
    return query.order_by(InviteTable.starts)
