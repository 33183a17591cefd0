"""Working hours as people write them: part time, shifts that take turns, nights."""

from datetime import date, timedelta

import pytest

from domain.moments import week_number, working_time, zone_of
from intake.hours import working_hours

BERLIN = "Europe/Berlin"
MONDAY = date(2026, 12, 28)


def week(text: str, number: int = 0) -> list[str]:
    """Return the stretches of a week after MONDAY's, as their own clocks show them."""
    hours = working_hours(text, week_number(MONDAY))
    days = [MONDAY + timedelta(days=n, weeks=number) for n in range(7)]
    stretches = (one for day in days for one in working_time(day, hours, BERLIN))
    local = (
        (one.starts.astimezone(zone_of(BERLIN)), one.ends.astimezone(zone_of(BERLIN)))
        for one in stretches
    )
    return [f"{starts:%a %H:%M}-{ends:%a %H:%M}" for starts, ends in local]


def test_part_time_is_said_day_by_day() -> None:
    assert week("Mon-Tue 09:00-13:00; Thu 10:00-16:00") == [
        "Mon 09:00-Mon 13:00",
        "Tue 09:00-Tue 13:00",
        "Thu 10:00-Thu 16:00",
    ]


def test_shifts_take_turns_from_the_first_week_on_over_the_new_year() -> None:
    text = "Mon 06:00-14:00 | Mon 14:00-22:00 |"

    weeks = [week(text, number) for number in range(-3, 4)]

    assert weeks == [
        ["Mon 06:00-Mon 14:00"],
        ["Mon 14:00-Mon 22:00"],
        [],
        ["Mon 06:00-Mon 14:00"],
        ["Mon 14:00-Mon 22:00"],
        [],
        ["Mon 06:00-Mon 14:00"],
    ]


def test_a_night_ends_on_the_next_morning() -> None:
    assert week("Sun 22:00-06:00; Fri 16:00-24:00") == [
        "Fri 16:00-Sat 00:00",
        "Sun 22:00-Mon 06:00",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "no working time is given"),
        ("Mon-Fri", "is not a stretch of working time"),
        ("Mon-Fri 17:00-09:00", "is no working time of at most 14 hours"),
        ("Mon 09:00-09:00", "is no working time of at most 14 hours"),
        ("Fri-Mon 09:00-17:00", "names no days from Monday on"),
        ("Mon 25:00-26:00", "names no time of day"),
        ("Mon 09:00-12:00; Mon 11:00-17:00", "two stretches on Mon overlap"),
        ("Mon 09:00-12:00; Mon 09:00-12:00", "two stretches on Mon overlap"),
        ("Mon 20:00-06:00; Tue 05:00-12:00", "two stretches on Tue overlap"),
        ("Sun 20:00-06:00; Mon 05:00-12:00", "two stretches on Mon overlap"),
        ("Sun 20:00-06:00 | Mon 05:00-12:00", "two stretches on Mon overlap"),
        ("|".join(["Mon 09:00-17:00"] * 9), "a pattern has at most 8 weeks"),
    ],
)
def test_what_is_unclear_is_named(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        working_hours(text)


def test_stretches_that_touch_are_fine() -> None:
    assert week("Mon 09:00-12:00; Mon 12:00-17:00; Sun 22:00-06:00")
