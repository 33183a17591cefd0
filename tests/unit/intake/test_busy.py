"""When somebody is busy, out of calendars as programs in the wild write them."""

from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendars import BusyTimes, Weeks
from domain.moments import Interval, zone_of
from intake.busy import read_busy
from intake.dialects import Unreadable

WEEKS = Weeks(
    cohort="winter", first=date(2026, 11, 29), last=date(2027, 1, 10), mail_domain="sojourn.example"
)
ZONE = "Europe/Berlin"

BERLIN_OF_ITS_OWN = (
    "BEGIN:VTIMEZONE",
    "TZID:{tzid}",
    "BEGIN:STANDARD",
    "DTSTART:16010101T030000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10",
    "TZOFFSETFROM:+0200",
    "TZOFFSETTO:+0100",
    "END:STANDARD",
    "BEGIN:DAYLIGHT",
    "DTSTART:16010101T020000",
    "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3",
    "TZOFFSETFROM:+0100",
    "TZOFFSETTO:+0200",
    "END:DAYLIGHT",
    "END:VTIMEZONE",
)


def calendar(*lines: str) -> bytes:
    return "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", ""]).encode()


def event(*lines: str, uid: str = "1@elsewhere.example") -> tuple[str, ...]:
    return ("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", *lines, "END:VEVENT")


TEN = event("DTSTART:20261201T100000Z", "DTEND:20261201T110000Z")


def read(*lines: str, zone: str = ZONE) -> BusyTimes:
    return read_busy(calendar(*lines), zone, WEEKS)


def at(text: str, hours: float = 1) -> Interval:
    """An interval by its start in UTC, such as ``12-01 10:00``."""
    starts = datetime.strptime(f"2026-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    return Interval(starts=starts, ends=starts + timedelta(hours=hours))


def test_a_meeting_is_a_busy_time_and_nothing_else_of_it_is_kept() -> None:
    found = read(*event("DTSTART:20261201T100000Z", "DURATION:PT90M", "SUMMARY:Operation"))

    assert found == BusyTimes(busy=(at("12-01 10:00", 1.5),))


@pytest.mark.parametrize(
    "line",
    [
        "TRANSP:TRANSPARENT",
        "STATUS:CANCELLED",
        "status:cancelled",
        "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
        "X-MICROSOFT-CDO-BUSYSTATUS:WORKINGELSEWHERE",
    ],
)
def test_what_takes_nobodys_time_is_left_out(line: str) -> None:
    assert read(*event("DTSTART:20261201T100000Z", "DURATION:PT1H", line)) == BusyTimes()


@pytest.mark.parametrize(
    "line", ["STATUS:TENTATIVE", "X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE", "TRANSP:OPAQUE"]
)
def test_what_is_not_sure_yet_blocks_all_the_same(line: str) -> None:
    found = read(*event("DTSTART:20261201T100000Z", "DURATION:PT1H", line))

    assert found.busy == (at("12-01 10:00"),)


def test_out_of_office_and_whole_days_are_absences_in_the_persons_own_zone() -> None:
    office = event(
        "DTSTART:20261201T100000Z", "DURATION:PT1H", "X-MICROSOFT-CDO-BUSYSTATUS:OOF", uid="o"
    )
    days = event("DTSTART;VALUE=DATE:20261207", "DTEND;VALUE=DATE:20261209", uid="d")

    found = read(*office, *days)

    assert found.busy == ()
    assert found.absences == (at("12-01 10:00"), at("12-06 23:00", 48))


def test_a_cancelled_instance_of_a_series_takes_no_time_and_a_moved_one_its_new_time() -> None:
    found = read(
        *event(
            "DTSTART;TZID=Europe/Berlin:20261130T100000",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;COUNT=4",
        ),
        *event(
            "RECURRENCE-ID;TZID=Europe/Berlin:20261201T100000",
            "DTSTART;TZID=Europe/Berlin:20261201T100000",
            "DURATION:PT1H",
            "STATUS:CANCELLED",
        ),
        *event("RECURRENCE-ID:20261202T090000Z", "DTSTART:20261202T140000Z", "DURATION:PT1H"),
    )

    assert found.busy == (at("11-30 09:00"), at("12-02 14:00"), at("12-03 09:00"))


def test_an_instance_that_is_named_by_its_day_alone_is_no_extra_one() -> None:
    found = read(
        *event("DTSTART:20261130T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=2"),
        *event("RECURRENCE-ID;VALUE=DATE:20261201", "DTSTART:20261201T150000Z", "DURATION:PT1H"),
    )

    assert found.busy == (at("11-30 10:00"), at("12-01 15:00"))


def test_a_series_keeps_its_wall_time_over_a_clock_change() -> None:
    march = Weeks(cohort="c", first=date(2026, 3, 22), last=date(2026, 4, 5), mail_domain="x.org")
    weekly = event(
        "DTSTART;TZID=Europe/Berlin:20240101T100000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY"
    )

    found = read_busy(calendar(*weekly), ZONE, march)

    assert [f"{i.starts:%m-%d %H:%M}" for i in found.busy] == ["03-23 09:00", "03-30 08:00"]


@pytest.mark.parametrize(
    "tzid",
    [
        "Europe/Berlin",
        "W. Europe Standard Time",
        "/freeassociation.sourceforge.net/Europe/Berlin",
        '"W. Europe Standard Time"',
    ],
)
def test_apply_a14_zones_that_are_known_by_name_need_no_definition(tzid: str) -> None:
    found = read(*event(f"DTSTART;TZID={tzid}:20261201T110000", "DURATION:PT1H"), zone="Asia/Tokyo")

    assert (found.busy, found.notes) == ((at("12-01 10:00"),), ())


@pytest.mark.parametrize("tzid", ["tzone://Microsoft/Utc", '"tzone://Microsoft/Utc"', "Etc/UTC"])
def test_apply_a14_names_of_utc_are_utc(tzid: str) -> None:
    found = read(*event(f"DTSTART;TZID={tzid}:20261201T100000", "DURATION:PT1H"))

    assert (found.busy, found.notes) == ((at("12-01 10:00"),), ())


@pytest.mark.parametrize(
    "tzid", ["Customized Time Zone", "(GMT+01.00) Sarajevo/Warsaw/Zagreb", "Tokyo Standard Time"]
)
def test_apply_a14_a_definition_in_the_calendar_comes_before_what_windows_means(tzid: str) -> None:
    definition = (line.format(tzid=tzid) for line in BERLIN_OF_ITS_OWN)

    found = read(
        *definition, *event(f"DTSTART;TZID={tzid}:20261201T110000", "DURATION:PT1H"), zone="UTC"
    )

    assert (found.busy, found.notes) == ((at("12-01 10:00"),), ())


def test_apply_a14_two_calendars_may_mean_different_zones_by_the_same_name() -> None:
    lines = [line.format(tzid="Customized Time Zone") for line in BERLIN_OF_ITS_OWN]
    meeting = event("DTSTART;TZID=Customized Time Zone:20261201T110000", "DURATION:PT1H")
    elsewhere = [line.replace("+0200", "-0400").replace("+0100", "-0500") for line in lines]

    assert read(*lines, *meeting).busy == (at("12-01 10:00"),)
    assert read(*elsewhere, *meeting).busy == (at("12-01 16:00"),)


@pytest.mark.parametrize("rule", ["FREQ=SECONDLY", "FREQ=HOURLY;BYMONTH=2"])
def test_a_zone_nobody_knows_is_the_persons_own_and_says_so(rule: str) -> None:
    broken = [line.format(tzid="Nowhere") for line in BERLIN_OF_ITS_OWN]
    broken = [line if "RRULE" not in line else f"RRULE:{rule}" for line in broken]

    found = read(*broken, *event("DTSTART;TZID=Nowhere:20261201T110000", "DURATION:PT1H"))

    assert found.busy == (at("12-01 10:00"),)
    assert found.notes == ("times in the unknown zone 'Nowhere' are read as Europe/Berlin",)


def test_floating_times_are_in_the_persons_zone() -> None:
    assert read(*event("DTSTART:20261201T110000", "DURATION:PT1H"), zone="Europe/Berlin").busy == (
        at("12-01 10:00"),
    )


def test_google_names_one_zone_for_all_floating_and_recurring_times() -> None:
    floating = event("DTSTART:20261201T050000", "DURATION:PT1H", uid="f")
    weekly = event("DTSTART:20261005T140000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY", uid="w")

    found = read("X-WR-TIMEZONE:America/New_York", *floating, *weekly)

    assert at("12-01 10:00") in found.busy
    assert at("11-30 15:00") in found.busy


def test_a_free_busy_list_is_read_as_what_it_says() -> None:
    found = read(
        "BEGIN:VFREEBUSY",
        "FREEBUSY:20261201T100000Z/PT1H,20261202T100000Z/20261202T113000Z",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20261203T100000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20261204T100000Z/PT4H",
        "FREEBUSY;FBTYPE=FREE:20261207T100000Z/PT4H",
        "END:VFREEBUSY",
    )

    assert found.unnamed == (at("12-01 10:00"), at("12-02 10:00", 1.5), at("12-03 10:00"))
    assert found.absences == (at("12-04 10:00", 4),)


def test_whole_days_in_a_free_busy_list_are_absences() -> None:
    found = read("BEGIN:VFREEBUSY", "FREEBUSY:20261206T220000Z/20261208T110000Z", "END:VFREEBUSY")

    assert found.absences == (at("12-06 23:00", 24),)
    assert found.unnamed == (at("12-06 22:00"), at("12-07 23:00", 12))


def test_invites_of_the_program_itself_are_the_plan_and_no_busy_time() -> None:
    own = event("DTSTART:20261201T100000Z", "DURATION:PT1H", uid="abcd@Sojourn.example")

    assert read(*own, *event("DTSTART:20261202T100000Z", "DURATION:PT1H")).busy == (
        at("12-02 10:00"),
    )


@pytest.mark.parametrize(
    "raw",
    [
        b"\xef\xbb\xbf" + calendar(*TEN),
        calendar(*TEN).replace(b"\r\n", b"\r"),
        calendar(*TEN).replace(b"\r\n", b"\n"),
        calendar(*TEN) + b"-- \r\nSent to everybody on the list\r\n",
        b"Dear all,\r\n" + calendar(*TEN),
        calendar() + calendar(*TEN),
        calendar(*TEN).replace(b"20261201T100000Z", b"2026120\r\n 1T100000Z"),
        calendar(*event("DTSTART:20261201T100000Z", "DURATION:PT1H", 'ATTENDEE;CN="a \\"b\\"":x')),
        calendar(*event("DTSTART:20261201T100000Z", "DURATION:PT1H", "nonsense", "SUMMARY;=")),
        calendar(*TEN).replace(b"END:VEVENT", b"SUMMARY:M\xfcller\r\nEND:VEVENT"),
        calendar(
            *TEN[:-1],
            "BEGIN:VALARM",
            "TRIGGER:-PT15M",
            "DURATION:PT15M",
            "END:VALARM",
            "END:VEVENT",
        ),
    ],
    ids=[
        "byte order mark",
        "bare carriage returns",
        "bare line feeds",
        "text after the end",
        "text before the beginning",
        "several calendars",
        "folded within a value",
        "escaped quotes",
        "lines that are none",
        "another encoding",
        "an alarm with a duration",
    ],
)
def test_reply_i7_what_programs_in_the_wild_write_is_tolerated(raw: bytes) -> None:
    assert read_busy(raw, ZONE, WEEKS) == BusyTimes(busy=(at("12-01 10:00"),))


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"", "it is not an iCalendar file"),
        (b"<html>Please sign in</html>", "it is not an iCalendar file"),
        (calendar(*TEN)[:-20], "it breaks off in the middle"),
    ],
)
def test_what_is_no_calendar_says_so(raw: bytes, why: str) -> None:
    with pytest.raises(Unreadable, match=why):
        read_busy(raw, ZONE, WEEKS)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=SECONDLY",
        "FREQ=MINUTELY;COUNT=10",
        "FREQ=DAILY;BYHOUR="
        + ",".join(map(str, range(24)))
        + ";BYMINUTE="
        + ",".join(map(str, range(60))),
        "FREQ=NEVER",
        "COUNT=3",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=5",
        "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=4;UNTIL=20270101T000000Z",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=9",
    ],
)
def test_reply_i8_what_repeats_without_measure_is_counted_and_the_rest_is_read(rule: str) -> None:
    endless = event("DTSTART:20200101T100000Z", "DURATION:PT1S", f"RRULE:{rule}", uid="e")

    found = read(*endless, *TEN)

    assert (found.busy, found.unread) == ((at("12-01 10:00"),), 1)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY;COUNT=99999999", 42),
        ("FREQ=DAILY", 42),
        ("FREQ=MONTHLY;BYDAY=5MO", 1),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO", 0),
    ],
)
def test_reply_i8_a_rule_ends_with_the_weeks_that_are_asked_for(rule: str, days: int) -> None:
    found = read(*event("DTSTART:20261101T100000Z", "DURATION:PT1H", f"RRULE:{rule}"))

    assert (len(found.busy), found.unread) == (days, 0)


def test_series_that_ended_long_ago_cost_nothing_and_those_that_reach_in_count() -> None:
    past = (
        event(
            "DTSTART:20100101T000000Z",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY;UNTIL=20261101T000000Z",
            uid=f"{n}@x.org",
        )
        for n in range(300)
    )
    reaching = event(
        "DTSTART:20261101T000000Z", "DURATION:P40D", "RRULE:FREQ=WEEKLY;UNTIL=20261108T000000Z"
    )

    found = read(*(line for one in past for line in one), *reaching)

    assert found.unread == 0
    assert [(i.starts, i.ends) for i in found.busy] == [
        (at("11-28 23:00").starts, datetime(2026, 12, 18, tzinfo=UTC))
    ]


def test_reply_i8_series_are_read_until_they_cost_too_much() -> None:
    hourly = (
        event("DTSTART:20200101T000000Z", "DURATION:PT1M", "RRULE:FREQ=HOURLY", uid=f"{n}@x.org")
        for n in range(60)
    )

    found = read(*(line for one in hourly for line in one))

    assert 0 < found.unread < 60


def test_busy_times_end_with_the_weeks_that_are_asked_for() -> None:
    for_ever = event("DTSTART;VALUE=DATE:20200101", "DTEND;VALUE=DATE:99991231", uid="d")
    long = event("DTSTART:20200101T000000Z", "DTEND:99991231T000000Z", uid="t")

    found = read(*for_ever, *long)

    berlin = zone_of(ZONE)
    weeks = Interval(
        starts=datetime(2026, 11, 29, tzinfo=berlin), ends=datetime(2027, 1, 10, tzinfo=berlin)
    )
    assert (found.absences, found.busy) == ((weeks,), (weeks,))


VALUES = st.sampled_from(
    [
        "20261201T100000Z",
        "20261201T100000",
        "20261201",
        "99991231T235959Z",
        "00010101",
        "20261301T250000",
        "PT1H",
        "-P1D",
        "P99999999W",
        "20261201T100000Z/PT1H",
        "20261201T100000Z/20261130T100000Z,x",
        "FREQ=DAILY;COUNT=3",
        "FREQ=WEEKLY;UNTIL=20261301",
        "FREQ=YEARLY;BYDAY=99XX;INTERVAL=0",
        "FREQ=HOURLY;BYHOUR=99;BYSETPOS=-400",
        "CANCELLED",
        "TRANSPARENT",
        "1@sojourn.example",
        "-1",
        "+9999",
        "\u0000",
        "",
    ]
) | st.text(max_size=30)
NAMES = st.sampled_from(
    [
        *("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID"),
        *("SEQUENCE", "STATUS", "TRANSP", "X-MICROSOFT-CDO-BUSYSTATUS", "FREEBUSY"),
        *("TZID", "TZOFFSETFROM", "TZOFFSETTO", "X-WR-TIMEZONE", "BEGIN", "END"),
    ]
)
PARAMS = st.sampled_from(
    [
        "",
        ";VALUE=DATE",
        ";VALUE=PERIOD",
        ";TZID=Customized Time Zone",
        ";TZID=tzone://Microsoft/Utc",
        ';TZID="x',
        ";FBTYPE=BUSY-UNAVAILABLE",
        ";RANGE=THISANDFUTURE",
        ";=",
    ]
)
COMPONENTS = st.sampled_from(["VEVENT", "VFREEBUSY", "VTIMEZONE", "STANDARD", "VALARM"])
LINES = st.builds("{}{}:{}".format, NAMES, PARAMS, VALUES) | st.builds(
    "BEGIN:{}".format, COMPONENTS
)


@given(st.lists(st.lists(LINES, max_size=8), max_size=6), st.sampled_from(["VEVENT", "VTIMEZONE"]))
@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
def test_reply_i8_no_calendar_at_all_is_more_than_a_refusal(
    entries: list[list[str]], kind: str
) -> None:
    lines = (line for one in entries for line in (f"BEGIN:{kind}", *one, f"END:{kind}"))

    found = read_busy(calendar(*TEN, *lines), ZONE, WEEKS)

    assert all(
        interval.ends <= datetime(2027, 1, 10, tzinfo=UTC)
        for interval in (*found.busy, *found.absences, *found.unnamed)
    )


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_reply_i8_no_bytes_at_all_are_more_than_a_refusal(noise: bytes) -> None:
    for raw in (noise, calendar(*TEN) + noise, calendar(*TEN).replace(b"VERSION:2.0", noise)):
        with suppress(Unreadable):
            read_busy(raw, ZONE, WEEKS)
