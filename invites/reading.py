"""Reading an incoming mail: what it says about an invite, or what else it is. Never raises."""

import re
from collections.abc import Iterator
from datetime import datetime
from email.message import Message
from itertools import islice
from urllib.parse import unquote

from domain.incoming import Guest, Incoming, Kind
from invites.authentication import vouched_for
from invites.bounces import bounce_of
from invites.contentlines import Line, Part, calendars
from invites.envelope import (
    OutOfBounds,
    begins_as_calendar,
    body_of,
    date_of,
    decoded,
    leaves,
    opened,
    parameter_of,
    payload_of,
    recipients_of,
    references_of,
    sender_of,
    storable,
)
from invites.moments import day_of, duration_of, moment_of, stamp_of
from invites.robots import answers_by_itself, is_from_a_machine
from invites.written import LONGEST, note_in, said_in

LARGEST_CALENDARS = 1_000_000
"""Bytes of calendar text that are read of one mail."""
MOST_EVENTS = 50
"""Events of one calendar that are read."""

_CALENDAR_TYPES = frozenset(
    {"text/calendar", "application/ics", "text/x-vcalendar", "application/octet-stream"}
)
_TNEF = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})
_SEALED = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_ENVELOPE = ("From", "Subject", "Date", "Message-ID", "Received", "MIME-Version", "Content-Type")
_KINDS = {"REPLY": Kind.REPLY, "COUNTER": Kind.COUNTER, "REFRESH": Kind.REFRESH}
_LARGEST_SEQUENCE = 2**31
_COMMENTS = (
    "COMMENT",
    "X-COMMENT",
    "X-CALENDARSERVER-PRIVATE-COMMENT",
    "X-CALENDARSERVER-ATTENDEE-COMMENT",
)
_MOST_GUESTS = 200

_WRITER = re.compile(
    rb"^(?:PRODID|X-Mailer|User-Agent)(?:;[^:\r\n]{0,100})?:[ \t]*([^\r\n]{1,100})",
    re.IGNORECASE | re.MULTILINE,
)
_WRITER_WITHIN = 100_000
"""Bytes in which the program that wrote an unreadable mail is looked for."""


def read_mail(raw: bytes, *, authority: str = "") -> Incoming:
    """Return what a mail says; any bytes are taken. Bytes of a bare calendar are read as one, too.

    ``authority`` names the mail server whose Authentication-Results are believed; empty for none.
    The METHOD of the body wins over the MIME parameter (RFC 6047 section 2.4).
    """
    found = _understood(raw, authority)
    if found.kind is Kind.UNREADABLE and not found.product:
        return found.model_copy(update={"product": _writer_of(raw)})
    return found


def _understood(raw: bytes, authority: str) -> Incoming:
    try:
        if _is_bare_calendar(raw):
            return _calendar(raw) or _unreadable(_NO_EVENT)
        message = opened(raw)
        return _read(message).model_copy(update=_about(message, authority))
    except OutOfBounds as why:
        return _unreadable(str(why))
    except RecursionError:
        return _unreadable("it is nested too deeply")
    except Exception as broken:  # noqa: BLE001 - bytes from anybody: no mail may stop those behind it
        return _unreadable(f"it can't be read ({type(broken).__name__})")


def address_of(value: str) -> str:
    """Return the bare address of a calendar address, lower case: ``MAILTO: A@x`` becomes ``a@x``."""
    bare = re.sub(r'^[\s"<]*(mailto|smtp):', "", unquote(value), flags=re.IGNORECASE)
    found = re.search(r"<([^<>]*@[^<>]*)>", bare)
    first = next(iter((found.group(1) if found else bare).split()), "")
    return first.partition("?")[0].strip('"<>').lower()


def _writer_of(raw: bytes) -> str:
    """Return the program that a mail says it was written with; empty where it says nothing."""
    found = _WRITER.search(raw[:_WRITER_WITHIN])
    return found[1].decode("utf-8", "replace").strip() if found else ""


def _unreadable(why: str) -> Incoming:
    return Incoming(kind=Kind.UNREADABLE, reason=why)


def _about(message: Message, authority: str) -> dict[str, object]:
    return {
        "sender": sender_of(message),
        "recipients": recipients_of(message),
        "vouched": vouched_for(message, authority),
    }


def _read(message: Message) -> Incoming:
    """The calendar decides, whatever the headers say: genuine answers call themselves automatic, too."""
    returned = bounce_of(message)
    if returned:
        return returned
    parts = leaves(message)
    found = [one for part, text in _texts(parts) for one in _events(message, part, text)]
    answers = sorted((one for one in found if one.kind in _KINDS.values()), key=_of_one_day)
    if answers:
        return _with_note(answers[0], parts)
    if answers_by_itself(message):
        return Incoming(kind=Kind.AUTO_REPLY, refers_to=references_of(message))
    return next(iter(found), None) or _words(message, parts)


def _of_one_day(answer: Incoming) -> bool:
    """An answer to the invite itself goes before those to single days of a series."""
    return answer.of_series


def _with_note(answer: Incoming, parts: list[Message]) -> Incoming:
    if answer.comment or "google" not in answer.product.lower():
        return answer
    return answer.model_copy(update={"comment": note_in(parts)})


def _events(message: Message, part: Message, text: str) -> list[Incoming]:
    sender = sender_of(message)
    named = parameter_of(part, "method")
    found = [_event(calendar, event, named, sender) for calendar, event in _every_event(text)]
    dated = date_of(message)
    return [one if one.stamped else one.model_copy(update={"stamped": dated}) for one in found]


def _is_bare_calendar(raw: bytes) -> bool:
    begins = decoded(raw[:400], None).lstrip("\ufeff \r\n\t")
    return begins[:15].upper() == "BEGIN:VCALENDAR"


def _calendar(raw: bytes) -> Incoming | None:
    """A calendar without a mail around it: nobody sent it."""
    text = decoded(raw[:LARGEST_CALENDARS], None)
    found = [_event(calendar, event, "", "") for calendar, event in _every_event(text)]
    return min(found, key=_of_one_day, default=None)


def _every_event(text: str) -> Iterator[tuple[Part, Part]]:
    """Yield what the calendars hold: events, or whatever else stands there instead."""
    for calendar in calendars(text)[:MOST_EVENTS]:
        events = list(islice(calendar.of("VEVENT"), MOST_EVENTS))
        others = [p for p in calendar.parts if p.name.startswith("V") and p.name != "VTIMEZONE"]
        for event in events or others[:1]:
            yield calendar, event


def _event(calendar: Part, event: Part, named: str, sender: str) -> Incoming:
    method = (_value(calendar, "METHOD") or named).strip().strip('"').upper()
    is_event = event.name == "VEVENT"
    kind = _KINDS.get(method, Kind.FOREIGN) if is_event else Kind.FOREIGN
    countering = kind is Kind.COUNTER
    starts = moment_of(event.first("DTSTART"), calendar) if countering else None
    again = event.first("RECURRENCE-ID")
    return Incoming(
        kind=kind,
        reason=_why_no_more(kind, method, event, starts),
        method=method[:20],
        uid=_text(event.first("UID"))[:255],
        sequence=_sequence(event),
        stamped=stamp_of(event.first("DTSTAMP"), calendar),
        guests=tuple(_guest(line) for line in event.every("ATTENDEE")[:_MOST_GUESTS]),
        sender=sender,
        of_series=again is not None,
        recurrence_id=moment_of(again, calendar) or day_of(again),
        comment=_comment(event, sender),
        proposed_starts=starts,
        proposed_ends=_ends(calendar, event, starts) if countering else None,
        product=_text(calendar.first("PRODID"))[:200],
    )


def _why_no_more(kind: Kind, method: str, event: Part, starts: datetime | None) -> str:
    if event.name != "VEVENT":
        return f"it is about a {storable(event.name)[:20]}, and invites are events"
    if kind is Kind.FOREIGN:
        return _why_foreign(method)
    if kind is Kind.COUNTER and starts is None:
        day = day_of(event.first("DTSTART"))
        return "it proposes a whole day and no hour" if day else ""
    return ""


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
        address=_address(_named(line)),
        partstat=storable(status.strip().upper())[:20],
        sent_by=_address(line.params.get("SENT-BY", "")),
        delegated_to=_address(line.params.get("DELEGATED-TO", "")),
        delegated_from=_address(line.params.get("DELEGATED-FROM", "")),
    )


def _named(line: Line) -> str:
    """The address of an attendee; where the value is no address but a directory's name, beside it."""
    return line.value if "@" in line.value else line.params.get("EMAIL", line.value)


def _address(value: str) -> str:
    return storable(address_of(value))[:320]


def _sequence(event: Part) -> int:
    """SEQUENCE, or what Exchange writes beside it where that is missing or 0."""
    for name in ("SEQUENCE", "X-MICROSOFT-CDO-APPT-SEQUENCE"):
        found = re.match(r"\s*\+?0*(\d+)\s*$", _value(event, name))
        if found and found.group(1) != "0":
            digits = found.group(1)
            return min(int(digits[:11]), _LARGEST_SEQUENCE)
    return 0


def _comment(event: Part, sender: str) -> str:
    """What somebody says with their answer; Google writes it beside their name."""
    attendees = event.every("ATTENDEE")
    own = [line for line in attendees if len(attendees) == 1 or _address(_named(line)) == sender]
    beside = [storable(line.params.get("X-RESPONSE-COMMENT", "")).strip() for line in own]
    lines = [_text(line) for name in _COMMENTS for line in event.every(name)]
    return "\n".join(dict.fromkeys(text for text in (*lines, *beside) if text))[:LONGEST]


def _value(part: Part, name: str) -> str:
    line = part.first(name)
    return line.value if line else ""


def _text(line: Line | None) -> str:
    return storable(line.text).strip() if line else ""


def _texts(parts: list[Message]) -> Iterator[tuple[Message, str]]:
    """Yield calendar texts, text/calendar first, within the limit on their size."""
    found = [p for p in parts if _is_calendar(p)]
    found.sort(key=lambda p: p.get_content_type() != "text/calendar")
    left = LARGEST_CALENDARS
    for part in found:
        if len(body_of(part)) <= 3 * LARGEST_CALENDARS:
            payload = payload_of(part)
            if len(payload) <= left:
                left -= len(payload)
                yield part, decoded(payload, part.get_content_charset())


def _is_calendar(part: Message) -> bool:
    name = str(part.get_filename() or "").lower()
    named = part.get_content_type() in _CALENDAR_TYPES or name.endswith((".ics", ".vcs"))
    return named or begins_as_calendar(part)


def _words(message: Message, parts: list[Message]) -> Incoming:
    """What a mail is without any calendar in it, keeping what somebody wrote for the program manager."""
    if not any(message.get(header) for header in _ENVELOPE):
        held = any(payload_of(part).strip() for part in parts)
        return _unreadable("it is no mail and no calendar" if held else "it is empty")
    said, why = said_in(parts), _why_unreadable(parts)
    kind = Kind.UNREADABLE if why else Kind.NOTE
    if not why and is_from_a_machine(message):
        kind, said = Kind.AUTO_REPLY, ""
    elif not why and not said and not message.get("Subject"):
        kind, why = Kind.UNREADABLE, "it is empty"
    return Incoming(kind=kind, reason=why, comment=said, refers_to=references_of(message))


def _why_unreadable(parts: list[Message]) -> str:
    kinds = {part.get_content_type() for part in parts}
    if kinds & _TNEF or any(part.get_filename() == "winmail.dat" for part in parts):
        return (
            "its answer is in a winmail.dat, which only Outlook reads; the link in the invite works"
        )
    if kinds & _SEALED:
        return (
            "it is sealed (S/MIME or PGP), which is not opened here; the link in the invite works"
        )
    broken = [p for p in parts if p.get_content_type() == "text/calendar"]
    return _NO_EVENT if any(payload_of(part).strip() for part in broken) else ""


_NO_EVENT = "the calendar part holds no event that can be read"
