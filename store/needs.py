"""Needs: what would make a step work for somebody who is invited. The coordinator alone reads it, and says when it is arranged."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.ports import Composer, Links
from domain.value import Moment, Value
from store.arranging import Arranging, of_invite, reader_of
from store.audit import note
from store.database import reading, writing
from store.people import people, state_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.mail import InviteTable
from store.tables.words import NeedTable
from store.vault import Vault

LONGEST_NEED = 1000
"""Characters."""

KEPT = timedelta(days=30)
"""After the end of the step: then the words go."""

ASKED_ANEW = "Something has changed since you read it. Open it once more, with a new code, before you say that it is arranged."

_NOTHING = "There is nothing here for you to read, or not any more."


class OwnNeed(Value):
    """What somebody who is invited sees of their need: never its words."""

    reader_name: str
    """Who reads it; empty where nobody can any more."""
    written_at: Moment | None
    arranged_at: Moment | None


class NeedPage(Value):
    """What the coordinator sees; ``name`` and ``words`` are empty until a code opens them."""

    title: str
    starts: Moment
    zone: str
    written_at: Moment
    arranged_at: Moment | None
    name: str = ""
    words: str = ""


class Needs:
    """Keeps needs, by the UID of the invite that they are about; ``now`` is the moment of it (UTC)."""

    def __init__(
        self, engine: Engine, vault: Vault, composer: Composer, links: Links, codes: ReadingCodes
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._composer = composer
        self._links = links
        self._codes = codes

    def own(self, uid: str) -> OwnNeed | None:
        """Return how it is with the need of who is invited; None where there is none and nobody could read one."""
        with reading(self._engine) as session:
            invite = session.get(InviteTable, uid)
            reader = reader_of(session, invite) if invite else None
            row = session.get(NeedTable, uid)
            if reader is None and row is None:
                return None
            return OwnNeed(
                reader_name=reader.name if reader else "",
                written_at=row.written_at if row else None,
                arranged_at=row.arranged_at if row else None,
            )

    def say(self, uid: str, words: str, now: datetime) -> bool:
        """Keep what somebody needs in place of what they said before; without words, take it back.

        Returns whether there is one now. Raises Refused for too many words, and where nobody could read them; they can always be taken back.
        """
        if len(words) > LONGEST_NEED:
            raise Refused(f"Keep it to {LONGEST_NEED} characters; it has {len(words)}.")
        with writing(self._engine) as session:
            invite = session.get(InviteTable, uid)
            if invite is None or (words and not _can_be_asked(session, invite)):
                raise Refused("Nobody could read this here. Tell the contact named in the invite.")
            if words:
                self._keep(session, invite, words, now)
            else:
                session.execute(delete(NeedTable).where(NeedTable.uid == uid))
            did = (
                "wrote to the coordinator" if words else "took back what the coordinator was asked"
            )
            note(session, now, None, f"{invite.person} {did}")
        return bool(words)

    def page(self, uid: str, reader: str) -> NeedPage:
        """Return that there is a need, without a word; raises NotFound for all but the coordinator."""
        with reading(self._engine) as session:
            invite, row = _of_reader(session, uid, reader)
            return self._page(session, invite, row)

    def ask_code(self, uid: str, reader: str, now: datetime) -> None:
        """Send a code to the coordinator's own address."""
        with writing(self._engine) as session:
            invite, _ = _of_reader(session, uid, reader)
            state = state_of(session, invite.rotation)
            self._codes.send(session, state, invite.step, reader, now, listed=False)

    def read(self, uid: str, reader: str, code: str, now: datetime) -> NeedPage:
        """Return the words to the coordinator; a code opens them once.

        Raises Refused for a code that is wrong, used or too old.
        """
        with writing(self._engine) as session:
            invite, row = _of_reader(session, uid, reader)
            right = self._codes.redeem(session, reader, code, now)
            if right:
                row.read_at = now
            shown = self._opened(session, invite, row) if right else None
        if shown is None:
            raise Refused(WRONG_CODE)
        return shown

    def arrange(self, uid: str, reader: str, shown: datetime | None, now: datetime) -> None:
        """Tell who wrote that it is arranged; the first word stands.

        ``shown`` is when the words were written that the reader saw. Raises Refused where others stand
        there by now, or where nobody has read what is asked.
        """
        with writing(self._engine) as session:
            _, row = _of_reader(session, uid, reader)
            if row.read_at is None or row.written_at != shown:
                raise Refused(ASKED_ANEW)
            row.arranged_at = row.arranged_at or now
            note(session, now, None, f"{reader} arranged what {row.person} asked for")

    def ask_again(self, now: datetime) -> None:
        """Tell whoever looks after the program by now of what is still to come and not arranged, each once.

        What goes with an invite that moved is asked anew here too.
        """
        to_come = select(InviteTable.uid).where(InviteTable.ends > now)
        with writing(self._engine) as session:
            arranging = self._arranging(session, now)
            for row in session.scalars(select(NeedTable).where(NeedTable.uid.in_(to_come))).all():
                arranging.follow(row)

    def forget(self, now: datetime) -> None:
        """Let go of needs whose step has been over for long enough."""
        over = select(InviteTable.uid).where(InviteTable.ends < now - KEPT)
        with writing(self._engine) as session:
            session.execute(delete(NeedTable).where(NeedTable.uid.in_(over)))

    def _keep(self, session: Session, invite: InviteTable, words: str, now: datetime) -> None:
        """Words that nobody has read yet are asked for already; what comes in their place needs no other letter."""
        row = session.get(NeedTable, invite.uid)
        unread = row is not None and row.read_at is None
        row = row or NeedTable(uid=invite.uid, person=invite.person)
        row.sealed, row.written_at = self._vault.seal(session, invite.person, words), now
        arranging = self._arranging(session, now)
        if not unread:
            arranging.ask_anew(invite, row)
        session.add(row)
        arranging.tell(invite, row)

    def _arranging(self, session: Session, now: datetime) -> Arranging:
        return Arranging(session, self._composer, self._links, now)

    def _page(self, session: Session, invite: InviteTable, row: NeedTable) -> NeedPage:
        _, program = of_invite(session, invite)
        return NeedPage(
            title=program.step(invite.step).title,
            starts=invite.starts,
            zone=invite.zone,
            written_at=row.written_at,
            arranged_at=row.arranged_at,
        )

    def _opened(self, session: Session, invite: InviteTable, row: NeedTable) -> NeedPage:
        words = self._vault.open(session, row.person, row.sealed)
        opened = {"name": people(session)[row.person].name, "words": words}
        return self._page(session, invite, row).model_copy(update=opened)


def _can_be_asked(session: Session, invite: InviteTable) -> bool:
    return not invite.called_off_at and reader_of(session, invite) is not None


def _of_reader(session: Session, uid: str, reader: str) -> tuple[InviteTable, NeedTable]:
    invite, row = session.get(InviteTable, uid), session.get(NeedTable, uid)
    known = reader_of(session, invite) if invite else None
    if invite is None or row is None or known is None or known.ref != reader:
        raise NotFound(_NOTHING)
    return invite, row
