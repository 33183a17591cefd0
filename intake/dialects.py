"""Calendar files as programs in the wild write them, cut down to the lines that say when somebody is busy.

Titles, places, people and texts are dropped before anything is parsed, and so is most of what is
malformed. Tolerated are a byte order mark, bare carriage returns, text after the end, several
calendars in one file, and time zone names that should have been quoted.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.errors import DomainError


class Unreadable(DomainError):
    """A file that is no calendar, or only the beginning of one."""


class Line(NamedTuple):
    """One content line (RFC 5545 section 3.1) without its time zone, which stands beside it."""

    name: str
    params: str
    value: str
    tzid: str = ""

    @property
    def text(self) -> str:
        return f"{self.name}{self.params}:{self.value}"


@dataclass
class Entry:
    """One VEVENT, VFREEBUSY or VTIMEZONE; the lines of a time zone's parts stand among its own."""

    kind: str
    lines: list[Line] = field(default_factory=list)


@dataclass
class CalendarText:
    """One VCALENDAR: its entries, and the zone that Google names for all of it."""

    zone: str = ""
    entries: list[Entry] = field(default_factory=list)


_TOP = frozenset({"VEVENT", "VFREEBUSY", "VTIMEZONE"})
_PARTS = frozenset({"STANDARD", "DAYLIGHT"})
_WANTED = {
    "VEVENT": frozenset(
        {"UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"}
        | {"SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS"}
    ),
    "VFREEBUSY": frozenset({"FREEBUSY"}),
    "VTIMEZONE": frozenset({"TZID", "DTSTART", "RRULE", "RDATE", "TZOFFSETFROM", "TZOFFSETTO"}),
}
_CALENDAR = re.compile(
    r"^BEGIN:VCALENDAR *$(.*?)(^END:VCALENDAR *$|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL
)
_LINE = re.compile(r'^([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^":;]*)+)*):(.*)$', re.IGNORECASE)
_NAME = re.compile(r"[A-Z0-9-]+", re.IGNORECASE)
_KNOWN = frozenset({"BEGIN", "END", "X-WR-TIMEZONE"}).union(*_WANTED.values())
_TZID = re.compile(r';TZID=("[^"]*"|.*?)(?=(?:;[A-Z-]+=[^:;]*)*:-?\d{8})', re.IGNORECASE)


def calendars_in(raw: bytes) -> list[CalendarText]:
    """Return the calendars of a file; raises Unreadable where there is none or the last is cut off."""
    text = re.sub(r"\r\n?", "\n", _decoded(raw))
    found = _CALENDAR.findall(re.sub(r"\n[ \t]", "", text))
    if not found:
        raise Unreadable("it is not an iCalendar file")
    if not found[-1][1]:
        raise Unreadable("it breaks off in the middle")
    return [_calendar(body) for body, _ in found]


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _calendar(body: str) -> CalendarText:
    found = CalendarText()
    open_entries: list[str] = []
    for line in filter(None, map(_line, body.split("\n"))):
        if line.name == "BEGIN":
            open_entries.append(line.value.strip().upper())
            if len(open_entries) == 1 and open_entries[0] in _TOP:
                found.entries.append(Entry(kind=open_entries[0]))
        if not open_entries:
            if line.name == "X-WR-TIMEZONE":
                found.zone = line.value.strip()
        elif open_entries[0] in _TOP:
            found.entries[-1].lines.extend(_kept(line, open_entries))
        if line.name == "END" and open_entries:
            open_entries.pop()
    return found


def _kept(line: Line, inside: list[str]) -> Iterator[Line]:
    """Alarms and other parts of an event are left out; those of a time zone belong to it."""
    part = len(inside) == 2 and inside[0] == "VTIMEZONE" and inside[1] in _PARTS
    wanted = _WANTED[inside[0]] | (frozenset({"BEGIN", "END"}) if part else frozenset())
    if (len(inside) == 1 or part) and line.name in wanted:
        yield line


def _line(text: str) -> Line | None:
    """Most lines are a name and a value; parameters may hold colons, so those take a closer look."""
    head, colon, value = text.partition(":")
    if ";" in head or '"' in head:
        return _with_parameters(text)
    name = head.upper()
    return Line(name, "", value) if colon and name in _KNOWN else None


def _with_parameters(text: str) -> Line | None:
    begins = _NAME.match(text)
    if not begins or begins[0].upper() not in _KNOWN:
        return None
    zone = _TZID.search(text)
    if zone:
        text = text[: zone.start()] + text[zone.end() :]
    found = _LINE.match(text)
    if not found:
        return None
    name, params, value = found.groups()
    return Line(name.upper(), params, value, zone.group(1).strip('"') if zone else "")
