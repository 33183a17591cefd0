"""Calendar text from anybody, read leniently: components of content lines (RFC 5545 section 3.1).

What we write is strict; what others write is mended where only one reading makes sense, and never
makes reading fail. Bounds: ``MOST_LINES`` lines, ``DEEPEST`` nested components.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from quopri import decodestring

MOST_LINES = 5000
DEEPEST = 8

_NAME = re.compile(r"[A-Za-z0-9_-]+(?=[;:])")
_BREAK = re.compile(r"\r*\n|\r")
_BRACKETS = re.compile(r"(?:BEGIN|END)\s*:", re.IGNORECASE)
_MAILTO = re.compile(r":\s*mailto:", re.IGNORECASE)
_CARET = {"^n": "\n", "^N": "\n", "^'": '"', "^^": "^"}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_FOLD = re.compile(r"\n[ \t]")
_SOFT_BREAK = re.compile(r"=\n[ \t]?")
_DATE = re.compile(r":(?=\d{8}(?:T|$)|\d{4}-\d\d-\d\d)")
_VALUES = {
    "ATTENDEE": _MAILTO,
    "ORGANIZER": _MAILTO,
    "DTSTART": _DATE,
    "DTEND": _DATE,
    "RECURRENCE-ID": _DATE,
}
"""What the value of a property looks like, where its parameters may hold anything."""


@dataclass(frozen=True)
class Line:
    """One property: its name in upper case, its parameters by upper-case name, its raw value."""

    name: str
    params: dict[str, str]
    value: str

    @property
    def text(self) -> str:
        """The value as TEXT (RFC 5545 section 3.3.11), or as vCalendar 1.0 writes it."""
        raw = self.value
        if self.params.get("ENCODING", "").upper() == "QUOTED-PRINTABLE":
            raw = decodestring(raw.encode("utf-8", "replace")).decode("utf-8", "replace")
        return _ESCAPE.sub(lambda m: "\n" if m.group(1) in "nN" else m.group(1), raw)


@dataclass
class Part:
    """One component: its name in upper case, its lines, its parts and the text it was read from."""

    name: str
    lines: list[Line] = field(default_factory=list)
    parts: list["Part"] = field(default_factory=list)
    source: list[str] = field(default_factory=list)

    def every(self, name: str) -> list[Line]:
        return [line for line in self.lines if line.name == name]

    def first(self, name: str) -> Line | None:
        return next((line for line in self.lines if line.name == name), None)

    def of(self, name: str) -> Iterator["Part"]:
        """Yield the parts of that name, at any depth."""
        for part in self.parts:
            if part.name == name:
                yield part
            yield from part.of(name)


def calendars(text: str) -> list[Part]:
    """Return every VCALENDAR of a text, whatever stands around them; one without END ends with the text."""
    reader = _Reader()
    for raw in _unfolded(text):
        reader.take(raw)
    return reader.found


class _Reader:
    """Where reading has come to: the calendars found, and the parts that are still open."""

    def __init__(self) -> None:
        self.found: list[Part] = []
        self._open: list[Part] = []

    def take(self, raw: str) -> None:
        begins, ends = _bracket(raw, "BEGIN"), _bracket(raw, "END")
        if begins == "VCALENDAR":
            self._open = [Part(begins)]
            self.found += self._open
        elif begins:
            self._begin(Part(begins), raw)
        elif ends:
            self._end(ends, raw)
        elif self._open:
            line = _line(raw)
            self._open[-1].lines += [line] if line else []
            self._keep(raw)

    def _begin(self, part: Part, raw: str) -> None:
        if self._open:
            self._open[-1].parts.append(part)
            if len(self._open) < DEEPEST:
                self._open.append(part)
            self._keep(raw)

    def _end(self, name: str, raw: str) -> None:
        self._keep(raw)
        if any(part.name == name for part in self._open):
            while self._open.pop().name != name:
                continue

    def _keep(self, raw: str) -> None:
        for part in self._open[1:]:
            part.source.append(raw)


def _unfolded(text: str) -> list[str]:
    clean = _BREAK.sub("\n", text.replace("\ufeff", "").replace("\0", ""))
    if "QUOTED-PRINTABLE" in clean.upper():
        clean = _SOFT_BREAK.sub("", clean)
    lines: list[list[str]] = []
    for line in _FOLD.sub("", clean).split("\n")[:MOST_LINES]:
        whole = line.strip()
        broken = whole and not _NAME.match(whole)
        if broken and lines and not _BRACKETS.match(lines[-1][0]):
            lines[-1].append(whole)
        elif whole and not broken:
            lines.append([whole])
    return [" ".join(pieces) for pieces in lines]


def _bracket(line: str, word: str) -> str:
    name, _, value = line.partition(":")
    return value.strip().upper() if name.strip().upper() == word else ""


def _line(raw: str) -> Line | None:
    named = _NAME.match(raw)
    if named is None:
        return None
    name = named.group().upper()
    params, value = _split(name, raw[named.end() :])
    return Line(name, dict(_params(params)), value.strip())


def _split(name: str, rest: str) -> tuple[str, str]:
    """Return the parameters and the value, at the first colon outside of quotes.

    People's names and names of zones may hold unquoted colons; there the value begins at the last
    ``mailto:`` and at the last date.
    """
    known = _VALUES.get(name)
    if known:
        found = [m.start() for m in known.finditer(rest)]
        if found:
            return rest[: found[-1]], rest[found[-1] + 1 :]
    quoted = False
    for at, char in enumerate(rest):
        if char == '"' and rest[at - 1 : at] != "\\":
            quoted = not quoted
        elif char == ":" and not quoted:
            return rest[:at], rest[at + 1 :]
    head, _, tail = rest.rpartition(":")
    return head, tail


def _params(text: str) -> Iterator[tuple[str, str]]:
    unbalanced = text.replace('\\"', "").count('"') % 2
    for part in _parts(text.replace('"', "") if unbalanced else text):
        name, _, value = part.partition("=")
        if name.strip():
            plain = value.strip().replace('\\"', "'").strip('"')
            yield (
                name.strip().upper(),
                re.sub(r"\^[nN'^]", lambda m: _CARET[m.group()], plain),
            )


def _parts(text: str) -> Iterator[str]:
    at, quoted = 0, False
    for here, char in enumerate(text):
        if char == '"' and text[here - 1 : here] != "\\":
            quoted = not quoted
        elif char == ";" and not quoted:
            yield text[at:here]
            at = here + 1
    yield text[at:]
