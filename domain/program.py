"""A program: the template that its rotations follow. It is data, versioned, and never code."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from pydantic import Field

from domain.language import Language
from domain.moments import Days
from domain.people import Seat
from domain.value import Key, Silent, Value


class StepKind(StrEnum):
    """What a step is. Those in UNMET are written, not met; all others are calendar invites."""

    LEARNING_GOAL_TALK = "learning-goal-talk"
    SHADOWING_DAY = "shadowing-day"
    LISTENING_SESSION = "listening-session"
    REFLECTION = "reflection"
    SUMMARY = "summary"
    """What the visit taught, with three distinct insights; the host lead reads it first."""
    CO_CREATION = "co-creation"
    """A workshop in which frontline people work out changes with the participant."""
    FOLLOW_UP = "follow-up"
    """A meeting in which those of the workshop look at what has become of it."""
    PROPOSAL = "proposal"
    """The change that came out of it, handed to its policy owner."""
    THANKS = "thanks"
    RETURN_VISIT = "return-visit"
    """The visitor comes back and sees what has changed."""
    RITUAL_SESSION = "ritual-session"
    """One session of a ritual: everybody looks through a lens that is not always their own."""


UNMET = frozenset({StepKind.SUMMARY, StepKind.PROPOSAL, StepKind.THANKS})
"""Kinds of step that take nobody's time in a calendar: somebody writes when they begin."""

AT_HOST = frozenset(
    {
        StepKind.SHADOWING_DAY,
        StepKind.LISTENING_SESSION,
        StepKind.CO_CREATION,
        StepKind.FOLLOW_UP,
        StepKind.RETURN_VISIT,
    }
)
"""Kinds of step that belong to the host team: none is held on days on which the team is closed."""


class Gate(StrEnum):
    """The consents that come before any invite, in their order (goals first)."""

    GOALS = "goals"
    RELEASE = "release"
    HOST = "host"
    COLLEAGUES = "colleagues"


class Window(Value):
    """When a step may lie: it starts at least ``opens`` and ends at most ``closes`` after its reference.

    The reference is the end of the step named ``after``, or the cohort's first day at 00:00 in the
    program's zone when ``after`` is None.
    """

    after: Key | None
    opens: timedelta
    closes: timedelta


class Attendance(Value):
    """Who sits in a step: the seats that must come, and how many frontline colleagues make a quorum."""

    required: tuple[Seat, ...]
    frontline_quorum: int = Field(default=0, ge=0, le=20)


MOST_STOPS = 6
"""Host teams that one rotation can visit, one after the other."""


class StepTemplate(Value):
    """One dated step of a program, in order; texts may be empty."""

    key: Key
    kind: StepKind
    title: str
    stop: int = Field(default=1, ge=1, le=MOST_STOPS)
    """Which of the rotation's stops it belongs to; each stop is a stay with another host team."""
    duration: timedelta
    window: Window
    attendance: Attendance
    over_meetings: bool = False
    """True lets the step lie over ordinary meetings (never over absences): a shadowing day."""
    names_shown: bool = False
    """True shows attendees one another's names in the text of the invite."""
    where: str = ""
    prompts: tuple[str, ...] = ()
    starts_at: str | None = None
    """A fixed local start ``HH:MM`` in the host team's zone, for shadowing days; None leaves it free."""


class Weekday(StrEnum):
    """A day of the week, as program folders name it."""

    MONDAY = "Mon"
    TUESDAY = "Tue"
    WEDNESDAY = "Wed"
    THURSDAY = "Thu"
    FRIDAY = "Fri"
    SATURDAY = "Sat"
    SUNDAY = "Sun"

    @property
    def number(self) -> int:
        """Monday is 0, as in ``datetime``."""
        return list(Weekday).index(self)


class Ritual(Value):
    """A recurring session of a cohort: every week, or on the ``week``-th such weekday of each month."""

    key: Key
    title: str
    duration: timedelta
    weekday: Weekday
    week: int | None = Field(default=None, ge=1, le=4)
    starts_at: str
    """Local start ``HH:MM`` in the program's zone."""
    lenses: tuple[str, ...] = Field(min_length=1)
    where: str = ""
    prompts: tuple[str, ...] = ()

    @property
    def template(self) -> StepTemplate:
        """The session as a step, for whoever writes its invites."""
        return StepTemplate(
            key=self.key,
            kind=StepKind.RITUAL_SESSION,
            title=self.title,
            duration=self.duration,
            window=Window(after=None, opens=timedelta(), closes=self.duration),
            attendance=Attendance(required=(Seat.FACILITATOR,)),
            names_shown=True,
            where=self.where,
            prompts=self.prompts,
        )


class Reader(StrEnum):
    """Who may read what somebody wrote, beside themselves."""

    WRITER = "writer"
    """Nobody else."""
    PROGRAM = "program"
    """The program manager and the coordinator."""
    COUNTED = "counted"
    """Nobody; figures are shown as the mean of at least five answers."""


class VoiceMode(StrEnum):
    """How people of a host team say what should be heard around a listening session."""

    NAMED = "named"
    """The visitor reads it with the name of who said it."""
    ANONYMOUS = "anonymous"
    """Nobody can tell who said it; nothing that could tell is kept."""
    FACILITATOR = "facilitator-only"
    """Only who facilitates reads it, and passes a wording of it on."""


class FieldKind(StrEnum):
    """What a field holds."""

    TEXT = "text"
    LINES = "lines"
    """Several things, each in a line."""
    NUMBER = "number"
    CHOICE = "choice"


class Timing(StrEnum):
    """When an exercise is open, by the step that it belongs to."""

    BEFORE = "before"
    """Until the step begins; then what was written is sealed."""
    AFTER = "after"
    """From the beginning of the step; what is written late says so."""


class FormField(Value):
    """One thing that is asked."""

    key: Key
    label: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    required: bool = False
    least: int = Field(default=0, ge=0, le=20)
    """Lines."""
    distinct: bool = False
    """True takes no two lines that say nearly the same."""
    most_words: int = Field(default=150, ge=1, le=1000)
    choices: tuple[str, ...] = ()


class Exercise(Value):
    """A versioned form; the same version asks the same, whoever fills it in."""

    key: Key
    version: int = Field(ge=1)
    title: str
    why: str = ""
    seat: Seat
    step: StepKind
    timing: Timing
    closes: timedelta = timedelta(days=7)
    """After the end of the step: what is written later is marked as late."""
    returns: tuple[timedelta, ...] = Field(default=(), max_length=6)
    """So long after they were written the answers come back to their writer, to be looked at again."""
    readers: tuple[Reader, ...] = Field(default=(Reader.WRITER,), min_length=1)
    """Whom the writer may choose; the first stands in the form."""
    fields: tuple[FormField, ...] = Field(min_length=1)


class Patience(Value):
    """How long Sojourn waits before it reminds, escalates or asks.

    With ``weekdays_only`` the waits before a reminder and an escalation count Mondays to Fridays.
    """

    invite_lead: timedelta = timedelta(weeks=4)
    remind_after: timedelta = timedelta(days=3)
    escalate_after: timedelta = timedelta(days=2)
    reflection_within: timedelta = timedelta(hours=48)
    held_within: timedelta = timedelta(hours=24)
    weekdays_only: bool = False
    """False for rotations that began before this was known."""


class Weights(Value):
    """How much each wish counts when a plan is made; 0 switches one off."""

    goal_lens: int = 10
    wished_team: int = 15
    customer_facing: int = 5
    fair_load: int = 4
    early: int = 1
    exposure: int = 1
    """Of meeting customers, for each week that somebody's exposure clock is beyond the program's limit."""


class ProgramText(Value):
    """A template of a program's own, instead of Sojourn's of that name."""

    language: Language
    name: str
    body: str


class Program(Value):
    """A versioned template with the cohort it is planned for."""

    key: Key
    version: int
    name: str
    cohort: Key
    zone: str
    starts_on: date
    weeks: int = Field(ge=1, le=104)
    coordinator: Key
    mail_domain: str
    steps: tuple[StepTemplate, ...]
    gates: tuple[Gate, ...] = tuple(Gate)
    cards: tuple[Key, ...] = ()
    exercises: Silent[tuple[Exercise, ...]] = ()
    """What the cards ask, as the program's folder had it."""
    voice_mode: Silent[VoiceMode | None] = None
    """How people say what should be heard, unless their lead chooses otherwise; None collects nothing."""
    patience: Patience = Patience()
    weights: Weights = Weights()
    holidays: bool = True
    take_proposals: bool = False
    """True takes a proposed time by itself where no other step moves and nobody has accepted the old one."""
    rituals: tuple[Ritual, ...] = ()
    language: Language = Language.ENGLISH
    """Of mails to people who have no other."""
    texts: tuple[ProgramText, ...] = ()
    blackouts: tuple[Days, ...] = ()
    """Days on which no step is planned with anybody, in everybody's own zone."""
    required_lenses: tuple[str, ...] = ()
    """Each of them has to be met at one of a rotation's stops."""
    meets_customers: bool = False
    """True makes one customer-facing stop a rule; otherwise it is a wish."""
    exposure_limit: timedelta = timedelta(weeks=13)
    """How long somebody may go without meeting customers."""

    @property
    def stops(self) -> int:
        """How many host teams a rotation visits."""
        return max(step.stop for step in self.steps)

    def texts_in(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return the program's own templates in a language, by name."""
        return tuple((text.name, text.body) for text in self.texts if text.language is language)

    def exercises_of(self, step: StepTemplate, seats: Iterable[Seat]) -> tuple[Exercise, ...]:
        """Return what somebody in these seats is asked around a step."""
        mine = set(seats)
        return tuple(e for e in self.exercises if e.step is step.kind and e.seat in mine)

    def step(self, key: str) -> StepTemplate:
        """Return the template of a step or ritual; raises KeyError for a key the program does not have."""
        return {one.key: one for one in (*self.steps, *(r.template for r in self.rituals))}[key]
