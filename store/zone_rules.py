"""Steps that lie at another hour since time zones have new rules go back to the hour that was agreed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.errors import NonexistentTime
from domain.events import Reschedule
from domain.moments import at_wall_time, wall_clock
from domain.rotation import Phase, RotationState
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.news import tell_rotation
from store.tables.installation import InstallationTable
from store.tables.mail import InviteTable
from store.tables.rotations import RotationTable

LEFT_BEHIND = "zone-rules"

_STANDING = frozenset({Phase.INVITED, Phase.CONFIRMED})


class Shifted(Value):
    """A step whose invites name a wall time that is another instant by today's rules (UTC)."""

    rotation: str
    step: str
    revision: int
    starts: Moment
    """When clocks there show the wall time that was agreed."""


class ZoneRules:
    """Knows what a new time zone database moves: people agreed on what their clocks show.

    RFC 5545 section 3.3.5 has times with a zone mean wall times; the instants kept here are what the
    rules of the day made of them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def shifted(self, now: datetime) -> tuple[Shifted, ...]:
        """Return the steps to come that lie at another hour now and that nothing else moves already."""
        with reading(self._engine) as session:
            return tuple(_shifted(session, now))

    def move(self, one: Shifted, now: datetime) -> None:
        """Ask a rotation to move a step to the hour that was agreed; a repeat asks nothing."""
        with writing(self._engine) as session:
            event = Reschedule(step=one.step, starts=one.starts)
            name = f"zone-rules:{one.rotation}:{one.step}:{one.revision}:{one.starts:%Y%m%dT%H%M}"
            if tell_rotation(session, one.rotation, name, event, now):
                note(session, now, one.rotation, f"{one.step} follows new rules of its time zone")

    def tell_left_behind(self, steps: Sequence[Shifted], now: datetime) -> None:
        """Show the steps that can't be moved for as long as there are any."""
        with reading(self._engine) as session:
            told = session.get(InstallationTable, LEFT_BEHIND)
        names = ", ".join(f"{one.step} of {one.rotation}" for one in steps[:20])
        said = f"Time zones have new rules, and these steps can't go back to their hour: {names}."
        if (told.sentence if told else "") == (said if steps else ""):
            return
        with writing(self._engine) as session:
            known = session.get(InstallationTable, LEFT_BEHIND)
            if known and not steps:
                session.delete(known)
            elif known:
                known.sentence = said
            else:
                session.add(InstallationTable(kind=LEFT_BEHIND, since=now, sentence=said))


def _shifted(session: Session, now: datetime) -> Iterator[Shifted]:
    query = (
        select(InviteTable, RotationTable.state)
        .join(RotationTable, RotationTable.id == InviteTable.rotation)
        .where(
            InviteTable.called_off_at.is_(None),
            InviteTable.starts > now,
            InviteTable.wall.is_not(None),
        )
        .order_by(InviteTable.rotation, InviteTable.step, InviteTable.person)
    )
    seen: set[tuple[str, str]] = set()
    for invite, state in session.execute(query):
        name, wall = (invite.rotation, invite.step), invite.wall or ""
        if name in seen or wall == wall_clock(invite.starts, invite.zone):
            continue
        seen.add(name)
        instant = _instant(wall, invite.zone)
        if instant and instant > now and _stands(state, invite):
            yield Shifted(
                rotation=invite.rotation,
                step=invite.step,
                revision=invite.revision,
                starts=instant,
            )


def _stands(state: object, invite: InviteTable) -> bool:
    """Whether the step is as it was invited, and nobody looks for another time."""
    rotation = RotationState.model_validate(state) if state else None
    step = rotation.step(invite.step) if rotation and not rotation.on_hold else None
    return step is not None and step.phase in _STANDING and step.starts == invite.starts


def _instant(wall: str, zone: str) -> datetime | None:
    """None for an hour that clocks skip by the new rules: the instant stays."""
    local = datetime.fromisoformat(wall)
    try:
        return at_wall_time(local.date(), local.time(), zone)
    except NonexistentTime:
        return None
