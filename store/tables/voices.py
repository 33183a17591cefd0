"""What people of host teams want heard, and the codes that open it."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class VoiceSessionTable(Base):
    """How points are taken around one listening session, where somebody chose it or it can't change any more."""

    __tablename__ = "voice_session"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    mode: Mapped[str] = mapped_column(String(16))
    fixed: Mapped[bool] = mapped_column(default=False)
    """True since the first point was said."""


class VoiceTable(Base):
    """What somebody wants heard, sealed; when it was said stands nowhere, not in the order of rows either."""

    __tablename__ = "voice"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    """A digest of the receipt that its writer holds; the receipt itself is kept nowhere."""
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    step: Mapped[str] = mapped_column(String(24))
    person: Mapped[str | None] = mapped_column(ForeignKey("person.ref"), index=True)
    """Its writer; None, in an anonymous session, for good."""
    mode: Mapped[str] = mapped_column(String(16))
    language: Mapped[str] = mapped_column(String(8))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    passed_on: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The wording that a facilitator passed on, sealed as the words are."""
    shown: Mapped[bool]
    """Whether the visitor may read it before the time for speaking is over."""
    disposition: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")
    policy: Mapped[str | None] = mapped_column(ForeignKey("policy_change.id"), index=True)
    """The change that takes it up."""
    awaits_force: Mapped[bool] = mapped_column(default=False, index=True)
    """True while its writer is to hear that the change is in force."""
    kept_until: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (
        Index("voice_of_session", "rotation", "step"),
        {"sqlite_with_rowid": False},
    )


class SpentAllowanceTable(Base):
    """That somebody used up one of their points, as a keyed digest; apart from the points, without a moment."""

    __tablename__ = "spent_allowance"
    digest: Mapped[str] = mapped_column(String(26), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    step: Mapped[str] = mapped_column(String(24))
    first: Mapped[bool]
    """Whether it was somebody's first, so that speakers can be counted."""
    until: Mapped[datetime] = mapped_column(index=True)
    __table_args__ = (
        Index("allowance_of_session", "rotation", "step"),
        {"sqlite_with_rowid": False},
    )


class ReadingCodeTable(Base):
    """The code that lets somebody read their own words once; sealed, and gone when it was used."""

    __tablename__ = "reading_code"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime]
    tries: Mapped[int] = mapped_column(default=0)
    """Wrong ones since it was sent."""
    asked: Mapped[int] = mapped_column(default=0)
    """Codes sent since ``counted_since``."""
    counted_since: Mapped[datetime]


class KioskCodeTable(Base):
    """The code with which somebody without mail opens their pages once, as a keyed digest."""

    __tablename__ = "kiosk_code"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(26), unique=True)
    expires_at: Mapped[datetime]


class KioskLeftTable(Base):
    """That somebody ended a visit to a kiosk: its pages, and those of every earlier one, open no more."""

    __tablename__ = "kiosk_left"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    until: Mapped[datetime]
    """Until when the pages of that visit would have opened."""


class KioskMissTable(Base):
    """A wrong code that somebody entered, of the last hour."""

    __tablename__ = "kiosk_miss"
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
