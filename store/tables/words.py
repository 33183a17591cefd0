"""What people write around a step."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
)
from sqlalchemy.orm import Mapped, mapped_column

from store.tables.base import Base


class DocumentTable(Base):
    """What a person wrote, sealed with their key."""

    __tablename__ = "document"
    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)
    step: Mapped[str] = mapped_column(String(24))
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    kind: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    written_at: Mapped[datetime]
    late: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Written so long after what it looks back on that it is more memory than account."""
    __table_args__ = (UniqueConstraint("rotation", "step", "person"),)


class ObservationTable(Base):
    """What a visitor saw or heard, sealed with their key; of what kind it is can be counted."""

    __tablename__ = "observation"
    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    step: Mapped[str] = mapped_column(String(24))
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    tag: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    noted_at: Mapped[datetime]
    __table_args__ = (Index("observation_of_step", "rotation", "step"),)


class ExerciseEntryTable(Base):
    """What somebody wrote in an exercise, sealed with their key; a draft until it is ``complete``."""

    __tablename__ = "exercise_entry"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    exercise: Mapped[str] = mapped_column(String(24), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    version: Mapped[int]
    """Of the exercise, as it was asked."""
    reader: Mapped[str] = mapped_column(String(16))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    mark: Mapped[str] = mapped_column(String(26))
    """A keyed digest of what was written: later it proves that nothing was changed."""
    complete: Mapped[bool]
    late: Mapped[bool]
    written_at: Mapped[datetime]
    role: Mapped[str] = mapped_column(String(24), default="")
    """That the writer played; empty where all write as themselves."""
    __table_args__ = (
        Index("exercise_entry_of_person", "person", "exercise", "written_at"),
        Index("exercise_newest", "exercise", "reader", "complete", "written_at", "person"),
    )


class ExerciseSealTable(Base):
    """That an exercise was finished before its step, with a keyed digest of its words: only ever added to."""

    __tablename__ = "exercise_seal"
    number: Mapped[int] = mapped_column(primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"))
    step: Mapped[str] = mapped_column(String(24))
    exercise: Mapped[str] = mapped_column(String(24))
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), index=True)
    mark: Mapped[str] = mapped_column(String(26))
    sealed_at: Mapped[datetime]
    __table_args__ = (Index("exercise_seal_of", "rotation", "step", "exercise", "person"),)


class ReviewPackTable(Base):
    """What a participant lets the program read for a review, sealed with their key; gone when taken back."""

    __tablename__ = "review_pack"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    shared_at: Mapped[datetime]


class TeamFiguresTable(Base):
    """What a team says together, as the visitor who foresaw it saw it first, sealed with their key."""

    __tablename__ = "team_figures"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    stop: Mapped[int] = mapped_column(primary_key=True)
    answers: Mapped[str] = mapped_column(String(24), primary_key=True)
    """The exercise in which the team answered."""
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    """A ``domain.foresight.Seen`` as JSON."""
    opened_at: Mapped[datetime]
    __table_args__ = (Index("team_figures_of_person", "person", "answers", "opened_at"),)


class VisitQuestionTable(Base):
    """A question that was picked for a visit, and whether its visitor says that they asked it."""

    __tablename__ = "visit_question"
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(24), primary_key=True)
    question: Mapped[str] = mapped_column(String(200), primary_key=True)
    """As the program has it; nobody's own words."""
    asked: Mapped[bool]
    marked_at: Mapped[datetime]


class NeedTable(Base):
    """What would make a step work for somebody invited, sealed; it goes with their invite."""

    __tablename__ = "need"
    uid: Mapped[str] = mapped_column(ForeignKey("invite.uid"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), index=True)
    sealed: Mapped[bytes]
    written_at: Mapped[datetime]
    asked_at: Mapped[datetime]
    """Since when there is something that the coordinator has not read; they are told once of each."""
    read_at: Mapped[datetime | None]
    """None while they have not read what stands there."""
    starts: Mapped[datetime]
    host: Mapped[str | None] = mapped_column(String(12))
    place: Mapped[str | None] = mapped_column(Text)
    """When, at which team and where the step was when it was asked last."""
    arranged_at: Mapped[datetime | None]
