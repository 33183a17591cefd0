"""Events of the world outside after which somebody reflects, as CloudEvents 1.0 tells them.

Of an event only what it is, whom it concerns and when it happened is read; no word of it is.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from pydantic import ValidationError

from domain.chain import letters_of
from domain.errors import DomainError
from domain.program import AFTER
from domain.value import Key, Moment, Value

PREFIX = "sojourn.event."
"""Types of events begin with this: ``sojourn.event.crisis``."""

LONGEST_ID = 256
"""Characters of the id and of the source of an event."""

OLDEST = timedelta(days=30)
"""What happened longer ago is remembered, not reflected on."""

_AHEAD = timedelta(minutes=5)
"""So much may clocks differ."""

_LONGEST_KEY = 24
_ID = "small letters a to z, digits and hyphens"

_NO_TEXT = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\ud800-\\udfff\\ufdd0-\\ufdef\\ufffe\\uffff]")
"""Control characters, half characters and code points that are none (CloudEvents 1.0, type String)."""

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class BadEvent(DomainError):
    """An event that can't be taken; ``field`` is the attribute that is wrong."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class EventKind(StrEnum):
    """What may have happened."""

    DECISION = "decision"
    CRISIS = "crisis"
    CONVERSATION = "conversation"

    @property
    def occasion(self) -> str:
        """The occasion that it leads to."""
        return AFTER[self.value]


class Happening(Value):
    """Something that happened to somebody, by their id in the program folder."""

    about: str
    """``event:`` and a digest of where it comes from and its id there: the same for the same event."""
    kind: EventKind
    person: Key
    cohort: Key | None = None
    """None for the cohort in which they take part."""
    at: Moment


def happening(attributes: Mapping[str, object], data: object, now: datetime) -> Happening:
    """Return what an event says; raises BadEvent naming the first attribute that is missing or wrong.

    ``attributes`` are those of CloudEvents 1.0 (specversion, id, source, type, time), ``data`` is an
    object with ``person`` and, if need be, ``cohort``.
    """
    if attributes.get("specversion") != "1.0":
        raise BadEvent(
            "specversion", "Write specversion 1.0: other versions of CloudEvents are not read."
        )
    identity, source = (_text(attributes, name, LONGEST_ID) for name in ("id", "source"))
    kind = _kind(_text(attributes, "type", LONGEST_ID))
    at = _moment(attributes.get("time"), now)
    if not isinstance(data, Mapping):
        raise BadEvent("data", 'Write data as a JSON object, such as {"person": "mara"}.')
    person = _text(data, "person", _LONGEST_KEY, "data.")
    cohort = _text(data, "cohort", _LONGEST_KEY, "data.") if data.get("cohort") else None
    facts = {"about": about(source, identity), "kind": kind, "at": at}
    try:
        return Happening.model_validate(facts | {"person": person, "cohort": cohort})
    except ValidationError as wrong:
        field = f"data.{wrong.errors()[0]['loc'][0]}"
        raise BadEvent(field, f"{field} is no id of a program folder: {_ID}.") from None


def about(source: str, identity: str) -> str:
    """Return what an event is known by here: a digest, for source and id may say anything."""
    digest = hashlib.sha256(f"{source}\0{identity}".encode()).digest()
    return f"event:{letters_of(digest)}"


def _kind(said: str) -> EventKind:
    known = {f"{PREFIX}{kind}": kind for kind in EventKind}
    if said not in known:
        raise BadEvent("type", f"The type is none of {', '.join(known)}.")
    return known[said]


def _text(fields: Mapping[str, object], name: str, longest: int, where: str = "") -> str:
    found = fields.get(name)
    if not isinstance(found, str) or not found.strip():
        raise BadEvent(f"{where}{name}", f"Write {where}{name}: a text that is not empty.")
    if _NO_TEXT.search(found):
        raise BadEvent(f"{where}{name}", f"Write {where}{name} without control characters.")
    if len(found) > longest:
        raise BadEvent(f"{where}{name}", f"Keep {where}{name} to {longest} characters.")
    return found


def _moment(said: object, now: datetime) -> datetime:
    """RFC 3339, section 5.6; an event without a time happened now."""
    if said is None:
        return now
    at = _instant(str(said).upper())
    if at is None:
        raise BadEvent("time", "Write time with its zone, such as 2026-12-03T16:05:00Z.")
    if at > now + _AHEAD:
        raise BadEvent("time", "The time lies ahead: a reflection looks back on what happened.")
    if at < now - OLDEST:
        raise BadEvent("time", f"That is more than {OLDEST.days} days ago.")
    return min(at, now)


def _instant(said: str) -> datetime | None:
    if not _RFC_3339.fullmatch(said):
        return None
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
