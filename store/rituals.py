"""Ritual sessions: who belongs to one, and its place among the processes of a cohort."""

import base64
import hashlib
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from domain.rituals import (
    QUORUM,
    Series,
    next_session,
    number_of,
    seats_of,
    series_of,
    session,
)
from domain.rotation import Ending, RotationState
from domain.value import PersonRef
from store import audit
from store.database import reading, writing
from store.people import program_of, rotations_of
from store.tables import CohortTable, RotationTable


class RitualDesk:
    """Implements ``domain.ports.Rituals``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def series(self, cohort: str) -> tuple[Series, ...]:
        """Return the rituals of a cohort's program."""
        with reading(self._engine) as opened:
            return series_of(program_of(opened, cohort))

    def next_session(self, series: Series, now: datetime) -> RotationState | None:
        """Open the next session and return it as it begins; the same session for the same moment.

        None when the series is over, or fewer than two people take part.
        """
        held = next_session(series, now)
        if held is None:
            return None
        with writing(self._engine) as opened:
            program = program_of(opened, series.cohort)
            number = number_of(series, program.starts_on, held.starts)
            roster, coming = _roster(opened, series.cohort)
            seats = seats_of(series.ritual, roster, coming, number)
            if len(seats) < QUORUM:
                return None
            plan = opened.get_one(CohortTable, series.cohort).approved_plan or 0
            state = session(series, _id_of(series, number), held, seats, plan)
            known = opened.get(RotationTable, state.rotation)
            if known is None:
                _open(opened, state, now)
            return state if known is None or known.state is None else None


def _roster(opened: Session, cohort: str) -> tuple[tuple[PersonRef, ...], set[str]]:
    """Return every participant, in an order that stays, and those who agreed and have not left."""
    rows = list(opened.scalars(rotations_of(cohort).order_by(RotationTable.participant)))
    states = [RotationState.model_validate(row.state) for row in rows if row.state]
    left = {Ending.WITHDRAWN, Ending.CANCELLED}
    coming = {s.participant for s in states if s.consented and s.ending not in left}
    return tuple(row.participant for row in rows), coming


def _open(opened: Session, state: RotationState, now: datetime) -> None:
    opened.add(
        RotationTable(
            id=state.rotation,
            cohort=state.cohort,
            participant=state.participant,
            workflow_id=f"session-{state.cohort}-{state.rotation}",
            ritual=state.ritual or "",
        )
    )
    opened.flush()
    audit.note(opened, now, state.rotation, f"A session of {state.ritual} was opened.")


def _id_of(series: Series, number: int) -> str:
    """Return the same eight letters for the same session, so that asking twice opens it once."""
    about = f"{series.cohort}:{series.ritual.key}:{number}"
    return base64.b32encode(hashlib.sha256(about.encode()).digest()).decode().lower()[:8]
