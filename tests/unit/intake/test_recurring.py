"""Arithmetic and the library agree on when events take place; what arithmetic does not know it leaves alone."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calendars import BusyTimes, Weeks
from domain.moments import Interval, whole_day
from intake.busy import read_busy
from intake.dialects import calendars_in
from intake.foreign_zones import ForeignZones
from intake.recurring import Occurrences, occurrences

WEEKS = Weeks(
    cohort="winter", first=date(2026, 9, 28), last=date(2027, 4, 12), mail_domain="sojourn.example"
)
"""Clocks change on both hemispheres within these weeks."""

DAY = timedelta(days=1)

ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Sydney",
    "America/Santiago",
    "Asia/Kolkata",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
)

PLAIN = [
    ("DTSTART:20261103T090000Z", "DTEND:20261103T100000Z"),
    ("DTSTART;TZID=Europe/Berlin:20261103T090000", "DURATION:PT1H30M"),
    ("DTSTART:20261103T090000", "DURATION:PT45M"),
    ("DTSTART;VALUE=DATE:20261103",),
    ("DTSTART;VALUE=DATE:20261103", "DTEND;VALUE=DATE:20261110"),
    ("DTSTART;TZID=Nowhere/Atall:20261103T090000", "DURATION:PT45M"),
    ("DTSTART;TZID=W. Europe Standard Time:20261103T090000", "DURATION:PT45M", "RRULE:FREQ=WEEKLY"),
    ("DTSTART;TZID=Europe/Berlin:20190107T090000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"),
    ("DTSTART:20190107T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR"),
    (
        "DTSTART;TZID=America/New_York:20260104T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=SU",
    ),
    (
        "DTSTART;TZID=America/New_York:20260104T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO;WKST=MO",
    ),
    ("DTSTART;TZID=Australia/Sydney:20260901T233000", "DURATION:PT2H", "RRULE:FREQ=DAILY"),
    ("DTSTART:20260901T090000Z", "DURATION:PT2H", "RRULE:FREQ=DAILY;BYDAY=TU,WE"),
    ("DTSTART;TZID=Asia/Kolkata:20260901T090000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=40"),
    (
        "DTSTART;TZID=Asia/Kathmandu:20260901T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY;UNTIL=20261201T031500Z",
    ),
    (
        "DTSTART;TZID=Europe/Berlin:20260901T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Berlin:20261020T090000,20261027T090000",
        "EXDATE;TZID=Europe/Berlin:20261103T090000",
    ),
    ("DTSTART;TZID=Europe/Berlin:20260113T090000", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=2TU"),
    (
        "DTSTART;TZID=Europe/Berlin:20260130T090000",
        "DURATION:PT1H",
        "RRULE:FREQ=MONTHLY;BYDAY=-1FR",
    ),
    ("DTSTART:20260131T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYMONTHDAY=31"),
    ("DTSTART:20260131T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY"),
    ("DTSTART;VALUE=DATE:20201224", "RRULE:FREQ=YEARLY"),
    ("DTSTART;VALUE=DATE:20240229", "RRULE:FREQ=YEARLY"),
    ("DTSTART;VALUE=DATE:20201224", "RRULE:FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24"),
    ("DTSTART;VALUE=DATE:20261005", "RRULE:FREQ=WEEKLY;UNTIL=20261101"),
    ("DTSTART;VALUE=DATE:20261005", "RRULE:FREQ=WEEKLY", "EXDATE;VALUE=DATE:20261012"),
    ("DTSTART:20150105T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20160101T000000Z"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "TRANSP:TRANSPARENT", "RRULE:FREQ=DAILY"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "STATUS:cancelled"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "X-MICROSOFT-CDO-BUSYSTATUS:OOF"),
]

UNUSUAL = [
    ("DTSTART:20261103T090000Z",),
    ("DTSTART:20261103T100000Z", "DTEND:20261103T090000Z"),
    ("DTSTART;X-OWN=1:20261103T090000Z", "DURATION:PT1H"),
    ("DTSTART:20261103T090000Z", "DTSTART:20261104T090000Z", "DURATION:PT1H"),
    ("DTSTART:20261103", "DURATION:P1D"),
    ("DTSTART:20261103T090000Z", "DURATION:-PT1H"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RDATE:20261110T090000Z"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYSETPOS=1"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;BYDAY=WE"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;INTERVAL=7;BYDAY=WE"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;UNTIL=20261201"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=0"),
    ("DTSTART:20261103T090000Z", "DURATION:PT1H", "RRULE:FREQ=MONTHLY;BYDAY=1MO,3MO"),
    (
        "DTSTART:20261103T090000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;VALUE=DATE:20261110",
    ),
    (
        "DTSTART;TZID=Europe/Berlin:20261001T023000",
        "DURATION:PT1H",
        "RRULE:FREQ=DAILY",
    ),
    (
        "DTSTART:20261103T090000Z",
        "DURATION:PT1H",
        "RRULE:FREQ=WEEKLY",
        "EXDATE;TZID=Europe/Berlin:20261110T100000",
    ),
]


def calendar(lines: tuple[str, ...], whole: str = "") -> bytes:
    head = ["BEGIN:VCALENDAR", "VERSION:2.0", *([f"X-WR-TIMEZONE:{whole}"] if whole else [])]
    event = ["BEGIN:VEVENT", "UID:1@elsewhere.example", *lines, "END:VEVENT"]
    return "\r\n".join([*head, *event, "END:VCALENDAR", ""]).encode()


def understood(lines: tuple[str, ...], whole: str = "") -> Occurrences | None:
    (found,) = calendars_in(calendar(lines, whole))
    zones = ForeignZones(found, "Europe/Berlin")
    return occurrences(found.entries[0], zones, WEEKS.first, WEEKS.last)


def by_the_library(
    lines: tuple[str, ...], zone: str, shift: timedelta, whole: str = ""
) -> BusyTimes:
    """A parameter that means nothing is enough to leave an event to the library."""
    marked = tuple(line.replace("DTSTART", "DTSTART;X-LEFT=ALONE", 1) for line in lines)
    assert understood(marked, whole) is None
    return read_busy(calendar(marked, whole), zone, WEEKS, shift)


def inner(times: BusyTimes) -> BusyTimes:
    """Without a day at either end: there the library misses an instance that lasts past midnight."""
    inside = Interval(
        starts=whole_day(WEEKS.first + DAY, "UTC").ends,
        ends=whole_day(WEEKS.last - DAY, "UTC").starts,
    )
    clipped = {
        name: tuple(
            Interval(starts=max(one.starts, inside.starts), ends=min(one.ends, inside.ends))
            for one in getattr(times, name)
            if one.overlaps(inside)
        )
        for name in ("busy", "absences")
    }
    return times.model_copy(update=clipped)


@pytest.mark.parametrize("lines", PLAIN, ids=" ".join)
@pytest.mark.parametrize("shift", [timedelta(), timedelta(weeks=26)])
@pytest.mark.parametrize("whole", ["", "America/New_York"])
def test_plain_events_are_read_as_the_library_reads_them(
    lines: tuple[str, ...], shift: timedelta, whole: str
) -> None:
    if not whole:
        assert understood(lines)
    for zone in ("Europe/Berlin", "Australia/Sydney"):
        found = read_busy(calendar(lines, whole), zone, WEEKS, shift)

        assert inner(found) == inner(by_the_library(lines, zone, shift, whole))
        assert found.unread == 0


@pytest.mark.parametrize("lines", UNUSUAL, ids=" ".join)
def test_unusual_events_are_left_to_the_library(lines: tuple[str, ...]) -> None:
    assert understood(lines) is None


def test_an_endless_series_of_long_ago_costs_no_more_than_a_new_one() -> None:
    old = ("DTSTART;VALUE=DATE:19700105", "RRULE:FREQ=WEEKLY")
    found = understood(old)

    assert found
    assert len(found.days) == 28


@st.composite
def events(draw: st.DrawFn) -> tuple[str, ...]:
    zone = draw(st.sampled_from(("", "Z", *ZONES)))
    day = date(2016, 1, 1) + timedelta(days=draw(st.integers(0, 4100)))
    at = f"{draw(st.integers(0, 23)):02}{draw(st.sampled_from(('00', '15', '30', '45')))}00"
    stamp = f"{day:%Y%m%d}T{at}" + ("Z" if zone == "Z" else "")
    named = f";TZID={zone}" if zone not in {"", "Z"} else ""
    all_day = draw(st.booleans())
    starts = f"DTSTART;VALUE=DATE:{day:%Y%m%d}" if all_day else f"DTSTART{named}:{stamp}"
    length = f"P{draw(st.integers(1, 9))}D" if all_day else f"PT{draw(st.integers(15, 3000))}M"
    rule = draw(st.sampled_from(("", "DAILY", "WEEKLY", "MONTHLY", "YEARLY")))
    if not rule:
        return starts, f"DURATION:{length}"
    parts = [f"FREQ={rule}"]
    if draw(st.booleans()):
        parts.append(f"INTERVAL={draw(st.integers(1, 5))}")
    if rule == "WEEKLY" and draw(st.booleans()):
        own = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[day.weekday()]
        others = draw(st.sets(st.sampled_from(("MO", "TU", "WE", "TH", "FR", "SA", "SU"))))
        parts += [f"BYDAY={','.join(sorted({own, *others}))}"]
        parts += draw(st.sampled_from(([], ["WKST=SU"], ["WKST=WE"])))
    if rule == "MONTHLY" and draw(st.booleans()) and day.day <= 28:
        weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[day.weekday()]
        parts.append(f"BYDAY={(day.day - 1) // 7 + 1}{weekday}")
    bound = draw(st.sampled_from(("", "COUNT", "UNTIL")))
    if bound == "COUNT":
        parts.append(f"COUNT={draw(st.integers(1, 900))}")
    if bound == "UNTIL":
        until = f"{day + timedelta(days=draw(st.integers(0, 4000))):%Y%m%d}"
        parts.append(f"UNTIL={until}" + ("" if all_day else f"T{at}Z"))
    lines = [starts, f"DURATION:{length}", f"RRULE:{';'.join(parts)}"]
    for weeks in draw(st.lists(st.integers(0, 600), max_size=3)):
        other = day + timedelta(weeks=weeks)
        value = f"{other:%Y%m%d}"
        lines.append(
            f"EXDATE;VALUE=DATE:{value}"
            if all_day
            else f"EXDATE{named}:{value}T{at}{'Z' if zone == 'Z' else ''}"
        )
    return tuple(lines)


@settings(max_examples=400)
@given(lines=events(), zone=st.sampled_from(ZONES), weeks=st.sampled_from((0, 20)))
def test_whatever_is_understood_is_what_the_library_says(
    lines: tuple[str, ...], zone: str, weeks: int
) -> None:
    shift = timedelta(weeks=weeks)

    found = read_busy(calendar(lines), zone, WEEKS, shift)

    assert inner(found) == inner(by_the_library(lines, zone, shift))


def test_only_the_instance_of_that_moment_is_left_out() -> None:
    """Ten o'clock in Berlin is nine in UTC: the meeting at nine in Berlin stays."""
    found = understood(
        (
            "DTSTART;TZID=Europe/Berlin:20261103T090000",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;COUNT=10",
            "EXDATE;TZID=Europe/Berlin:20261110T100000",
        )
    )

    assert found
    assert len(found.meetings) == 10
