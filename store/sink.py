"""Mails that the local development mail server took, for the inbox page."""

from sqlalchemy import Engine, select

from store.database import reading, writing
from store.pages import SinkMail
from store.tables.mail import SinkTable


class SinkBox:
    """Every local mailbox in one; nothing here ever leaves the machine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def keep(self, mail: SinkMail, raw: bytes) -> None:
        """Put a mail into its recipient's box; the id of ``mail`` is ignored."""
        with writing(self._engine) as session:
            facts = mail.model_dump(exclude={"id", "to"})
            session.add(SinkTable(recipient=mail.to, raw=raw, **facts))

    def mails(self, limit: int = 200, to: str | None = None) -> tuple[SinkMail, ...]:
        """Return the newest mails first, of one mailbox or of all."""
        query = select(SinkTable).order_by(SinkTable.id.desc()).limit(limit)
        if to:
            query = query.where(SinkTable.recipient == to)
        with reading(self._engine) as session:
            return tuple(_mail(row) for row in session.scalars(query))

    def boxes(self) -> tuple[str, ...]:
        """Return all addresses that got mail, in order."""
        query = select(SinkTable.recipient).distinct().order_by(SinkTable.recipient)
        with reading(self._engine) as session:
            return tuple(session.scalars(query))

    def raw(self, number: int) -> bytes | None:
        """Return one mail as it came, or None for an unknown id."""
        with reading(self._engine) as session:
            found = session.get(SinkTable, number)
            return found.raw if found else None


def _mail(row: SinkTable) -> SinkMail:
    return SinkMail(
        id=row.id,
        at=row.at,
        to=row.recipient,
        sender=row.sender,
        subject=row.subject,
        uid=row.uid,
        method=row.method,
        sequence=row.sequence,
    )
