"""Reading when somebody is busy, beside icalendar with recurring-ical-events: ``python -m bench.calendars``.

Both read the same calendars, most of them series that began years ago, over half a year.
"""

import random
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from statistics import median

import recurring_ical_events
from icalendar import Calendar

from domain.calendars import Weeks
from domain.moments import Interval, merged, zone_of
from intake.busy import read_busy

FIRST = date(2026, 11, 29)
WEEKS = Weeks(
    cohort="winter",
    first=FIRST,
    last=FIRST + timedelta(weeks=26, days=2),
    mail_domain="sojourn.example",
)
ZONE = "Europe/Berlin"
ROUNDS = 5
CALENDARS = 8
SERIES = 60
KINDS = {"new series": 2026, "series of six years ago": 2020}


def a_calendar(chance: random.Random, year: int) -> bytes:
    """Return a calendar with weekly and monthly series, single meetings and days that were left out."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//bench//EN"]
    for number in range(SERIES):
        day = date(year, 1, 1) + timedelta(days=chance.randrange(300))
        at = f"{chance.randrange(8, 17):02}{chance.choice(('00', '30'))}00"
        rule = chance.choice(
            ("", "FREQ=WEEKLY", "FREQ=WEEKLY", "FREQ=WEEKLY;INTERVAL=2", "FREQ=MONTHLY;BYMONTHDAY=")
        )
        rule += str(day.day) if rule.endswith("=") else ""
        lines += ["BEGIN:VEVENT", f"UID:{number}@calendar.example", "DTSTAMP:20250101T000000Z"]
        lines += [f"DTSTART;TZID={ZONE}:{day:%Y%m%d}T{at}", "DURATION:PT1H", "SUMMARY:A meeting"]
        lines += [f"RRULE:{rule}"] if rule else []
        if rule == "FREQ=WEEKLY" and chance.random() < 0.3:
            gone = day + timedelta(weeks=(FIRST - day).days // 7 + chance.randrange(20))
            lines.append(f"EXDATE;TZID={ZONE}:{gone:%Y%m%d}T{at}")
        lines.append("END:VEVENT")
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


def by_library(raw: bytes) -> tuple[Interval, ...]:
    """Return busy times as the two libraries give them."""
    found = recurring_ical_events.of(Calendar.from_ical(raw)).between(WEEKS.first, WEEKS.last)
    inside = [
        datetime.combine(day, datetime.min.time(), zone_of(ZONE))
        for day in (WEEKS.first, WEEKS.last)
    ]
    times = ((max(e.start, inside[0]), min(e.end, inside[1])) for e in found)
    return merged(Interval(starts=a, ends=b) for a, b in times if a < b)


def by_sojourn(raw: bytes) -> tuple[Interval, ...]:
    """Return busy times as a plan is made with them."""
    return read_busy(raw, ZONE, WEEKS).busy


def measured(ways: list[Callable[[bytes], object]], raws: list[bytes]) -> list[float]:
    """Return the median milliseconds a calendar of each way, in turn."""
    times: list[list[float]] = [[] for _ in ways]
    for _ in range(ROUNDS):
        for number, way in enumerate(ways):
            began = time.process_time()
            for raw in raws:
                way(raw)
            times[number].append((time.process_time() - began) / len(raws) * 1e3)
    return [median(taken) for taken in times]


def main() -> None:
    """Print a table; every calendar gave the same busy times both ways."""
    print("| 60 events, 26 weeks | libraries, ms | Sojourn, ms | times faster |\n|---|---|---|---|")
    for kind, year in KINDS.items():
        chance = random.Random(year)
        raws = [a_calendar(chance, year) for _ in range(CALENDARS)]
        for raw in raws:
            if by_library(raw) != by_sojourn(raw):
                raise SystemExit("The two ways disagree.")
        libraries, ours = measured([by_library, by_sojourn], raws)
        print(f"| {kind} | {libraries:.1f} | {ours:.2f} | {libraries / ours:.1f} |")


if __name__ == "__main__":
    main()
