"""Invites, mails on their way out and in, answers, and news for processes."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class InviteTable(Base):
    """One person's invite to one step, and the answer they gave last."""

    __tablename__ = "invite"
    uid: Mapped[str] = mapped_column(String(255), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    step: Mapped[str] = mapped_column(String(24))
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    address: Mapped[str | None] = mapped_column(Text)
    revision: Mapped[int]
    sequence: Mapped[int] = mapped_column(default=0)
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(64))
    wall: Mapped[str | None] = mapped_column(String(16))
    """What clocks in ``zone`` show when it begins, as sent; None for invites from before this was kept."""
    host: Mapped[str | None] = mapped_column(String(12))
    place: Mapped[str | None] = mapped_column(Text)
    """Team and place as last sent; None for invites from before these were kept."""
    created_at: Mapped[datetime]
    called_off_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    answer: Mapped[str] = mapped_column(String(16), default="needs-action")
    answered_sequence: Mapped[int | None]
    answered_stamp: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str] = mapped_column(String(16), default="")
    __table_args__ = (
        Index("invite_of_step", "rotation", "step", "person"),
        Index(
            "invite_in_person",
            "created_at",
            sqlite_where=text("address IS NULL AND called_off_at IS NULL"),
            postgresql_where=text("address IS NULL AND called_off_at IS NULL"),
        ),
    )


class OutboxTable(Base):
    """A rendered mail; ``key`` is its business identity, so the same mail is written once."""

    __tablename__ = "outbox"
    number: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    rotation: Mapped[str | None] = mapped_column(String(8), index=True)
    step: Mapped[str | None] = mapped_column(String(24))
    person: Mapped[str] = mapped_column(String(12))
    kind: Mapped[str] = mapped_column(String(24))
    uid: Mapped[str | None] = mapped_column(String(255), index=True)
    sequence: Mapped[int | None]
    message_id: Mapped[str] = mapped_column(Text)
    sender: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    claimed_by: Mapped[str | None] = mapped_column(String(32))
    claimed_until: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(Text, default="")
    asks: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """Of a reminder: its ``subject``, ``when`` (empty for none) and the ``url`` to answer.

    None once it was answered while its mail, which speaks for others, waits.
    """
    carrier: Mapped[int | None] = mapped_column(ForeignKey("outbox.number"), index=True)
    """The reminder of the same person whose mail speaks for this one too."""
    __table_args__ = (
        Index("outbox_due", "state", "next_try_at"),
        Index("outbox_of_person", "person", "kind"),
    )


class RawMailTable(Base):
    """An incoming mail as it came, stored before it is believed."""

    __tablename__ = "raw_mail"
    number: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str] = mapped_column(String(16))
    received_at: Mapped[datetime]
    uid: Mapped[str | None] = mapped_column(String(255), index=True)
    verdict: Mapped[str | None] = mapped_column(String(16), index=True)
    reason: Mapped[str] = mapped_column(Text, default="")
    kind: Mapped[str] = mapped_column(String(12), default="")
    said: Mapped[str] = mapped_column(Text, default="")
    """What the writer says in words, for the program manager alone."""
    answers: Mapped[int | None] = mapped_column(ForeignKey("outbox.number"), index=True)
    """The mail of ours that it answers in words or returns."""
    vouched: Mapped[bool | None]
    """What our own mail server says of the sender; None when nothing."""
    product: Mapped[str] = mapped_column(Text, default="")
    """PRODID: the program that wrote it."""
    seen_at: Mapped[datetime | None]
    """When a program manager said that they had read the words."""
    __table_args__ = (
        Index(
            "words_to_read",
            "kind",
            "number",
            sqlite_where=text("seen_at IS NULL AND said <> ''"),
            postgresql_where=text("seen_at IS NULL AND said <> ''"),
        ),
    )


class MailboxTable(Base):
    """How far a mailbox was read: the highest UID, and the UIDVALIDITY under which it counts."""

    __tablename__ = "mailbox"
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    validity: Mapped[int] = mapped_column(BigInteger)
    uid: Mapped[int] = mapped_column(BigInteger)


class ProposedTimeTable(Base):
    """Another time that somebody proposes for a step; ``comment`` goes when it is settled."""

    __tablename__ = "proposed_time"
    number: Mapped[int] = mapped_column(ForeignKey("raw_mail.number"), primary_key=True)
    uid: Mapped[str] = mapped_column(ForeignKey("invite.uid"), index=True)
    sequence: Mapped[int]
    starts: Mapped[datetime]
    ends: Mapped[datetime | None]
    comment: Mapped[str] = mapped_column(Text, default="")
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None] = mapped_column(index=True)
    outcome: Mapped[str] = mapped_column(String(12), default="")


class AliasTable(Base):
    """Another address of a person, confirmed by them from the one that invites go to."""

    __tablename__ = "alias"
    address: Mapped[str] = mapped_column(Text, primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), index=True)
    confirmed_at: Mapped[datetime]


class AnswerTable(Base):
    """Every answer that counted, however it came."""

    __tablename__ = "answer"
    number: Mapped[int] = mapped_column(primary_key=True)
    uid: Mapped[str] = mapped_column(ForeignKey("invite.uid"), index=True)
    sequence: Mapped[int]
    stamped: Mapped[datetime]
    answer: Mapped[str] = mapped_column(String(16))
    source: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]


class NewsTable(Base):
    """An event on its way to a workflow; told once, whoever is down meanwhile."""

    __tablename__ = "news"
    number: Mapped[int] = mapped_column(primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    workflow_id: Mapped[str] = mapped_column(String(64))
    update_id: Mapped[str] = mapped_column(String(320), unique=True)
    event: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    next_try_at: Mapped[datetime]
    told_at: Mapped[datetime | None] = mapped_column(index=True)
    refusal: Mapped[str] = mapped_column(Text, default="")


class SinkTable(Base):
    """A mail that the local development mail server took."""

    __tablename__ = "sink_mail"
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    sender: Mapped[str] = mapped_column(Text)
    recipient: Mapped[str] = mapped_column(Text, index=True)
    subject: Mapped[str] = mapped_column(Text)
    uid: Mapped[str | None] = mapped_column(String(255))
    method: Mapped[str | None] = mapped_column(String(16))
    sequence: Mapped[int | None]
    raw: Mapped[bytes] = mapped_column(LargeBinary)
