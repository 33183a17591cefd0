"""Answering an invite as a calendar program does: a genuine iMIP REPLY (RFC 5546 section 3.2.3)."""

import hashlib
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage, Message
from email.policy import compat32
from email.utils import format_datetime

from icalendar import Calendar, Component, Event, vCalAddress, vText

from domain.errors import NotFound
from domain.rotation import Answer
from domain.value import Value
from invites.headers import SMTP
from invites.reading import address_of

PRODUCT = "-//Sojourn//local inbox//EN"


class CalendarCard(Value):
    """What a calendar mail shows in an inbox."""

    uid: str
    method: str
    sequence: int
    title: str
    starts: datetime
    ends: datetime
    zone: str
    where: str
    description: str
    attendee: str
    organiser: str


def opened(raw: bytes) -> tuple[CalendarCard | None, str]:
    """Return what a mail program shows of a mail: ``card_of`` and ``words_of``, of one reading."""
    message = message_from_bytes(raw, policy=compat32)
    return _card_in(message), _words_in(message)


def card_of(raw: bytes) -> CalendarCard | None:
    """Return the invite that one of our own mails carries, or None for a letter or another's mail."""
    return opened(raw)[0]


def invite_in(raw: bytes) -> CalendarCard:
    """Return the invite that a mail carries; raises NotFound for a letter."""
    card = card_of(raw)
    if card is None:
        raise NotFound("This mail is no invite; there is nothing to accept or decline.")
    return card


def words_of(raw: bytes) -> str:
    """Return the plain text of a mail, in whatever charset it claims to be; empty without any."""
    return opened(raw)[1]


def _card_in(message: Message) -> CalendarCard | None:
    try:
        calendar = _calendar(message)
        return _card(calendar) if calendar else None
    except (ValueError, KeyError, IndexError, NotFound):
        return None


def _card(calendar: Calendar) -> CalendarCard:
    event = calendar.walk("VEVENT")[0]
    starts, ends = _moment(event, "DTSTART"), _moment(event, "DTEND")
    return CalendarCard(
        uid=str(event["UID"]),
        method=str(calendar["METHOD"]),
        sequence=int(str(event.get("SEQUENCE", 0))),
        title=str(event.get("SUMMARY", "")),
        starts=starts,
        ends=ends,
        zone=str(starts.tzinfo or "UTC"),
        where=str(event.get("LOCATION", "")),
        description=str(event.get("DESCRIPTION", "")),
        attendee=address_of(str(event["ATTENDEE"])),
        organiser=address_of(str(event["ORGANIZER"])),
    )


def _words_in(message: Message) -> str:
    for part in message.walk():
        if part.get_content_type() == "text/plain":
            payload = part.get_payload(decode=True)
            text = payload if isinstance(payload, bytes) else b""
            try:
                return text.decode(part.get_content_charset("utf-8"), "replace")
            except LookupError:
                return text.decode("latin-1")
    return ""


def reply_to(card: CalendarCard, answer: Answer, at: datetime) -> tuple[str, str, bytes]:
    """Return sender, recipient and bytes of the REPLY to an invite."""
    text = _answer_text(card, "REPLY", answer.value, card.starts, at)
    return _mailed(card, f"{answer.value.capitalize()}: {card.title}", "REPLY", text, at)


def counter_to(card: CalendarCard, starts: datetime, at: datetime) -> tuple[str, str, bytes]:
    """Return sender, recipient and bytes of a COUNTER: the same meeting at another start (UTC).

    Source: RFC 5546 section 3.2.7.
    """
    text = _answer_text(card, "COUNTER", "tentative", starts, at)
    return _mailed(card, f"New time proposed: {card.title}", "COUNTER", text, at)


def _mailed(
    card: CalendarCard, subject: str, method: str, text: bytes, at: datetime
) -> tuple[str, str, bytes]:
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = card.attendee, card.organiser
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    identity = hashlib.sha256(text).hexdigest()[:40]
    message["Message-ID"] = f"<{identity}@{card.attendee.rpartition('@')[2]}>"
    message.set_content(f"{card.attendee}: {subject}\n")
    message.add_alternative(
        text,
        maintype="text",
        subtype="calendar",
        cte="base64",
        params={"method": method, "charset": "UTF-8"},
    )
    return card.attendee, card.organiser, message.as_bytes()


def _answer_text(
    card: CalendarCard, method: str, status: str, starts: datetime, at: datetime
) -> bytes:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("method", method)
    event = Event()
    event.add("uid", card.uid)
    event.add("dtstamp", at.astimezone(UTC))
    event.add("sequence", card.sequence)
    event.add("dtstart", starts.astimezone(UTC))
    event.add("dtend", (starts + (card.ends - card.starts)).astimezone(UTC))
    event.add("organizer", vCalAddress(f"mailto:{card.organiser}"))
    attendee = vCalAddress(f"mailto:{card.attendee}")
    attendee.params["PARTSTAT"] = vText(status.upper())
    event.add("attendee", attendee, encode=False)
    calendar.add_component(event)
    return bytes(calendar.to_ical(sorted=False))


def _moment(event: Component, name: str) -> datetime:
    found = event.decoded(name)
    if not isinstance(found, datetime):
        raise NotFound("This mail's event has no time of day.")
    return found


def _calendar(message: Message) -> Calendar | None:
    for part in message.walk():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            return Calendar.from_ical(payload) if isinstance(payload, bytes) else None
    return None
