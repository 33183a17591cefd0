"""Everything that calendar programs write about time, read as the library reads it, in zones of all kinds."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
import recurring_ical_events
from icalendar import Calendar

from domain.calendars import Weeks
from domain.moments import Interval, merged, zone_of
from intake.busy import read_busy

WEEKS = Weeks(
    cohort="winter", first=date(2026, 9, 14), last=date(2027, 4, 19), mail_domain="sojourn.example"
)
"""Clocks change on both hemispheres within these weeks, in Lord Howe by half an hour."""

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Pacific/Auckland",
)

SERIES = {
    "weekly over both changes": ["RRULE:FREQ=WEEKLY"],
    "fortnightly on two days": ["RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH"],
    "with days left out": [
        "RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE",
        "EXDATE;TZID={zone}:20261005T091500,20261109T091500",
        "EXDATE;TZID={zone}:20270301T091500",
    ],
    "with days added": [
        "RRULE:FREQ=MONTHLY;BYDAY=1MO",
        "RDATE;TZID={zone}:20261013T140000,20261120T080000",
    ],
    "with periods added": [
        "RRULE:FREQ=MONTHLY;BYDAY=1MO",
        "RDATE;TZID={zone};VALUE=PERIOD:20261013T140000/PT3H,20261120T080000/20261120T083000",
    ],
    "first and third weekday": ["RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO"],
    "last working day": ["RRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"],
    "until a day": ["RRULE:FREQ=DAILY;UNTIL=20261120T235959Z"],
    "so many times": ["RRULE:FREQ=DAILY;COUNT=33"],
    "every day of two months": ["RRULE:FREQ=DAILY;BYMONTH=11,12"],
    "yearly on a weekday": ["RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH"],
}

CHANGES = {
    "one moved": [
        "RECURRENCE-ID;TZID={zone}:20261102T091500",
        "DTSTART;TZID={zone}:20261103T160000",
    ],
    "one shortened": [
        "RECURRENCE-ID;TZID={zone}:20261102T091500",
        "DTSTART;TZID={zone}:20261102T091500",
    ],
    "one called off": [
        "RECURRENCE-ID;TZID={zone}:20261102T091500",
        "DTSTART;TZID={zone}:20261102T091500",
        "STATUS:CANCELLED",
    ],
    "all from one on": [
        "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID={zone}:20261102T091500",
        "DTSTART;TZID={zone}:20261102T130000",
    ],
    "one moved out of these weeks": [
        "RECURRENCE-ID;TZID={zone}:20261102T091500",
        "DTSTART;TZID={zone}:20280103T160000",
    ],
    "one moved into these weeks": [
        "RECURRENCE-ID;TZID={zone}:20280103T091500",
        "DTSTART;TZID={zone}:20261104T160000",
    ],
}


def event(
    *lines: str, zone: str, starts: str = "20260907T091500", length: str = "PT75M"
) -> list[str]:
    begins = (
        []
        if any(line.startswith("DTSTART") for line in lines)
        else [f"DTSTART;TZID={zone}:{starts}"]
    )
    filled = [line.format(zone=zone) for line in lines]
    head = ["BEGIN:VEVENT", "UID:series@elsewhere.example", "DTSTAMP:20260101T000000Z"]
    return [*head, *begins, f"DURATION:{length}", *filled, "END:VEVENT"]


def calendar(*entries: list[str]) -> bytes:
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//hard//EN"]
    lines += [line for entry in entries for line in entry]
    return "\r\n".join(_folded([*lines, "END:VCALENDAR", ""])).encode()


def _folded(lines: list[str]) -> list[str]:
    """Lines as long as half of what RFC 5545 section 3.1 allows, so that most are folded."""
    return [line if len(line) < 38 else f"{line[:37]}\r\n {line[37:]}" for line in lines]


def by_library(raw: bytes, zone: str) -> tuple[Interval, ...]:
    tz = zone_of(zone)
    opens, closes = (datetime.combine(day, time(), tz) for day in (WEEKS.first, WEEKS.last))
    found = recurring_ical_events.of(Calendar.from_ical(raw)).between(
        WEEKS.first - timedelta(days=2), WEEKS.last + timedelta(days=2)
    )
    times = (
        (max(e.start, opens), min(e.end, closes)) for e in found if e.get("STATUS") != "CANCELLED"
    )
    return merged(
        Interval(starts=a.astimezone(UTC), ends=b.astimezone(UTC)) for a, b in times if a < b
    )


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", SERIES)
def test_a_series_is_read_as_the_library_reads_it(name: str, zone: str) -> None:
    raw = calendar(event(*SERIES[name], zone=zone))

    busy = read_busy(raw, zone, WEEKS).busy

    assert busy
    assert busy == by_library(raw, zone)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("name", CHANGES)
def test_a_changed_instance_is_read_as_the_library_reads_it(name: str, zone: str) -> None:
    series = event("RRULE:FREQ=WEEKLY", zone=zone)
    length = "PT15M" if name == "one shortened" else "PT75M"
    raw = calendar(series, event(*CHANGES[name], zone=zone, length=length))

    busy = read_busy(raw, zone, WEEKS).busy

    assert busy == by_library(raw, zone)
    assert busy != read_busy(calendar(series), zone, WEEKS).busy


@pytest.mark.parametrize("zone", ZONES)
def test_an_hour_that_clocks_skip_or_repeat_is_read_as_the_library_reads_it(zone: str) -> None:
    raw = calendar(event("RRULE:FREQ=DAILY", zone=zone, starts="20260901T013000", length="PT2H"))

    assert read_busy(raw, zone, WEEKS).busy == by_library(raw, zone)


@pytest.mark.parametrize("zone", ZONES)
def test_whole_days_are_absences_of_the_readers_zone(zone: str) -> None:
    lines = ["DTSTART;VALUE=DATE:20261024", "RRULE:FREQ=WEEKLY;COUNT=2"]
    raw = calendar(event(*lines, zone=zone, length="P2D"))

    found = read_busy(raw, zone, WEEKS)

    local = [
        (i.starts.astimezone(zone_of(zone)), i.ends.astimezone(zone_of(zone)))
        for i in found.absences
    ]
    assert found.busy == ()
    assert [f"{a:%m-%d %H:%M}/{b:%m-%d %H:%M}" for a, b in local] == [
        "10-24 00:00/10-26 00:00",
        "10-31 00:00/11-02 00:00",
    ]


@pytest.mark.parametrize("zone", ZONES)
def test_floating_times_are_in_the_calendars_own_zone_or_the_readers(zone: str) -> None:
    floating = event("DTSTART:20261103T090000", zone=zone, length="PT1H")
    named = calendar([f"X-WR-TIMEZONE:{zone}"], floating)
    unnamed = calendar(floating)
    nine = datetime(2026, 11, 3, 9, tzinfo=zone_of(zone))

    at_home = read_busy(unnamed, zone, WEEKS).busy
    abroad = read_busy(named, "Europe/London", WEEKS).busy

    assert [i.starts for i in at_home] == [i.starts for i in abroad] == [nine]


def test_a_zone_that_nobody_knows_is_taken_for_the_readers_and_said() -> None:
    lines = ["DTSTART;TZID=Moon/Tranquility:20261103T090000", "RRULE:FREQ=WEEKLY;COUNT=2"]
    found = read_busy(calendar(event(*lines, zone="UTC", length="PT1H")), "Asia/Kolkata", WEEKS)

    nine = datetime(2026, 11, 3, 9, tzinfo=zone_of("Asia/Kolkata"))
    assert [i.starts for i in found.busy] == [nine, nine + timedelta(weeks=1)]
    assert any("Moon/Tranquility" in note for note in found.notes)
