"""Folders that no plan can do much with: each is answered in sentences, within the time that was given."""

import csv
import json
import shutil
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "service-desk"
SOJOURN = Path(__file__).parents[2] / ".venv" / "bin" / "sojourn"
DAY = ("--today", "2026-11-23")

Row = dict[str, str]


def rewrite(path: Path, change: Callable[[list[Row]], list[Row]]) -> None:
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    columns = list(rows[0])
    changed = change(rows)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, changed[0] if changed else columns)
        writer.writeheader()
        writer.writerows(changed)


def every(**cells: str) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{**row, **cells} for row in rows]


def program(folder: Path, old: str, new: str) -> None:
    path = folder / "program.toml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new, 1))


def no_hosts(folder: Path) -> None:
    rewrite(folder / "hosts.csv", lambda _: [])
    rewrite(folder / "goals.csv", every(wished_team=""))


def one_person(folder: Path) -> None:
    rewrite(
        folder / "people.csv",
        lambda rows: [
            row if row["id"] == "mara" else {**row, "participates": "no"} for row in rows
        ],
    )
    rewrite(folder / "goals.csv", lambda rows: [r for r in rows if r["participant"] == "mara"])


def nobody(folder: Path) -> None:
    rewrite(folder / "people.csv", every(participates="no"))
    rewrite(folder / "goals.csv", lambda _: [])


def all_busy(folder: Path) -> None:
    with (folder / "people.csv").open(newline="") as file:
        people = [row["id"] for row in csv.DictReader(file)]
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VEVENT", "UID:1"]
    lines += ["DTSTAMP:20250101T000000Z", "DTSTART:20250101T000000Z", "DTEND:20290101T000000Z"]
    lines += ["END:VEVENT", "END:VCALENDAR", ""]
    for person in people:
        (folder / "calendars" / f"{person}.ics").write_bytes("\r\n".join(lines).encode())


def ten_thousand_blackouts(folder: Path) -> None:
    days = [date(2020, 1, 1) + timedelta(days=n) for n in range(10_000)]
    program(folder, "weeks = 6\n", f"weeks = 6\nblackouts = {[str(day) for day in days]}\n")


def ten_thousand_closed_days(folder: Path) -> None:
    days = ";".join(str(date(2020, 1, 1) + timedelta(days=n)) for n in range(10_000))
    rewrite(folder / "hosts.csv", every(closed=days))


def ten_thousand_days_away(folder: Path) -> None:
    days = ";".join(str(date(2020, 1, 1) + timedelta(days=n)) for n in range(10_000))
    rewrite(folder / "people.csv", every(away=days))


def a_start_that_clocks_skip(folder: Path) -> None:
    program(folder, "anchor = 2026-01-05", "starts-on = 2027-03-22")
    program(folder, 'starts-at = "09:00"', 'starts-at = "02:30"')


def working_hours_that_clocks_skip(folder: Path) -> None:
    program(folder, "anchor = 2026-01-05", "starts-on = 2027-03-22")
    rewrite(folder / "people.csv", every(working_hours="Sun 02:00-03:00"))


def a_person_twice(folder: Path) -> None:
    rewrite(folder / "people.csv", lambda rows: [*rows, rows[0]])


def a_team_twice(folder: Path) -> None:
    rewrite(folder / "hosts.csv", lambda rows: [*rows, rows[0]])


def no_team_takes_visits(folder: Path) -> None:
    rewrite(folder / "hosts.csv", every(visits_per_week="0"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "program"
    shutil.copytree(EXAMPLE, copy)
    return copy


def run(folder: Path) -> subprocess.CompletedProcess[str]:
    words = [str(SOJOURN), "plan", "--from", str(folder), *DAY, "--time-limit", "20", "--json"]
    return subprocess.run(words, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (no_hosts, "There is no host team at all."),
        (all_busy, "has no free time"),
        (ten_thousand_blackouts, "is away on every possible day"),
        (ten_thousand_closed_days, "are closed"),
        (ten_thousand_days_away, "is away on every possible day"),
        (working_hours_that_clocks_skip, "has no free time"),
        (no_team_takes_visits, "are full"),
    ],
)
def test_nobody_is_placed_and_everybody_is_told_why(
    folder: Path, odd: Callable[[Path], None], said: str
) -> None:
    odd(folder)

    done = run(folder)

    assert done.returncode == 3, done.stderr
    plan = json.loads(done.stdout)
    assert plan["assignments"] == []
    assert len(plan["unplaced"]) == 8
    assert all(said in one["reason"] for one in plan["unplaced"]), plan["unplaced"]
    assert sum(len(one["participants"]) for one in plan["shortfalls"]) == 8
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        (nobody, "nobody takes part. Write yes under participates in people.csv."),
        (a_start_that_clocks_skip, "2027-03-28 02:30 does not exist in Europe/Berlin"),
        (a_person_twice, "stands in line 2 already"),
        (a_team_twice, "stands in line 2 already"),
    ],
)
def test_what_makes_no_sense_is_named(folder: Path, odd: Callable[[Path], None], said: str) -> None:
    odd(folder)

    done = run(folder)

    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())
    assert "Traceback" not in done.stderr


def test_one_person_is_planned_like_many(folder: Path) -> None:
    one_person(folder)

    done = run(folder)

    assert done.returncode == 0, done.stderr
    plan = json.loads(done.stdout)
    assert {one["participant"] for one in plan["assignments"]} == {"mara"}
    assert plan["gap"] == 0
