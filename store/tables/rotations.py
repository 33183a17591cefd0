"""Rotations, sessions and occasions, and their steps as figures count them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    Index,
    String,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class RotationTable(Base):
    """A rotation and the projection of its workflow."""

    __tablename__ = "rotation"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), index=True)
    participant: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    workflow_id: Mapped[str] = mapped_column(String(64), unique=True)
    stage: Mapped[str] = mapped_column(String(32), default="planned")
    sentence: Mapped[str] = mapped_column(Text, default="")
    next_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=-1)
    state: Mapped[dict[str, Any] | None]
    """The whole ``domain.rotation.RotationState`` as JSON; None until its workflow runs."""
    ritual: Mapped[str] = mapped_column(String(24), default="", server_default="")
    """The key of the ritual or the occasion that this is; empty for a rotation."""
    session_at: Mapped[datetime | None]
    """When a session begins, as it was opened; None for a rotation."""
    starts_at: Mapped[datetime | None]
    """When its first step begins."""
    attention_since: Mapped[datetime | None]
    """Since when it needs a person; None while it does not."""
    program_version: Mapped[int | None]
    """The earlier version that it keeps to; None for the one that its cohort follows."""
    __table_args__ = (
        Index("rotation_needs", "cohort", "attention_since"),
        Index("rotation_session", "cohort", "ritual", "starts_at"),
        Index("rotation_not_begun", "cohort", "version"),
        Index("rotation_taking_part", "cohort", "ritual", "participant", "stage", "version"),
        Index("rotation_by_version", "cohort", "ritual", "program_version"),
        Index("sessions_of_a_ritual", "cohort", "ritual", "session_at"),
        Index(
            "one_rotation_of_a_participant",
            "cohort",
            "participant",
            unique=True,
            sqlite_where=text("ritual = ''"),
            postgresql_where=text("ritual = ''"),
        ),
    )


_SUMMED = ("in_person", "held", "team", "participant")
"""What figures of a cohort ask of each step, so that they read an index alone."""


class CountedStepTable(Base):
    """A step of a rotation, or a session, that is to come or was held, as figures count it."""

    __tablename__ = "counted_step"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    cohort: Mapped[str] = mapped_column(String(24))
    participant: Mapped[str] = mapped_column(String(12))
    team: Mapped[str | None] = mapped_column(String(12))
    """The team that is visited; None for a session of a ritual."""
    kind: Mapped[str] = mapped_column(String(24))
    starts: Mapped[datetime]
    held: Mapped[bool]
    in_person: Mapped[bool]
    """False where somebody else comes in the participant's place, or came."""
    __table_args__ = (
        Index("counted_step_of_cohort", "cohort", "kind", "starts", *_SUMMED),
        Index("counted_step_of_person", "participant", "kind"),
    )


class FirstHeardTable(Base):
    """The listening session in which a frontline colleague was heard for the first time in a cohort."""

    __tablename__ = "first_heard"
    cohort: Mapped[str] = mapped_column(String(24), primary_key=True)
    person: Mapped[str] = mapped_column(String(12), primary_key=True)
    starts: Mapped[datetime]
    rotation: Mapped[str] = mapped_column(String(8))
    step: Mapped[str] = mapped_column(String(24))
    __table_args__ = (Index("first_heard_in", "rotation", "step"),)


class HeardQuarterTable(Base):
    """By which fact of people's work who was heard in a quarter is counted, and what was shown in the end."""

    __tablename__ = "heard_quarter"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    quarter: Mapped[str] = mapped_column(String(7), primary_key=True)
    fact: Mapped[str] = mapped_column(String(16))
    """Empty where no fact was known of anybody."""
    shown: Mapped[list[dict[str, Any]] | None] = mapped_column(JSON(none_as_null=True))
    """Each fact with its groups, as ``store.heard_quarters.FactVoices``; None while the quarter goes on."""


class ExposureToldTable(Base):
    """That a coordinator was told how long ago somebody met customers, by the day they last did."""

    __tablename__ = "exposure_told"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    last: Mapped[date] = mapped_column(primary_key=True)


ASKING, OPENED, BEGUN, DROPPED = "asking", "opened", "begun", "dropped"
"""How far an occasion is: the coordinator has not said whether; opened; its process runs; never to be."""


class OccasionTable(Base):
    """An occasion as it was asked for: opened once, and started once whoever is down meanwhile."""

    __tablename__ = "occasion"
    id: Mapped[str] = mapped_column(String(8), primary_key=True)
    """Of its row among the rotations too, once it is opened."""
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"))
    kind: Mapped[str] = mapped_column(String(24))
    people: Mapped[list[str]]
    about: Mapped[str | None] = mapped_column(String(32), unique=True)
    """The event that it looks back on, as ``domain.happenings.about`` names it, or the id of the test; else None."""
    happened_at: Mapped[datetime | None]
    """When that event was."""
    over_by: Mapped[datetime | None]
    """No time after it is looked for; None until it is opened."""
    asked_at: Mapped[datetime]
    phase: Mapped[str] = mapped_column(String(8))
    next_try_at: Mapped[datetime]
    __table_args__ = (
        Index("occasion_due", "phase", "next_try_at"),
        Index("occasion_of_kind", "cohort", "kind"),
    )
