"""What belongs to an installation: who is let in, feeds, leases, and what was done."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class ChangeRow(Base):
    """One row whose number rises with every change that a page may show."""

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


class InstallationTable(Base):
    """Attention of the installation itself, such as a mail server that can't be reached."""

    __tablename__ = "installation_attention"
    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    since: Mapped[datetime]
    sentence: Mapped[str] = mapped_column(Text)


class AuditTable(Base):
    """Who did what, in pseudonyms."""

    __tablename__ = "audit"
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    rotation: Mapped[str | None] = mapped_column(String(8), index=True)
    sentence: Mapped[str] = mapped_column(Text)


class LeaseTable(Base):
    """Which process does a thing that only one may do."""

    __tablename__ = "lease"
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    holder: Mapped[str] = mapped_column(String(64))
    until: Mapped[datetime]


class _Pass:
    """What lets somebody in until it expires. Only the digest of what they hold is kept."""

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    who: Mapped[str] = mapped_column(String(64), index=True)
    role: Mapped[str] = mapped_column(String(24))
    expires_at: Mapped[datetime]


class LoginLinkTable(_Pass, Base):
    """A link that opens one session; it is gone once used."""

    __tablename__ = "login_link"


class SessionTable(_Pass, Base):
    """Somebody signed in, on one browser, by its cookie."""

    __tablename__ = "session"


class FeedTable(Base):
    """A calendar feed by the digest of its token, which is kept nowhere."""

    __tablename__ = "feed"
    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    whose: Mapped[str] = mapped_column(String(24))
    created_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    etag: Mapped[str] = mapped_column(String(64), default="")
    served_at: Mapped[datetime | None]
    """What was served last, and when that was served for the first time."""
    __table_args__ = (
        Index(
            "one_open_feed",
            "whose",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )


class FeedEntryTable(Base):
    """One step in one calendar, a ``domain.feeds.Entry``, with what became of it."""

    __tablename__ = "feed_entry"
    uid: Mapped[str] = mapped_column(String(255), primary_key=True)
    whose: Mapped[str] = mapped_column(String(24))
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    step: Mapped[str] = mapped_column(String(24))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    teams: Mapped[list[str]]
    pencilled: Mapped[bool]
    sequence: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    gone_at: Mapped[datetime | None]
    """When it was cancelled, or taken out of this calendar."""
    __table_args__ = (Index("feed_entry_of", "whose", "ends"),)
