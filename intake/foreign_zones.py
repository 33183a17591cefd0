"""Time zones as calendars name them: by IANA, by Windows, by a definition of their own, or not at all."""

import re
from datetime import UTC, tzinfo
from io import StringIO

from dateutil.tz import tzical
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from domain.errors import UnknownZone
from domain.moments import zone_of
from intake.dialects import CalendarText, Entry

MOST_DEFINITIONS = 20
"""Definitions of its own that one calendar gets; each costs time to work out."""

_LONGEST = 200
_YEARLY = re.compile(r"(?:^|;)FREQ=YEARLY(?:;|$)", re.IGNORECASE)


class ForeignZones:
    """The zones of one calendar; ``own`` is the person's, for times that name none or one nobody knows."""

    def __init__(self, calendar: CalendarText, own: str) -> None:
        self._written = {
            line.value.strip(): entry
            for entry in reversed(calendar.entries)
            if entry.kind == "VTIMEZONE"
            for line in entry.lines
            if line.name == "TZID"
        }
        self.whole = _iana(calendar.zone)
        """The zone of the whole calendar (X-WR-TIMEZONE); None where it names none that is known."""
        self._own_name = own
        self._own = zone_of(own)
        self._known: dict[str, tzinfo] = {}
        self._defined = 0
        self.notes: list[str] = []

    def of(self, tzid: str) -> tzinfo:
        """Return the zone of a TZID; the calendar's own, else the person's, for an empty one."""
        if not tzid:
            return self.whole or self._own
        if tzid not in self._known:
            self._known[tzid] = self._find(tzid) or self._assumed(tzid)
        return self._known[tzid]

    def _find(self, tzid: str) -> tzinfo | None:
        """An IANA name counts as that zone, whatever the calendar says it is; then its own word counts."""
        parts = tzid.strip("/").split("/")
        if parts[-1].upper() in {"UTC", "GMT"}:
            return UTC
        return (
            _iana(tzid)
            or self._definition(tzid)
            or _iana(WINDOWS_TO_OLSON.get(tzid, ""))
            or _iana("/".join(parts[-3:]))
            or _iana("/".join(parts[-2:]))
        )

    def _assumed(self, tzid: str) -> tzinfo:
        shown = "".join(c for c in tzid[:40] if c.isprintable())
        self.notes.append(f"times in the unknown zone '{shown}' are read as {self._own_name}")
        return self._own

    def _definition(self, tzid: str) -> tzinfo | None:
        entry = self._written.get(tzid)
        if entry is None or self._defined >= MOST_DEFINITIONS or not _is_plain(entry):
            return None
        self._defined += 1
        lines = ["BEGIN:VTIMEZONE", *(line.text for line in entry.lines), "END:VTIMEZONE"]
        try:
            found: tzinfo | None = tzical(StringIO("\n".join(lines))).get()
        except (ValueError, KeyError, IndexError, AttributeError, TypeError, ArithmeticError):
            return None
        return found


def _is_plain(entry: Entry) -> bool:
    """Clocks change once a year; anything else is no time zone, and might take for ever to work out."""
    rules = (line.value for line in entry.lines if line.name == "RRULE")
    return len(entry.lines) <= _LONGEST and all(_YEARLY.search(rule) for rule in rules)


def _iana(name: str) -> tzinfo | None:
    try:
        return zone_of(name) if name else None
    except UnknownZone:
        return None
