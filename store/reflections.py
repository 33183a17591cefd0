"""Reflections as their writers find them again: that they wrote, and with a code what."""

from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.program import StepKind
from domain.rotation import RotationState
from domain.value import Moment
from store.database import reading, writing
from store.people import state_of, step_of
from store.reading_codes import WRONG_CODE, ReadingCodes
from store.sayings import written_by
from store.tables.words import DocumentTable
from store.vault import Vault


class Reflections:
    """Opens reflections to who wrote them; ``now`` is the moment of asking (UTC)."""

    def __init__(self, engine: Engine, vault: Vault, codes: ReadingCodes) -> None:
        self._engine = engine
        self._vault = vault
        self._codes = codes

    def written_at(self, rotation: str, step: str, person: str) -> Moment | None:
        """Return when somebody wrote a reflection last; None for never."""
        with reading(self._engine) as session:
            found = written_by(session, rotation, step, person)
            return found.written_at if found else None

    def ask_code(self, rotation: str, step: str, person: str, now: datetime) -> None:
        """Send a code to the writer's own address; raises NotFound where nothing is written."""
        with writing(self._engine) as session:
            state, _ = _written(session, rotation, step, person)
            self._codes.send(session, state, step, person, now)

    def read(self, rotation: str, step: str, person: str, code: str, now: datetime) -> str:
        """Return the words to their writer; a code opens them once. Raises Refused for a wrong one."""
        with writing(self._engine) as session:
            _, found = _written(session, rotation, step, person)
            right = self._codes.redeem(session, person, code, now)
            words = self._vault.open(session, person, found.sealed) if right else None
        if words is None:
            raise Refused(WRONG_CODE)
        return words


def _written(
    session: Session, rotation: str, step: str, person: str
) -> tuple[RotationState, DocumentTable]:
    state = state_of(session, rotation)
    found = written_by(session, rotation, step, person)
    if found is None or step_of(state, step).kind is not StepKind.REFLECTION:
        raise NotFound("You have not written anything here yet.")
    return state, found
