"""Optional columns and keys of a folder: what people and teams ask of a plan beside goals."""

import csv
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from domain.folder import Folder
from domain.planning import Candidate, PlanningProblem
from intake.cohorts import Names, problem_of
from intake.folder import read_folder
from intake.holidays import holiday_absences
from tests.light import light_example

EXAMPLE = Path(__file__).parents[3] / "examples" / "service-desk"
TODAY = date(2026, 11, 23)
"""The example then begins on 30 November, 47 weeks after its anchor."""

MOVED = timedelta(weeks=47)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "program"
    light_example(copy)
    return copy


def tell(path: Path, key: str, **cells: str) -> None:
    """Write further cells into the row of somebody; their columns are added where they are missing."""
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        for name in cells:
            row.setdefault(name, "")
    next(row for row in rows if row["id"] == key).update(cells)
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def program(folder: Path, lines: str) -> None:
    path = folder / "program.toml"
    path.write_text(path.read_text().replace("weeks = 6\n", f"weeks = 6\n{lines}\n", 1))


def asked(folder: Path) -> tuple[PlanningProblem, Names]:
    found = read_folder(folder, today=TODAY)
    assert isinstance(found, Folder), found
    return problem_of(found, datetime(2026, 11, 30, tzinfo=UTC), holiday_absences)


def candidate(folder: Path, key: str) -> tuple[PlanningProblem, Names, Candidate]:
    problem, names = asked(folder)
    return (
        problem,
        names,
        next(c for c in problem.candidates if names.participants[c.rotation] == key),
    )


def test_what_somebody_asks_reaches_the_planner(folder: Path) -> None:
    tell(
        folder / "people.csv",
        "mara",
        away="2026-01-12..2026-01-13; 2026-01-20",
        visit_in="2026-01-14..2026-01-16",
        sites="Berlin;Croydon",
        access="badge",
        must_visit="service-desk",
        never_visit="store-returns",
        met_customers_on="2025-07-07",
    )
    tell(folder / "hosts.csv", "service-desk", visits_per_day="2", site="Berlin")
    tell(folder / "hosts.csv", "store-returns", site="Croydon", needs_access="badge; keys")

    problem, names, mara = candidate(folder, "mara")

    hosts = {names.teams[host.team]: host for host in problem.hosts}
    person = next(p for p in problem.people if p.person == mara.participant)
    assert [names.teams[team] for team in mara.must_visit] == ["service-desk"]
    assert (mara.rotation, hosts["store-returns"].team) in problem.forbidden
    assert mara.sites == ("Berlin", "Croydon")
    assert mara.access == ("badge",)
    assert mara.unexposed == 26 - 13
    assert [i.ends.date() for i in mara.visits_in] == [date(2026, 1, 16) + MOVED]
    days_away = {i.ends.date() for i in person.absences}
    assert {date(2026, 1, 13) + MOVED, date(2026, 1, 20) + MOVED} <= days_away
    assert hosts["service-desk"].visits_per_day == 2
    assert hosts["store-returns"].needs_access == ("badge", "keys")
    assert hosts["store-returns"].site == "Croydon"


def test_what_nobody_asks_leaves_everything_open(folder: Path) -> None:
    _, _, mara = candidate(folder, "mara")

    assert mara == mara.model_copy(
        update={"sites": (), "must_visit": (), "visits_in": (), "unexposed": 0}
    )


def test_on_days_of_a_blackout_nobody_is_met(folder: Path) -> None:
    program(folder, 'blackouts = ["2026-01-19..2026-01-23"]\nholidays = false')
    path = folder / "program.toml"
    path.write_text(path.read_text().replace("holidays = true\n", ""))

    problem, _ = asked(folder)

    for person in problem.people:
        assert any(
            (i.ends - i.starts).days in {4, 5} and i.starts.date() >= date(2026, 1, 18) + MOVED
            for i in person.absences
        )


def test_rules_of_the_program_reach_the_planner(folder: Path) -> None:
    program(
        folder,
        'required-lenses = ["customer"]\nmeets-customers = true\nexposure-limit = "4w"',
    )

    found = asked(folder)[0].program

    assert found.required_lenses == ("customer",)
    assert found.meets_customers
    assert found.exposure_limit == timedelta(weeks=4)


RITUAL = """
[[rituals]]
key = "lenses"
title = "Lenses"
duration = "1h"
weekday = "Sun"
starts-at = "15:00"
lenses = ["legal", "customer"]
observer = true
"""


def test_a_ritual_may_have_an_observer_and_somebody_a_lens_of_their_own(folder: Path) -> None:
    path = folder / "program.toml"
    path.write_text(path.read_text() + RITUAL)
    program(folder, "continuous = true")
    tell(folder / "people.csv", "mara", lens="legal")

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, Folder), found
    (ritual,) = found.program.rituals
    assert ritual.observer
    assert found.program.continuous
    assert {p.key: p.lens for p in found.people if p.lens} == {"mara": "legal"}


def test_practice_s53_a_ritual_that_goes_on_starts_at_no_hour_that_clocks_skip(
    folder: Path,
) -> None:
    """The example's six weeks have no change of clocks; the years after them do."""
    path = folder / "program.toml"
    path.write_text(path.read_text() + RITUAL.replace("15:00", "02:30"))
    assert isinstance(read_folder(folder, today=TODAY), Folder)
    program(folder, "continuous = true")

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert [r.field for r in found] == ["rituals.1.starts-at"]


@pytest.mark.parametrize(
    ("file", "key", "field", "value", "problem", "remedy"),
    [
        ("people.csv", "mara", "must_visit", "servicedesk", "no host team", "service-desk"),
        ("people.csv", "mara", "never_visit", "servicedesk", "no host team", "service-desk"),
        ("people.csv", "mara", "must_visit", "finance;service-desk", "", ""),
        ("people.csv", "mara", "sites", "Mars", "no host team is at 'Mars'", "leave it empty"),
        ("people.csv", "mara", "away", "2026-02-30", "is not a date", "2026-11-30"),
        ("people.csv", "mara", "away", "2026-02-03..2026-02-01", "ends before it starts", "swap"),
        ("people.csv", "mara", "visit_in", "2027-02-01", "in the program's weeks", "2026-11-30 to"),
        ("people.csv", "mara", "lens", "custmer", "and no ritual has the lens", "customer"),
        ("people.csv", "mara", "met_customers_on", "soon", "is not a date", "2026-11-30"),
        ("people.csv", "mara", "working_hours", "all day", "not a stretch", "between bars"),
        ("hosts.csv", "service-desk", "visits_per_day", "0", "not such a number", "1 to 10"),
    ],
)
def test_each_mistake_is_named_with_what_would_be_right(
    folder: Path, file: str, key: str, field: str, value: str, problem: str, remedy: str
) -> None:
    tell(folder / file, key, **{field: value})

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert any(
        (r.file, r.field) == (file, field) and problem in r.problem and remedy in r.remedy
        for r in found
    ), found


def test_nobody_must_and_must_not_visit_a_team(folder: Path) -> None:
    tell(folder / "people.csv", "mara", must_visit="service-desk", never_visit="service-desk")

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert [(r.field, r.problem) for r in found] == [
        ("must_visit", "'service-desk' is also in never_visit (person 'mara')")
    ]


@pytest.mark.parametrize(
    ("lines", "field", "problem"),
    [
        ('required-lenses = ["custmer"]', "program.required-lenses", "no host team has the lens"),
        ('blackouts = ["tomorrow"]', "program.blackouts.1", "is not a stretch of days"),
        ('blackouts = ["2026-02-03..2026-02-01"]', "program.blackouts.1", "ends before it starts"),
        ('exposure-limit = "long"', "program.exposure-limit", "is not a length of time"),
    ],
)
def test_a_mistake_in_the_programs_rules_is_named(
    folder: Path, lines: str, field: str, problem: str
) -> None:
    program(folder, lines)

    found = read_folder(folder, today=TODAY)

    assert isinstance(found, tuple)
    assert any(r.field == field and problem in r.problem for r in found), found
