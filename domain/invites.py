"""Invites and answers: when people must be asked again, and which incoming answer counts."""

from datetime import timedelta
from enum import StrEnum

from domain.rotation import Answer
from domain.value import Moment, PersonRef, Value

LATEST_SKEW = timedelta(minutes=5)
"""A DTSTAMP further in the future than this is taken as the moment of reception."""


class Method(StrEnum):
    """The iTIP methods that Sojourn sends (RFC 5546 section 1.4)."""

    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


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
    changed: str = ""
    """What is new since the last mail about this invite, as a sentence; empty in the first."""
    where: str = ""
    lines: tuple[str, ...] = ()
    """The body: purpose, who else comes (where the program shows it), prompts; one paragraph each."""
    contact: str = ""
    """The human to ask, as ``Name, address``."""
    answer_url: str | None = None
    """Signed page to answer without a calendar; None in a cancellation."""
    page_url: str | None = None
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
    reminder: bool = False


class RenderedMail(Value):
    """The bytes of one mail, rendered once; every attempt sends exactly these."""

    message_id: str
    sender: str
    """Envelope sender; it may name the invite, so that a bounce finds it."""
    recipient: str
    subject: str
    raw: bytes


class Reply(Value):
    """What an incoming calendar answer says, as read and not yet believed."""

    method: str
    uid: str
    sequence: int
    stamped: Moment
    attendee: str
    sender: str
    """Address in From, lower case."""
    answer: Answer
    comment: str = ""


class Unusable(Value):
    """An incoming mail that is not a usable answer, with the reason; ``uid`` empty when it names none."""

    reason: str
    uid: str = ""


class KnownInvite(Value):
    """What the store knows of the invite an answer names."""

    uid: str
    person: PersonRef
    address: str | None
    aliases: tuple[str, ...] = ()
    sequence: int
    called_off: bool = False
    answered_sequence: int | None = None
    answered_stamp: Moment | None = None
    answer: Answer = Answer.NEEDS_ACTION


class Verdict(StrEnum):
    """What becomes of an incoming answer."""

    APPLY = "apply"
    STALE = "stale"
    DUPLICATE = "duplicate"
    QUARANTINE = "quarantine"
    IGNORE = "ignore"


class Judgement(Value):
    """A verdict with its reason in one sentence."""

    verdict: Verdict
    reason: str


def judge(reply: Reply, known: KnownInvite | None, received: Moment) -> Judgement:
    """Say whether an answer counts: by UID, by address, then by SEQUENCE and DTSTAMP.

    Addresses are compared in lower case. Source: RFC 5546 sections 2.1.5 and 3.2.3.
    """
    if reply.method != "REPLY":
        return _judged(Verdict.IGNORE, f"METHOD {reply.method} does not answer an invite")
    if known is None:
        return _judged(Verdict.IGNORE, "no invite has this UID")
    if not _from_the_invitee(reply, known):
        return _judged(Verdict.QUARANTINE, "sender and attendee are not both the invited person")
    if known.called_off:
        return _judged(Verdict.IGNORE, "the invite was called off, or its step is over")
    return _in_order(reply, known, received)


def _from_the_invitee(reply: Reply, known: KnownInvite) -> bool:
    own = {a.lower() for a in (known.address, *known.aliases) if a}
    return reply.attendee.lower() in own and reply.sender.lower() in own


def _in_order(reply: Reply, known: KnownInvite, received: Moment) -> Judgement:
    if reply.sequence > known.sequence:
        return _judged(Verdict.QUARANTINE, "its SEQUENCE is higher than any that was sent")
    if reply.sequence < known.sequence:
        return _judged(Verdict.STALE, "it answers an earlier time; the current invite stands")
    stamped = clamped(reply.stamped, received)
    if known.answered_sequence == reply.sequence and known.answered_stamp is not None:
        if stamped < known.answered_stamp:
            return _judged(Verdict.STALE, "a later answer is already known")
        if stamped == known.answered_stamp and reply.answer == known.answer:
            return _judged(Verdict.DUPLICATE, "the same answer is already known")
    return _judged(Verdict.APPLY, "it answers the current invite")


def clamped(stamped: Moment, received: Moment) -> Moment:
    """Return the DTSTAMP, or the moment of reception when it lies in the future."""
    return received if stamped > received + LATEST_SKEW else stamped


def _judged(verdict: Verdict, reason: str) -> Judgement:
    return Judgement(verdict=verdict, reason=reason)
