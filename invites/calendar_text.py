"""The iCalendar object of one invite (RFC 5545, RFC 5546): one event, one attendee."""

from datetime import UTC, datetime, timedelta
from functools import cache

from icalendar import Alarm, Calendar, Component, Event, vCalAddress, vText

from domain.invites import CalendarMail, Method
from domain.moments import zone_of
from invites.zones import understood, vtimezone

PRODUCT = "-//Sojourn//Sojourn 0.1//EN"
_END = b"END:VCALENDAR\r\n"
_LONGEST_LINE = 75
"""Octets (RFC 5545 section 3.1)."""


def calendar_text(mail: CalendarMail, organiser: str, organiser_name: str, body: str) -> bytes:
    """Return the VCALENDAR: CRLF lines of at most 75 octets, the same bytes for the same mail."""
    event = _identified(mail, organiser, organiser_name)
    if mail.method is Method.DECLINECOUNTER:
        event.add("comment", body)
        return _opening(mail.method, None) + _written(event) + _END
    zone = understood(mail.zone, mail.starts, mail.ends)
    _add_content(event, mail, body, local=zone is not None)
    return _opening(mail.method, mail.zone if zone else None) + _written(event) + _END


@cache
def _opening(method: Method, zone: str | None) -> bytes:
    """All that calendars of one method and zone have in common, up to their event."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", PRODUCT)
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", method.value)
    component = vtimezone(zone) if zone else None
    if component:
        calendar.add_component(component)
    return _written(calendar).removesuffix(_END)


def _written(component: Component) -> bytes:
    lines = component.content_lines(sorted=False)
    return b"".join(_folded(line) + b"\r\n" for line in lines if line)


def _folded(line: str) -> bytes:
    """Fold between characters, and never after the first of an escape's two."""
    text = line.encode()
    pieces = []
    while len(text) > _LONGEST_LINE:
        end = _LONGEST_LINE
        while text[end] & 0xC0 == 0x80:
            end -= 1
        before = text[:end]
        end -= (len(before) - len(before.rstrip(b"\\"))) % 2
        pieces.append(text[:end])
        text = b" " + text[end:]
    return b"\r\n".join([*pieces, text])


def _identified(mail: CalendarMail, organiser: str, organiser_name: str) -> Event:
    """Return what every method says; a DECLINECOUNTER says no more (RFC 5546 section 3.2.8)."""
    event = Event()
    event.add("uid", mail.uid)
    event.add("dtstamp", mail.stamped.astimezone(UTC))
    event.add("organizer", _address(organiser, organiser_name))
    if mail.sequence or mail.method is not Method.DECLINECOUNTER:
        event.add("sequence", mail.sequence)
    return event


def _add_content(event: Event, mail: CalendarMail, body: str, *, local: bool) -> None:
    event.add("created", mail.created.astimezone(UTC))
    event.add("last-modified", mail.stamped.astimezone(UTC))
    for name, moment in (("dtstart", mail.starts), ("dtend", mail.ends)):
        event.add(name, wall(moment, mail.zone) if local else moment.astimezone(UTC))
    event.add("summary", mail.title)
    event.add("attendee", _attendee(mail), encode=False)
    if mail.where:
        event.add("location", mail.where)
    event.add("description", body)
    event.add("class", "PRIVATE" if mail.private else "PUBLIC")
    event.add("transp", "OPAQUE")
    if mail.page_url:
        event.add("url", mail.page_url)
    _add_status(event, mail)


def _add_status(event: Event, mail: CalendarMail) -> None:
    if mail.method is Method.CANCEL and mail.whole:
        event.add("status", "CANCELLED")
    if mail.method is not Method.REQUEST:
        return
    event.add("status", "CONFIRMED")
    event.add("x-microsoft-disallow-counter", "FALSE" if mail.counter_allowed else "TRUE")
    if mail.private:
        event.add("x-microsoft-donotforwardmeeting", "TRUE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", mail.title)
    alarm.add("trigger", timedelta(minutes=-15))
    event.add_component(alarm)


def wall(moment: datetime, zone: str) -> datetime:
    """Return the moment as clocks of its zone show it."""
    return moment.astimezone(zone_of(zone))


def _address(address: str, name: str) -> vCalAddress:
    found = vCalAddress(f"mailto:{address}")
    found.params["CN"] = vText(one_line(name))
    return found


def _attendee(mail: CalendarMail) -> vCalAddress:
    found = _address(mail.reader_email, mail.reader_name)
    found.params["CUTYPE"] = vText("INDIVIDUAL")
    found.params["ROLE"] = vText("REQ-PARTICIPANT")
    if mail.method is Method.REQUEST:
        found.params["PARTSTAT"] = vText(mail.answered.value.upper())
        found.params["RSVP"] = vText("TRUE")
    return found


def one_line(text: str) -> str:
    """Return the text without control characters, so that no name can start a new line."""
    return "".join(c if c.isprintable() else " " for c in text).strip()
