"""The shared note of a peer debrief: everybody in it writes, and exactly they read, each with a code of their own."""

from datetime import datetime
from random import Random

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.program import StepKind
from domain.rotation import Phase, RotationState, StepState
from domain.value import Moment, Value
from store.audit import note
from store.chance import UNGUESSABLE, opaque_id
from store.database import reading, writing
from store.people import people, state_of, step_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.tables.words import DocumentTable
from store.vault import Unreadable, Vault

LONGEST_PART = 8000
"""Characters that one person can have in a note."""

_BETWEEN = "\n\n"
"""Between what somebody wrote first and what they added."""


class Part(Value):
    """What one person has in the note; ``words`` are empty until a code opens them."""

    name: str
    own: bool
    written_at: Moment
    words: str = ""


class NotePage(Value):
    """What the page of a shared note shows."""

    names: tuple[str, ...]
    """Who else can read and write it."""
    parts: tuple[Part, ...]
    why_closed: str
    """The sentence that says why nothing can be written; empty while it can."""


class SharedNotes:
    """Keeps and opens shared notes; ``now`` is the moment of asking (UTC)."""

    def __init__(
        self, engine: Engine, vault: Vault, codes: ReadingCodes, chance: Random = UNGUESSABLE
    ) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes
        self._chance = chance

    def page(self, rotation: str, step: str, person: str) -> NotePage:
        """Return who shares a note and who has written, without a word; raises NotFound for anybody else."""
        with reading(self._engine) as session:
            state, found = _shared(session, rotation, step, person)
            return self._page(session, state, found, person, opened=False)

    def write(
        self, rotation: str, step: str, person: str, words: str, now: datetime, *, anew: bool
    ) -> None:
        """Add to one's own part, or write it anew; nobody writes in another's.

        A part that ends with these words already stays as it is: a form is easily sent twice. Raises Refused for nothing, for too much, and once the debrief was called off.
        """
        with writing(self._engine) as session:
            state, found = _shared(session, rotation, step, person)
            if closed := _why_closed(found):
                raise Refused(closed)
            if not words.strip():
                raise Refused("There is nothing to keep yet. Write a line first.")
            row = _part(session, rotation, step, person)
            before = self._vault.open(session, person, row.sealed) if row and not anew else ""
            if _ends_with(before, words.strip()):
                return
            whole = _BETWEEN.join(filter(None, (before, words.strip())))
            if len(whole) > LONGEST_PART:
                raise Refused(
                    f"Keep your part to {LONGEST_PART} characters; it would have {len(whole)}."
                )
            row = row or DocumentTable(
                id=opaque_id(self._chance),
                rotation=rotation,
                step=step,
                person=person,
                kind=found.kind.value[:16],
            )
            row.sealed, row.written_at = self._vault.seal(session, person, whole), now
            session.add(row)
            note(session, now, state.rotation, f"{person} wrote in the shared note")

    def ask_code(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Send a code to the reader's own address."""
        with writing(self._engine) as session:
            state, _ = _shared(session, rotation, step, person)
            self._codes.send(session, state, step, person, now)

    def read(self, rotation: str, step: str, person: str, code: str, now: datetime) -> NotePage:
        """Return the whole note to one of those in the debrief; a code opens it once.

        Raises Refused for a code that is wrong, used or too old.
        """
        with writing(self._engine) as session:
            state, found = _shared(session, rotation, step, person)
            right = self._codes.redeem(session, person, code, now)
            shown = self._page(session, state, found, person, opened=right)
        if not right:
            raise Refused(WRONG_CODE)
        return shown

    def _page(
        self, session: Session, state: RotationState, step: StepState, person: str, *, opened: bool
    ) -> NotePage:
        everybody = people(session)
        query = select(DocumentTable).where(
            DocumentTable.rotation == state.rotation, DocumentTable.step == step.key
        )
        rows = session.scalars(query.order_by(DocumentTable.written_at)).all()
        others = (a.person for a in step.attendees if a.person != person)
        return NotePage(
            names=tuple(everybody[other].name for other in others),
            parts=tuple(
                Part(
                    name=everybody[row.person].name,
                    own=row.person == person,
                    written_at=row.written_at,
                    words=self._words(session, row) if opened else "",
                )
                for row in rows
            ),
            why_closed=_why_closed(step),
        )

    def _words(self, session: Session, row: DocumentTable) -> str:
        try:
            return self._vault.open(session, row.person, row.sealed)
        except Unreadable:
            return "(can't be read any more)"


def _shared(
    session: Session, rotation: str, step: str, person: str
) -> tuple[RotationState, StepState]:
    """Whoever left the debrief, or was never in it, has no note here."""
    state = state_of(session, rotation)
    found = step_of(state, step)
    if found.kind is not StepKind.PEER_DEBRIEF or person not in {a.person for a in found.attendees}:
        raise NotFound("There is no note here that you share.")
    return state, found


def _part(session: Session, rotation: str, step: str, person: str) -> DocumentTable | None:
    return session.scalar(
        select(DocumentTable).where(
            DocumentTable.rotation == rotation,
            DocumentTable.step == step,
            DocumentTable.person == person,
        )
    )


def _ends_with(before: str, words: str) -> bool:
    return before == words or before.endswith(_BETWEEN + words)


def _why_closed(step: StepState) -> str:
    return "This debrief was called off." if step.phase is Phase.CANCELLED else ""
