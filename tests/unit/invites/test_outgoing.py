"""Every mail that leaves, line by line: envelope, headers, calendar and what it must not tell."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Calendar, Component

from domain.invites import CalendarMail, Change, Letter, LetterKind, Method, RenderedMail
from tests.unit.invites.test_invites import COMPOSER, NAMES, NOW, an_invite

LONG = "Слушаем коллег из отдела обслуживания клиентов "
URL = "http://127.0.0.1:8800/t/token"

SENT = {
    "an invite": an_invite(where="Room 4", contact="Iris Boll, iris@example.org"),
    "a private invite": an_invite(title="Rotation: conversation", private=True),
    "an update": an_invite(
        sequence=1,
        change=Change.TIME,
        was=NOW,
        was_zone="Europe/Berlin",
        previous=("<a@x>", "<b@x>"),
    ),
    "a cancellation": an_invite(
        method=Method.CANCEL, sequence=2, lines=(), answer_url=None, previous=("<a@x>",)
    ),
    "an exclusion": an_invite(
        method=Method.CANCEL, sequence=2, lines=(), answer_url=None, whole=False
    ),
    "a declined proposal": an_invite(
        method=Method.DECLINECOUNTER, lines=(), answer_url=None, previous=("<a@x>",)
    ),
    "an invite in a far zone": an_invite(zone="Asia/Kathmandu", reader_zone="Europe/Berlin"),
    "an invite in UTC": an_invite(zone="Africa/Casablanca"),
    "an invite with long words": an_invite(title=LONG * 3, where=LONG * 6, lines=(LONG,) * 40),
}
"""Every kind of calendar mail."""

FACTS = {
    name: f"The {name} of it"
    for name in [
        "participant",
        "program",
        "team",
        "goals",
        "step_title",
        "when",
        "count",
        "weeks",
        "owner",
        "co_authors",
        "title",
        "seen",
        "change",
        "metric",
        "baseline",
        "target",
        "decide_by",
        "in_force",
        "decision",
        "reason",
        "verdict",
        "measured",
        "learnt",
        "quarter",
        "insights",
        "changes",
        "last_day",
        "insight",
        "hypothesis",
        "adjustment",
        "cost",
        "ends",
        "before",
        "wording",
        "overdue",
        "early",
        "person",
        "where",
        "again",
        "stays",
    ]
} | {"called_off": ""}


def a_letter(kind: LetterKind, **changes: object) -> Letter:
    facts: dict[str, object] = {
        "kind": kind,
        "key": f"k1:{kind}",
        "written": NOW,
        "reader_name": "Ann Ek",
        "reader_email": "ann@example.net",
        "facts": tuple(FACTS.items()),
        "lines": ("A line of it.",),
        "contact": "Iris Boll, iris@example.org",
        "url": URL,
    }
    return Letter.model_validate(facts | changes)


every_calendar_mail = pytest.mark.parametrize("mail", SENT.values(), ids=SENT.keys())
every_event = pytest.mark.parametrize(
    "mail", [one for one in SENT.values() if one.method is not Method.DECLINECOUNTER]
)
"""Those that hold the whole event, as all do but the answer to a proposal."""
every_letter = pytest.mark.parametrize("kind", LetterKind)


def rendered(mail: CalendarMail) -> RenderedMail:
    return COMPOSER.calendar_mail(mail)


@cache
def message_of(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message


def message(mail: CalendarMail) -> EmailMessage:
    return message_of(rendered(mail).raw)


def payload(part: EmailMessage) -> bytes:
    found = part.get_payload(decode=True)
    assert isinstance(found, bytes)
    return found


def part_of(mail: CalendarMail, kind: str) -> EmailMessage:
    (found,) = (p for p in message(mail).walk() if p.get_content_type() == kind)
    assert isinstance(found, EmailMessage)
    return found


def text_of(mail: CalendarMail) -> bytes:
    return payload(part_of(mail, "text/calendar"))


def calendar(mail: CalendarMail) -> Calendar:
    return Calendar.from_ical(text_of(mail))


def event(mail: CalendarMail) -> Component:
    (found,) = calendar(mail).walk("VEVENT")
    return found


def content_lines(mail: CalendarMail) -> list[str]:
    return text_of(mail).decode().replace("\r\n ", "").split("\r\n")


def words(raw: bytes) -> tuple[str, str]:
    """A mail's plain text and its HTML."""
    parts = [p for p in message_of(raw).walk() if p.get_content_maintype() == "text"]
    return payload(parts[0]).decode(), payload(parts[1]).decode()


@every_calendar_mail
def test_mail_m1_one_calendar_part_names_the_method_of_its_body(mail: CalendarMail) -> None:
    part = part_of(mail, "text/calendar")

    assert part.get_param("method") == mail.method.value == str(calendar(mail)["METHOD"])
    assert part.get_param("charset") == "UTF-8"
    assert part.get_param("component") == "VEVENT"


@every_calendar_mail
def test_mail_m2_the_calendar_is_the_last_alternative_and_no_attachment(mail: CalendarMail) -> None:
    (alternative,) = (
        p for p in message(mail).walk() if p.get_content_type() == "multipart/alternative"
    )
    kinds = [part.get_content_type() for part in alternative.iter_parts()]

    assert kinds == ["text/plain", "text/html", "text/calendar"]
    assert part_of(mail, "text/calendar").get_content_disposition() is None


@every_calendar_mail
def test_mail_m3_the_same_bytes_are_attached_as_invite_ics(mail: CalendarMail) -> None:
    attached = part_of(mail, "application/ics")

    assert payload(attached) == text_of(mail)
    assert attached.get_content_disposition() == "attachment"
    assert attached.get_filename() == attached.get_param("name") == "invite.ics"


@every_calendar_mail
def test_mail_m4_one_calendar_holds_one_event(mail: CalendarMail) -> None:
    text = text_of(mail)

    assert text.count(b"BEGIN:VCALENDAR") == text.count(b"BEGIN:VEVENT") == 1
    assert text.count(b"\r\nUID:") == 1


@every_calendar_mail
def test_mail_m5_the_calendar_travels_in_base64_and_the_mail_in_seven_bits(
    mail: CalendarMail,
) -> None:
    raw = rendered(mail).raw

    assert part_of(mail, "text/calendar")["Content-Transfer-Encoding"] == "base64"
    assert max(raw) < 128
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert b"\n" not in text_of(mail).replace(b"\r\n", b"")


def test_mail_m6_text_and_html_say_what_when_where_whom_to_ask_and_how_to_answer() -> None:
    for text in words(rendered(SENT["an invite"]).raw):
        for said in (
            "Listening session",
            "Mon 30 Nov 2026, 11:00 to 12:00 (Europe/Berlin, UTC+01:00)",
            "Room 4",
            "Iris Boll, iris@example.org",
            URL,
        ):
            assert said in text


def test_mail_m6_a_reader_elsewhere_gets_their_own_time_too() -> None:
    for text in words(rendered(SENT["an invite in a far zone"]).raw):
        assert "15:45 to 16:45 (Asia/Kathmandu, UTC+05:45)" in text
        assert "For you: Mon 30 Nov 2026, 11:00 to 12:00 (Europe/Berlin, UTC+01:00)" in text


@every_calendar_mail
def test_mail_m7_no_headers_of_old_exchange_servers(mail: CalendarMail) -> None:
    names = {name.lower() for part in message(mail).walk() for name in part.keys()}  # noqa: SIM118

    assert not {name for name in names if name.startswith("x-ms")}
    assert "application/ms-tnef" not in {p.get_content_type() for p in message(mail).walk()}


@every_calendar_mail
def test_mail_m8_one_reader_and_nobody_else_in_the_headers(mail: CalendarMail) -> None:
    found = message(mail)

    assert [a.addr_spec for a in found["To"].addresses] == ["ann@example.net"]
    assert found["Cc"] is found["Bcc"] is found["Reply-To"] is None
    assert [(a.display_name, a.addr_spec) for a in found["From"].addresses] == [
        ("Sojourn", "rotations@sojourn.example")
    ]


@every_calendar_mail
def test_mail_m9_the_subject_is_short_and_keeps_the_day(mail: CalendarMail) -> None:
    subject = str(message(mail)["Subject"])

    assert len(subject.encode()) <= 78
    assert subject.endswith("30 Nov 2026")


@pytest.mark.parametrize(
    ("mail", "prefix"),
    [
        ("an invite", "Invitation: "),
        ("an update", "Updated: "),
        ("a cancellation", "Cancelled: "),
        ("an exclusion", "Cancelled: "),
    ],
)
def test_mail_m9_the_prefix_tells_what_it_is(mail: str, prefix: str) -> None:
    assert rendered(SENT[mail]).subject.startswith(prefix)


@every_letter
def test_mail_m9_a_letters_subject_is_short_whatever_it_names(kind: LetterKind) -> None:
    facts = tuple((name, LONG * 3) for name in FACTS)
    letter = COMPOSER.letter(a_letter(kind, facts=facts, reminder=True))

    assert 0 < len(letter.subject.encode()) <= 78


@given(title=NAMES)
def test_mail_m9_no_title_starts_a_new_header(title: str) -> None:
    found = message_of(rendered(an_invite(title=f"{title}\r\nBcc: eve@example.org")).raw)

    assert found["Bcc"] is None
    assert len(found.get_all("Subject", [])) == 1


@every_calendar_mail
def test_mail_m10_small_and_without_remote_parts(mail: CalendarMail) -> None:
    raw = rendered(mail).raw

    assert len(raw) < 100_000
    assert remote_parts(words(raw)[1]) == []


@every_letter
def test_mail_m10_letters_are_small_and_without_remote_parts(kind: LetterKind) -> None:
    long = tuple((name, LONG * 10) for name in FACTS)
    raw = COMPOSER.letter(a_letter(kind, facts=long, lines=(LONG,) * 80)).raw

    assert len(raw) < 100_000
    assert remote_parts(words(raw)[1]) == []


def test_mail_m10_the_longest_invite_that_a_program_can_ask_for_is_small() -> None:
    crowd = f"With {', '.join(['Константин Константинопольский'] * 30)}."
    lines = (LONG * 4, "Questions:", *(["誰も知らない仕事の話を" * 18] * 12), crowd)
    mail = an_invite(title=LONG * 4, where=LONG * 6, lines=lines)

    assert len(rendered(mail).raw) < 100_000


def remote_parts(html: str) -> list[str]:
    """What a mail program would fetch by itself."""
    return re.findall(
        r"<(?:img|link|script|iframe|object|video|audio)|\b(?:src|background)=|url\(", html
    )


def test_head_h1_the_message_id_is_that_of_the_revision() -> None:
    ids = [rendered(mail).message_id for mail in SENT.values() if mail.zone == "Europe/Berlin"]
    first, moved = an_invite(), an_invite(starts=NOW + timedelta(days=8), sequence=1)

    assert rendered(first).message_id == rendered(an_invite()).message_id
    assert rendered(first).message_id != rendered(moved).message_id
    assert all(re.fullmatch(r"<[0-9a-f]{40}@sojourn\.example>", one) for one in ids)


def test_head_h2_later_mails_name_the_earlier_ones_and_the_first_names_none() -> None:
    first, later = message(SENT["an invite"]), message(SENT["an update"])

    assert first["In-Reply-To"] is first["References"] is None
    assert (later["In-Reply-To"], later["References"]) == ("<b@x>", "<a@x> <b@x>")


@every_calendar_mail
def test_head_h3_no_robot_answers(mail: CalendarMail) -> None:
    assert message(mail)["Auto-Submitted"] == "auto-generated"
    assert message(mail)["X-Auto-Response-Suppress"] == "OOF, AutoReply"


@every_calendar_mail
def test_head_h4_an_invite_is_no_list(mail: CalendarMail) -> None:
    assert message(mail)["List-Unsubscribe"] is message(mail)["List-Unsubscribe-Post"] is None


@every_calendar_mail
def test_head_h6_the_organiser_is_the_sender(mail: CalendarMail) -> None:
    sender = message(mail)["From"].addresses[0].addr_spec

    assert str(event(mail)["ORGANIZER"]) == f"mailto:{sender}"


def test_head_h7_each_mail_bounces_to_an_address_of_its_own() -> None:
    senders = [rendered(mail).sender for mail in (an_invite(), an_invite(uid="other@x"))]
    senders.append(COMPOSER.letter(a_letter(LetterKind.THANKS)).sender)

    assert len(set(senders)) == 3
    assert all(re.fullmatch(r"bounces\+[0-9a-f]{32}@sojourn\.example", one) for one in senders)


@every_calendar_mail
def test_content_c1_the_calendar_says_what_it_is_before_its_parts(mail: CalendarMail) -> None:
    assert content_lines(mail)[1:5] == [
        "VERSION:2.0",
        "PRODID:-//Sojourn//Sojourn 0.1//EN",
        "CALSCALE:GREGORIAN",
        f"METHOD:{mail.method.value}",
    ]


@every_event
def test_content_c3_and_c4_the_stamps_are_of_this_revision_in_utc(mail: CalendarMail) -> None:
    later = mail.model_copy(update={"stamped": NOW + timedelta(hours=3)})
    lines = content_lines(later)

    assert "DTSTAMP:20261123T130000Z" in lines
    assert "LAST-MODIFIED:20261123T130000Z" in lines
    assert "CREATED:20261123T100000Z" in lines


@pytest.mark.parametrize("kind", ["a cancellation", "an exclusion"])
def test_content_c8_a_cancellation_shows_what_is_cancelled_and_asks_nothing(kind: str) -> None:
    mail = SENT[kind]
    found = event(mail)

    assert {"UID", "ORGANIZER", "DTSTAMP", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY"} <= set(found)
    assert ("STATUS" in found) == mail.whole
    assert str(found["ATTENDEE"]) == "mailto:ann@example.net"
    assert not {"RSVP", "PARTSTAT"} & set(found["ATTENDEE"].params)


def test_content_a_declined_proposal_says_which_invite_and_no_more() -> None:
    found = event(SENT["a declined proposal"])
    later = event(SENT["a declined proposal"].model_copy(update={"sequence": 3}))

    assert set(found) == {"UID", "DTSTAMP", "ORGANIZER", "COMMENT"}
    assert later["SEQUENCE"] == 3


@every_event
def test_content_c9_the_organiser_has_a_name_and_attends_nothing(mail: CalendarMail) -> None:
    organiser = event(mail)["ORGANIZER"]

    assert organiser.params["CN"] == "Sojourn"
    assert str(organiser).startswith("mailto:")
    assert str(organiser) != str(event(mail)["ATTENDEE"])


@every_calendar_mail
def test_content_c10_nobody_acts_for_the_organiser(mail: CalendarMail) -> None:
    assert b"SENT-BY" not in text_of(mail)


def test_content_c11_the_attendee_is_asked_for_an_answer_at_the_address_as_it_is_known() -> None:
    mail = an_invite(reader_email="Ann.Ek@example.net")
    (line,) = (line for line in content_lines(mail) if line.startswith("ATTENDEE"))

    assert line == (
        'ATTENDEE;CN="Ann Ek";CUTYPE=INDIVIDUAL;ROLE=REQ-PARTICIPANT;'
        "PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:Ann.Ek@example.net"
    )


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Ek, Ann", '"Ek, Ann"'),
        ("Ann: Ek; B", '"Ann: Ek; B"'),
        ('Ann "Sun" Ek', "\"Ann ^'Sun^' Ek\""),
        ("Ann ^ Ek", '"Ann ^^ Ek"'),
        ("Ann\r\nEk", '"Ann  Ek"'),
        ("Ann\x00Ek", '"Ann Ek"'),
    ],
)
def test_content_c12_names_are_quoted_and_hold_no_line_break(name: str, written: str) -> None:
    mail = an_invite(reader_name=name)
    (line,) = (line for line in content_lines(mail) if line.startswith("ATTENDEE"))

    assert line.startswith(f"ATTENDEE;CN={written};CUTYPE=")


def test_content_c13_only_backslash_semicolon_comma_and_line_break_are_escaped() -> None:
    mail = an_invite(title='a\\b;c,d:e"f', where="x\ny")

    assert 'SUMMARY:a\\\\b\\;c\\,d:e"f' in content_lines(mail)
    assert "LOCATION:x\\ny" in content_lines(mail)


@settings(max_examples=30)
@given(text=st.text(st.sampled_from("a\\\\;,\nü誰😀^"), min_size=60, max_size=200))
def test_content_c14_no_fold_lies_in_a_character_or_an_escape(text: str) -> None:
    mail = an_invite(title=text, reader_name=text)
    lines = text_of(mail).split(b"\r\n")

    assert max(map(len, lines)) <= 75
    assert lines[-1] == b""
    assert b"" not in lines[:-1]
    for line, following in pairwise(lines):
        line.decode()
        escaping = not line.startswith((b"ATTENDEE", b"ORGANIZER"))
        if following.startswith(b" ") and escaping:
            assert (len(line) - len(line.rstrip(b"\\"))) % 2 == 0
    assert event(mail)["SUMMARY"] == text


@every_event
def test_content_c15_times_are_in_utc_or_in_a_zone_that_is_described(mail: CalendarMail) -> None:
    lines = content_lines(mail)
    zones = [line.removeprefix("TZID:") for line in lines if line.startswith("TZID:")]
    for name in ("DTSTART", "DTEND"):
        (line,) = (x for x in lines if re.match(rf"{name}[;:]2?", x) and mail_moment(x))
        if zones:
            assert line.startswith(f"{name};TZID={zones[0]}:")
        else:
            assert re.fullmatch(rf"{name}:\d{{8}}T\d{{6}}Z", line)


def mail_moment(line: str) -> bool:
    """Whether a line is of the event: those of a VTIMEZONE are of 1970."""
    return ":1970" not in line


@every_event
def test_content_c17_a_zone_is_two_yearly_rules_at_most(mail: CalendarMail) -> None:
    text = text_of(mail)

    assert text.count(b"BEGIN:STANDARD") == text.count(b"BEGIN:VTIMEZONE") <= 1
    assert text.count(b"BEGIN:DAYLIGHT") <= 1
    assert not re.search(rb"RDATE|TZURL|COMMENT|X-LIC", text)


@every_calendar_mail
def test_content_c20_one_quiet_alarm_and_only_in_an_invite(mail: CalendarMail) -> None:
    alarms = calendar(mail).walk("VALARM")

    assert len(alarms) == (mail.method is Method.REQUEST)
    assert all((a["ACTION"], a["DESCRIPTION"]) == ("DISPLAY", mail.title) for a in alarms)


@every_event
def test_content_c21_the_time_is_busy_and_the_status_fits_the_method(mail: CalendarMail) -> None:
    found = event(mail)
    status = {
        Method.REQUEST: "CONFIRMED",
        Method.CANCEL: "CANCELLED" if mail.whole else None,
    }[mail.method]

    assert found["TRANSP"] == "OPAQUE"
    assert found.get("STATUS") == status


@every_calendar_mail
def test_content_c22_exchange_is_told_nothing_that_could_differ(mail: CalendarMail) -> None:
    found = event(mail)

    assert not {name for name in found if name.startswith("X-MICROSOFT-CDO")}
    asks = mail.method is Method.REQUEST
    assert ("X-MICROSOFT-DISALLOW-COUNTER" in found) == asks
    assert ("X-MICROSOFT-DONOTFORWARDMEETING" in found) == (asks and mail.private)


@pytest.mark.parametrize(("allowed", "said"), [(True, "FALSE"), (False, "TRUE")])
def test_content_c22_another_time_may_be_proposed_where_the_step_allows(
    allowed: bool, said: str
) -> None:
    found = event(an_invite(counter_allowed=allowed))

    assert found["X-MICROSOFT-DISALLOW-COUNTER"] == said


@every_event
def test_content_c23_what_is_confidential_is_private(mail: CalendarMail) -> None:
    assert event(mail)["CLASS"] == ("PRIVATE" if mail.private else "PUBLIC")


@every_calendar_mail
def test_content_c24_and_c25_the_calendar_entry_holds_no_token_and_no_attachment(
    mail: CalendarMail,
) -> None:
    assert URL not in "".join(content_lines(mail))
    assert "ATTACH" not in event(mail)


@every_calendar_mail
def test_content_c28_the_event_survives_jcal(mail: CalendarMail) -> None:
    whole = calendar(mail)

    again = Calendar.from_jcal(whole.to_jcal())

    assert again.to_ical() == whole.to_ical()


@every_calendar_mail
def test_privacy_p2_the_alarm_and_the_subject_say_no_more_than_the_title(
    mail: CalendarMail,
) -> None:
    hidden = mail.model_copy(update={"lines": ("My health and my reviews",)})

    assert "health" not in rendered(hidden).subject
    assert all(
        "health" not in str(alarm["DESCRIPTION"]) for alarm in calendar(hidden).walk("VALARM")
    )


def test_privacy_p5_who_is_no_longer_invited_hears_no_reason_and_no_name() -> None:
    mail = SENT["an exclusion"]
    text = words(rendered(mail).raw)[0]

    assert text.splitlines()[0] == (
        "Listening session on Mon 30 Nov 2026, 11:00 to 12:00 (Europe/Berlin, UTC+01:00) is called "
        "off. Nothing else is needed from you; this mail takes it out of your calendar."
    )


@every_letter
def test_letters_have_one_reader_and_are_no_calendar(kind: LetterKind) -> None:
    found = message_of(COMPOSER.letter(a_letter(kind)).raw)

    assert [a.addr_spec for a in found["To"].addresses] == ["ann@example.net"]
    assert found["Cc"] is found["Bcc"] is None
    assert found["Auto-Submitted"] == "auto-generated"
    assert [p.get_content_type() for p in found.walk()] == [
        "multipart/alternative",
        "text/plain",
        "text/html",
    ]


def test_several_reminders_in_one_mail_have_a_button_each() -> None:
    pages = (f"{URL}/one", f"{URL}/two")
    lines = tuple(f"Something is open\n{page}" for page in pages)
    bundle = a_letter(LetterKind.REMINDERS, url=None, urls=pages, lines=lines)

    plain, html = words(COMPOSER.letter(bundle).raw)

    assert [line for line in plain.splitlines() if line.startswith("http")] == list(pages)
    assert re.findall(r'<a href="([^"]*)">Open the page</a>', html) == list(pages)


def test_content_c15_the_second_of_two_equal_hours_is_told_with_its_offset() -> None:
    moment = datetime(2026, 10, 25, 1, 15, tzinfo=UTC)
    mail = an_invite(starts=moment, ends=moment + timedelta(hours=1))

    assert "02:15 to 03:15 (Europe/Berlin, UTC+01:00)" in words(rendered(mail).raw)[0]
