"""What the calendars of the world send back, and what else comes to the address that invites come from."""

import base64
import quopri
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.incoming import Guest, Incoming, Kind, KnownInvite, Verdict, judge, speaking
from domain.rotation import Answer
from invites.envelope import MOST_PARTS
from invites.explaining import explain
from invites.reading import read_mail

UID = "k3v5q2nxw4h7c6m2@sojourn.example"
ANN = "ann@example.net"
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
KNOWN = KnownInvite(
    uid=UID, person="P-0001", address=ANN, sequence=1, starts=NOW + timedelta(days=7)
)


def event(*lines: str, method: str = "REPLY", **changes: str) -> str:
    """A calendar object; ``changes`` replace properties, an empty text leaves one out."""
    known = {
        "UID": UID,
        "DTSTAMP": "20261124T100000Z",
        "SEQUENCE": "1",
        "ATTENDEE;PARTSTAT=ACCEPTED": f"mailto:{ANN}",
    } | changes
    written = [f"{name}:{value}" for name, value in known.items() if value]
    head = ["BEGIN:VCALENDAR", "PRODID:-//Somebody//Calendar//EN", "VERSION:2.0"]
    head += [f"METHOD:{method}"] if method else []
    return "\r\n".join([*head, "BEGIN:VEVENT", *written, *lines, "END:VEVENT", "END:VCALENDAR", ""])


def part(kind: str, body: bytes | str, encoding: str = "") -> str:
    text = body if isinstance(body, str) else body.decode("ascii")
    head = f"Content-Type: {kind}\n" + (
        f"Content-Transfer-Encoding: {encoding}\n" if encoding else ""
    )
    return f"{head}\n{text}\n"


def mixed(*parts: str, kind: str = "mixed") -> str:
    boundary = f"b{abs(hash(parts))}"
    body = "".join(f"--{boundary}\n{one}" for one in parts)
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{body}--{boundary}--\n'


def mail(body: str, *headers: str, sender: str = f"Ann <{ANN}>", subject: str = "Re") -> bytes:
    head = "\n".join(
        (
            f"From: {sender}",
            "To: rotations@sojourn.example",
            f"Subject: {subject}",
            "Date: Tue, 24 Nov 2026 11:00:05 +0100",
            "MIME-Version: 1.0",
            *headers,
        )
    )
    return f"{head}\n{body}".encode("utf-8", "surrogateescape")


def calendar(text: str, kind: str = "text/calendar; method=REPLY; charset=UTF-8") -> str:
    return part(kind, base64.encodebytes(text.encode()), "base64")


def answer_in(raw: bytes) -> Answer | None:
    read = read_mail(raw)
    guest = speaking(read, KNOWN)
    return guest.answer if guest and read.kind is Kind.REPLY else None


ENVELOPES = {
    "Exchange: base64 in an alternative": mixed(
        part("text/plain", "Yes."), calendar(event()), kind="alternative"
    ),
    "Apple: no method parameter, an alternative in a mixed one": mixed(
        mixed(part("text/plain", "Yes."), calendar(event(), "text/calendar"), kind="alternative")
    ),
    "a calendar and nothing else": calendar(event()),
    "Horde: only an attachment": mixed(
        part("text/plain", "Yes."), calendar(event(), 'application/ics; name="event.ics"')
    ),
    "octet-stream with a file name": mixed(
        calendar(event(), 'application/octet-stream; name="invite.ics"')
    ),
    "a type that only the file name explains": mixed(
        calendar(event(), 'application/x-whatever; name="reply.ICS"')
    ),
    "quoted-printable": mixed(
        part("text/calendar", quopri.encodestring(event().encode()), "quoted-printable")
    ),
    "text/x-vCalendar": calendar(event(), "text/x-vCalendar"),
    "the parameter knows better than a body without METHOD": calendar(event(method="")),
    "signed": mixed(
        mixed(part("text/plain", "Yes."), calendar(event()), kind="alternative"),
        part("application/pkcs7-signature", "AAAA"),
        kind="signed",
    ),
}


@pytest.mark.parametrize("envelope", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_find_i2_the_answer_is_found_in_any_envelope(envelope: str) -> None:
    raw = mail(envelope)

    assert answer_in(raw) is Answer.ACCEPTED
    assert judge(read_mail(raw), KNOWN, NOW).verdict is Verdict.APPLY


TEXTS = {
    "BOM": "\ufeff" + event(),
    "bare CR": event().replace("\r\n", "\r"),
    "bare LF": event().replace("\r\n", "\n"),
    "a list footer": event() + "_______\nlist mailing list\nlist@example.org\n",
    "a word before": "Here is the answer:\n" + event(),
    "no END": event().replace("END:VCALENDAR\r\n", "").replace("END:VEVENT\r\n", ""),
    "blank lines": event().replace("\r\n", "\r\n\r\n"),
    "folded in the middle of a name": event().replace("ATTENDEE", "ATTEN\r\n DEE"),
    "a line that broke without a fold": event(SUMMARY="Accepted: a talk\r\nwith everybody"),
    "another calendar before it": event(method="PUBLISH", UID="other") + event(),
    "lower case": event().replace("METHOD:REPLY", "method:reply").replace("ACCEPTED", "accepted"),
    "MAILTO in capitals": event().replace("mailto:", "MAILTO:"),
    "a space behind mailto": event().replace("mailto:", "mailto: "),
    "no mailto at all": event().replace("mailto:", ""),
    "METHOD twice": event().replace("METHOD:REPLY", "METHOD:REPLY\r\nMETHOD:REPLY"),
    "a role that does not exist": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            "ATTENDEE;ROLE=REQ_PARTICIPANT;PARTSTAT=ACCEPTED": f"mailto:{ANN}",
        }
    ),
    "a quote escaped in a name": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            'ATTENDEE;CN="Ann \\"Ace\\" A";PARTSTAT=ACCEPTED': f"mailto:{ANN}",
        }
    ),
    "an unquoted colon in a name": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            "ATTENDEE;CN=Dr: Ann;PARTSTAT=ACCEPTED": f"mailto:{ANN}",
        }
    ),
    "an unquoted comma in a name": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            "ATTENDEE;CN=Berg, Ann;PARTSTAT=ACCEPTED": f"mailto:{ANN}",
        }
    ),
    "a colon in a quoted name": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            'ATTENDEE;CN="A: mailto:x@y";PARTSTAT=ACCEPTED': f"mailto:{ANN}",
        }
    ),
    "several attendees": event(
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            "ATTENDEE;PARTSTAT=DECLINED": "mailto:ben@example.net",
            "ATTENDEE;PARTSTAT=ACCEPTED;X=1": f"mailto:{ANN}",
        }
    ),
    "a broken zone beside it": event().replace(
        "BEGIN:VEVENT",
        "BEGIN:VTIMEZONE\r\nTZID:x\r\nBEGIN:STANDARD\r\nEND:VTIMEZONE\r\nBEGIN:VEVENT",
    ),
    "an alarm in it": event("BEGIN:VALARM", "TRIGGER:-PT15M", "ACTION:DISPLAY", "END:VALARM"),
    "a stamp without Z": event(DTSTAMP="20261124T100000"),
    "a declined-looking status": event("STATUS:CONFIRMED", "SUMMARY:Abgelehnt: a talk"),
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS.keys())
def test_find_i7_what_clients_get_wrong_is_read_as_they_meant_it(text: str) -> None:
    read = read_mail(mail(calendar(text)))

    assert (read.kind, read.uid, read.sequence, read.stamped) == (Kind.REPLY, UID, 1, NOW)
    assert judge(read, KNOWN, NOW).verdict is Verdict.APPLY
    assert answer_in(mail(calendar(text))) is Answer.ACCEPTED


def test_find_i3_an_inline_part_wins_over_an_attachment_that_differs() -> None:
    other = event().replace("ACCEPTED", "DECLINED")

    raw = mail(mixed(calendar(other, 'application/ics; name="invite.ics"'), calendar(event())))

    assert answer_in(raw) is Answer.ACCEPTED


def test_find_i4_the_method_of_the_body_wins() -> None:
    counter = event("DTSTART:20261202T090000Z", "DTEND:20261202T100000Z", method="COUNTER")

    read = read_mail(mail(calendar(counter, "text/calendar; method=REPLY")))

    assert (read.kind, read.method) == (Kind.COUNTER, "COUNTER")
    assert read.proposed_starts == datetime(2026, 12, 2, 9, tzinfo=UTC)
    assert read.proposed_ends == datetime(2026, 12, 2, 10, tzinfo=UTC)


def test_find_i5_an_answer_only_outlook_can_read_is_said_to_be_one() -> None:
    tnef = part('application/ms-tnef; name="winmail.dat"', "AAAA", "base64")

    read = read_mail(mail(mixed(part("text/plain", "Accepted"), tnef)))

    assert read.kind is Kind.UNREADABLE
    assert "winmail.dat" in read.reason


@pytest.mark.parametrize(
    ("charset", "encoding"),
    [
        ("us-ascii", "utf-8"),
        ("us-ascii", "windows-1252"),
        ("utf-16", "utf-16"),
        ("iso-8859-1", "iso-8859-1"),
        ("UTF8", "utf-8"),
        ("x-unknown", "utf-8"),
    ],
)
def test_find_i6_whatever_a_charset_claims(charset: str, encoding: str) -> None:
    text = event("COMMENT:Grüße").encode(encoding)
    kind = f"text/calendar; charset={charset}; method=REPLY"

    read = read_mail(mail(part(kind, base64.encodebytes(text), "base64")))

    assert (read.kind, read.comment) == (Kind.REPLY, "Grüße")


def test_find_i8_a_mail_of_very_many_parts_is_read_up_to_the_limit() -> None:
    parts = [part("text/plain", "x")] * (MOST_PARTS + 5)

    early = read_mail(mail(mixed(calendar(event()), *parts)))
    late = read_mail(mail(mixed(*parts, calendar(event()))))

    assert early.kind is Kind.REPLY
    assert late.kind is Kind.NOTE


def test_apply_a2_exchange_writes_the_sequence_beside_it() -> None:
    text = event("X-MICROSOFT-CDO-APPT-SEQUENCE:2", SEQUENCE="0")

    assert read_mail(mail(calendar(text))).sequence == 2


def test_apply_a5_without_a_stamp_the_date_of_the_mail_counts() -> None:
    read = read_mail(mail(calendar(event(DTSTAMP=""))))

    assert read.stamped == datetime(2026, 11, 24, 10, 0, 5, tzinfo=UTC)


def test_apply_a7_an_answer_without_organizer_or_with_another_one_counts() -> None:
    for line in ("", "ORGANIZER;CN=x:MAILTO:Rotations@Sojourn.example"):
        read = read_mail(mail(calendar(event(*filter(None, [line])))))
        assert judge(read, KNOWN, NOW).verdict is Verdict.APPLY


def test_apply_a8_an_answer_of_nobody_is_held_back() -> None:
    read = read_mail(mail(calendar(event(**{"ATTENDEE;PARTSTAT=ACCEPTED": ""}))))

    assert judge(read, KNOWN, NOW).verdict is Verdict.QUARANTINE


@pytest.mark.parametrize("status", ["NEEDS-ACTION", "IN-PROCESS", "X-MAYBE", ""])
def test_apply_a9_a_status_that_is_no_answer_changes_nothing(status: str) -> None:
    text = event().replace("PARTSTAT=ACCEPTED", f"PARTSTAT={status}")

    judged = judge(read_mail(mail(calendar(text))), KNOWN, NOW)

    assert judged.verdict is Verdict.IGNORE


def test_apply_a12_comments_are_trimmed_and_joined() -> None:
    text = event("COMMENT:\\n", "COMMENT;LANGUAGE=de:Erst um zehn\\, bitte\\n", "COMMENT:Danke")

    assert read_mail(mail(calendar(text))).comment == "Erst um zehn, bitte\nDanke"


def test_privacy_p4_a_private_comment_of_ios_is_a_comment() -> None:
    text = event("X-CALENDARSERVER-PRIVATE-COMMENT:At the doctor's")

    assert read_mail(mail(calendar(text))).comment == "At the doctor's"


def test_apply_a13_a_day_of_a_series_is_not_our_invite() -> None:
    same = event("RECURRENCE-ID:20261201T100000Z")
    other = event("RECURRENCE-ID:20261208T100000Z")

    verdicts = [judge(read_mail(mail(calendar(t))), KNOWN, NOW).verdict for t in (same, other)]

    assert verdicts == [Verdict.APPLY, Verdict.IGNORE]


WINDOWS_ZONE = """\
BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T000000
TZOFFSETFROM:+0530
TZOFFSETTO:+0530
END:STANDARD
END:VTIMEZONE
""".replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("zone", "hour"),
    [
        ("Europe/Berlin", 8),
        ("W. Europe Standard Time", 8),
        ("tzone://Microsoft/Utc", 9),
        ("/freeassociation.sourceforge.net/Europe/Berlin", 8),
        ("/mozilla.org/20050126_1/America/Argentina/Buenos_Aires", 12),
        ('"W. Europe Standard Time"', 8),
        ("Customized Time Zone", None),
        ("(GMT+01.00) Sarajevo/Warsaw/Zagreb", None),
        ("Somewhere", None),
        ("", None),
    ],
)
def test_apply_a14_the_hour_of_a_proposal_is_known_or_not_guessed(
    zone: str, hour: int | None
) -> None:
    named = f"DTSTART;TZID={zone}:20261202T090000" if zone else "DTSTART:20261202T090000"

    read = read_mail(mail(calendar(event(named, method="COUNTER"))))

    assert (read.proposed_starts.hour if read.proposed_starts else None) == hour
    if hour is None:
        assert judge(read, KNOWN, NOW).verdict is Verdict.QUARANTINE


def test_apply_a14_a_zone_of_its_own_is_believed_before_its_name() -> None:
    text = event("DTSTART;TZID=Customized Time Zone:20261202T090000", method="COUNTER")
    text = text.replace("BEGIN:VEVENT", WINDOWS_ZONE + "BEGIN:VEVENT")

    read = read_mail(mail(calendar(text)))

    assert read.proposed_starts == datetime(2026, 12, 2, 3, 30, tzinfo=UTC)


def test_apply_a15_a_seat_handed_on_is_held_back() -> None:
    text = event().replace(
        "PARTSTAT=ACCEPTED", 'PARTSTAT=DELEGATED;DELEGATED-TO="mailto:eve@example.net"'
    )

    read = read_mail(mail(calendar(text)))

    assert read.guests == (
        Guest(address=ANN, partstat="DELEGATED", delegated_to="eve@example.net"),
    )
    assert judge(read, KNOWN, NOW).verdict is Verdict.QUARANTINE


def test_apply_a16_a_proposal_may_say_how_long_instead_of_until_when() -> None:
    text = event("DTSTART:20261202T090000Z", "DURATION:PT1H30M", method="COUNTER")

    assert read_mail(mail(calendar(text))).proposed_ends == datetime(
        2026, 12, 2, 10, 30, tzinfo=UTC
    )


def test_apply_a17_a_refresh_asks_for_the_current_invite() -> None:
    read = read_mail(mail(calendar(event(method="REFRESH", DTSTAMP="20261124T100000Z"))))
    stranger = read.model_copy(update={"sender": "eve@example.net"})

    assert judge(read, KNOWN, NOW).verdict is Verdict.APPLY
    assert judge(stranger, KNOWN, NOW).verdict is Verdict.QUARANTINE


@pytest.mark.parametrize("method", ["REQUEST", "CANCEL", "ADD", "PUBLISH", "DECLINECOUNTER", ""])
def test_apply_a18_an_invite_of_somebody_else_never_changes_ours(method: str) -> None:
    read = read_mail(mail(calendar(event(method=method), "text/calendar")))

    assert read.kind is Kind.FOREIGN
    assert judge(read, KNOWN, NOW).verdict is Verdict.IGNORE


FORGED = {
    "a forwarded invite that a stranger answers": (
        mail(calendar(event().replace(ANN, "eve@example.net")), sender="eve@example.net")
    ),
    "a stranger in the invitee's name": mail(calendar(event()), sender="eve@example.net"),
    "the invitee for somebody else": mail(calendar(event().replace(ANN, "eve@example.net"))),
    "an assistant nobody confirmed": mail(
        calendar(
            event().replace(
                "PARTSTAT=ACCEPTED", 'SENT-BY="mailto:pa@example.net";PARTSTAT=ACCEPTED'
            )
        ),
        sender="pa@example.net",
    ),
    "a From that its server does not stand for": mail(
        calendar(event()),
        "Authentication-Results: mx.example.org; dmarc=fail header.from=example.net",
    ),
}


@pytest.mark.parametrize("raw", FORGED.values(), ids=FORGED.keys())
def test_trust_r5_what_may_be_forged_is_held_back(raw: bytes) -> None:
    read = read_mail(raw, authority="mx.example.org")

    assert judge(read, KNOWN, NOW).verdict is Verdict.QUARANTINE


@pytest.mark.parametrize(
    ("header", "vouched"),
    [
        ("mx.example.org; dkim=pass; spf=fail", True),
        ("mx.example.org; dmarc=pass; dkim=fail", True),
        ("mx.example.org; dmarc=fail; dkim=pass", False),
        ("mx.example.org 1; spf=softfail; dkim=none", None),
        ("evil.example.org; dmarc=fail", None),
        ("mx.example.org; none", None),
        ("mx.example.org; dmarc=fail (dmarc=pass; x) header.from=example.net", False),
        ("mx.example.org; dmarc=fail; spf=pass smtp.mailfrom=dmarc=pass@evil.example", False),
        ('mx.example.org; dkim=fail; spf=fail smtp.mailfrom="a; dkim=pass"@evil.example', False),
        ("mx.example.org; dmarc=fail; dmarc=pass", False),
    ],
)
def test_trust_r4_only_our_own_server_says_who_is_genuine(
    header: str, vouched: bool | None
) -> None:
    raw = mail(calendar(event()), f"Authentication-Results: {header}")

    assert read_mail(raw, authority="MX.example.org").vouched is vouched
    assert read_mail(raw).vouched is None


def test_trust_r4_a_result_that_came_with_the_mail_does_not_count() -> None:
    raw = mail(
        calendar(event()),
        "Authentication-Results: mx.example.org; dmarc=fail",
        "Authentication-Results: mx.example.org; dmarc=pass",
    )

    assert read_mail(raw, authority="mx.example.org").vouched is False


def test_trust_r7_a_confirmed_alias_is_the_invited_person() -> None:
    known = KNOWN.model_copy(update={"aliases": ("Anna.Larch@example.org",)})
    text = event().replace(ANN, "anna.larch@example.org")

    read = read_mail(mail(calendar(text), sender="anna.larch@example.org"))

    assert judge(read, KNOWN, NOW).verdict is Verdict.QUARANTINE
    assert judge(read, known, NOW).verdict is Verdict.APPLY


def test_trust_r8_of_several_attendees_only_the_invited_person_speaks() -> None:
    text = event(
        f"ATTENDEE;PARTSTAT=DECLINED:mailto:{ANN}",
        **{
            "ATTENDEE;PARTSTAT=ACCEPTED": "",
            "ATTENDEE;PARTSTAT=ACCEPTED;X=1": "mailto:ben@example.net",
        },
    )

    assert answer_in(mail(calendar(text))) is Answer.DECLINED


RETURNED = part(
    "message/rfc822",
    mail(calendar(event(method="REQUEST")), "Message-ID: <m1@sojourn.example>").decode(),
)
STATUS = """\
Reporting-MTA: dns; mx.example.net

Original-Recipient: rfc822;Ann@example.net
Final-Recipient: rfc822; ann.box@example.net
Action: {action}
Status: 5.1.1
"""


def bounce(action: str, *more: str) -> bytes:
    status = part("message/delivery-status", STATUS.format(action=action))
    body = mixed(
        part("text/plain", "It did not work."),
        status,
        *more,
        kind='report; report-type="delivery-status"',
    )
    return mail(
        body, "Return-Path: <>", sender="MAILER-DAEMON@mx.example.net", subject="Undelivered"
    )


def test_dsn_d1_a_bounce_names_whom_it_did_not_reach_and_which_mail() -> None:
    read = read_mail(bounce("failed", RETURNED))

    assert (read.kind, read.lasting) == (Kind.BOUNCE, True)
    assert read.guest == Guest(address=ANN)
    assert read.refers_to == ("<m1@sojourn.example>",)
    assert read_mail(bounce("delayed")).lasting is False


def test_dsn_d2_the_invite_that_came_back_is_no_answer() -> None:
    text = part("text/calendar; method=REPLY", base64.encodebytes(event().encode()), "base64")

    read = read_mail(bounce("failed", text))

    assert (read.kind, read.uid) == (Kind.BOUNCE, UID)
    assert judge(read, KNOWN, NOW).verdict is Verdict.IGNORE


def test_dsn_d1_a_bounce_without_a_report_is_one_all_the_same() -> None:
    text = "Sorry, no mailbox here by that name: ann@example.net\n"

    read = read_mail(
        mail(f"\n{text}", "Return-Path: <>", sender="MAILER-DAEMON", subject="failure notice")
    )

    assert (read.kind, read.guest) == (Kind.BOUNCE, Guest(address=ANN))


AUTOMATIC = {
    "RFC 3834": mail("\nI am away.", "Auto-Submitted: auto-replied"),
    "an old header": mail("\nI am away.", "X-Autoreply: yes"),
    "Exchange": mail("\nI am away.", subject="Automatic reply: Invitation"),
    "German": mail("\nBin weg.", subject="Abwesenheitsnotiz: Einladung"),
    "encoded": mail("\nParti.", subject="=?utf-8?Q?R=C3=A9ponse_automatique?= : Invitation"),
    "a receipt": mail(
        mixed(part("text/plain", "read"), kind='report; report-type="disposition-notification"')
    ),
}


@pytest.mark.parametrize("raw", AUTOMATIC.values(), ids=AUTOMATIC.keys())
def test_dsn_d3_a_machine_that_answers_is_known_as_one(raw: bytes) -> None:
    assert read_mail(raw).kind is Kind.AUTO_REPLY


def test_decision_5_an_answer_that_calls_itself_automatic_is_an_answer() -> None:
    raw = mail(calendar(event()), "Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All")

    assert answer_in(raw) is Answer.ACCEPTED
    assert answer_in(mail(calendar(event()), "Auto-Submitted: auto-replied")) is Answer.ACCEPTED


def test_dsn_d4_words_come_without_what_they_quote() -> None:
    text = "Thursday instead?\n\nOn Tue, 24 Nov 2026 Sojourn <rotations@sojourn.example> wrote:\n> Invitation: a talk\n"

    read = read_mail(mail(f"\n{text}", "In-Reply-To: <m1@sojourn.example>"))

    assert (read.kind, read.comment) == (Kind.NOTE, "Thursday instead?")
    assert read.refers_to == ("<m1@sojourn.example>",)


def test_an_empty_mail_is_unreadable_and_says_so() -> None:
    assert read_mail(b"").kind is Kind.UNREADABLE
    assert explain("x", b"", lambda m: judge(m, None, NOW)).reason


def test_a_vcalendar_of_an_old_phone_is_read() -> None:
    text = "\r\n".join(
        [
            "BEGIN:VCALENDAR",
            "VERSION:1.0",
            "METHOD:REPLY",
            "BEGIN:VEVENT",
            f"UID:{UID}",
            "SEQUENCE:1",
            "DCREATED:20261124T100000Z",
            "DESCRIPTION;ENCODING=QUOTED-PRINTABLE:Gr=C3=BC=",
            "=C3=9Fe: to everybody",
            f"ATTENDEE;ROLE=ATTENDEE;STATUS=ACCEPTED:{ANN}",
            "END:VEVENT",
            "END:VCALENDAR",
        ]
    )

    assert answer_in(mail(calendar(text, "text/x-vCalendar"))) is Answer.ACCEPTED


def test_a_bare_calendar_is_explained_too() -> None:
    found = explain("a.ics", event().encode(), lambda m: judge(m, KNOWN, NOW))

    assert (found.kind, found.partstat, found.verdict) == ("reply", "ACCEPTED", "quarantine")
    assert found.prodid == "-//Somebody//Calendar//EN"


@given(
    st.lists(
        st.sampled_from([*TEXTS.values(), "\n", '"', ";", ":", "\\", "=", "BEGIN:", "END:VEVENT"])
    ),
    st.integers(0, 300),
    st.text(max_size=30),
)
def test_no_text_makes_reading_fail(texts: list[str], at: int, junk: str) -> None:
    text = "".join(texts)
    raw = mail(mixed(part("text/calendar", (text[:at] + junk + text[at:]))))

    read: Incoming = read_mail(raw)

    assert read.model_dump_json().encode("utf-8")
