"""Mails to people: what each says, whatever it looks like in the end."""

from enum import StrEnum

from domain.language import Language
from domain.people import Seat
from domain.program import StepKind
from domain.rotation import Answer
from domain.value import Moment, Value


class Method(StrEnum):
    """The iTIP methods that Sojourn sends (RFC 5546 section 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"
    DECLINECOUNTER = "DECLINECOUNTER"


class Change(StrEnum):
    """What is new about a step for somebody who has an invite to it."""

    TIME = "time"
    CLOCKS = "clocks"
    """The zone has new rules: its clocks show the same hour at another instant."""
    PLACE = "place"
    """The place, the zone it lies in, or the host team."""
    PART = "part"
    """What the reader does there: they facilitate now."""
    WORDS = "words"
    """What the invite says of the step, which stays when and with whom it is; answers still count."""
    SEVERAL = "several"
    """More than one change since the mail that they have."""


class CalendarMail(Value):
    """Everything that one calendar mail to one person says; the composer adds nothing of its own."""

    method: Method
    uid: str
    sequence: int
    stamped: Moment
    """DTSTAMP: when this revision was decided, the same on every resend."""
    created: Moment
    starts: Moment
    ends: Moment
    zone: str
    reader_name: str
    reader_email: str
    reader_zone: str = ""
    """Where the reader works; the body adds their own time when it differs."""
    title: str
    change: Change | None = None
    """What is new since the last mail about this invite; None in the first."""
    answered: Answer = Answer.NEEDS_ACTION
    """The reader's answer that still counts."""
    was: Moment | None = None
    """With a new time: the start that the reader has in their calendar."""
    was_zone: str = ""
    where: str = ""
    kind: StepKind | None = None
    """What the meeting is for; None says nothing of it."""
    seat: Seat | None = None
    """The reader's part in it."""
    leader: str = ""
    """Whose visit it is; of a ritual session, who facilitates."""
    team: str = ""
    lens: str = ""
    observes: bool = False
    """Whether the reader observes a ritual session in silence."""
    others: tuple[str, ...] = ()
    """Who comes too, where the program shows it, and of very many ``further`` ones only their number."""
    further: int = 0
    ended: str = ""
    """Of a results review: the day on which the test ended, at ``team``; nothing of what was tried."""
    what: str = ""
    """What this type of visit is, in a sentence."""
    goals: tuple[str, ...] = ()
    """What the visitor wants to learn, for who may read it."""
    checklist: tuple[str, ...] = ()
    """What the reader sees to before the visit."""
    lines: tuple[str, ...] = ()
    """The program's questions, which are for the reader when they are their ``own``."""
    own: bool = False
    contact: str = ""
    """The human to ask, as ``Name, address``."""
    answer_url: str | None = None
    """Signed page to answer without a calendar; None in a cancellation."""
    page_url: str | None = None
    language: Language = Language.ENGLISH
    texts: tuple[tuple[str, str], ...] = ()
    """Templates by name with which the program replaces those of Sojourn in this language."""
    whole: bool = True
    """False in a CANCEL that only un-invites this person (no STATUS, RFC 5546 section 3.2.5)."""
    private: bool = False
    counter_allowed: bool = False
    previous: tuple[str, ...] = ()
    """Message-IDs of the earlier mails about this UID, oldest first."""


class LetterKind(StrEnum):
    """Mails that are not calendar events."""

    ASK_GOALS = "ask-goals"
    ASK_RELEASE = "ask-release"
    ASK_HOST = "ask-host"
    ASK_COLLEAGUE = "ask-colleague"
    REMINDER = "reminder"
    REMINDERS = "reminders"
    """Several reminders in one mail."""
    ASK_HELD = "ask-held"
    ASK_REFLECTION = "ask-reflection"
    ASK_THANKS = "ask-thanks"
    THANKS = "thanks"
    ASK_SUMMARY = "ask-summary"
    SHOW_SUMMARY = "show-summary"
    SUMMARY = "summary"
    ASK_PROPOSAL = "ask-proposal"
    SHOW_PROPOSAL = "show-proposal"
    ASK_DECISION = "ask-decision"
    ASK_IMPACT = "ask-impact"
    DECISION_RECEIPT = "decision-receipt"
    VERDICT_RECEIPT = "verdict-receipt"
    WHOSE_ANSWER = "whose-answer"
    READING_CODE = "reading-code"
    """A code that lets the reader see their own words again."""
    FRESH_LINK = "fresh-link"
    """A link in place of one that had expired."""
    OLD_ANSWERS = "old-answers"
    """What the reader wrote some time ago waits to be looked at again."""
    ASK_AFTER_EVENT = "ask-after-event"
    """The time to reflect on something that happened is over: the page to write on."""
    MAY_INVITE = "may-invite"
    """Somebody had a crisis: may they be invited to a reflection?"""
    REVIEW_PACK = "review-pack"
    """The reader can choose what goes into a pack for a talk about their work."""
    ASK_CONVEY = "ask-convey"
    """Somebody said something that the reader passes on in their own words."""
    VOICE_RECEIPT = "voice-receipt"
    """What came of what the reader wanted heard."""
    ASK_PROXY = "ask-proxy"
    """Somebody without mail is invited, and lets the reader answer for them."""
    READ_NEED = "read-need"
    """Somebody has said what would make a step work for them; the mail says neither who nor what."""
    QUARTER_SHORT = "quarter-short"
    """A quarter is about to end and something that the program promises is missing."""
    CUSTOMERS_LONG_AGO = "customers-long-ago"
    """Participants have not met customers for longer than the program allows for."""
    TEST_STARTED = "test-started"
    ASK_RESULT = "ask-result"
    TEST_RESULT = "test-result"
    TEST_UNMEASURED = "test-unmeasured"
    """Nobody answered what a test showed."""
    DIGEST = "digest"
    """What a cohort learnt since the last one."""
    TENSIONS_DUE = "tensions-due"
    """Tensions should have been looked at by now, or are decided before they are discussed."""


POLICY_LETTERS = frozenset(
    {
        LetterKind.SHOW_PROPOSAL,
        LetterKind.ASK_DECISION,
        LetterKind.ASK_IMPACT,
        LetterKind.DECISION_RECEIPT,
        LetterKind.VERDICT_RECEIPT,
    }
)

TEST_LETTERS = frozenset(
    {
        LetterKind.TEST_STARTED,
        LetterKind.ASK_RESULT,
        LetterKind.TEST_RESULT,
        LetterKind.TEST_UNMEASURED,
    }
)

ROTATION_FACTS = ("program", "participant", "team", "goals", "step_title", "when")
REMINDERS_FACTS = ("count",)
MAY_INVITE_FACTS = ("program", "participant", "when")
NEED_FACTS = ("program", "title", "when")
PROXY_FACTS = ("program", "person", "title", "when", "where", "again", "stays", "called_off")
TENSIONS_FACTS = ("program", "overdue", "early")
QUARTER_FACTS = ("program", "quarter", "insights", "changes", "last_day")
EXPOSURE_FACTS = ("program", "weeks")
DIGEST_FACTS = ("program",)
FRESH_LINK_FACTS = ("program",)
TEST_FACTS = (
    "program", "participant", "owner", "team", "insight", "hypothesis", "adjustment", "cost",
    "metric", "baseline", "target", "ends", "verdict", "measured", "learnt",
)  # fmt: skip
POLICY_FACTS = (
    "participant", "owner", "team", "co_authors", "title", "seen", "before", "change", "wording",
    "metric", "baseline", "target", "decide_by", "in_force", "decision", "reason", "verdict", "measured", "learnt",
)  # fmt: skip


class Letter(Value):
    """One letter to one person. ``facts`` fill its text; their keys are those its template names."""

    kind: LetterKind
    key: str
    """Business identity such as ``k7...:ask-held:shadowing-day:P-0012:0``; the Message-ID derives from it."""
    written: Moment
    reader_name: str
    reader_email: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()
    contact: str = ""
    url: str | None = None
    """The page to answer."""
    urls: tuple[str, ...] = ()
    """Further pages, such as those of several reminders in one mail; each stands on a line of its own."""
    reminder: bool = False
    language: Language = Language.ENGLISH
    texts: tuple[tuple[str, str], ...] = ()
    """Templates by name with which the program replaces those of Sojourn in this language."""


class RenderedMail(Value):
    """The bytes of one mail, rendered once; every attempt sends exactly these."""

    message_id: str
    sender: str
    """Envelope sender; it may name the invite, so that a bounce finds it."""
    recipient: str
    subject: str
    raw: bytes
