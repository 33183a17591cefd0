"""How far mailboxes were read, and that one can't be."""

from datetime import datetime

from sqlalchemy import Engine, delete

from store.database import quietly, reading, writing
from store.tables.installation import InstallationTable
from store.tables.mail import MailboxTable

MAILBOX_UNREADABLE = "mailbox-unreadable"
UNREADABLE_SENTENCE = (
    "The mailbox for answers can't be read. Answers wait there and are read by themselves later."
)


class MailboxDesk:
    """Implements ``domain.ports.Mailboxes``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read_up_to(self, mailbox: str, validity: int) -> int:
        """Return the highest UID read under that UIDVALIDITY; 0 under another."""
        with reading(self._engine) as session:
            row = session.get(MailboxTable, mailbox)
            return row.uid if row and row.validity == validity else 0

    def has_read(self, mailbox: str, validity: int, uid: int) -> None:
        """Everything up to that UID was read."""
        with quietly(self._engine) as session:
            session.merge(MailboxTable(name=mailbox, validity=validity, uid=uid))

    def unreadable(self, now: datetime) -> None:
        """Show, until it can be read again, that somebody has to look after the mailbox."""
        if not self._is_told():
            with writing(self._engine) as session:
                session.add(
                    InstallationTable(
                        kind=MAILBOX_UNREADABLE, since=now, sentence=UNREADABLE_SENTENCE
                    )
                )

    def readable(self) -> None:
        """The mailbox was read."""
        if self._is_told():
            with writing(self._engine) as session:
                told = InstallationTable.kind == MAILBOX_UNREADABLE
                session.execute(delete(InstallationTable).where(told))

    def _is_told(self) -> bool:
        with reading(self._engine) as session:
            return session.get(InstallationTable, MAILBOX_UNREADABLE) is not None
