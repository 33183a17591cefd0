"""Reading an incoming mail: the calendar answer in it, or why there is none. Never raises."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from icalendar import Calendar, Component, vCalAddress

from domain.invites import Reply, Unusable
from domain.rotation import Answer

LARGEST_CALENDARS = 200_000
"""Bytes of calendar text that are read of one mail."""
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
_BEGIN = re.compile("BEGIN:VCALENDAR", re.IGNORECASE)
_END = re.compile("END:VCALENDAR", re.IGNORECASE)
_ODD_CHARSETS = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"})
"""Python reads them, but no mail program writes a calendar in them."""
_LONGEST_SEQUENCE = 2**31


def read_mail(raw: bytes) -> Reply | Unusable:
    """Return the calendar answer of a mail, or what makes it unusable; any bytes are taken.

    The METHOD of the body wins over the MIME parameter (RFC 6047 section 2.4).
    """
    try:
        message = message_from_bytes(raw, policy=compat32)
        read = [_read_part(message, text) for text in _texts(message)]
    except RecursionError:
        return Unusable(reason="the mail is nested too deeply")
    except Exception as broken:  # noqa: BLE001 - bytes from anybody: no mail may stop those behind it
        return _broken(broken)
    found = [one for part in read for one in part]
    replies = (one for one in found if isinstance(one, Reply))
    return next(replies, None) or next(iter(found), None) or _no_answer(message)


def _read_part(message: Message, text: str) -> list[Reply | Unusable]:
    try:
        return [_reply(message, method, event) for method, event in _events(text)]
    except Exception as broken:  # noqa: BLE001 - another part of the mail may still be a good answer
        return [_broken(broken)]


def _broken(broken: Exception) -> Unusable:
    return Unusable(reason=f"the calendar part can't be read ({type(broken).__name__})")


def _reply(message: Message, method: str, event: Component) -> Reply | Unusable:
    sender = _sender(message)
    attendee = _attendee(event, sender)
    uid = str(event.get("UID", "")).strip()
    if method != "REPLY":
        return Unusable(reason=f"METHOD {method[:20]} is not an answer to an invite", uid=uid)
    if attendee is None or not uid:
        return Unusable(reason="the answer names no attendee or no event", uid=uid)
    answer = _ANSWERS.get(str(attendee.params.get("PARTSTAT", "")).upper())
    if answer is None:
        return Unusable(reason="the answer says neither yes, no nor maybe", uid=uid)
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
    left = LARGEST_CALENDARS
    for part in parts:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and len(payload) <= left:
            left -= len(payload)
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
    named = (charset or "utf-8").replace("_", "-")
    for name in (named, "utf-8", "windows-1252"):
        try:
            if name not in _ODD_CHARSETS:
                return _storable(payload.decode(name))
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _storable(text: str) -> str:
    """Return the text without lone surrogates, which no database takes."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _events(text: str) -> Iterator[tuple[str, Component]]:
    """Yield each event with its METHOD, from text cleaned of what icalendar stumbles over."""
    clean = text.replace("\ufeff", "").replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    for found in _objects(clean):
        calendar = Calendar.from_ical(found)
        method = calendar.get("METHOD")
        if isinstance(method, list):
            method = method[0]
        for event in calendar.walk("VEVENT"):
            if method:
                yield str(method).strip().upper(), event


def _objects(text: str) -> Iterator[str]:
    """Yield each VCALENDAR of a text, whatever stands around it."""
    at = 0
    while (first := _BEGIN.search(text, at)) and (last := _END.search(text, first.end())):
        at = last.end()
        yield text[first.start() : at]


def _attendee(event: Component, sender: str) -> vCalAddress | None:
    found = event.get("ATTENDEE", [])
    attendees = found if isinstance(found, list) else [found]
    own = [a for a in attendees if address_of(str(a)) == sender]
    return next(iter(own or attendees), None)


def _sender(message: Message) -> str:
    found = getaddresses([str(message.get("From", ""))])
    return _storable(found[0][1].lower()) if found else ""


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
    except (ValueError, OverflowError):
        return None


def _no_answer(message: Message) -> Unusable:
    if message.get_content_type() == "multipart/report":
        return Unusable(reason="it is a delivery report")
    if str(message.get("Auto-Submitted", "")).lower().startswith("auto-replied"):
        return Unusable(reason="it is an automatic reply")
    return Unusable(reason="it has no calendar answer in it")
