"""Reading an incoming mail: what it says about an invite, or what else it is. Never raises."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime

from mailparser_reply import EmailReplyParser

from domain.incoming import Guest, Incoming, Kind
from invites.authentication import vouched_for
from invites.bounces import bounce_of
from invites.contentlines import Line, Part, calendars
from invites.moments import duration_of, moment_of, stamp_of

LARGEST_CALENDARS = 1_000_000
"""Bytes of calendar text that are read of one mail."""
LARGEST_NOTE = 2000
"""Characters that are kept of what somebody wrote."""
MOST_PARTS = 50
DEEPEST = 10

_CALENDAR_TYPES = frozenset(
    {"text/calendar", "application/ics", "text/x-vcalendar", "application/octet-stream"}
)
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_KINDS = {"REPLY": Kind.REPLY, "COUNTER": Kind.COUNTER, "REFRESH": Kind.REFRESH}
_ODD_CHARSETS = frozenset({"utf-7", "unicode-escape", "raw-unicode-escape", "idna", "punycode"})
"""Python reads them, but no mail program writes a calendar in them."""
_LARGEST_SEQUENCE = 2**31
_COMMENTS = ("COMMENT", "X-CALENDARSERVER-PRIVATE-COMMENT")
_AUTOMATIC_SUBJECT = re.compile(
    r"\s*(auto(matic)?[- ]?(reply|response|antwort)|automatische antwort|out of (the )?office"
    r"|abwesenheit|nicht im b(ü|ue)ro|r(é|e)ponse automatique|respuesta autom(á|a)tica"
    r"|risposta automatica|automatisch antwoord|autosvar)",
    re.IGNORECASE,
)


def read_mail(raw: bytes, *, authority: str = "") -> Incoming:
    """Return what a mail says; any bytes are taken. Bytes of a bare calendar are read as one, too.

    ``authority`` names the mail server whose Authentication-Results are believed; empty for none.
    The METHOD of the body wins over the MIME parameter (RFC 6047 section 2.4).
    """
    try:
        if raw.lstrip(b"\xef\xbb\xbf \r\n\t")[:15].upper() == b"BEGIN:VCALENDAR":
            return _calendar(raw) or Incoming(kind=Kind.UNREADABLE, reason="it holds no event")
        message = message_from_bytes(raw, policy=compat32)
        found = _read(message).model_copy(update=_about(message, authority))
    except RecursionError:
        return Incoming(kind=Kind.UNREADABLE, reason="it is nested too deeply")
    except Exception as broken:  # noqa: BLE001 - bytes from anybody: no mail may stop those behind it
        return Incoming(kind=Kind.UNREADABLE, reason=f"it can't be read ({type(broken).__name__})")
    return found


def address_of(value: str) -> str:
    """Return the bare address of a calendar address, lower case: ``MAILTO: A@x`` becomes ``a@x``."""
    return re.sub(r"^\s*mailto:\s*", "", value, flags=re.IGNORECASE).strip().strip("<>").lower()


def _about(message: Message, authority: str) -> dict[str, object]:
    return {
        "sender": _address_in(message, "From"),
        "recipients": _recipients(message),
        "vouched": vouched_for(message, authority),
    }


def _read(message: Message) -> Incoming:
    """The calendar decides, whatever the headers say: genuine answers call themselves automatic, too."""
    parts = _parts(message, 0)
    returned = bounce_of(message)
    if returned:
        return returned
    found = [one for part, text in _texts(parts) for one in _events(message, part, text)]
    answers = (one for one in found if one.kind in _KINDS.values())
    answer = next(answers, None)
    if answer:
        return answer
    if _is_automatic(message):
        return Incoming(kind=Kind.AUTO_REPLY, refers_to=_references(message))
    return next(iter(found), None) or _words(message, parts)


def _events(message: Message, part: Message, text: str) -> list[Incoming]:
    sender = _address_in(message, "From")
    named = str(part.get_param("method") or "")
    found = [_event(calendar, event, named, sender) for calendar, event in _every_event(text)]
    dated = _date(message)
    return [
        one if one.stamped else one.model_copy(update={"stamped": dated}) for one in found if one
    ]


def _calendar(raw: bytes) -> Incoming | None:
    """A calendar without a mail around it: nobody sent it."""
    found = [_event(c, e, "", "") for c, e in _every_event(_decoded(raw, None))]
    return next((one for one in found if one), None)


def _every_event(text: str) -> Iterator[tuple[Part, Part]]:
    for calendar in calendars(text):
        for event in calendar.of("VEVENT"):
            yield calendar, event


def _event(calendar: Part, event: Part, named: str, sender: str) -> Incoming:
    method = (_value(calendar, "METHOD") or named).strip().upper()
    kind = _KINDS.get(method, Kind.FOREIGN)
    starts = moment_of(event.first("DTSTART"), calendar)
    countering = kind is Kind.COUNTER
    return Incoming(
        kind=kind,
        reason=_why_foreign(method) if kind is Kind.FOREIGN else "",
        method=method[:20],
        uid=_text(event.first("UID"))[:255],
        sequence=_sequence(event),
        stamped=stamp_of(event.first("DTSTAMP"), calendar),
        guests=tuple(_guest(line) for line in event.every("ATTENDEE")[:200]),
        sender=sender,
        recurrence_id=moment_of(event.first("RECURRENCE-ID"), calendar),
        comment=_comment(event),
        proposed_starts=starts if countering else None,
        proposed_ends=_ends(calendar, event, starts) if countering else None,
        product=_text(calendar.first("PRODID"))[:200],
    )


def _why_foreign(method: str) -> str:
    if not method:
        return "its calendar object has no METHOD, so it answers nothing"
    return f"METHOD {method[:20]} is not an answer to an invite"


def _ends(calendar: Part, event: Part, starts: datetime | None) -> datetime | None:
    ends = moment_of(event.first("DTEND"), calendar)
    length = duration_of(event.first("DURATION"))
    if ends is None and starts and length:
        return starts + length
    return ends


def _guest(line: Line) -> Guest:
    status = line.params.get("PARTSTAT") or line.params.get("STATUS", "")
    return Guest(
        address=_storable(address_of(line.value))[:320],
        partstat=_storable(status.strip().upper())[:20],
        sent_by=_storable(address_of(line.params.get("SENT-BY", "")))[:320],
        delegated_to=_storable(address_of(line.params.get("DELEGATED-TO", "")))[:320],
        delegated_from=_storable(address_of(line.params.get("DELEGATED-FROM", "")))[:320],
    )


def _sequence(event: Part) -> int:
    """SEQUENCE, or what Exchange writes beside it where that is missing or 0."""
    for name in ("SEQUENCE", "X-MICROSOFT-CDO-APPT-SEQUENCE"):
        found = re.match(r"\s*(\d{1,10})\s*$", _value(event, name))
        if found and int(found.group(1)):
            return min(int(found.group(1)), _LARGEST_SEQUENCE)
    return 0


def _comment(event: Part) -> str:
    lines = (_text(line) for name in _COMMENTS for line in event.every(name))
    said = dict.fromkeys(text for text in lines if text)
    return "\n".join(said)[:LARGEST_NOTE]


def _value(part: Part, name: str) -> str:
    line = part.first(name)
    return line.value if line else ""


def _text(line: Line | None) -> str:
    return _storable(line.text).strip() if line else ""


def _texts(parts: list[Message]) -> Iterator[tuple[Message, str]]:
    """Yield calendar texts, text/calendar first, within the limits on parts and size."""
    found = [p for p in parts if _is_calendar(p)]
    found.sort(key=lambda p: p.get_content_type() != "text/calendar")
    left = LARGEST_CALENDARS
    for part in found:
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes) and len(payload) <= left:
            left -= len(payload)
            yield part, _decoded(payload, part.get_content_charset())


def _is_calendar(part: Message) -> bool:
    name = str(part.get_filename() or "").lower()
    return part.get_content_type() in _CALENDAR_TYPES or name.endswith((".ics", ".vcs"))


def _parts(message: Message, depth: int) -> list[Message]:
    """The leaves of a mail; mails within the mail are not looked into."""
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
    if payload[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        named = "utf-16"
    for name in (named, "utf-8", "windows-1252"):
        try:
            if name not in _ODD_CHARSETS:
                return _storable(payload.decode(name))
        except (LookupError, ValueError):
            continue
    return payload.decode("latin-1")


def _storable(text: str) -> str:
    """Return the text without NULs and lone surrogates, which no database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _address_in(message: Message, header: str) -> str:
    found = getaddresses([str(message.get(header, ""))])
    return _storable(found[0][1].lower()) if found else ""


def _recipients(message: Message) -> tuple[str, ...]:
    named = [
        str(value)
        for header in ("Delivered-To", "X-Original-To", "To")
        for value in message.get_all(header, [])[:5]
    ]
    found = (_storable(address.lower()) for _, address in getaddresses(named))
    return tuple(dict.fromkeys(address for address in found if address))[:20]


def _date(message: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(message.get("Date", "")))
    except (ValueError, OverflowError):
        return None
    try:
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _references(message: Message) -> tuple[str, ...]:
    named = f"{message.get('In-Reply-To', '')} {message.get('References', '')}"
    return tuple(dict.fromkeys(re.findall(r"<[^<>\s]{1,300}>", _storable(named))))[:20]


def _subject(message: Message) -> str:
    raw = str(message.get("Subject", ""))
    try:
        return str(make_header(decode_header(raw)))
    except (ValueError, LookupError):
        return raw


def _is_automatic(message: Message) -> bool:
    """A machine says so, or its subject does; X-Auto-Response-Suppress alone proves nothing."""
    marks = str(message.get("Auto-Submitted", "no")).strip().lower()
    if marks.startswith(("auto-replied", "auto-notified")):
        return True
    if any(message.get(h) for h in ("X-Autoreply", "X-Autorespond", "X-Autoresponder")):
        return True
    if str(message.get("Precedence", "")).strip().lower() in {"auto_reply", "auto-reply"}:
        return True
    receipt = message.get_content_type() == "multipart/report"
    return receipt or bool(_AUTOMATIC_SUBJECT.match(_subject(message)))


def _words(message: Message, parts: list[Message]) -> Incoming:
    refers_to = _references(message)
    if any(p.get_content_type() in _TNEF or p.get_filename() == "winmail.dat" for p in parts):
        why = (
            "its answer is in a winmail.dat, which only Outlook reads; the link in the invite works"
        )
        return Incoming(kind=Kind.UNREADABLE, reason=why, refers_to=refers_to)
    broken = [p for p in parts if _is_calendar(p) and p.get_content_type() == "text/calendar"]
    if broken:
        why = "the calendar part holds no event that can be read"
        return Incoming(kind=Kind.UNREADABLE, reason=why, refers_to=refers_to)
    said = _said(parts)
    if not said and not message.get("Subject"):
        return Incoming(kind=Kind.UNREADABLE, reason="it is empty", refers_to=refers_to)
    return Incoming(kind=Kind.NOTE, comment=said, refers_to=refers_to)


def _said(parts: list[Message]) -> str:
    """What somebody wrote, without what they quote."""
    for kind in ("text/plain", "text/html"):
        for part in parts:
            payload = part.get_payload(decode=True)
            if part.get_content_type() == kind and isinstance(payload, bytes):
                text = _decoded(payload[:200_000], part.get_content_charset())
                plain = re.sub(r"<[^>]*>", " ", text) if kind == "text/html" else text
                parsed = EmailReplyParser(languages=["en", "de"]).parse_reply(text=plain)
                return (parsed or "").strip()[:LARGEST_NOTE]
    return ""
