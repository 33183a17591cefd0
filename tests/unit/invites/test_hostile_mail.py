"""Mails from anybody: none may stop those behind it, and none may hide a good answer beside it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.incoming import Kind
from domain.rotation import Answer
from invites.reading import LARGEST_CALENDARS, read_mail

REPLY = """\
BEGIN:VCALENDAR
VERSION:2.0
METHOD:REPLY
BEGIN:VEVENT
UID:abc@sojourn.example
DTSTAMP:20261124T100000Z
SEQUENCE:0
ATTENDEE;PARTSTAT=ACCEPTED:mailto:ana@example.org
END:VEVENT
END:VCALENDAR
"""


def a_mail(*parts: tuple[str, str], date: str = "Tue, 24 Nov 2026 10:00:00 +0000") -> bytes:
    head = f"From: ana@example.org\nDate: {date}\nMIME-Version: 1.0\n"
    head += 'Content-Type: multipart/mixed; boundary="b"\n\n'
    body = "".join(f"--b\nContent-Type: {kind}\n\n{text}\n" for kind, text in parts)
    return (head + body + "--b--\n").encode("latin-1")


def test_a_genuine_answer_is_read() -> None:
    read = read_mail(a_mail(("text/calendar", REPLY)))

    assert read.kind is Kind.REPLY
    assert read.guest is not None
    assert (read.uid, read.guest.answer) == ("abc@sojourn.example", Answer.ACCEPTED)


@pytest.mark.parametrize("charset", ["utf-7", "unicode_escape", "idna", "klingon"])
def test_no_charset_brings_in_text_that_no_database_takes(charset: str) -> None:
    odd = REPLY.replace("abc@", "+2AA-\\ud800@")

    read = read_mail(a_mail((f"text/calendar; charset={charset}", odd)))

    assert read.model_dump_json().encode("utf-8")


def test_a_date_beyond_time_is_no_date() -> None:
    undated = REPLY.replace("DTSTAMP:20261124T100000Z\n", "")
    date = "Tue, 24 Nov 2026 10:00:00 +9999999999999999999"

    read = read_mail(a_mail(("text/calendar", undated), date=date))

    assert read.kind is Kind.REPLY
    assert read.stamped is None


@pytest.mark.parametrize(
    "other",
    [
        ("application/octet-stream", "BEGIN:VCALENDAR\nbroken\nEND:VCALENDAR"),
        ("text/calendar", REPLY.replace("METHOD:REPLY", "METHOD:REQUEST")),
        ("text/calendar", "BEGIN:VCALENDAR\n" * 1000),
        ("text/calendar", "x" * (LARGEST_CALENDARS + 1)),
    ],
)
def test_a_part_that_is_no_answer_does_not_hide_one_that_is(other: tuple[str, str]) -> None:
    assert read_mail(a_mail(other, ("text/calendar", REPLY))).kind is Kind.REPLY


def test_a_counter_proposal_names_its_invite() -> None:
    counter = REPLY.replace("METHOD:REPLY", "METHOD:COUNTER")

    read = read_mail(a_mail(("text/calendar", counter)))

    assert (read.kind, read.uid) == (Kind.COUNTER, "abc@sojourn.example")


@given(st.binary(max_size=400), st.integers(0, 600), st.integers(0, 40))
def test_any_bytes_are_read_without_an_error(junk: bytes, at: int, cut: int) -> None:
    mail = a_mail(("text/calendar", REPLY))

    read = read_mail(mail[:at] + junk + mail[at + cut :])

    assert read.model_dump_json().encode("utf-8")


HEAD = b"From: ana@example.org\nTo: r@sojourn.example\nSubject: x\nMIME-Version: 1.0\n"


def a_calendar(lines: bytes = b"", *, zone: bytes = b"", method: bytes = b"REPLY") -> bytes:
    event = REPLY.encode().replace(b"END:VEVENT", lines + b"END:VEVENT")
    text = event.replace(b"BEGIN:VEVENT", zone + b"BEGIN:VEVENT").replace(b"REPLY", method)
    return HEAD + b"Content-Type: text/calendar\n\n" + text


def a_zone(rule: bytes) -> bytes:
    kinds = [b"STANDARD", b"DAYLIGHT"]
    offsets = [b"TZOFFSETFROM:+0200\nTZOFFSETTO:+0100\n", b"TZOFFSETFROM:+0100\nTZOFFSETTO:+0200\n"]
    parts = [
        b"BEGIN:%s\nDTSTART:16010101T000000\n%s%sEND:%s\n" % (kind, offset, rule, kind)
        for kind, offset in zip(kinds, offsets, strict=True)
    ]
    return b"BEGIN:VTIMEZONE\nTZID:Odd\n" + b"".join(parts) + b"END:VTIMEZONE\n"


def nested(depth: int, lines: int) -> bytes:
    levels = (
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(depth)
    )
    return HEAD + b"".join(levels) + b"\n" + b"x\n" * lines


def typed(kind: bytes, body: bytes) -> bytes:
    return HEAD + b"Content-Type: " + kind + b"\n\n" + body


STARTS = b"DTSTART;TZID=Odd:20261202T090000\n"
MANY_EVENTS = (
    b"BEGIN:VCALENDAR\nMETHOD:COUNTER\n"
    + a_zone(b"RDATE:20200101T000000\n" * 300)
    + (b"BEGIN:VEVENT\n" + STARTS + b"END:VEVENT\n") * 900
)
BOMBS = {
    "a line of a megabyte": (a_calendar(b"COMMENT:" + b"x" * 900_000 + b"\n"), Kind.REPLY),
    "very many parameters": (a_calendar(b"ATTENDEE" + b";A=b" * 100_000 + b":x\n"), Kind.REPLY),
    "very many quotes": (a_calendar(b"ATTENDEE" + b';A="b' * 100_000 + b":x\n"), Kind.REPLY),
    "very many components": (a_calendar(b"BEGIN:X\n" * 10_000), Kind.REPLY),
    "very many calendars": (
        typed(b"text/calendar", b"BEGIN:VCALENDAR\n" * 10_000),
        Kind.UNREADABLE,
    ),
    "very many lines": (a_calendar(b"X:1\n" * 100_000), Kind.REPLY),
    "a long line broken often": (a_calendar(b"X:" + b"y" * 800_000 + b"\n!" * 4000), Kind.REPLY),
    "very many events in a large zone": (typed(b"text/calendar", MANY_EVENTS), Kind.COUNTER),
    "a zone that changes each second": (
        a_calendar(STARTS, zone=a_zone(b"RRULE:FREQ=SECONDLY\n"), method=b"COUNTER"),
        Kind.COUNTER,
    ),
    "a zone that changes each minute of a year": (
        a_calendar(
            STARTS,
            zone=a_zone(b"RRULE:FREQ=YEARLY;BYHOUR=1,2,3;BYMINUTE=1,2,3\n"),
            method=b"COUNTER",
        ),
        Kind.COUNTER,
    ),
    "a thousand levels": (nested(1000, 10), Kind.UNREADABLE),
    "levels over very many lines": (nested(300, 300_000), Kind.UNREADABLE),
    "levels that still can be": (nested(8, 300_000), Kind.NOTE),
    "a million parts": (
        typed(b"multipart/mixed; boundary=b", b"--b\n\n" * 1_000_000),
        Kind.UNREADABLE,
    ),
    "mails in mails": (HEAD + b"Content-Type: message/rfc822\n\n" * 2000, Kind.UNREADABLE),
    "parameters of a type": (typed(b"text/plain" + b";a=b" * 100_000, b"x"), Kind.NOTE),
    "quoted parameters of a type": (typed(b'text/plain;x="' + b";a=b" * 100_000, b"x"), Kind.NOTE),
    "parameters in pieces": (
        typed(b"text/plain" + b"".join(b";a*%d=x" % n for n in range(50_000)), b"x"),
        Kind.NOTE,
    ),
    "a subject of pieces": (
        HEAD.replace(b"Subject: x", b"Subject: " + b"=?a?q?" * 150_000) + b"\nx",
        Kind.NOTE,
    ),
    "very many senders": (
        HEAD.replace(b"From: ", b"From: " + b"<a:@" * 200_000) + b"\nx",
        Kind.NOTE,
    ),
    "very many headers": (HEAD + b"X-A: b\n" * 200_000 + b"\nx", Kind.NOTE),
    "HTML that never ends": (typed(b"text/html", b"<" * 1_000_000), Kind.NOTE),
    "HTML of tags": (typed(b"text/html", b"<a " * 300_000), Kind.NOTE),
    "words that begin like a quotation": (typed(b"text/plain", b"On " * 300_000), Kind.NOTE),
    "empty lines": (typed(b"text/plain", b"\n" * 1_000_000 + b"x"), Kind.NOTE),
    "a bounce about nobody": (
        HEAD.replace(b"ana@", b"mailer-daemon@").replace(b": x", b": failure notice")
        + b"\n"
        + b"a" * 1_000_000,
        Kind.BOUNCE,
    ),
    "a charset that Python decodes slowly": (
        typed(b"text/calendar; charset=punycode-", b"BEGIN:VCALENDAR-" + b"zzzzz9" * 50_000),
        Kind.UNREADABLE,
    ),
    "a number of half a million digits": (
        a_calendar(b"SEQUENCE:" + b"9" * 500_000 + b"\n").replace(b"SEQUENCE:0\n", b""),
        Kind.REPLY,
    ),
}
"""Each took a reader of mails minutes, or more memory than there is."""


@pytest.mark.parametrize(("raw", "kind"), BOMBS.values(), ids=BOMBS.keys())
def test_no_mail_keeps_those_behind_it_waiting(raw: bytes, kind: Kind) -> None:
    assert read_mail(raw).kind is kind


def test_a_zone_that_no_clock_follows_is_not_believed() -> None:
    strange = a_calendar(STARTS, zone=a_zone(b"RRULE:FREQ=SECONDLY\n"), method=b"COUNTER")
    yearly = a_zone(b"RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=1\n")

    assert read_mail(strange).proposed_starts is None
    assert read_mail(a_calendar(STARTS, zone=yearly, method=b"COUNTER")).proposed_starts is not None


def test_what_somebody_writes_commands_no_terminal() -> None:
    bold = a_calendar(b"COMMENT:\x1b[1mhi\x07 there\xc2\x9b31m\n")
    coded = a_calendar(b"COMMENT;ENCODING=QUOTED-PRINTABLE:=1B]0;hi=07\n")

    assert read_mail(bold).comment == "[1mhi there31m"
    assert read_mail(coded).comment == "]0;hi"


@pytest.mark.parametrize(
    ("raw", "program"),
    [
        (b"From: a@example.net\r\nX-Mailer: Odd 1.0\r\n\r\n", "Odd 1.0"),
        (
            b"BEGIN:VCALENDAR\r\nPRODID:-//Odd//Calendar//EN\r\nMETHOD:REPLY\r\n",
            "-//Odd//Calendar//EN",
        ),
        (b"\x00\xff nothing at all", ""),
    ],
)
def test_an_unreadable_mail_names_the_program_that_wrote_it(raw: bytes, program: str) -> None:
    found = read_mail(raw)

    assert (found.kind, found.product) == (Kind.UNREADABLE, program)
