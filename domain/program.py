"""A program: the template that its rotations follow. It is data, versioned, and never code."""

from collections.abc import Iterable, Set
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.language import Language
from domain.moments import Days, whole_day
from domain.occasionwords import WORDS
from domain.outcomes import Windows
from domain.people import Fact, Seat
from domain.questions import picked
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
    PEER_DEBRIEF = "peer-debrief"
    """Two participants, or three, tell one another what their visits taught them."""
    RESULTS_REVIEW = "results-review"
    """Those of a quick-cycle test look at what came out, whatever that is."""
    TEMPLATE_REVIEW = "template-review"
    """Whoever runs the program looks at the program itself."""


APART = frozenset(
    {
        StepKind.RITUAL_SESSION,
        StepKind.PEER_DEBRIEF,
        StepKind.RESULTS_REVIEW,
        StepKind.TEMPLATE_REVIEW,
    }
)
"""Kinds of step that no rotation has: each is a process of its own."""

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

VISITING = frozenset({StepKind.SHADOWING_DAY, StepKind.RETURN_VISIT})
"""Kinds of step that are visits of some type."""


HEARD_IN = frozenset({StepKind.SHADOWING_DAY, StepKind.LISTENING_SESSION})
"""Kinds of step in which people of a host team are heard by who visits them."""

VISITS = frozenset({StepKind.SHADOWING_DAY, StepKind.RETURN_VISIT})
"""Kinds of step that are spent beside a host team at work."""


class Practice(StrEnum):
    """The three kinds of practice that belong together."""

    PERSPECTIVE = "perspective-taking"
    CUSTOMERS = "customer-immersion"
    REFLECTION = "reflection"


class Cadence(Value):
    """After how long each kind of practice is due again."""

    perspective_taking: timedelta = timedelta(weeks=6)
    customer_immersion: timedelta = timedelta(weeks=13)
    reflection: timedelta = timedelta(weeks=4)

    def of(self, practice: Practice) -> timedelta:
        return {
            Practice.PERSPECTIVE: self.perspective_taking,
            Practice.CUSTOMERS: self.customer_immersion,
            Practice.REFLECTION: self.reflection,
        }[practice]


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


MOST_WEEKS = 104
"""In which the rotations of one program can be planned."""

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
    visit: Silent[Key | None] = None
    """The type of visit that it is; None for none of those that the program has."""


class Visit(Value):
    """A type of visit: how long it is, what both sides see to before it, and what can be asked."""

    key: Key
    title: str
    duration: timedelta
    starts_at: str | None = None
    """As of a step; title, length and start stand wherever a step of this type says nothing else."""
    what: str = ""
    """In a sentence, for both sides."""
    visitor: tuple[str, ...] = ()
    host: tuple[str, ...] = ()
    """What the visitor, and what the host team, sees to before it."""
    questions: tuple[str, ...] = ()
    """The bank from which some are picked for each visit, in the order in which they are shown."""

    def checklist(self, seat: Seat) -> tuple[str, ...]:
        """Return what somebody in this seat sees to before the visit."""
        if seat is Seat.PARTICIPANT:
            return self.visitor
        return self.host if seat in {Seat.HOST_LEAD, Seat.FRONTLINE} else ()


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
    observer: Silent[bool] = False
    """True lets one person observe each session in silence, where enough take part."""
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


class Occasion(Value):
    """A meeting, or a time of one's own, that no plan has: it is opened when there is a reason for it.

    What a program says of it is a card; where it says nothing, ``usual_occasion`` does.
    """

    key: Key
    kind: StepKind
    version: int = Field(default=1, ge=1)
    title: str
    duration: timedelta = timedelta(minutes=30)
    notice: timedelta = timedelta(days=1)
    """It begins at least so long after it was opened."""
    within: timedelta
    """It is over so long after it was opened."""
    closes: timedelta = timedelta(days=7)
    """After its end: what is written later is marked as late."""
    people: tuple[Key, ...] = ()
    """Who comes to a review besides those whom it is opened for, by id in the program folder."""
    where: str = ""
    prompts: tuple[str, ...] = ()

    @property
    def template(self) -> StepTemplate:
        """The occasion as a step, for whoever writes its invites."""
        return StepTemplate(
            key=self.key,
            kind=self.kind,
            title=self.title,
            duration=self.duration,
            window=Window(after=None, opens=self.notice, closes=self.within),
            attendance=Attendance(required=()),
            names_shown=self.kind is not StepKind.REFLECTION,
            where=self.where,
            prompts=self.prompts,
        )


REVIEWS = frozenset({StepKind.RESULTS_REVIEW, StepKind.TEMPLATE_REVIEW})
"""Kinds of occasion to which a card may ask others as well; a debrief is confidential, a reflection alone."""

PEER_DEBRIEF = "peer-debrief"
RESULTS_REVIEW = "results-review"
TEMPLATE_REVIEW = "template-review"
AFTER = {kind: f"after-{kind}" for kind in ("decision", "crisis", "conversation")}
"""The occasion on which somebody reflects, by the kind of event that it looks back on."""

_AFTER_AN_EVENT = {
    "kind": StepKind.REFLECTION,
    "notice": timedelta(hours=2),
    "within": timedelta(days=7),
}

OCCASIONS = {
    one.key: one
    for one in (
        Occasion(
            key=PEER_DEBRIEF,
            kind=StepKind.PEER_DEBRIEF,
            title="Peer debrief",
            within=timedelta(days=14),
            where="A call, or a walk",
            prompts=(
                "What did you see that you did not expect?",
                "What would you do differently from now on, and what keeps you from it?",
            ),
        ),
        Occasion(
            key=AFTER["decision"],
            title="Reflection after a decision",
            prompts=(
                "The decision you took: what did you know, what did you assume, whom did you not ask?",
            ),
            **_AFTER_AN_EVENT,
        ),
        Occasion(
            key=AFTER["crisis"],
            title="Reflection after a crisis",
            prompts=("What happened: what held, what broke, and what do you need now?",),
            **_AFTER_AN_EVENT,
        ),
        Occasion(
            key=AFTER["conversation"],
            title="Reflection after a conversation",
            prompts=("The conversation you had: what was said that you did not want to hear?",),
            **_AFTER_AN_EVENT,
        ),
        Occasion(
            key=RESULTS_REVIEW,
            kind=StepKind.RESULTS_REVIEW,
            title="Results review",
            within=timedelta(days=14),
            prompts=("What did we expect, what came out, and what do we know now?",),
        ),
        Occasion(
            key=TEMPLATE_REVIEW,
            kind=StepKind.TEMPLATE_REVIEW,
            title="Review of the program",
            duration=timedelta(hours=1),
            within=timedelta(days=21),
            prompts=(
                "Which step taught the most this quarter, and which could go?",
                "What has changed around us that the program does not know yet?",
            ),
        ),
    )
}
"""Every occasion by its key, as it is where a program in English says nothing else."""


def usual_occasion(key: str, language: Language) -> Occasion:
    """Return an occasion as it is in a language where a program says nothing of it; raises KeyError for no such key."""
    return OCCASIONS[key].model_copy(update=WORDS.get(language, {}).get(key, {}))


class Reader(StrEnum):
    """Who may read what somebody wrote, beside themselves."""

    WRITER = "writer"
    """Nobody else."""
    PROGRAM = "program"
    """The program manager and the coordinator."""
    COUNTED = "counted"
    """Nobody; figures are shown as the mean of at least five answers."""
    COMPARED = "compared"
    """Nobody; who foresaw the answers sees what at least three say together, rounded."""


FIGURES = frozenset({Reader.COUNTED, Reader.COMPARED})
"""Readers of figures that nobody sees singly, so that what was given stays as it is."""


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
    MAP = "map"
    """Steps of a decision against those whom it concerns: a ``domain.decisionmap.DecisionMap`` as JSON."""


class Timing(StrEnum):
    """When an exercise is open, by the step that it belongs to."""

    BEFORE = "before"
    """Until the step begins; then what was written is sealed."""
    AFTER = "after"
    """From the beginning of the step; what is written late says so."""


class Card(StrEnum):
    """Cards that are more than a form: Sojourn has them, no file says what they ask."""

    QUICK_TEST = "quick-test"
    """Insights are tested by small adjustments."""
    DIGEST = "digest"
    """Participants and host leads hear once a month what was learnt."""
    PORTFOLIO = "portfolio"
    """Program managers see what each participant practised, and what comes next."""


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
    intention: Silent[bool] = False
    """True says it again to its writer when they are asked the same exercise the next time."""
    unless: Key | None = None
    """Required while that other field holds nothing, or a number that is not above zero."""


class RoleCard(Value):
    """A part that somebody plays in a session and writes from."""

    key: Key
    title: str
    says: str = ""
    """What its player looks at."""
    held_by: tuple[Seat, ...] = ()
    """Seats that hold it in real life: nobody who sits there plays it."""


class Exercise(Value):
    """A versioned form; the same version asks the same, whoever fills it in."""

    key: Key
    version: int = Field(ge=1)
    title: str
    why: str = ""
    seat: Seat
    also: Silent[tuple[Seat, ...]] = ()
    """Further seats that are asked the same."""
    otherwise: tuple[Seat, ...] = ()
    """Who is asked in a step in which nobody has that seat: the first of these that somebody has."""
    step: StepKind
    timing: Timing
    closes: timedelta = timedelta(days=7)
    """After the end of the step: what is written later is marked as late."""
    returns: tuple[timedelta, ...] = Field(default=(), max_length=6)
    """So long after they were written the answers come back to their writer, to be looked at again."""
    practice: Literal[Practice.PERSPECTIVE, Practice.REFLECTION] = Practice.REFLECTION
    """Which kind of practice it is to write it; nobody meets customers by writing."""
    readers: tuple[Reader, ...] = Field(default=(Reader.WRITER,), min_length=1)
    """Whom the writer may choose; the first stands in the form."""
    compares_with: Silent[Key | None] = None
    """The exercise whose answers are foreseen here, question by question."""
    roles: Silent[tuple[RoleCard, ...]] = ()
    """Each of those who are asked plays one of these and writes from it; empty where all write as themselves."""
    names_nobody: Silent[bool] = False
    """True keeps it a draft while it names somebody who was met."""
    fields: tuple[FormField, ...] = Field(min_length=1)

    @property
    def seats(self) -> frozenset[Seat]:
        """Everybody who is asked."""
        return frozenset((self.seat, *self.also))

    def role(self, key: str) -> RoleCard | None:
        """Return one of the roles; None for a key that is none of them."""
        return next((one for one in self.roles if one.key == key), None)

    def asked(self, filled: Set[Seat]) -> frozenset[Seat]:
        """Return which seats are asked in a step in which these are filled."""
        first = next((seat for seat in (self.seat, *self.otherwise) if seat in filled), self.seat)
        return frozenset((first, *self.also))

    @property
    def is_sealed(self) -> bool:
        """Whether what was written is sealed with a mark that proves later that nothing was changed."""
        return self.timing is Timing.BEFORE and not FIGURES.intersection(self.readers)


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
    weeks: int = Field(ge=1, le=MOST_WEEKS)
    """In which rotations are planned; rituals end with them unless the program is ``continuous``."""
    continuous: Silent[bool] = False
    """True lets rituals go on without an end, and the cohort's process with them."""
    grace: timedelta = timedelta(days=14)
    """After the last week: then a person is asked what is to become of rotations that go on."""
    coordinator: Key
    mail_domain: str
    steps: tuple[StepTemplate, ...]
    gates: tuple[Gate, ...] = tuple(Gate)
    cards: tuple[Key, ...] = ()
    exercises: Silent[tuple[Exercise, ...]] = ()
    """What the cards ask, as the program's folder had it."""
    occasions: Silent[tuple[Occasion, ...]] = ()
    """Those that the cards speak of; cards switch debriefs and reviews on."""
    visits: Silent[tuple[Visit, ...]] = ()
    """The types of visit that its steps are."""
    tension_register: Silent[bool] = False
    """True asks those who take part, on the pages of their invites, what pulls against what."""
    voice_mode: Silent[VoiceMode | None] = None
    """How people say what should be heard, unless their lead chooses otherwise; None collects nothing."""
    patience: Patience = Patience()
    weights: Weights = Weights()
    outcomes: Windows = Windows()
    """In which days outcome metrics are compared."""
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
    cadence: Cadence = Cadence()
    voice_fact: Silent[Fact | None] = None
    """By which fact of their work who was heard is counted; None for the first that is known of anybody."""

    @property
    def last_day(self) -> date:
        """In the program's zone, like ``starts_on``."""
        return self.starts_on + timedelta(weeks=self.weeks, days=-1)

    def runs_on(self, day: date) -> bool:
        """Return whether a day of the program's zone is one of the program's, which may have no last one."""
        return self.starts_on <= day and (self.continuous or day <= self.last_day)

    def promises_in(self, first_day: date) -> bool:
        """Return whether a quarter that begins on that day begins before the program ends, if it does."""
        return self.continuous or first_day <= self.last_day

    def goes_on(self, day: date) -> bool:
        """Return whether a day of the program's zone lies before the end of its days of grace, if it ends."""
        return self.continuous or day <= self.last_day + self.grace

    @property
    def shows_portfolio(self) -> bool:
        return Card.PORTFOLIO in self.cards

    @property
    def over_by(self) -> datetime:
        """The hard end (UTC): the end of the last week, and the days of grace after it."""
        end = self.starts_on + timedelta(weeks=self.weeks)
        return whole_day(end, self.zone).starts + self.grace

    @property
    def stops(self) -> int:
        """How many host teams a rotation visits."""
        return max(step.stop for step in self.steps)

    def texts_in(self, language: Language) -> tuple[tuple[str, str], ...]:
        """Return the program's own templates in a language, by name."""
        return tuple((text.name, text.body) for text in self.texts if text.language is language)

    def occasion(self, key: str) -> Occasion:
        """Return an occasion as the program has it, else as it is by itself; raises KeyError for no such key."""
        own = next((one for one in self.occasions if one.key == key), None)
        return own or usual_occasion(key, self.language)

    def visit_of(self, step: StepTemplate) -> Visit | None:
        """Return the type of visit that a step is."""
        return next((visit for visit in self.visits if visit.key == step.visit), None)

    def questions_of(self, step: StepTemplate, rotation: str) -> tuple[str, ...]:
        """Return the questions picked from the bank for a rotation's visit; none without a type.

        The steps of one type have others, as far as the bank allows.
        """
        visit = self.visit_of(step)
        if visit is None:
            return ()
        number = [one.key for one in self.steps if one.visit == visit.key].index(step.key)
        return picked(visit.questions, rotation, number)

    def exercises_of(
        self, step: StepTemplate, seats: Iterable[Seat], filled: Iterable[Seat]
    ) -> tuple[Exercise, ...]:
        """Return what somebody in these seats is asked around a step in which those ``filled`` are.

        An event leads to no exercise.
        """
        mine, there = set(seats) if step.key not in AFTER.values() else set(), set(filled)
        here = (exercise for exercise in self.exercises if exercise.step is step.kind)
        return tuple(exercise for exercise in here if exercise.asked(there) & mine)

    def step(self, key: str) -> StepTemplate:
        """Return the template of a step, ritual or occasion; raises KeyError for a key that there is not."""
        own = (*self.steps, *(ritual.template for ritual in self.rituals))
        return next((one for one in own if one.key == key), None) or self.occasion(key).template
