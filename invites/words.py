"""The words of mails: one template a language and kind, filled with facts, never with markup."""

from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from domain.invites import CalendarMail, Letter
from domain.moments import wall_time, zone_of

_TEXTS = Path(__file__).parent / "texts" / "en"
_ENGINE = Environment(
    loader=FileSystemLoader(_TEXTS),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)

LONGEST_SUBJECT = 78
"""Octets: what RFC 5322 section 2.1.1 would have a line be."""

_PREFIXES = {"REQUEST": "Invitation", "CANCEL": "Cancelled", "DECLINECOUNTER": "The time stays"}


def calendar_subject(mail: CalendarMail) -> str:
    """Return the subject: what it is, the title, and when."""
    prefix = _PREFIXES[mail.method.value]
    if prefix == "Invitation" and mail.previous:
        prefix = "Updated"
    day = _day(mail.starts, mail.zone)
    room = LONGEST_SUBJECT - len(f"{prefix}: , {day}".encode())
    return f"{prefix}: {shortened(mail.title, room)}, {day}"


def shortened(text: str, octets: int) -> str:
    """Return the text, its end left out where it is longer than so many octets of UTF-8."""
    raw = text.encode()
    if len(raw) <= octets:
        return text
    kept = raw[: octets - len("…".encode())].decode("utf-8", "ignore")
    return f"{kept.rpartition(' ')[0] or kept}…"


def calendar_body(mail: CalendarMail) -> str:
    """Return the plain text of a calendar mail: when, where, what for, whom to ask."""
    meant = when(mail.starts, mail.ends, mail.zone)
    was = wall_time(mail.was, mail.was_zone) if mail.was else ""
    return _fill("calendar.txt", mail=mail, when=meant, own=_own_time(mail), was=was)


def calendar_notes(mail: CalendarMail) -> str:
    """Return the same text for the calendar entry, which others may see: without the link to answer."""
    return calendar_body(mail.model_copy(update={"answer_url": None}))


def _own_time(mail: CalendarMail) -> str:
    """The reader's wall time, empty where it is the same as the event's."""
    there, here = (
        mail.starts.astimezone(zone_of(zone)).utcoffset()
        for zone in (mail.zone, mail.reader_zone or mail.zone)
    )
    return "" if there == here else when(mail.starts, mail.ends, mail.reader_zone)


def letter_words(letter: Letter) -> tuple[str, str]:
    """Return subject and body of a letter; a template that names an unknown fact raises."""
    facts = dict(letter.facts)
    text = _fill(f"{letter.kind.value}.txt", letter=letter, **facts)
    subject, _, body = text.partition("\n")
    return ("Reminder: " if letter.reminder else "") + subject.strip(), body.lstrip("\n")


def as_html(body: str, url: str | None, action: str) -> str:
    """Return the same words as HTML: no images, no remote parts, one button at most."""
    paragraphs = [part.splitlines() for part in body.strip().split("\n\n")]
    return _fill("mail.html", paragraphs=paragraphs, url=url, action=action)


def when(starts: datetime, ends: datetime, zone: str) -> str:
    """Return the time as people say it, with zone and offset from UTC."""
    tz = zone_of(zone)
    first, last = starts.astimezone(tz), ends.astimezone(tz)
    offset = first.strftime("%z")
    return f"{_day(starts, zone)}, {first:%H:%M} to {last:%H:%M} ({zone}, UTC{offset[:3]}:{offset[3:]})"


def _day(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(zone_of(zone)):%a %-d %b %Y}"


def _fill(name: str, **facts: object) -> str:
    return _ENGINE.get_template(name).render(**facts)
