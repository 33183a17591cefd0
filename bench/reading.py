"""Reading one incoming answer, up to its verdict, beside what others need to parse it: ``python -m bench.reading``.

The floor is icalendar's own parse of the bare calendar text; ours takes the whole mail, finds and
decodes the part, reads it leniently and judges it. ``ics`` and ``vobject`` take part where installed.
"""

import importlib
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from functools import partial
from statistics import median

from icalendar import Calendar

from domain.incoming import KnownInvite, Verdict, judge
from domain.invites import CalendarMail, Method
from domain.rotation import Answer
from invites.answering import invite_in, reply_to
from invites.composer import MailComposer
from invites.reading import read_mail

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
ROUNDS = 15
EACH = 200
"""Answers read in one round."""


def an_answer() -> tuple[bytes, bytes, KnownInvite]:
    """Return a genuine answer as a mail and as bare calendar text, and the invite that it answers."""
    composer = MailComposer("rotations@sojourn.example", "Sojourn rotations")
    invite = CalendarMail(
        method=Method.REQUEST,
        uid="k3v5q2nxw4h7c6m2@sojourn.example",
        sequence=0,
        stamped=NOW,
        created=NOW,
        starts=NOW + timedelta(days=7),
        ends=NOW + timedelta(days=7, hours=1),
        zone="Europe/Berlin",
        reader_name="Ann Berg",
        reader_email="ann@example.net",
        title="Listening session",
    )
    card = invite_in(composer.calendar_mail(invite).raw)
    _, _, raw = reply_to(card, Answer.ACCEPTED, NOW)
    known = KnownInvite(uid=invite.uid, person="P-0001", address="ann@example.net", sequence=0)
    text = next(
        part
        for part in message_from_bytes(raw).walk()
        if part.get_content_type() == "text/calendar"
    ).get_payload(decode=True)
    return raw, bytes(text), known


def peers(text: bytes) -> dict[str, Callable[[], object]]:
    """Return how others parse the bare text, by name, the floor first."""
    found: dict[str, Callable[[], object]] = {"icalendar": lambda: Calendar.from_ical(text)}
    plain = text.decode()
    for name, parser in (("ics", "Calendar"), ("vobject", "readOne")):
        try:
            parse: Callable[[str], object] = getattr(importlib.import_module(name), parser)
            found[name] = partial(parse, plain)
        except ImportError:
            sys.stderr.write(f"{name} is not installed and takes no part\n")
    return found


def measured(ways: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median microseconds of each way; rounds take turns, so that all meet the same machine."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            began = time.process_time()
            for _ in range(EACH):
                way()
            times[name].append((time.process_time() - began) / EACH * 1e6)
    return {name: median(taken) for name, taken in times.items()}


def show(what: str, found: dict[str, float], floor: str, least: float) -> None:
    """Print a line a way: microseconds, how many a second, and how often the floor's ``least``."""
    sys.stdout.write(f"| {what} | microseconds | a second | times {floor} |\n|---|---|---|---|\n")
    for name, taken in found.items():
        row = f"| {name} | {taken:.0f} | {1e6 / taken:.0f} | {taken / least:.2f} |\n"
        sys.stdout.write(row)


def main() -> None:
    """Read one answer in every way and print what each takes."""
    raw, text, known = an_answer()
    assert judge(read_mail(raw), known, NOW).verdict is Verdict.APPLY
    ways = peers(text) | {
        "ours, the whole mail and its verdict": lambda: judge(read_mail(raw), known, NOW)
    }
    found = measured(ways)
    show("reading one answer", found, "icalendar", found["icalendar"])


if __name__ == "__main__":
    main()
