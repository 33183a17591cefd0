"""Incoming mails: what one says, as read and not yet believed, and whether it counts."""

from datetime import date, timedelta
from enum import StrEnum

from domain.rotation import Answer
from domain.value import Moment, PersonRef, Value

LATEST_SKEW = timedelta(minutes=5)
"""A DTSTAMP further in the future than this is taken as the moment of reception."""


class Kind(StrEnum):
    """What an incoming mail is."""

    REPLY = "reply"
    """An answer to an invite (RFC 5546 section 3.2.3)."""
    COUNTER = "counter"
    """A proposal of another time (RFC 5546 section 3.2.7)."""
    REFRESH = "refresh"
    """Somebody asks for the current invite again (RFC 5546 section 3.2.6)."""
    BOUNCE = "bounce"
    """A mail server could not deliver one of our mails, or is still trying (RFC 3464)."""
    AUTO_REPLY = "auto-reply"
    """A machine answers for a person: out of office, a receipt (RFC 3834)."""
    NOTE = "note"
    """Somebody wrote back in words."""
    FOREIGN = "foreign"
    """A calendar object that is no answer to an invite of ours: somebody's own invite, a ticket."""
    UNREADABLE = "unreadable"


ANSWERS = frozenset({Kind.REPLY, Kind.COUNTER, Kind.REFRESH})
"""Kinds that are about an invite and come from a calendar."""


class Guest(Value):
    """One ATTENDEE of an incoming calendar object; addresses are bare and in lower case."""

    address: str
    partstat: str = ""
    """As it stands there, in upper case; empty when it does not."""
    sent_by: str = ""
    delegated_to: str = ""
    delegated_from: str = ""

    @property
    def answer(self) -> Answer | None:
        """What they say (RFC 5545 section 3.2.12); None when it is neither yes, no nor maybe."""
        return _ANSWERS.get(self.partstat)


class Incoming(Value):
    """What an incoming mail says. Texts are empty and moments None where it says nothing."""

    kind: Kind
    reason: str = ""
    """Why it is no more than that, where it could have been."""
    method: str = ""
    uid: str = ""
    sequence: int = 0
    stamped: Moment | None = None
    guests: tuple[Guest, ...] = ()
    """Every ATTENDEE; in a bounce the address that was not reached."""
    sender: str = ""
    """Address in From, lower case."""
    of_series: bool = False
    """It is about one day of a series: it has a RECURRENCE-ID, which may be unreadable."""
    recurrence_id: Moment | date | None = None
    comment: str = ""
    proposed_starts: Moment | None = None
    proposed_ends: Moment | None = None
    product: str = ""
    """PRODID: the program that wrote it."""
    recipients: tuple[str, ...] = ()
    """Addresses that it was sent to: the envelope sender of ours that a bounce answers is among them."""
    refers_to: tuple[str, ...] = ()
    """Message-IDs of the mails that it answers or returns."""
    lasting: bool = True
    """False for a bounce of a server that is still trying."""
    vouched: bool | None = None
    """What our own mail server says of the sender (RFC 8601): True passes, False fails, None says nothing."""

    @property
    def guest(self) -> Guest | None:
        """The attendee who speaks: whoever sent the mail, else the first who answers, else the first."""
        own = (g for g in self.guests if self.sender and self.sender in {g.address, g.sent_by})
        answering = (g for g in self.guests if g.answer)
        return next(own, None) or next(answering, None) or next(iter(self.guests), None)

    def guest_of(self, addresses: frozenset[str]) -> Guest | None:
        """Return the attendee with one of these addresses; others that the mail names do not count."""
        return next((g for g in self.guests if g.address in addresses), None)


class KnownInvite(Value):
    """What the store knows of the invite that an incoming mail names."""

    uid: str
    person: PersonRef
    address: str | None
    aliases: tuple[str, ...] = ()
    sequence: int
    starts: Moment | None = None
    called_off: bool = False
    answered_sequence: int | None = None
    answered_stamp: Moment | None = None
    answer: Answer = Answer.NEEDS_ACTION
    proposed_starts: Moment | None = None
    """What they proposed last for this SEQUENCE, whatever became of that."""

    @property
    def addresses(self) -> frozenset[str]:
        """Every address under which the invited person is known, in lower case."""
        return frozenset(a.lower() for a in (self.address, *self.aliases) if a)


class Verdict(StrEnum):
    """What becomes of an incoming mail."""

    APPLY = "apply"
    STALE = "stale"
    DUPLICATE = "duplicate"
    QUARANTINE = "quarantine"
    IGNORE = "ignore"


class Judgement(Value):
    """A verdict with its reason in one sentence."""

    verdict: Verdict
    reason: str


def judge(mail: Incoming, known: KnownInvite | None, received: Moment) -> Judgement:
    """Say whether an incoming mail counts: by UID, by who sent it, then by SEQUENCE and DTSTAMP.

    Addresses are compared in lower case. Source: RFC 5546 sections 2.1.5, 3.2.3 and 3.2.7.
    """
    if mail.kind not in ANSWERS:
        return _judged(Verdict.IGNORE, mail.reason or _NO_ANSWER[mail.kind])
    if known is None:
        return _judged(Verdict.IGNORE, "no invite has this UID")
    doubt = _doubt(mail, known)
    if doubt:
        return _judged(Verdict.QUARANTINE, doubt)
    if (mail.of_series or mail.recurrence_id) and mail.recurrence_id != known.starts:
        return _judged(Verdict.IGNORE, "it is about one day of a series, and the invite is none")
    if known.called_off:
        return _judged(Verdict.IGNORE, "the invite was called off, or its step is over")
    if mail.kind is Kind.REFRESH:
        return _judged(Verdict.APPLY, "the current invite is sent again")
    return _in_order(mail, known, received)


def speaking(mail: Incoming, known: KnownInvite | None) -> Guest | None:
    """Return the attendee whose words count: the invited person where the mail names them."""
    return (known and mail.guest_of(known.addresses)) or mail.guest


def clamped(stamped: Moment | None, received: Moment) -> Moment:
    """Return the DTSTAMP, or the moment of reception when there is none or it lies in the future."""
    return received if stamped is None or stamped > received + LATEST_SKEW else stamped


def _doubt(mail: Incoming, known: KnownInvite) -> str:
    """Why it may be somebody else who speaks; empty when UID, ATTENDEE and From agree."""
    guest = mail.guest_of(known.addresses)
    if not mail.guests:
        return "it names no attendee"
    if guest is None:
        return "sender and attendee are not both the invited person"
    if mail.sender not in known.addresses:
        if guest.sent_by and guest.sent_by == mail.sender:
            return "somebody answers for the invited person, and nobody has confirmed that"
        return "sender and attendee are not both the invited person"
    if mail.vouched is False:
        return "our mail server does not believe who sent it"
    return ""


def _in_order(mail: Incoming, known: KnownInvite, received: Moment) -> Judgement:
    if mail.sequence > known.sequence:
        return _judged(Verdict.QUARANTINE, "its SEQUENCE is higher than any that was sent")
    if mail.sequence < known.sequence:
        return _judged(Verdict.STALE, "it answers an earlier time; the current invite stands")
    late = _late(mail, known, received)
    if late:
        return late
    if mail.kind is Kind.COUNTER:
        return _proposes(mail)
    return _answers(mail, known)


def _late(mail: Incoming, known: KnownInvite, received: Moment) -> Judgement | None:
    """The verdict where something newer is known, or the same; None where this is the newest."""
    if known.answered_sequence != mail.sequence or known.answered_stamp is None:
        return None
    stamped = clamped(mail.stamped, received)
    if stamped < known.answered_stamp:
        return _judged(Verdict.STALE, "a later answer is already known")
    if stamped == known.answered_stamp and _repeats(mail, known):
        return _judged(Verdict.DUPLICATE, "the same answer is already known")
    return None


def _repeats(mail: Incoming, known: KnownInvite) -> bool:
    if mail.kind is Kind.COUNTER:
        return mail.proposed_starts is not None and mail.proposed_starts == known.proposed_starts
    guest = speaking(mail, known)
    return guest is not None and guest.answer == known.answer


def _proposes(mail: Incoming) -> Judgement:
    if mail.proposed_starts is None:
        unknown = mail.reason or "it proposes a time that can't be read"
        return _judged(Verdict.QUARANTINE, unknown)
    return _judged(Verdict.APPLY, "it proposes another time for the current invite")


def _answers(mail: Incoming, known: KnownInvite) -> Judgement:
    guest = speaking(mail, known)
    if guest and guest.partstat == "DELEGATED":
        return _judged(Verdict.QUARANTINE, "it hands the seat on to somebody who is not invited")
    if guest is None or guest.answer is None:
        return _judged(Verdict.IGNORE, "it says neither yes, no nor maybe")
    return _judged(Verdict.APPLY, "it answers the current invite")


_ANSWERS = {
    "ACCEPTED": Answer.ACCEPTED,
    "DECLINED": Answer.DECLINED,
    "TENTATIVE": Answer.TENTATIVE,
}

_NO_ANSWER = {
    Kind.BOUNCE: "it is a delivery report",
    Kind.AUTO_REPLY: "it is an automatic reply",
    Kind.NOTE: "it has no calendar answer in it",
    Kind.FOREIGN: "it is no answer to an invite",
    Kind.UNREADABLE: "it can't be read",
}


def _judged(verdict: Verdict, reason: str) -> Judgement:
    return Judgement(verdict=verdict, reason=reason)
