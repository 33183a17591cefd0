"""Calendars larger or longer than anybody's: answered, or refused in a sentence, and never waited for."""

import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from domain.calendars import Weeks
from domain.folder import Folder
from intake.busy import read_busy
from intake.calendars import LARGEST, read_file
from intake.dialects import Unreadable
from intake.folder import read_folder

WEEKS = Weeks(
    cohort="winter", first=date(2026, 11, 23), last=date(2027, 1, 18), mail_domain="sojourn.example"
)
ROOT = Path(__file__).parents[3]


def an_event(number: int, *lines: str) -> str:
    return "\r\n".join(
        ["BEGIN:VEVENT", f"UID:{number}@elsewhere.example", *lines, "END:VEVENT", ""]
    )


def calendar(*events: str) -> bytes:
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{''.join(events)}END:VCALENDAR\r\n".encode()


WEEKLY = ("DTSTART:19700105T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY")
DAILY = ("DTSTART:19700101T090000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")

READ = """
import sys
from datetime import date
from pathlib import Path
from domain.calendars import Weeks
from intake.busy import read_busy
weeks = Weeks(cohort="winter", first=date(2026, 11, 23), last=date(2027, 1, 18), mail_domain="sojourn.example")
found = read_busy(Path(sys.argv[1]).read_bytes(), "Europe/Berlin", weeks)
print(len(found.busy), found.unread)
"""


def read_apart(tmp_path: Path, raw: bytes) -> tuple[int, int]:
    """Read a calendar in a process of its own, which ends with the test if it does not come to an end."""
    path = tmp_path / "calendar.ics"
    path.write_bytes(raw)
    done = subprocess.run(
        [sys.executable, "-c", READ, str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    busy, unread = map(int, done.stdout.split())
    return busy, unread


def test_a_series_without_end_from_1970_is_read_for_the_weeks_that_are_asked_for() -> None:
    found = read_busy(calendar(an_event(1, *DAILY)), "Europe/Berlin", WEEKS)

    assert len(found.busy) == (WEEKS.last - WEEKS.first).days
    assert found.unread == 0


def test_ten_megabytes_of_series_without_end_are_read(tmp_path: Path) -> None:
    one = an_event(0, *WEEKLY, f"SUMMARY:{'x' * 900}")
    count = LARGEST // (len(one) + 4) - 1
    raw = calendar(*(an_event(n, *WEEKLY, f"SUMMARY:{'x' * 900}") for n in range(count)))
    assert 9_500_000 < len(raw) <= LARGEST

    assert read_apart(tmp_path, raw) == (8, 0)


def test_ten_thousand_meetings_are_read(tmp_path: Path) -> None:
    minutes = [divmod(n, 60) for n in range(1440)]
    times = [
        f"DTSTART:202612{day:02}T{hour:02}{minute:02}00Z"
        for day in range(1, 8)
        for hour, minute in minutes
    ][:10_000]
    raw = calendar(*(an_event(n, starts, "DURATION:PT1M") for n, starts in enumerate(times)))

    assert read_apart(tmp_path, raw) == (1, 0)


def test_what_only_the_library_understands_is_given_up_where_it_would_take_for_ever(
    tmp_path: Path,
) -> None:
    rule = "RRULE:FREQ=DAILY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYHOUR=9"
    raw = calendar(
        *(an_event(n, "DTSTART:19700101T090000Z", "DURATION:PT1H", rule) for n in range(3000))
    )

    busy, unread = read_apart(tmp_path, raw)

    assert busy == 56
    assert unread > 2000


@pytest.mark.parametrize(
    "lines",
    [
        ("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=SECONDLY"),
        ("DTSTART:20261201T090000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;INTERVAL=0"),
        ("DTSTART:00010101T000000Z", "DURATION:PT1H", "RRULE:FREQ=MINUTELY"),
        ("DTSTART:20260230T090000Z", "DURATION:PT1H"),
        ("DTSTART:soon", "DURATION:PT1H"),
    ],
)
def test_what_makes_no_sense_is_counted_and_all_else_is_read(lines: tuple[str, ...]) -> None:
    raw = calendar(an_event(1, *lines), an_event(2, *WEEKLY))

    found = read_busy(raw, "Europe/Berlin", WEEKS)

    assert (len(found.busy), found.unread) == (8, 1)


def test_one_line_of_ten_megabytes_is_no_calendar() -> None:
    with pytest.raises(Unreadable, match="it is not an iCalendar file"):
        read_busy(b"x" * LARGEST, "Europe/Berlin", WEEKS)


def test_a_summary_of_ten_megabytes_is_passed_over() -> None:
    raw = calendar(an_event(1, *WEEKLY, f"SUMMARY:{';:' * (LARGEST // 4)}"))

    assert len(read_busy(raw, "Europe/Berlin", WEEKS).busy) == 8


def test_a_file_beyond_ten_megabytes_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "calendar.ics"
    path.write_bytes(b" " * (LARGEST + 1))

    with pytest.raises(Unreadable, match="larger than 10 MB"):
        read_file(path)


def test_a_folder_whose_calendars_did_not_change_is_not_expanded_again(tmp_path: Path) -> None:
    folder = tmp_path / "program"
    shutil.copytree(ROOT / "examples" / "service-desk", folder)
    first = read_folder(folder, today=date(2026, 11, 23))
    again = read_folder(folder, today=date(2026, 11, 23))
    (folder / "calendars" / "mara.ics").write_bytes(calendar(an_event(1, *DAILY)))
    changed = read_folder(folder, today=date(2026, 11, 23))

    assert isinstance(first, Folder)
    assert isinstance(again, Folder)
    assert isinstance(changed, Folder)
    was = {one.person: one for one in first.calendars}
    assert again == first
    kept = [one.busy[0] is was[one.person].busy[0] for one in again.calendars if one.busy]
    assert kept
    assert all(kept)
    assert [one.person for one in changed.calendars if one != was[one.person]] == ["mara"]
