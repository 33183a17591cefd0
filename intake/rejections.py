"""Collecting everything that is wrong with a folder, each with its place and what would be right."""

import difflib
import re
from collections.abc import Collection
from datetime import date
from email.errors import HeaderParseError
from email.headerregistry import Address

from domain.errors import UnknownZone
from domain.folder import Rejection
from domain.moments import zone_of

YEARS = range(2000, 2101)
"""Dates outside are slips of the pen; calendars can't be computed at the ends of time."""

_KEY = re.compile(r"^[a-z0-9-]{1,24}$")
_EMAIL = re.compile(r"^[^@\s<>\",;:\\]+@[^@\s<>\",;:\\]+\.[^@\s<>\",;:\\.]+$")


_NAMED_IN = {
    "people.csv": ("there is no person ", "there is no participant "),
    "hosts.csv": ("there is no host team ",),
}
"""Which references can't be checked when a list could not be read."""


class Rejections:
    """The list that every reader adds to; nothing is loaded unless it stays empty."""

    def __init__(self) -> None:
        self._found: list[Rejection] = []

    def add(
        self, file: str, line: int | None, field: str | None, problem: str, remedy: str
    ) -> None:
        """Note one thing that is wrong."""
        found = Rejection(file=file, line=line, field=field, problem=problem, remedy=remedy)
        self._found.append(found)

    def in_order(self) -> tuple[Rejection, ...]:
        """Return all of them by file and line, without those that only follow from an unreadable list."""
        unread = {r.file for r in self._found if r.line in {None, 1}}
        lost = tuple(what for file, names in _NAMED_IN.items() if file in unread for what in names)
        causes = (r for r in self._found if not r.problem.startswith(lost))
        return tuple(sorted(causes, key=lambda r: (r.file, r.line or 0, r.field or "")))


class Row:
    """One row of a list; each reading method returns a value, or notes what is wrong and a stand-in."""

    def __init__(self, rejections: Rejections, file: str, line: int, cells: dict[str, str]) -> None:
        self._rejections = rejections
        self.file = file
        self.line = line
        self.cells = cells

    def reject(self, field: str, problem: str, remedy: str) -> None:
        """Note that one cell of this row is wrong."""
        self._rejections.add(self.file, self.line, field, problem, remedy)

    def text(self, field: str, *, needed: bool = True) -> str:
        value = self.cells.get(field, "").strip()
        if needed and not value:
            self.reject(field, "it is empty", f"write the {field.replace('_', ' ')} here")
        if any(not c.isprintable() for c in value):
            self.reject(field, "it holds control characters", "keep it on one line, without tabs")
            return ""
        return value

    def key(self, field: str) -> str:
        value = self.text(field)
        if value and not _KEY.match(value):
            remedy = "use 1 to 24 lower-case letters, digits and hyphens, such as 'mara-stein'"
            self.reject(field, f"'{value[:40]}' can't be an id", remedy)
        return value

    def reference(self, field: str, known: Collection[str], what: str) -> str | None:
        """Return a key that must be known; None for an empty cell."""
        value = self.text(field, needed=False)
        if not value:
            return None
        self.must_be_known(field, value, known, what)
        return value

    def must_be_known(self, field: str, value: str, known: Collection[str], what: str) -> bool:
        if value in known:
            return True
        near = difflib.get_close_matches(value, sorted(known), n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"add {what} '{value}' first"
        self.reject(field, f"there is no {what} '{value[:40]}'", hint)
        return False

    def keys(self, field: str, *, needed: bool = True) -> tuple[str, ...]:
        parts = self.text(field, needed=needed).split(";")
        return tuple(part.strip() for part in parts if part.strip())

    def day(self, field: str) -> date | None:
        value = self.text(field, needed=False)
        return self.as_day(field, value) if value else None

    def as_day(self, field: str, value: str) -> date | None:
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.reject(field, f"'{value[:40]}' is not a date", "write it as 2026-11-30")
            return None
        if day.year not in YEARS:
            self.reject(
                field, f"{day} is too far away", f"name a year from {YEARS[0]} to {YEARS[-1]}"
            )
            return None
        return day

    def yes(self, field: str) -> bool:
        """Anything else counts as yes, so that what depends on it is not reported as well."""
        value = self.text(field, needed=False).lower()
        if value not in {"", "yes", "no"}:
            self.reject(field, f"'{value[:40]}' is neither yes nor no", "write yes or no")
        return value not in {"", "no"}

    def number(self, field: str, low: int, high: int) -> int:
        value = self.text(field)
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        if value:
            remedy = f"write a whole number from {low} to {high}"
            self.reject(field, f"'{value[:40]}' is not such a number", remedy)
        return low

    def zone(self, field: str) -> str:
        value = self.text(field)
        problem = zone_problem(value) if value else None
        if problem:
            self.reject(field, problem, "use a name such as Europe/Berlin")
            return "UTC"
        return value or "UTC"

    def email(self, field: str) -> str | None:
        value = self.text(field, needed=False)
        if value and not _is_address(value):
            self.reject(field, f"'{value[:60]}' is no mail address", _address_remedy(value))
        return value or None


def _is_address(value: str) -> bool:
    """Return whether every mail server takes the address as it stands (ASCII, RFC 5321 section 4.1.2)."""
    try:
        same = Address(addr_spec=value).addr_spec == value
    except (HeaderParseError, ValueError, IndexError):
        return False
    return same and value.isascii() and bool(_EMAIL.match(value))


def _address_remedy(value: str) -> str:
    local, _, host = value.rpartition("@")
    try:
        plain = f"{local}@{host.encode('idna').decode()}"
    except UnicodeError:
        plain = value
    if plain != value and _is_address(plain):
        return f"write the domain as mail servers do: {plain}"
    return "write it as name@example.org, in plain ASCII"


def zone_problem(name: str) -> str | None:
    """Return what is wrong with a zone name, or None when it is known."""
    try:
        zone_of(name)
    except UnknownZone as unknown:
        return str(unknown)
    return None
