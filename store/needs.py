"""Needs: what would make a step work for somebody who is invited. The coordinator alone reads it, and says when it is arranged."""

from datetime import datetime, timedelta

from sqlalchemy import Engine, delete, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.invites import LetterKind
from domain.links import LinkClaim, Purpose
from domain.moments import wall_time
from domain.people import Person
from domain.ports import Composer, Links
from domain.program import Program
from domain.rotation import RotationState
from domain.value import Moment, Value
from store.audit import note
from store.coordinating import tell_coordinator
from store.database import reading, writing
from store.inviting import LINK_LIFE, public_title
from store.people import coordinator_of, people, program_followed, state_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.mail import InviteTable
from store.tables.words import NeedTable
from store.vault import Vault

LONGEST_NEED = 1000
"""Characters."""

KEPT = timedelta(days=30)
"""After the end of the step: then the words go."""

_NOTHING = "There is nothing here for you to read, or not any more."


class OwnNeed(Value):
    """What somebody who is invited sees of their need: never its words."""

    reader_name: str
    """Who reads it."""
    written_at: Moment | None
    arranged_at: Moment | None


class NeedPage(Value):
    """What the coordinator sees; ``name`` and ``words`` are empty until a code opens them."""

    title: str
    starts: Moment
    zone: str
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
        """Return how it is with the need of who is invited; None where nobody could read one."""
        with reading(self._engine) as session:
            invite = session.get(InviteTable, uid)
            reader = _reader(session, invite) if invite else None
            if reader is None:
                return None
            row = session.get(NeedTable, uid)
            return OwnNeed(
                reader_name=reader.name,
                written_at=row.written_at if row else None,
                arranged_at=row.arranged_at if row else None,
            )

    def say(self, uid: str, words: str, now: datetime) -> bool:
        """Keep what somebody needs in place of what they said before; without words, take it back.

        Returns whether there is one now. Raises Refused for too many words, and where nobody could read them.
        """
        if len(words) > LONGEST_NEED:
            raise Refused(f"Keep it to {LONGEST_NEED} characters; it has {len(words)}.")
        with writing(self._engine) as session:
            invite = session.get(InviteTable, uid)
            if invite is None or invite.called_off_at or _reader(session, invite) is None:
                raise Refused("Nobody could read this here. Tell the contact named in the invite.")
            if words:
                self._keep(session, invite, words, now)
            else:
                session.execute(delete(NeedTable).where(NeedTable.uid == uid))
            note(session, now, None, f"{invite.person} wrote to the coordinator")
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
            shown = self._opened(session, invite, row) if right else None
        if shown is None:
            raise Refused(WRONG_CODE)
        return shown

    def arrange(self, uid: str, reader: str, now: datetime) -> None:
        """Tell who wrote that it is arranged; the first word stands."""
        with writing(self._engine) as session:
            _, row = _of_reader(session, uid, reader)
            row.arranged_at = row.arranged_at or now
            note(session, now, None, f"{reader} arranged what {row.person} asked for")

    def forget(self, now: datetime) -> None:
        """Let go of needs whose step has been over for long enough."""
        over = select(InviteTable.uid).where(InviteTable.ends < now - KEPT)
        with writing(self._engine) as session:
            session.execute(delete(NeedTable).where(NeedTable.uid.in_(over)))

    def _keep(self, session: Session, invite: InviteTable, words: str, now: datetime) -> None:
        row = session.get(NeedTable, invite.uid)
        arranged = row.arranged_at if row else None
        row = row or NeedTable(uid=invite.uid, person=invite.person)
        row.sealed = self._vault.seal(session, invite.person, words)
        row.written_at, row.arranged_at = now, None
        session.add(row)
        self._tell(session, invite, f"{invite.uid}:{arranged}" if arranged else invite.uid, now)

    def _tell(self, session: Session, invite: InviteTable, about: str, now: datetime) -> None:
        """Once, and again for what is asked after it was arranged; the mail says neither who nor what."""
        state, program = _of_invite(session, invite)
        reader = coordinator_of(program, people(session))
        if reader is None:
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
            session,
            self._composer,
            program,
            LetterKind.READ_NEED,
            about,
            {
                "program": program.name,
                "title": public_title(program.step(invite.step), language),
                "when": wall_time(invite.starts, invite.zone, language),
            },
            self._links.url(claim, invite.ends + LINK_LIFE),
            now,
        )

    def _page(self, session: Session, invite: InviteTable, row: NeedTable) -> NeedPage:
        _, program = _of_invite(session, invite)
        return NeedPage(
            title=program.step(invite.step).title,
            starts=invite.starts,
            zone=invite.zone,
            arranged_at=row.arranged_at,
        )

    def _opened(self, session: Session, invite: InviteTable, row: NeedTable) -> NeedPage:
        words = self._vault.open(session, row.person, row.sealed)
        opened = {"name": people(session)[row.person].name, "words": words}
        return self._page(session, invite, row).model_copy(update=opened)


def _of_invite(session: Session, invite: InviteTable) -> tuple[RotationState, Program]:
    state = state_of(session, invite.rotation)
    return state, program_followed(session, state.cohort, state.rotation)


def _reader(session: Session, invite: InviteTable) -> Person | None:
    """The coordinator, where a code can reach them; nobody writes to themselves."""
    found = coordinator_of(_of_invite(session, invite)[1], people(session))
    return found if found and found.email and found.ref != invite.person else None


def _of_reader(session: Session, uid: str, reader: str) -> tuple[InviteTable, NeedTable]:
    invite, row = session.get(InviteTable, uid), session.get(NeedTable, uid)
    known = _reader(session, invite) if invite else None
    if invite is None or row is None or known is None or known.ref != reader:
        raise NotFound(_NOTHING)
    return invite, row
