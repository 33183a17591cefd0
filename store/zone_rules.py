"""Steps that lie at another hour since time zones have new rules go back to the hour that was agreed."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import DomainError, NonexistentTime
from domain.events import Reschedule
from domain.moments import at_wall_time, wall_clock
from domain.moves import refuse
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.news import tell_rotation
from store.people import state_of
from store.tables import InviteTable


class Shifted(Value):
    """A step whose invites name a wall time that is another instant by today's rules (UTC)."""

    rotation: str
    step: str
    starts: Moment
    """When clocks there show the wall time that was agreed."""


class ZoneRules:
    """Follows a new time zone database: what people agreed on is what their clocks show.

    RFC 5545 section 3.3.5 has times with a zone mean wall times; the instants kept here are what the
    rules of the day made of them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def follow(self, now: datetime) -> int:
        """Ask rotations to move steps that lie at another hour now; returns how many, each once."""
        with reading(self._engine) as session:
            found = list(_shifted(session, now))
        return sum(self._move(one, now) for one in found)

    def _move(self, one: Shifted, now: datetime) -> bool:
        event = Reschedule(step=one.step, starts=one.starts)
        with writing(self._engine) as session:
            try:
                refuse(state_of(session, one.rotation), event, now)
            except DomainError:
                return False
            name = f"zone-rules:{one.rotation}:{one.step}:{one.starts:%Y%m%dT%H%M}"
            told = tell_rotation(session, one.rotation, name, event, now)
            if told:
                note(session, now, one.rotation, f"{one.step} follows new rules of its time zone")
            return told


def _shifted(session: Session, now: datetime) -> Iterator[Shifted]:
    standing = (
        select(
            InviteTable.rotation,
            InviteTable.step,
            InviteTable.starts,
            InviteTable.zone,
            InviteTable.wall,
        )
        .where(
            InviteTable.called_off_at.is_(None),
            InviteTable.starts > now,
            InviteTable.wall.is_not(None),
        )
        .distinct()
        .order_by(InviteTable.rotation, InviteTable.step)
    )
    for rotation, step, starts, zone, wall in session.execute(standing):
        instant = None if wall == wall_clock(starts, zone) else _instant(wall or "", zone)
        if instant and instant > now:
            yield Shifted(rotation=rotation, step=step, starts=instant)


def _instant(wall: str, zone: str) -> datetime | None:
    """None for an hour that clocks skip by the new rules: the instant stays."""
    local = datetime.fromisoformat(wall)
    try:
        return at_wall_time(local.date(), local.time(), zone)
    except NonexistentTime:
        return None
