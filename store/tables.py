"""The tables, one class each; every moment is UTC."""

from datetime import UTC, date, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, validates
from sqlalchemy.types import TypeDecorator

from domain.people import Fact


class UtcMoment(TypeDecorator[datetime]):
    """An aware moment; SQLite keeps no zone, so everything is stored in UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _: Dialect) -> datetime | None:
        return value if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _: Dialect) -> datetime | None:
        if value is None or value.tzinfo:
            return value if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """Base of all tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcMoment,
        date: Date,
        dict[str, Any]: JSON,
        list[str]: JSON,
    }


class ChangeRow(Base):
    """One row whose number rises with every change that a page may show."""

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]


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
    __table_args__ = (Index("person_of_team", "team", "works_at", "shift", "level", "function"),)

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
        Index("counted_step_of_cohort", "cohort", "kind", "starts"),
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
    """The event that it looks back on, as ``domain.happenings.about`` names it; None for what looks back on none."""
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


class KioskMissTable(Base):
    """A wrong code that somebody entered, of the last hour."""

    __tablename__ = "kiosk_miss"
    number: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)


class ProxyTable(Base):
    """Whom somebody without mail chose to answer their invites; None once they took that back."""

    __tablename__ = "proxy"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    proxy: Mapped[str | None] = mapped_column(ForeignKey("person.ref"), index=True)
    chosen_at: Mapped[datetime]


class NeedTable(Base):
    """What would make a step work for somebody invited, sealed; it goes with their invite."""

    __tablename__ = "need"
    uid: Mapped[str] = mapped_column(ForeignKey("invite.uid"), primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), index=True)
    sealed: Mapped[bytes]
    written_at: Mapped[datetime]
    arranged_at: Mapped[datetime | None]


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


class TouchTable(Base):
    """What an insight or a policy change touches, by the name that the program uses for it."""

    __tablename__ = "touch"
    about: Mapped[str] = mapped_column(String(40), primary_key=True)
    """An insight, also of a change that stands on it, or a policy change, by id."""
    kind: Mapped[str] = mapped_column(String(12), primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    rotation: Mapped[str] = mapped_column(ForeignKey("rotation.id"), index=True)


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
    """That a voice of a policy change is to hear what was decided, or what came of it."""

    __tablename__ = "receipt"
    key: Mapped[str] = mapped_column(String(200), primary_key=True)
    """Of the letter that says so, in the outbox."""
    cohort: Mapped[str] = mapped_column(String(24))
    errand: Mapped[str] = mapped_column(String(24))
    by_word: Mapped[bool]
    """Whether the reader has no mail and is told in person."""
    __table_args__ = (Index("receipt_of_cohort", "cohort", "errand", "by_word"),)


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


class PersonKeyTable(Base):
    """A person's data key, wrapped by a key that is kept outside the database."""

    __tablename__ = "person_key"
    person: Mapped[str] = mapped_column(ForeignKey("person.ref"), primary_key=True)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


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
