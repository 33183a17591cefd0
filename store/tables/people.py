"""Cohorts with their programs, and the people, host teams and goals in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, validates

from domain.people import Fact
from store.tables.base import Base


class CohortTable(Base):
    """A cohort with the program version that whatever begins follows."""

    __tablename__ = "cohort"
    key: Mapped[str] = mapped_column(String(24), primary_key=True)
    program: Mapped[dict[str, Any]]
    approved_plan: Mapped[int | None]


class ProgramVersionTable(Base):
    """An earlier version of a cohort's program, for rotations that began with it."""

    __tablename__ = "program_version"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    program: Mapped[dict[str, Any]]
    replaced_at: Mapped[datetime]


class PersonTable(Base):
    """A person; ``key`` is the id in the program folder."""

    __tablename__ = "person"
    ref: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]
    """The whole ``domain.people.Person`` as JSON."""
    team: Mapped[str] = mapped_column(Text, default="", server_default="")
    works_at: Mapped[str] = mapped_column(Text, default="", server_default="")
    shift: Mapped[str] = mapped_column(Text, default="", server_default="")
    level: Mapped[str] = mapped_column(Text, default="", server_default="")
    function: Mapped[str] = mapped_column(Text, default="", server_default="")
    """Facts of their work, as ``facts`` has them, for whoever counts; empty where nothing is known."""
    erased_at: Mapped[datetime | None]
    __table_args__ = (
        Index("person_of_team", "team", "works_at", "shift", "level", "function"),
        Index("person_by_name", "name", "ref"),
    )

    @validates("facts")
    def _say_again(self, _: str, facts: dict[str, Any]) -> dict[str, Any]:
        for name in ("team", *Fact):
            setattr(self, name, facts.get(name) or "")
        return facts


class TeamTable(Base):
    """A host team; ``key`` is the id in the program folder."""

    __tablename__ = "host_team"
    ref: Mapped[str] = mapped_column(String(12), primary_key=True)
    key: Mapped[str] = mapped_column(String(24), unique=True)
    name: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]]


class GoalTable(Base):
    """A participant's learning goal in a cohort; ``position`` keeps the order of the folder."""

    __tablename__ = "goal"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]


class WantedLensTable(Base):
    """A lens that a participant set out to see, by whichever of their goals in a cohort."""

    __tablename__ = "wanted_lens"
    cohort: Mapped[str] = mapped_column(ForeignKey("cohort.key"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    lens: Mapped[str] = mapped_column(Text, primary_key=True)


class TeamMemberTable(Base):
    """Who works in which host team: its lead, its colleagues, and who belongs to it by the folder."""

    __tablename__ = "team_member"
    team: Mapped[str] = mapped_column(ForeignKey("host_team.ref"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True, index=True)


class ProxyTable(Base):
    """Whom somebody without mail chose to answer their invites; None once they took that back."""

    __tablename__ = "proxy"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    proxy: Mapped[str | None] = mapped_column(ForeignKey("person.ref"), index=True)
    chosen_at: Mapped[datetime]


class PersonKeyTable(Base):
    """A person's data key, wrapped by a key that is kept outside the database."""

    __tablename__ = "person_key"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
