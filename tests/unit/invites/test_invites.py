from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from itertools import permutations

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.incoming import ANSWERS, Guest, Incoming, Kind, KnownInvite, Verdict, judge
from domain.invites import CalendarMail, Letter, LetterKind, Method
from domain.links import LinkClaim, LinkOver, Purpose
from domain.moments import zone_of
from domain.rotation import Answer
from invites.answering import card_of, invite_in, reply_to, words_of
from invites.composer import MailComposer
from invites.links import SignedLinks
from invites.reading import read_mail
from invites.zones import vtimezone

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
COMPOSER = MailComposer("rotations@sojourn.example", "Sojourn")
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40)


def an_invite(**changes: object) -> CalendarMail:
    facts: dict[str, object] = {
        "method": Method.REQUEST,
        "uid": "abcdefgh@sojourn.example",
        "sequence": 0,
        "stamped": NOW,
        "created": NOW,
        "starts": NOW + timedelta(days=7),
        "ends": NOW + timedelta(days=7, hours=1),
        "zone": "Europe/Berlin",
        "reader_name": "Ann Ek",
        "reader_email": "ann@example.net",
        "title": "Listening session",
        "lines": ("One line.",),
        "answer_url": "http://127.0.0.1:8800/t/token",
    }
    return CalendarMail.model_validate(facts | changes)


def calendar_of(raw: bytes) -> bytes:
    for part in message_from_bytes(raw, policy=default).walk():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload
    raise AssertionError("no calendar part")


def test_the_same_words_give_the_same_bytes() -> None:
    assert COMPOSER.calendar_mail(an_invite()) == COMPOSER.calendar_mail(an_invite())


def test_mail_m2_the_calendar_is_the_last_alternative_and_attached_byte_for_byte() -> None:
    message = message_from_bytes(COMPOSER.calendar_mail(an_invite()).raw, policy=default)
    types = [part.get_content_type() for part in message.walk()]

    assert types == [
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "text/calendar",
        "application/ics",
    ]
    inline, attached = [p.get_payload(decode=True) for p in message.walk()][-2:]
    assert inline == attached


def test_content_c14_lines_are_folded_at_75_octets() -> None:
    long = an_invite(title="Zuhören " * 40, reader_name="Zoë " * 30)
    lines = calendar_of(COMPOSER.calendar_mail(long).raw).split(b"\r\n")

    assert max(len(line) for line in lines) <= 75
    assert lines[-1] == b""


def test_content_c8_a_cancellation_for_one_person_has_no_status() -> None:
    one = calendar_of(COMPOSER.calendar_mail(an_invite(method=Method.CANCEL, whole=False)).raw)
    all_of_it = calendar_of(COMPOSER.calendar_mail(an_invite(method=Method.CANCEL)).raw)

    assert b"STATUS" not in one
    assert b"STATUS:CANCELLED" in all_of_it
    assert b"VALARM" not in one + all_of_it


@given(name=NAMES, title=NAMES, line=NAMES)
def test_hostile_names_come_back_as_they_were_and_start_no_header(
    name: str, title: str, line: str
) -> None:
    rendered = COMPOSER.calendar_mail(an_invite(reader_name=name, title=title, lines=(line,)))
    message = message_from_bytes(rendered.raw, policy=default)

    assert len(message.get_all("To", [])) == 1
    assert message["Bcc"] is None
    card = card_of(rendered.raw)
    assert card is not None
    assert card.attendee == "ann@example.net"
    assert card.starts == NOW + timedelta(days=7)


@pytest.mark.parametrize(
    "zone",
    [
        "Europe/Berlin",
        "Europe/London",
        "America/New_York",
        "America/Sao_Paulo",
        "Asia/Kolkata",
        "Asia/Kathmandu",
        "Australia/Sydney",
        "Australia/Lord_Howe",
        "Pacific/Auckland",
    ],
)
def test_content_c17_the_zone_rules_give_the_right_offset_for_years(zone: str) -> None:
    rules = vtimezone(zone)
    assert rules is not None
    for year in range(2026, 2041):
        for month in range(1, 13):
            local = datetime(year, month, 15, 12)  # noqa: DTZ001
            assert offset_by(rules, local) == zone_of(zone).utcoffset(local), (zone, local)


def offset_by(rules: object, local: datetime) -> timedelta:
    """The offset of the observance whose onset is the latest before a local time."""
    onsets = []
    for part in rules.subcomponents:  # type: ignore[attr-defined]
        starts = part["DTSTART"].dt
        onset = starts
        if "RRULE" in part:
            rule = rrulestr(part["RRULE"].to_ical().decode(), dtstart=starts)
            onset = rule.before(local, inc=True)
        onsets.append((onset, part["TZOFFSETTO"].td))
    found: timedelta = max(onsets, key=lambda pair: pair[0])[1]
    return found


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        ("America/Havana", "2027-01-15T17:00Z"),
        ("Europe/Berlin", "2026-10-25T01:15Z"),
        ("America/New_York", "2026-11-01T05:15Z"),
    ],
    ids=["its table differs from its rules", "the second of two equal hours", "the first of them"],
)
def test_a_moment_that_rules_would_move_is_written_in_utc(zone: str, starts: str) -> None:
    moment = datetime.fromisoformat(starts)
    invite = an_invite(zone=zone, starts=moment, ends=moment + timedelta(hours=1))
    text = calendar_of(COMPOSER.calendar_mail(invite).raw)

    assert f"DTSTART:{moment:%Y%m%dT%H%M%SZ}".encode() in text
    assert b"VTIMEZONE" not in text


@pytest.mark.parametrize("zone", ["America/Nuuk", "Asia/Jerusalem", "Africa/Cairo"])
def test_a_zone_that_rules_cannot_say_is_written_in_utc(zone: str) -> None:
    assert vtimezone(zone) is None
    text = calendar_of(COMPOSER.calendar_mail(an_invite(zone=zone)).raw)

    assert b"DTSTART:20261130T100000Z" in text
    assert b"VTIMEZONE" not in text


@pytest.mark.parametrize("answer", [Answer.ACCEPTED, Answer.TENTATIVE, Answer.DECLINED])
def test_an_answer_from_the_local_inbox_reads_back(answer: Answer) -> None:
    sender, recipient, raw = reply_to(
        invite_in(COMPOSER.calendar_mail(an_invite()).raw), answer, NOW
    )

    assert (sender, recipient) == ("ann@example.net", "rotations@sojourn.example")
    assert read_mail(raw) == a_reply(
        answer=answer,
        product="-//Sojourn//local inbox//EN",
        stamped=NOW,
        recipients=("rotations@sojourn.example",),
    )


def a_reply(
    answer: Answer = Answer.ACCEPTED, attendee: str = "ann@example.net", **changes: object
) -> Incoming:
    facts: dict[str, object] = {
        "kind": Kind.REPLY,
        "method": "REPLY",
        "uid": "abcdefgh@sojourn.example",
        "sequence": 0,
        "stamped": NOW,
        "guests": (Guest(address=attendee, partstat=answer.value.upper()),),
        "sender": "ann@example.net",
    }
    return Incoming.model_validate(facts | changes)


def answer_of(mail: Incoming) -> Answer:
    assert mail.guest is not None
    assert mail.guest.answer is not None
    return mail.guest.answer


KNOWN = KnownInvite(
    uid="abcdefgh@sojourn.example", person="P-0001", address="Ann@example.net", sequence=1
)


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (a_reply(sequence=1), Verdict.APPLY),
        (a_reply(sequence=0), Verdict.STALE),
        (a_reply(sequence=2), Verdict.QUARANTINE),
        (a_reply(sequence=1, sender="eve@example.net"), Verdict.QUARANTINE),
        (a_reply(sequence=1, attendee="eve@example.net"), Verdict.QUARANTINE),
        (a_reply(sequence=1, attendee="eve@x.example", sender="eve@x.example"), Verdict.QUARANTINE),
        (a_reply(sequence=1, kind=Kind.FOREIGN, method="REQUEST"), Verdict.IGNORE),
        (a_reply(sequence=1, kind=Kind.REFRESH), Verdict.APPLY),
        (a_reply(sequence=1, kind=Kind.COUNTER), Verdict.QUARANTINE),
        (a_reply(sequence=1, kind=Kind.COUNTER, proposed_starts=NOW), Verdict.APPLY),
        (a_reply(sequence=0, kind=Kind.COUNTER, proposed_starts=NOW), Verdict.STALE),
        (a_reply(sequence=1, recurrence_id=NOW), Verdict.IGNORE),
        (a_reply(sequence=1, vouched=False), Verdict.QUARANTINE),
        (a_reply(sequence=1, guests=()), Verdict.QUARANTINE),
    ],
)
def test_only_the_invited_person_answers_and_only_the_current_time(
    reply: Incoming, verdict: Verdict
) -> None:
    assert judge(reply, KNOWN, NOW).verdict is verdict


def test_apply_a22_any_order_of_arrival_ends_in_the_latest_answer() -> None:
    answers = [Answer.ACCEPTED, Answer.DECLINED, Answer.TENTATIVE]
    replies = [
        a_reply(sequence=1, answer=answer, stamped=NOW + timedelta(seconds=n))
        for n, answer in enumerate(answers)
    ]
    for order in permutations(replies):
        known = KNOWN
        for reply in order:
            if judge(reply, known, NOW).verdict is Verdict.APPLY:
                known = known.model_copy(
                    update={
                        "answer": answer_of(reply),
                        "answered_sequence": reply.sequence,
                        "answered_stamp": reply.stamped,
                    }
                )
        assert known.answer is Answer.TENTATIVE


@given(st.binary(max_size=400))
def test_no_bytes_make_reading_fail(raw: bytes) -> None:
    assert read_mail(raw).kind not in ANSWERS


@given(data=st.data())
def test_mutated_answers_never_raise(data: st.DataObject) -> None:
    _, _, raw = reply_to(invite_in(COMPOSER.calendar_mail(an_invite()).raw), Answer.ACCEPTED, NOW)
    mutated = bytearray(raw)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(mutated) - 1))
        mutated[at : at + data.draw(st.integers(0, 6))] = data.draw(st.binary(max_size=6))

    found = read_mail(bytes(mutated))

    assert found.model_dump_json().encode("utf-8")


def test_a_link_opens_for_its_purpose_only_until_it_expires() -> None:
    clock = [NOW]
    links = SignedLinks("http://127.0.0.1", (("k2", "new"), ("k1", "old")), lambda: clock[0])
    claim = LinkClaim(purpose=Purpose.ANSWER, person="P-0001", rotation="abcdefgh", about="uid")
    token = links.url(claim, NOW + timedelta(hours=1)).rpartition("/")[2]

    assert links.read(token, Purpose.ANSWER) == claim
    with pytest.raises(Refused, match="altered"):
        links.read(token, Purpose.REFLECT)
    with pytest.raises(Refused, match="altered"):
        links.read(token[:-2] + "xx")
    clock[0] = NOW + timedelta(hours=2)
    with pytest.raises(LinkOver):
        links.read(token)


@pytest.mark.parametrize(
    ("reader", "said"),
    [
        ("Karl Moser", "Shadowing day of Vera Lang was planned"),
        ("Vera Lang", "Shadowing day was planned"),
    ],
)
def test_nobody_is_asked_about_a_meeting_of_their_own_as_somebody_elses(
    reader: str, said: str
) -> None:
    facts = {
        "step_title": "Shadowing day",
        "participant": "Vera Lang",
        "when": "Thu 26 Nov 2026, 15:00",
        "program": "A day at the mill",
        "team": "The mill",
        "goals": "",
    }
    letter = Letter(
        kind=LetterKind.ASK_HELD,
        key="k1:ask-held",
        written=NOW,
        reader_name=reader,
        reader_email="somebody@mill.example",
        facts=tuple(facts.items()),
        url="https://rotations.mill.example/t/x",
    )

    assert said in " ".join(words_of(COMPOSER.letter(letter).raw).split())
