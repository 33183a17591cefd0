"""Whose calendar shows which step: kept up to date with every word of a rotation, whoever subscribes."""

import base64
import hashlib
from collections import Counter
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from domain.feeds import Entry, entries
from domain.rotation import RotationState
from store.people import program_followed
from store.tables.installation import FeedEntryTable
from store.tables.rotations import RotationTable


def enter(session: Session, state: RotationState, now: datetime) -> None:
    """Bring every calendar to what a rotation says now; a repeat changes nothing.

    What moves keeps its UID and raises SEQUENCE. What comes back after it was cancelled is new.
    """
    wanted = {(entry.whose, entry.step): entry for entry in entries(state)}
    rows = session.scalars(
        select(FeedEntryTable).where(FeedEntryTable.rotation == state.rotation)
    ).all()
    for row in rows:
        if row.gone_at is None:
            _revise(row, wanted.pop((row.whose, row.step), None), now)
    lives = Counter((row.whose, row.step) for row in rows)
    for key, entry in wanted.items():
        session.add(_first(session, state, entry, lives[key], now))


def enter_what_runs(session: Session, now: datetime) -> None:
    """Enter rotations that nothing has been entered of: they began before there were feeds."""
    known = exists().where(FeedEntryTable.rotation == RotationTable.id)
    query = select(RotationTable.state).where(RotationTable.state.is_not(None), ~known)
    for state in session.scalars(query).all():
        enter(session, RotationState.model_validate(state), now)


def _revise(row: FeedEntryTable, entry: Entry | None, now: datetime) -> None:
    changes = {"gone_at": now} if entry is None else _facts(entry)
    changed = {name for name, value in changes.items() if getattr(row, name) != value}
    for name in changed:
        setattr(row, name, changes[name])
    if changed:
        row.sequence += 1
        row.changed_at = max(row.changed_at, now)


def _first(
    session: Session, state: RotationState, entry: Entry, life: int, now: datetime
) -> FeedEntryTable:
    domain = program_followed(session, state.cohort, state.rotation).mail_domain
    return FeedEntryTable(
        uid=f"{_opaque(state.rotation, entry.step, entry.whose, str(life))}@{domain}",
        whose=entry.whose,
        rotation=state.rotation,
        step=entry.step,
        sequence=0,
        created_at=now,
        changed_at=now,
        **_facts(entry),
    )


def _facts(entry: Entry) -> dict[str, object]:
    return {
        "starts": entry.starts,
        "ends": entry.ends,
        "zone": entry.zone,
        "teams": list(entry.teams),
        "pencilled": entry.pencilled,
    }


def _opaque(*parts: str) -> str:
    """Return 128 bits that are no invite's UID: programs never take one for the other."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()[:16]
    return f"feed-{base64.b32encode(digest).decode().rstrip('=').lower()}"
