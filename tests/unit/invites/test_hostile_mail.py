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
