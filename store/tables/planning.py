"""What plans are made from, plans, and their repairs."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ForeignKey,
    ForeignKeyConstraint,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class CalendarTable(Base):
    """When a person is busy or away in the weeks of a cohort's program, as intervals only."""

    __tablename__ = "cohort_calendar"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    intervals: Mapped[dict[str, Any]]


class CalendarSourceTable(Base):
    """A calendar that a person gave beside the program folder, and how it was read last."""

    __tablename__ = "calendar_source"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """``file``, ``feed`` or ``caldav``."""
    server: Mapped[str] = mapped_column(Text, default="")
    """Name of the server, which is no secret."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Address, user and password, sealed with the person's key; None for a file."""
    etag: Mapped[str] = mapped_column(Text, default="")
    modified: Mapped[str] = mapped_column(Text, default="")
    digest: Mapped[str] = mapped_column(String(64), default="")
    read_for: Mapped[str] = mapped_column(String(64), default="")
    """Digest of the weeks and the zone that the calendar was read for."""
    added_at: Mapped[datetime]
    good_at: Mapped[datetime | None]
    """When it was last there and could be read."""
    next_at: Mapped[datetime | None] = mapped_column(index=True)
    failures: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(Text, default="")
    """Why it failed last; empty when it did not."""
    stale: Mapped[bool] = mapped_column(default=False)
    remarks: Mapped[str] = mapped_column(Text, default="")
    """What had to be assumed or left out when it was read."""


class UnavailableTable(Base):
    """A time that somebody declined: an absence that no calendar showed."""

    __tablename__ = "unavailable"
    number: Mapped[int] = mapped_column(primary_key=True)
    cohort: Mapped[str] = mapped_column(String(24), index=True)
    person: Mapped[str] = mapped_column(String(12))
    starts: Mapped[datetime]
    ends: Mapped[datetime]
    __table_args__ = (UniqueConstraint("cohort", "person", "starts", "ends"),)


class ForbiddenTable(Base):
    """A rotation and a team that refused it."""

    __tablename__ = "forbidden"
    rotation: Mapped[str] = mapped_column(String(8), primary_key=True)
    team: Mapped[str] = mapped_column(String(12), primary_key=True)


class PinTable(Base):
    """A team that a rotation has to visit, pinned by a program manager."""

    __tablename__ = "pin"
    rotation: Mapped[str] = mapped_column(String(8), primary_key=True)
    team: Mapped[str] = mapped_column(String(12), primary_key=True)


class DissolvedTable(Base):
    """A host team that does not exist any more for a cohort: nobody new is planned with it."""

    __tablename__ = "dissolved_team"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    team: Mapped[str] = mapped_column(ForeignKey("host_team.ref"), primary_key=True)
    at: Mapped[datetime]


class PlanTable(Base):
    """One immutable plan version; what it says is in the parts since ``base``, the last whole plan."""

    __tablename__ = "plan"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    base: Mapped[int]
    objective: Mapped[int]
    cause: Mapped[str] = mapped_column(Text)
    made_at: Mapped[datetime]
    approved_at: Mapped[datetime | None]
    review: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    """What the planner said about a whole plan; None for a repaired one."""


class PlannedRotationTable(Base):
    """What a plan says about one rotation; it holds until a later version says something else."""

    __tablename__ = "planned_rotation"
    cohort: Mapped[str] = mapped_column(primary_key=True)
    plan: Mapped[int] = mapped_column(primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    body: Mapped[dict[str, Any]]
    """Assignments, steps and the reason of somebody unplaced, as JSON."""
    __table_args__ = (ForeignKeyConstraint(["cohort", "plan"], ["plan.cohort", "plan.number"]),)


class RepairTable(Base):
    """A disruption with its answer, so that asking twice gives the same answer."""

    __tablename__ = "repair"
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    rotation: Mapped[str] = mapped_column(String(8), index=True)
    answer: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
