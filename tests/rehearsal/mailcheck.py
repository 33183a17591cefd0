"""Checks the exported mails of a rehearsal from outside: files in, complaints out, nothing of ours imported.

``python tests/rehearsal/mailcheck.py FOLDER`` prints what is wrong, one line each, and exits with 1 when anything is.
"""

import json
import sys
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from icalendar import Calendar

REMINDERS_PER_WEEK = 2


def complaints(folder: Path) -> list[str]:
    """Return everything that is wrong with the mails of a rehearsal."""
    index = _lines(folder / "index.jsonl")
    consents = _lines(folder / "consents.jsonl")
    files = {path.name for path in folder.glob("*.eml")}
    return [
        *(f"{name} is not in the index" for name in files - {row["file"] for row in index}),
        *_contradicting(folder, index),
        *_too_many_reminders(index),
        *_reminded_twice(index),
        *_before_consent(index, consents),
    ]


def _lines(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _contradicting(folder: Path, index: list[dict[str, str]]) -> Iterator[str]:
    """No UID has two different REQUESTs of one SEQUENCE (RFC 5546 section 2.1.4)."""
    known: dict[tuple[str, int], bytes] = {}
    for row in index:
        for text in _calendars((folder / row["file"]).read_bytes()):
            calendar = Calendar.from_ical(text)
            event = calendar.walk("VEVENT")[0]
            about = str(event["UID"]), int(str(event.get("SEQUENCE", 0)))
            if str(calendar["METHOD"]) == "REQUEST" and known.setdefault(about, text) != text:
                yield f"{row['file']}: another REQUEST with SEQUENCE {about[1]} of {about[0]}"


def _calendars(raw: bytes) -> Iterator[bytes]:
    for part in message_from_bytes(raw).walk():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            yield payload


def _too_many_reminders(index: list[dict[str, str]]) -> Iterator[str]:
    got: dict[str, list[datetime]] = defaultdict(list)
    for row in index:
        if row["reminder"]:
            at = datetime.fromisoformat(row["at"])
            got[row["to"]] = [m for m in got[row["to"]] if m > at - timedelta(days=7)] + [at]
            if len(got[row["to"]]) > REMINDERS_PER_WEEK:
                yield f"{row['file']}: reminder {len(got[row['to']])} in a week to {row['person']}"


def _reminded_twice(index: list[dict[str, str]]) -> Iterator[str]:
    known = set()
    for row in index:
        if row["reminder"] and row["step"]:
            about = row["kind"], row["rotation"], row["step"], row["to"]
            if about in known:
                yield f"{row['file']}: {row['person']} is reminded again of {row['step']}"
            known.add(about)


def _before_consent(index: list[dict[str, str]], consents: list[dict[str, str]]) -> Iterator[str]:
    """Before a host team's lead has agreed, nobody of the team gets anything but the question."""
    for consent in consents:
        if consent["gate"] not in {"host", "colleagues"}:
            continue
        for row in index:
            same = (row["rotation"], row["person"]) == (consent["rotation"], consent["person"])
            early = not consent["agreed_at"] or row["at"] < consent["agreed_at"]
            if same and early and row["kind"] in {"REQUEST", "reminder"}:
                yield f"{row['file']}: {row['kind']} to {row['person']} before {consent['gate']}"


if __name__ == "__main__":
    found = complaints(Path(sys.argv[1]))
    sys.stdout.write("".join(f"{line}\n" for line in found))
    sys.exit(1 if found else 0)
