"""Policy changes, what speaks against them, what proves them, and what came of a quarter."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    String,
    Text,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class TouchTable(Base):
    """What an insight or a policy change touches, by the name that the program uses for it."""

    __tablename__ = "touch"
    about: Mapped[str] = mapped_column(String(40), primary_key=True)
    """An insight, also of a change that stands on it, or a policy change, by id."""
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"))
    folded: Mapped[str] = mapped_column(Text)
    """The name without its case, by which it is known again."""
    __table_args__ = (
        Index("touch_by_name", "cohort", "kind", "name"),
        Index("touch_known_again", "cohort", "kind", "folded"),
    )


class PolicyTable(Base):
    """A policy change: what was proposed and decided in people's words, and the projection of its workflow."""

    __tablename__ = "policy_change"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), index=True)
    workflow_id: Mapped[str] = mapped_column(String(64), unique=True)
    proposal: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text, default="")
    measured: Mapped[float | None]
    learnt: Mapped[str] = mapped_column(Text, default="")
    proposed_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=-1)
    state: Mapped[dict[str, Any] | None]
    """The whole ``domain.policy.PolicyState`` as JSON; None until its workflow runs."""
    adopted_at: Mapped[datetime | None]
    """When it was decided, where that was no no."""
    attention_since: Mapped[datetime | None]
    """Since when it needs a person; None while it does not."""
    decided_at: Mapped[datetime | None]
    in_force_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(16))
    loop_days: Mapped[int | None]
    """Days from the first note behind it to its decision; None before that, and where it stands on no note."""
    is_diverse: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether its decision used viewpoints of two seats or two teams."""
    from_customers: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether it was decided on what a customer-facing team taught."""
    phase: Mapped[str] = mapped_column(String(16), default="proposed")
    team: Mapped[str | None] = mapped_column(ForeignKey("host_team.ref"))
    """Which was visited."""
    first_noted_at: Mapped[datetime | None]
    """When the first observation that it stands on was made; None where it stands on none."""
    wording: Mapped[str] = mapped_column(Text, default="")
    """What was decided, word for word; empty before, and after a no."""
    told_in: Mapped[str | None] = mapped_column(String(7))
    """The month whose letter told of it; None while none has."""
    __table_args__ = (
        Index("policy_adopted", "cohort", "adopted_at"),
        Index("policy_needs", "cohort", "attention_since"),
        Index("policy_decided", "cohort", "decided_at"),
        Index("policy_by_phase", "cohort", "phase", "proposed_at"),
        Index("policy_by_verdict", "cohort", "in_force_at", "verdict"),
        Index("policy_of_team", "team", "proposed_at"),
    )


class ReceiptTable(Base):
    """That a voice of a policy change is to hear what was decided, or what came of it.

    Who has no mail is to hear what is proposed, too; of who has, the letter says that.
    """

    __tablename__ = "receipt"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Of the letter that says so, in the outbox."""
    cohort: Mapped[str] = mapped_column(String(24))
    policy: Mapped[str] = mapped_column(String(8))
    person: Mapped[str] = mapped_column(String(12))
    errand: Mapped[str] = mapped_column(String(24))
    by_word: Mapped[bool]
    """Whether the reader has no mail and is told in person."""
    told_at: Mapped[datetime | None]
    """When a program manager said that they were; None before, and for who has mail."""
    __table_args__ = (
        Index("receipt_of_cohort", "cohort", "errand", "by_word"),
        Index("receipt_untold", "cohort", "by_word", "told_at"),
        Index("receipt_of_policy", "policy"),
        Index("receipt_of_person", "person"),
    )


class QuarterTable(Base):
    """How a quarter of a cohort was closed."""

    __tablename__ = "quarter"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    chosen: Mapped[list[str]]
    """The policy changes that it stands for."""
    reason: Mapped[str] = mapped_column(Text, default="")
    closed_at: Mapped[datetime]


class DigestTable(Base):
    """A month in which a cohort was told what it learnt, or that was looked at and had nothing new."""

    __tablename__ = "digest"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    month: Mapped[str] = mapped_column(String(7), primary_key=True)
    """Such as ``2026-12``, in the zone of the program."""
    at: Mapped[datetime]


class MetricValueTable(Base):
    """A figure that the company measured on a day, a ``domain.outcomes.MetricValue``."""

    __tablename__ = "metric_value"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    metric: Mapped[str] = mapped_column(String(60), primary_key=True)
    team: Mapped[str] = mapped_column(String(12), primary_key=True)
    """Empty for the whole program."""
    day: Mapped[date] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(20))
    better: Mapped[str] = mapped_column(String(8))
    value: Mapped[float]


class ConcernTable(Base):
    """What somebody who was met says against a proposal, and what the owner made of it."""

    __tablename__ = "concern"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    policy: Mapped[str] = mapped_column(ForeignKey("policy_change.id"), index=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    text: Mapped[str] = mapped_column(Text)
    named: Mapped[bool]
    """Whether the writer wants their name beside it."""
    raised_at: Mapped[datetime]
    disposition: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text, default="")


class ChainLinkTable(Base):
    """A ``domain.chain.ChainLink`` as it was recorded: never changed, only added to."""

    __tablename__ = "chain_link"
    number: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(String(26), unique=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    policy: Mapped[str | None] = mapped_column(String(8), index=True)
    """None for what came before any proposal."""
    kind: Mapped[str] = mapped_column(String(16))
    about: Mapped[str] = mapped_column(String(36))
    at: Mapped[datetime]
    before: Mapped[list[str]]
    says: Mapped[dict[str, Any]]
    __table_args__ = (Index("chain_link_about", "kind", "about"),)
