"""A feed as text, read back by icalendar."""

import re
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from domain.feeds import Feed, FeedEvent, Standing
from invites.feed_text import LARGEST, feed_text

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
ADDRESS = "https://rotations.mill.example/feeds/token.ics"
NAMES = st.text(st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40)


def an_event(**changes: object) -> FeedEvent:
    starts = changes.get("starts", NOW + timedelta(days=7))
    assert isinstance(starts, datetime)
    facts: dict[str, object] = {
        "uid": "feed-abcdefgh@mill.example",
        "sequence": 2,
        "created": NOW,
        "changed": NOW + timedelta(hours=1),
        "starts": starts,
        "ends": starts + timedelta(hours=1),
        "zone": "Europe/Berlin",
        "standing": Standing.CONFIRMED,
        "title": "Vera Lang: Listening (A day at the mill)",
        "where": "The mill",
        "lines": ("Questions? Ask Iris Kern.",),
    }
    return FeedEvent.model_validate(facts | changes)


def a_feed(*events: FeedEvent, **changes: object) -> Feed:
    facts: dict[str, object] = {
        "name": "Visits to the mill",
        "zone": "Europe/Vienna",
        "address": ADDRESS,
        "day": NOW.date(),
        "events": events,
    }
    return Feed.model_validate(facts | changes)


def lines_of(feed: Feed) -> list[str]:
    """The content lines, unfolded."""
    return feed_text(feed).decode().replace("\r\n ", "").split("\r\n")


def test_feed_f2_nobody_is_asked_or_named_as_organiser() -> None:
    names = {line.partition(":")[0].partition(";")[0] for line in lines_of(a_feed(an_event()))}

    assert not names & {"METHOD", "ATTENDEE", "ORGANIZER", "RSVP", "REQUEST-STATUS", "BEGIN:VALARM"}
    assert b"VALARM" not in feed_text(a_feed(an_event()))


def test_feed_f4_dates_come_from_what_changed_and_the_bytes_stay_the_same() -> None:
    feed_text.cache_clear()
    first = feed_text(a_feed(an_event()))
    feed_text.cache_clear()

    assert feed_text(a_feed(an_event())) == first
    for line in (
        "DTSTAMP:20261123T110000Z",
        "LAST-MODIFIED:20261123T110000Z",
        "CREATED:20261123T100000Z",
    ):
        assert line.encode() in first


def test_feed_f5_the_head_says_name_zone_refresh_and_source() -> None:
    assert lines_of(a_feed())[:12] == [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Sojourn//Sojourn 0.1//EN",
        "CALSCALE:GREGORIAN",
        "NAME:Visits to the mill",
        "X-WR-CALNAME:Visits to the mill",
        "X-WR-TIMEZONE:Europe/Vienna",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
        f"SOURCE;VALUE=URI:{ADDRESS}",
        "COLOR:teal",
        "END:VCALENDAR",
    ]


def test_feed_f6_a_cancelled_event_says_so_and_takes_no_time() -> None:
    lines = lines_of(a_feed(an_event(standing=Standing.CANCELLED, sequence=3)))

    for line in ("STATUS:CANCELLED", "SEQUENCE:3", "TRANSP:TRANSPARENT"):
        assert line in lines
    assert "SUMMARY:Cancelled: Vera Lang: Listening (A day at the mill)" in lines


def test_feed_f7_each_zone_is_explained_once_and_one_that_rules_cannot_say_is_utc() -> None:
    zones = ("Europe/Berlin", "Europe/Berlin", "America/New_York", "Africa/Cairo")
    lines = lines_of(a_feed(*(an_event(zone=zone) for zone in zones)))

    assert [line for line in lines if line.startswith("TZID:")] == [
        "TZID:Europe/Berlin",
        "TZID:America/New_York",
    ]
    assert [line for line in lines if line.startswith("DTSTART") and "2026" in line] == [
        "DTSTART;TZID=Europe/Berlin:20261130T110000",
        "DTSTART;TZID=Europe/Berlin:20261130T110000",
        "DTSTART;TZID=America/New_York:20261130T050000",
        "DTSTART:20261130T100000Z",
    ]


def test_what_is_only_to_be_written_has_no_end_and_takes_no_time() -> None:
    lines = lines_of(a_feed(an_event(ends=NOW + timedelta(days=7), free=True)))

    assert not [line for line in lines if line.startswith("DTEND")]
    assert "TRANSP:TRANSPARENT" in lines


def test_feed_f8_a_feed_that_would_be_too_large_keeps_what_is_nearest() -> None:
    days = range(-2000, 2000)
    long = "A very quiet room. " * 20
    events = [
        an_event(uid=f"feed-{n}@mill.example", starts=NOW + timedelta(days=n), where=long)
        for n in days
    ]
    text = feed_text(a_feed(*events))
    numbers = [int(number) for number in re.findall(rb"UID:feed-(-?\d+)@", text)]

    assert 0.99 * LARGEST < len(text) <= LARGEST
    assert numbers == list(range(numbers[0], numbers[-1] + 1))
    assert abs(numbers[0] + numbers[-1]) <= 2


@given(name=NAMES, title=NAMES, where=NAMES, line=NAMES)
def test_hostile_names_start_no_line_of_their_own(
    name: str, title: str, where: str, line: str
) -> None:
    feed = a_feed(an_event(title=title, where=where, lines=(line,)), name=name)
    text = feed_text(feed)

    assert max(map(len, text.split(b"\r\n"))) <= 75
    (event,) = Calendar.from_ical(text).events
    assert event.errors == []
    assert set(event) == set(Calendar.from_ical(feed_text(a_feed(an_event()))).events[0])
