"""Reading an incoming mail: the calendar answer in it, or why there is none. Never raises."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.errors import MessageError
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from icalendar import Calendar, Component, vCalAddress

from domain.invites import Reply, Unusable
from domain.rotation import Answer

LARGEST_PART = 1_000_000
MOST_PARTS = 50
DEEPEST = 10

_CALENDAR_TYPES = frozenset(
    {"text/calendar", "application/ics", "text/x-vcalendar", "application/octet-stream"}
)
_ANSWERS = {
    "ACCEPTED": Answer.ACCEPTED,
    "DECLINED": Answer.DECLINED,
    "TENTATIVE": Answer.TENTATIVE,
}
_OBJECT = re.compile(r"BEGIN:VCALENDAR.*?END:VCALENDAR", re.DOTALL | re.IGNORECASE)
_LONGEST_SEQUENCE = 2**31


def read_mail(raw: bytes) -> Reply | Unusable:
    """Return the calendar answer of a mail, or what makes it unusable; any bytes are taken.

    The METHOD of the body wins over the MIME parameter (RFC 6047 section 2.4).
    """
    try:
        message = message_from_bytes(raw, policy=compat32)
        found = [event for text in _texts(message) for event in _events(text)]
        if not found:
            return Unusable(reason=_why_no_answer(message))
        method, event = found[0]
        return _reply(message, method, event)
    except (ValueError, KeyError, TypeError, AttributeError, LookupError, MessageError) as broken:
        return Unusable(reason=f"the calendar part can't be read ({type(broken).__name__})")
    except RecursionError:
        return Unusable(reason="the mail is nested too deeply")


def _reply(message: Message, method: str, event: Component) -> Reply | Unusable:
    sender = _sender(message)
    attendee = _attendee(event, sender)
    uid = str(event.get("UID", "")).strip()
    if method != "REPLY":
        return Unusable(reason=f"METHOD {method[:20]} is not an answer to an invite")
    if attendee is None or not uid:
        return Unusable(reason="the answer names no attendee or no event")
    answer = _ANSWERS.get(str(attendee.params.get("PARTSTAT", "")).upper())
    if answer is None:
        return Unusable(reason="the answer says neither yes, no nor maybe")
    return Reply(
        method=method,
        uid=uid,
        sequence=_sequence(event),
        stamped=_stamp(event, message),
        attendee=address_of(str(attendee)),
        sender=sender,
        answer=answer,
        comment=str(event.get("COMMENT", "")).strip()[:2000],
    )


def address_of(value: str) -> str:
    """Return the bare address of a calendar address, lower case: ``MAILTO: A@x`` becomes ``a@x``."""
    return re.sub(r"^\s*mailto:\s*", "", value, flags=re.IGNORECASE).strip().lower()


def _texts(message: Message) -> Iterator[str]:
    """Yield calendar texts, text/calendar first, within the limits on parts, size and depth."""
    parts = [p for p in _parts(message, 0) if p.get_content_type() in _CALENDAR_TYPES]
    parts.sort(key=lambda p: p.get_content_type() != "text/calendar")
    for part in parts:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and len(payload) <= LARGEST_PART:
            yield _decoded(payload, part.get_content_charset())


def _parts(message: Message, depth: int) -> list[Message]:
    if message.get_content_type() == "message/rfc822":
        return []
    if not message.is_multipart():
        return [message]
    found: list[Message] = []
    for child in message.get_payload():
        if isinstance(child, Message) and depth < DEEPEST and len(found) < MOST_PARTS:
            found += _parts(child, depth + 1)
    return found[:MOST_PARTS]


def _decoded(payload: bytes, charset: str | None) -> str:
    for name in (charset, "utf-8", "windows-1252"):
        try:
            return payload.decode(name or "utf-8")
        except (LookupError, UnicodeDecodeError):
            continue
    return payload.decode("latin-1")


def _events(text: str) -> Iterator[tuple[str, Component]]:
    """Yield each event with its METHOD, from text cleaned of what icalendar stumbles over."""
    clean = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    for found in _OBJECT.finditer(clean):
        calendar = Calendar.from_ical(found.group())
        method = calendar.get("METHOD")
        if isinstance(method, list):
            method = method[0]
        for event in calendar.walk("VEVENT"):
            if method:
                yield str(method).strip().upper(), event


def _attendee(event: Component, sender: str) -> vCalAddress | None:
    found = event.get("ATTENDEE", [])
    attendees = found if isinstance(found, list) else [found]
    own = [a for a in attendees if address_of(str(a)) == sender]
    return next(iter(own or attendees), None)


def _sender(message: Message) -> str:
    found = getaddresses([str(message.get("From", ""))])
    return found[0][1].lower() if found else ""


def _sequence(event: Component) -> int:
    number = int(event.get("SEQUENCE", 0) or 0)
    return max(0, min(number, _LONGEST_SEQUENCE))


def _stamp(event: Component, message: Message) -> datetime:
    """DTSTAMP, else the Date header, else the oldest moment, which wins over nothing."""
    stamp = event.get("DTSTAMP")
    found: object = getattr(stamp, "dt", None)
    if not isinstance(found, datetime):
        found = _date_header(message)
    if not isinstance(found, datetime):
        return datetime(1970, 1, 1, tzinfo=UTC)
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _date_header(message: Message) -> date | None:
    try:
        return parsedate_to_datetime(str(message.get("Date", "")))
    except ValueError:
        return None


def _why_no_answer(message: Message) -> str:
    if message.get_content_type() == "multipart/report":
        return "it is a delivery report"
    if str(message.get("Auto-Submitted", "")).lower().startswith("auto-replied"):
        return "it is an automatic reply"
    return "it has no calendar answer in it"
