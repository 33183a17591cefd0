"""What pages and commands show: plain values, read by ``store.views``, never used to decide."""

from datetime import date
from typing import NamedTuple

from domain.insights import InsightTag, Summary
from domain.program import Gate, StepKind
from domain.proposal import Proposal
from domain.rotation import Answer, Concern, Ending, Phase
from domain.touching import TouchKind
from domain.value import Moment, PersonRef, TeamRef, Value


class Wanted(NamedTuple):
    """Which of many a page shows: its number, from 1, of those whose name has this in it."""

    page: int = 1
    name: str = ""


EVERYBODY = Wanted()


class AttentionRow(Value):
    """One thing that needs a person: a sentence with names, and where to act."""

    sentence: str
    since: Moment
    concern: Concern | None
    """None for matters of the installation, such as a mail server that can't be reached."""
    rotation: str | None = None
    step: str | None = None
    person: str | None = None
    policy: str | None = None
    proposal: int | None = None
    """Number of somebody's proposal of another time, which can be taken or declined."""
    mail: int | None = None
    """Number of a mail with somebody's words, which can be set aside once they are read."""
    question: str | None = None
    """An occasion of which the coordinator has to say whether it is opened."""
    what_to_do: str = ""


class CalendarRow(Value):
    """One person's calendar: where it is, when it was read last, and why it can't be now."""

    person: str
    name: str
    kind: str
    """``folder``, ``file``, ``feed`` or ``caldav``."""
    server: str = ""
    read_at: Moment | None = None
    """When it was last there and could be read; None for the program folder's."""
    reason: str = ""
    remarks: str = ""
    stale: bool = False


class AttendeeRow(Value):
    """One person's part in one step: their answer and what became of their mail."""

    person: str
    name: str
    seat: str
    required: bool
    has_mail: bool
    lens: str = ""
    observes: bool = False
    answer: Answer = Answer.NEEDS_ACTION
    answered_at: Moment | None = None
    answered_by: str = ""
    """How the answer came: ``mail``, ``link``, ``manager``; empty while there is none."""
    uid: str | None = None
    sequence: int | None = None
    delivery: str = "not sent"
    """``not sent``, ``waiting``, ``sent``, ``refused: ...`` or ``in person``."""


class StepRow(Value):
    """One step of a rotation as people see it; times are UTC, ``zone`` is where its wall time is meant."""

    rotation: str
    key: str
    kind: StepKind
    title: str
    phase: Phase
    starts: Moment
    ends: Moment
    zone: str
    where: str
    attendees: tuple[AttendeeRow, ...] = ()
    stop: int = 1
    host_name: str = ""
    """The host team of a meeting, where the rotation has several stops; empty elsewhere."""
    delegated: bool = False
    """Whether it was held with somebody else in the participant's place."""


class ConsentRow(Value):
    """One consent: who is asked for what, and where it stands."""

    gate: Gate
    person: str
    name: str
    state: str
    """``not asked``, ``asked``, ``reminded``, ``given`` or ``refused``."""
    since: Moment | None = None
    stop: int = 1
    host_name: str
    """The team of that stop."""


class RotationRow(Value):
    """One line of the overview."""

    rotation: str
    workflow_id: str
    participant: str
    participant_name: str
    hosts: tuple[TeamRef, ...]
    host_name: str
    stage: str
    sentence: str
    """Who is awaited since when and what comes next, with names."""
    next_at: Moment | None
    ending: Ending | None
    on_hold: bool
    attention: int
    steps: tuple[StepRow, ...] = ()
    ritual: str = ""
    """The key of the ritual or the occasion that this is; empty for a rotation."""
    occasion: bool = False


class MailRow(Value):
    """One mail of the log, outgoing or incoming."""

    at: Moment
    direction: str
    """``out`` or ``in``."""
    kind: str
    """``REQUEST``, ``CANCEL``, ``REPLY`` or the letter's kind."""
    person_name: str
    step: str | None
    sequence: int | None
    state: str
    message_id: str


class Writing(Value):
    """That something private was stored, of whom only its writer knows a word."""

    title: str
    at: Moment
    late: bool


class RotationPage(Value):
    """Everything that the rotation page shows; ``refusals`` are sentences why something told was refused."""

    cohort: str
    row: RotationRow
    goals: tuple[tuple[str, str], ...]
    consents: tuple[ConsentRow, ...]
    mails: tuple[MailRow, ...]
    attention: tuple[AttentionRow, ...]
    reflections: tuple[Writing, ...]
    refusals: tuple[tuple[Moment, str], ...] = ()
    history: tuple[tuple[Moment, str], ...] = ()
    """The audit trail: when, and a sentence."""


class PreviewMail(Value):
    """One mail that approving would bring, exactly as it would be sent, apart from UID and moment."""

    reader_name: str
    reader_email: str
    subject: str
    step: str
    starts: Moment
    text: str


class CohortRow(Value):
    """A cohort in one line; ``latest_plan`` None before the first plan."""

    cohort: str
    program_name: str
    coordinator_name: str
    zone: str
    starts_on: date
    weeks: int
    participants: int
    latest_plan: int | None
    approved_plan: int | None


class Overview(Value):
    """The first page: what needs a person, then rotations, page by page."""

    cohort: CohortRow | None
    attention: tuple[AttentionRow, ...]
    """What has waited longest first; at most a page of it."""
    more_attention: bool = False
    rotations: tuple[RotationRow, ...]
    """One page of those that were looked for."""
    found: int = 0
    """Rotations that were looked for, on all pages."""
    sessions: tuple[RotationRow, ...] = ()
    """The latest sessions of rituals, the latest first."""
    occasions: tuple[RotationRow, ...] = ()
    """Occasions under way, the next one first, as many as a page shows."""
    more_occasions: int = 0
    """How many more there are."""
    change: int
    """Rises with every change that the page shows; the live stream compares it."""


class AnswerPage(Value):
    """What the signed answer page shows to one person."""

    step: StepRow
    person: str
    lens: str
    """What this person looks through in a ritual session; empty elsewhere."""
    duty: str
    """``facilitator`` or ``observer`` of a ritual session; empty for everybody else."""
    person_name: str
    visitor: bool
    """Whether the reader is the participant, whose visit it is."""
    program_name: str
    leader_name: str
    host_name: str
    what: str = ""
    """Of the type of visit, in a sentence."""
    goals: tuple[str, ...] = ()
    checklist: tuple[str, ...] = ()
    prompts: tuple[str, ...]
    contact: str
    names: tuple[str, ...]
    """Other attendees, where the program shows names."""
    answer: Answer
    open: bool
    """False once the step is over, called off or somebody else's now."""
    occasion: bool = False
    may_raise: bool = False
    """Whether the reader is asked what pulls against what."""


class SinkMail(Value):
    """One mail in the local sink."""

    id: int = 0
    """0 until it is kept."""
    at: Moment
    to: str
    sender: str
    subject: str
    uid: str | None = None
    method: str | None = None
    sequence: int | None = None


class Named(Value):
    """Somebody who may be chosen."""

    ref: PersonRef
    name: str


class SummaryPage(Value):
    """A summary as its writer and the host lead see it."""

    step: str
    leader_name: str
    host_name: str
    summary: Summary | None
    open: bool
    """True while it can be written or written anew."""
    with_host: bool
    shared: bool
    names_used: dict[TouchKind, tuple[str, ...]]
    """What insights and changes of the program have touched before."""
    noted: tuple[tuple[InsightTag, int], ...] = ()
    """How often each kind of thing was noted at that stop, the most frequent first."""


class ProposalForm(Value):
    """What the form for a proposal offers."""

    leader_name: str
    host_name: str
    zone: str
    step: str
    co_authors: tuple[Named, ...]
    owners: tuple[Named, ...]
    insights: tuple[tuple[str, str], ...]
    """What the visit taught, as far as others may read it: the id of each, and its words."""
    tests: tuple[tuple[str, str], ...]
    """What was tried and what it showed: the id of each, and a sentence."""
    names_used: dict[TouchKind, tuple[str, ...]]
    """What insights and changes of the program have touched before."""
    handed_in: bool


class ConcernRow(Value):
    """A concern as its owner and the pages show it; ``by`` is empty unless the writer wants to be named."""

    id: str
    text: str
    by: str
    raised_at: Moment
    disposition: str
    """Empty while nothing is decided."""
    decision: str
    reason: str


class ChangePage(Value):
    """A policy change with its chain: what was seen, with whom it was worked out, decided, measured."""

    policy: str
    workflow_id: str
    rotation: str
    cohort: str
    zone: str
    leader_name: str
    host_name: str
    proposal: Proposal
    owner_name: str
    co_author_names: tuple[str, ...]
    voices: int
    """How many people hear what came of it."""
    concerns: tuple[ConcernRow, ...]
    phase: str
    proposed_at: Moment
    decided_at: Moment | None
    decision: str
    reason: str
    wording: str
    """What was decided, word for word; empty before, and after a no."""
    in_force_at: Moment | None
    verdict_due: Moment | None
    verdict: str
    measured: float | None
    learnt: str
    next_at: Moment | None
    next_step: str
    attention: int
    begun: bool
    """False in the moment between handing in and the workflow's first word."""


class BoardColumn(Value):
    """Changes that are at the same place, the newest first."""

    key: str
    changes: tuple[ChangePage, ...]
    more: bool
    """Whether there are more than are shown."""


class TeamLoop(Value):
    """How long it took from what was seen at a team to a decision about it."""

    team_name: str
    changes: int
    days: float | None
    """The median; None for too few."""


class Board(Value):
    """A cohort's changes by where they are."""

    cohort: str
    columns: tuple[BoardColumn, ...]
    touched: tuple[tuple[str, int], ...]
    """The policies with the most independent insights, and how many those are."""
    loops: tuple[TeamLoop, ...]

    @property
    def empty(self) -> bool:
        return not any(column.changes for column in self.columns)
