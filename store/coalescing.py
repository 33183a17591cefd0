"""Mails about one invite before the one that is being written: what was heard, what never left."""

from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from domain.invites import Method
from domain.value import Moment, Value
from store.tables.mail import OutboxTable

BREATH = timedelta(minutes=2)
"""So long after an update the next one about the same invite waits: there may be more to come."""

OF_THE_INVITE = (Method.REQUEST, Method.CANCEL)

_UNSENT = (
    update(OutboxTable)
    .where(
        OutboxTable.uid == bindparam("of"),
        OutboxTable.kind.in_(method.value for method in OF_THE_INVITE),
        OutboxTable.state == "waiting",
        OutboxTable.claimed_by.is_(None),
    )
    .values(state="withdrawn", settled_at=bindparam("now"))
    .returning(OutboxTable.number)
)
_WRITTEN = (
    select(
        OutboxTable.message_id,
        OutboxTable.created_at,
        OutboxTable.kind,
        OutboxTable.sequence,
        OutboxTable.state,
        OutboxTable.settled_at,
    )
    .where(OutboxTable.uid == bindparam("of"))
    .order_by(OutboxTable.number)
)


class Past(Value):
    """What was written about one invite so far."""

    message_ids: tuple[str, ...] = ()
    """Of every mail that left or may have, oldest first."""
    heard: bool = False
    """Whether the reader has the invite or is about to."""
    left: bool = False
    """Whether a mail with the invite may have left."""
    waits: bool = False
    """Whether one waits that may still be withdrawn."""
    stamped: Moment | None = None
    updated_at: Moment | None = None
    """When the last update left."""

    def next_update_at(self, now: datetime) -> datetime:
        """Return when the next update may leave: now, unless one left a moment ago."""
        return max(now, self.updated_at + BREATH) if self.updated_at else now


def withdraw_unsent(session: Session, uid: str, now: datetime) -> bool:
    """Take back what no relay has taken yet; return whether there was any.

    What a relay took may have left, even if it never said so.
    """
    return bool(session.execute(_UNSENT, {"of": uid, "now": now}).all())


def sent_before(session: Session, uid: str) -> Past:
    """Return what was written about an invite, less what was withdrawn."""
    rows = session.execute(_WRITTEN, {"of": uid}).all()
    left = [row for row in rows if row.state != "withdrawn"]
    asked = [row for row in left if row.kind == Method.REQUEST.value]
    updates = [row.settled_at for row in asked if row.state == "sent" and row.sequence]
    return Past(
        message_ids=tuple(dict.fromkeys(row.message_id for row in left)),
        heard=bool(asked),
        left=any(row.state != "waiting" for row in asked),
        waits=any(row.state == "waiting" for row in asked),
        stamped=max((row.created_at for row in rows), default=None),
        updated_at=max(updates, default=None),
    )
