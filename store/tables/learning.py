"""What was learnt and tried, and what pulls against what."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class SummaryTable(Base):
    """What a visit taught; ``shared`` once the host lead has read it and agreed."""

    __tablename__ = "summary"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    body: Mapped[dict[str, Any]]
    """The whole ``domain.insights.Summary`` as JSON."""
    written_at: Mapped[datetime]
    read_at: Mapped[datetime | None]
    shared: Mapped[bool] = mapped_column(default=False)


class InsightTable(Base):
    """One thing that a visit taught, in the learning register: without the name of whoever saw it."""

    __tablename__ = "insight"
    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(String(40), unique=True)
    """``<rotation>:<step of its summary>:<number from 0>``."""
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    cohort: Mapped[str] = mapped_column(String(24), default="", server_default="")
    team: Mapped[str] = mapped_column(ForeignKey("host_team.ref"))
    quarter: Mapped[str] = mapped_column(String(7))
    """Such as ``2026-Q4``, in the zone of the program."""
    tag: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Its ``domain.searching.search_words``, one space between them: what is searched."""
    notes: Mapped[int]
    """Observations that it stands on."""
    learnt_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why nothing follows from it; empty while nobody has said so."""
    __table_args__ = (
        Index("insight_of_cohort", "cohort", "quarter"),
        Index("insight_by_quarter", "quarter", "number"),
        Index("insight_by_team", "team", "number"),
        Index("insight_by_tag", "tag", "number"),
    )


class QuickTestTable(Base):
    """A test of an insight: a draft as it was typed, then what is tried, then what it showed."""

    __tablename__ = "quick_test"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    insight: Mapped[str] = mapped_column(ForeignKey("insight.id"), index=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), index=True)
    """The participant who tests it."""
    owner: Mapped[str | None] = mapped_column(ForeignKey("person.ref"), index=True)
    """Who looks after it and says what it showed; None of a draft."""
    draft: Mapped[dict[str, Any]]
    """A ``domain.quicktests.Draft`` as JSON; empty once it has started."""
    body: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """The whole ``domain.quicktests.QuickTest`` as JSON; None of a draft."""
    started_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    asked_at: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    """When something falls due; None of a draft and once it is closed."""
    closed_at: Mapped[datetime | None] = mapped_column(index=True)
    verdict: Mapped[str | None] = mapped_column(String(16))
    measured: Mapped[float | None]
    learnt: Mapped[str] = mapped_column(Text, default="")
    told_in: Mapped[str | None] = mapped_column(String(7))
    """The month whose letter told of it; None while none has."""


class InsightChangeTable(Base):
    """A policy change that says that it stands on an insight."""

    __tablename__ = "insight_change"
    insight: Mapped[str] = mapped_column(String(40), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("policy_change.id"), primary_key=True)


class TensionTable(Base):
    """Two things that pull against each other, looked at by somebody until a day."""

    __tablename__ = "tension"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"))
    person: Mapped[str | None] = mapped_column(ForeignKey("person.ref"), index=True)
    """Who raised it by a signed page, shown to nobody; None where a program manager did."""
    one: Mapped[str] = mapped_column(Text)
    other: Mapped[str] = mapped_column(Text)
    lens: Mapped[str] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    due: Mapped[date]
    initiative: Mapped[str] = mapped_column(Text, default="")
    """What is to be decided; empty for none."""
    decided_on: Mapped[date | None]
    rotation: Mapped[str | None] = mapped_column(ForeignKey("rotation.id"))
    session: Mapped[str] = mapped_column(String(24), default="")
    """Where it is to be discussed: a step of that rotation, or a ritual where there is none; empty for nowhere."""
    raised_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(12), default="open")
    sentence: Mapped[str] = mapped_column(Text, default="")
    """What became of it."""
    settled_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
    early_told_at: Mapped[datetime | None]
    """When the coordinator was told that it is overdue, and that its initiative is decided too early."""
    __table_args__ = (Index("tension_by_due", "cohort", "state", "due"),)
