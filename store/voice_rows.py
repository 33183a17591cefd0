"""Rows of what was said and of allowances that are spent: neither their order nor how long they last tells them apart."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select, union
from sqlalchemy.orm import Session

from domain.rotation import StepState
from domain.voices import CLOSES, KEPT, closes_at
from store.people import state_of
from store.tables.voices import SpentAllowanceTable, VoiceTable

_LEEWAY = CLOSES
"""After the last moment to speak, should the session move: so much longer spent allowances are kept."""


def points_around(session: Session, rotation: str, steps: Iterable[str]) -> Iterator[VoiceTable]:
    """Yield the points that were said around sessions, in no order that means anything."""
    query = select(VoiceTable).where(VoiceTable.rotation == rotation, VoiceTable.step.in_(steps))
    yield from session.scalars(query.order_by(VoiceTable.id))


def kept_until(step: StepState) -> datetime:
    """Return until when what was said around a session is kept (UTC)."""
    return step.ends + KEPT


def needed_until(step: StepState) -> datetime:
    """Return until when it is kept which allowances around a session are spent (UTC)."""
    return closes_at(step) + _LEEWAY


def follow_moved_sessions(session: Session, now: datetime) -> None:
    """Let what seems over last on where its session has moved since it was written."""
    spent, said = SpentAllowanceTable, VoiceTable
    over = union(
        select(spent.rotation, spent.step).where(spent.until < now),
        select(said.rotation, said.step).where(said.kept_until < now, said.sealed != b""),
    )
    for rotation, key in session.execute(over).all():
        step = state_of(session, rotation).step(key)
        if step:
            write_anew(session, rotation, step)


def write_anew(session: Session, rotation: str, step: StepState) -> None:
    """Write all that a session has anew, by random ids, so that nothing was written together or lasts longer.

    PostgreSQL keeps the transaction of each row, and a table its order of writing; and the session may
    have moved between two points.
    """
    session.flush()
    _rewrite(session, VoiceTable, rotation, step.key, {"kept_until": kept_until(step)})
    _rewrite(session, SpentAllowanceTable, rotation, step.key, {"until": needed_until(step)})


def _rewrite(
    session: Session, table: Any, rotation: str, step: str, until: dict[str, datetime]
) -> None:
    mine = (table.rotation == rotation) & (table.step == step)
    columns = table.__table__
    found = session.execute(select(columns).where(mine)).mappings()
    rows = [dict(row) | until for row in found]
    if rows:
        key = columns.primary_key.columns.keys()[0]
        session.execute(delete(columns).where(mine))
        session.execute(insert(columns), sorted(rows, key=lambda row: str(row[key])))
