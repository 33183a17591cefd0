"""Reading the lists: ``people.csv``, ``hosts.csv`` and ``goals.csv``."""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from domain.folder import FolderGoal, FolderPerson, FolderTeam
from domain.language import Language
from domain.moments import Days, WorkingHours
from domain.people import Fact
from intake.holidays import known_place
from intake.hours import HOURS_REMEDY, working_hours
from intake.rejections import Rejections, Row

PEOPLE, HOSTS, GOALS = "people.csv", "hosts.csv", "goals.csv"

PEOPLE_COLUMNS = (
    "id", "name", "email", "team", "manager", "zone", "country", "subdivision",
    "working_hours", "participates", "released_on", "sessions_agreed_on",
)  # fmt: skip
PEOPLE_OPTIONAL = (
    "language", "away", "visit_in", "sites", "access", "must_visit", "never_visit",
    "met_customers_on", *Fact, "lens", "proxy",
)  # fmt: skip
PROTECTED = frozenset(
    (
        "age", "birth", "birthday", "born", "gender", "sex", "sexual", "pronouns", "origin",
        "ethnicity", "ethnic", "race", "skin", "nationality", "citizenship", "migration", "religion",
        "belief", "faith", "disability", "disabled", "health", "illness", "pregnancy", "pregnant",
        "marital", "family", "children", "union", "political",
        "alter", "altersgruppe", "geburtstag", "geburtsdatum", "geburtsort", "geschlecht",
        "herkunft", "ethnie", "hautfarbe", "staatsangehörigkeit", "nationalität",
        "migrationshintergrund", "religionszugehörigkeit", "konfession", "weltanschauung",
        "behinderung", "schwerbehinderung", "gesundheit", "krankheit", "schwangerschaft",
        "familienstand", "kinder", "sexuelle", "gewerkschaft",
    )
)  # fmt: skip
"""Words in the name of a column by which nobody may be told apart."""
LONGEST_FACT = 40
"""Characters."""
_WORD = re.compile(r"[^\W_]+")
HOSTS_COLUMNS = (
    "id", "name", "lenses", "customer_facing", "lead", "frontline", "zone",
    "visits_per_week", "agreed_on", "closed",
)  # fmt: skip
HOSTS_OPTIONAL = ("visits_per_day", "site", "needs_access")
GOALS_COLUMNS = (
    "participant", "goal", "seen_by", "lens", "weight", "wished_team", "agreed_on",
)  # fmt: skip

MOST_GOALS = 5


def read_people(
    folder: Path, rejections: Rejections, shift: timedelta, first_week: int = 0
) -> list[FolderPerson]:
    """Return everybody whose row could be read; mistakes are noted.

    Shift patterns take turns from ``first_week`` on, a ``week_number``.
    """
    rows = list(rows_of(folder, PEOPLE, PEOPLE_COLUMNS, rejections, PEOPLE_OPTIONAL))
    keys = [row.key("id") for row in rows]
    _reject_doubles(rows, "id", keys)
    emails = [row.text("email", needed=False).lower() for row in rows]
    _reject_doubles(rows, "email", emails)
    known = set(keys)
    people = [_person(row, known, shift, first_week) for row in rows]
    _check_proxies(rows, people)
    return people


def read_teams(
    folder: Path, rejections: Rejections, people: Iterable[FolderPerson], shift: timedelta
) -> list[FolderTeam]:
    """Return every host team whose row could be read; mistakes are noted."""
    rows = list(rows_of(folder, HOSTS, HOSTS_COLUMNS, rejections, HOSTS_OPTIONAL))
    _reject_doubles(rows, "id", [row.key("id") for row in rows])
    known = {person.key for person in people}
    return [_team(row, known, shift) for row in rows]


def read_goals(
    folder: Path,
    rejections: Rejections,
    people: Iterable[FolderPerson],
    teams: Iterable[FolderTeam],
    shift: timedelta,
) -> list[FolderGoal]:
    """Return the learning goals; a participant without any, or with more than five, is a mistake."""
    rows = list(rows_of(folder, GOALS, GOALS_COLUMNS, rejections))
    participants = {person.key for person in people if person.participates}
    hosts = {team.key for team in teams}
    goals = [_goal(row, participants, hosts, shift) for row in rows]
    counts = Counter(goal.participant for goal in goals)
    for key in sorted(participants):
        if not 1 <= counts[key] <= MOST_GOALS:
            problem = f"participant '{key}' has {counts[key]} learning goals"
            rejections.add(GOALS, None, "participant", problem, "give each participant 1 to 5")
    return goals


def goals_as_csv(goals: Iterable[FolderGoal]) -> str:
    """Return learning goals as ``goals.csv`` has them, so that they can be read again."""
    text = io.StringIO(newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(GOALS_COLUMNS)
    for goal in goals:
        facts = goal.model_dump(mode="json") | {"goal": goal.text}
        lines.writerow("" if facts[name] is None else facts[name] for name in GOALS_COLUMNS)
    return text.getvalue()


def _person(row: Row, known: set[str], shift: timedelta, first_week: int) -> FolderPerson:
    hours: tuple[WorkingHours, ...] = ()
    try:
        hours = working_hours(row.text("working_hours"), first_week)
    except ValueError as unclear:
        row.reject("working_hours", str(unclear), HOURS_REMEDY)
    country = row.text("country").upper()
    subdivision = row.text("subdivision", needed=False) or None
    problem = known_place(country, subdivision) if country else None
    if problem:
        field = "subdivision" if subdivision and "part" in problem else "country"
        row.reject(field, problem, "use ISO codes, such as DE and BE for Berlin")
    key = row.cells["id"].strip()
    manager = row.reference("manager", known, "person")
    if manager and manager == key:
        row.reject("manager", "nobody is their own manager", "name the manager or leave it empty")
    return FolderPerson.model_construct(
        key=key,
        name=row.text("name"),
        email=row.email("email"),
        zone=row.zone("zone"),
        country=country,
        subdivision=subdivision,
        hours=hours,
        team=row.text("team"),
        manager=manager,
        participates=row.yes("participates"),
        language=_language(row),
        released_on=_moved(row.day("released_on"), shift),
        sessions_agreed_on=_moved(row.day("sessions_agreed_on"), shift),
        away_days=tuple(_days(row, "away", shift)),
        visit_days=tuple(_days(row, "visit_in", shift)),
        sites=row.keys("sites", needed=False),
        access=row.keys("access", needed=False),
        must_visit=row.keys("must_visit", needed=False),
        never_visit=row.keys("never_visit", needed=False),
        met_customers_on=_moved(row.day("met_customers_on"), shift),
        works_at=_fact(row, Fact.WORKS_AT),
        shift=_fact(row, Fact.SHIFT),
        level=_fact(row, Fact.LEVEL),
        function=_fact(row, Fact.FUNCTION),
        lens=row.text("lens", needed=False) or None,
        proxy=row.reference("proxy", known, "person"),
    )


def _check_proxies(rows: list[Row], people: list[FolderPerson]) -> None:
    """Proxies have mail and those whom they answer for have none, so that nobody answers in a circle."""
    known = {person.key: person for person in people}
    for row, person in zip(rows, people, strict=True):
        proxy = known.get(person.proxy or "")
        if proxy is None:
            continue
        if person.email:
            problem = f"'{person.key}' has a mail address and answers in their own mail"
            row.reject("proxy", problem, "leave it empty")
        elif not proxy.email:
            problem = f"'{proxy.key}' has no mail address to be written to"
            row.reject("proxy", problem, "name somebody who has one, or leave it empty")
        elif proxy.participates:
            problem = f"'{proxy.key}' visits others in this program"
            row.reject("proxy", problem, "name somebody who visits nobody, or leave it empty")


def _fact(row: Row, fact: Fact) -> str:
    """Return what is known of somebody's work; empty where nothing is."""
    value = " ".join(row.text(fact, needed=False).split())
    if value and not (value[0].isalnum() and len(value) <= LONGEST_FACT):
        problem = f"'{value[:LONGEST_FACT]}' is no name of a group"
        remedy = f"begin with a letter or a digit, and keep it to {LONGEST_FACT} characters"
        row.reject(fact, problem, remedy)
        return ""
    return value


def _language(row: Row) -> Language | None:
    """Return the language to write to them in; None leaves it to the program."""
    value = row.text("language", needed=False)
    if value and value not in set(Language):
        remedy = f"write {' or '.join(Language)}, or leave it empty"
        row.reject("language", f"nothing is written in '{value[:40]}'", remedy)
        return None
    return Language(value) if value else None


def _team(row: Row, known: set[str], shift: timedelta) -> FolderTeam:
    lead = row.text("lead")
    if lead:
        row.must_be_known("lead", lead, known, "person")
    frontline = row.keys("frontline")
    for key in frontline:
        row.must_be_known("frontline", key, known, "person")
    if len(set(frontline)) < len(frontline):
        row.reject("frontline", "somebody is named twice", "name each colleague once")
    return FolderTeam.model_construct(
        key=row.cells["id"].strip(),
        name=row.text("name"),
        lenses=row.keys("lenses"),
        customer_facing=row.yes("customer_facing"),
        lead=lead,
        frontline=frontline,
        zone=row.zone("zone"),
        visits_per_week=row.number("visits_per_week", 0, 50),
        agreed_on=_moved(row.day("agreed_on"), shift),
        closed_days=tuple(_days(row, "closed", shift)),
        visits_per_day=_visits_per_day(row),
        site=row.text("site", needed=False) or None,
        needs_access=row.keys("needs_access", needed=False),
    )


def _visits_per_day(row: Row) -> int:
    return row.number("visits_per_day", 1, 10) if row.text("visits_per_day", needed=False) else 1


def _days(row: Row, field: str, shift: timedelta) -> Iterator[Days]:
    for stretch in filter(None, row.text(field, needed=False).split(";")):
        first_text, _, last_text = stretch.strip().partition("..")
        first = row.as_day(field, first_text.strip())
        last = row.as_day(field, last_text.strip()) if last_text else first
        if first and last and last < first:
            row.reject(field, f"'{stretch.strip()[:40]}' ends before it starts", "swap the days")
        elif first and last:
            yield first + shift, last + shift


def _goal(row: Row, participants: set[str], hosts: set[str], shift: timedelta) -> FolderGoal:
    participant = row.text("participant")
    if participant:
        row.must_be_known("participant", participant, participants, "participant")
    return FolderGoal.model_construct(
        participant=participant,
        text=row.text("goal"),
        seen_by=row.text("seen_by"),
        lens=row.text("lens"),
        weight=row.number("weight", 1, 100),
        wished_team=row.reference("wished_team", hosts, "host team"),
        agreed_on=_moved(row.day("agreed_on"), shift),
    )


def _moved(day: date | None, shift: timedelta) -> date | None:
    return day + shift if day else None


def _reject_doubles(rows: list[Row], field: str, values: list[str]) -> None:
    first: dict[str, int] = {}
    for row, value in zip(rows, values, strict=True):
        if value and value in first:
            problem = f"'{value[:40]}' stands in line {first[value]} already"
            row.reject(field, problem, "keep one of the two")
        first.setdefault(value, row.line)


def rows_of(
    folder: Path,
    file: str,
    columns: tuple[str, ...],
    rejections: Rejections,
    optional: tuple[str, ...] = (),
) -> Iterator[Row]:
    """Yield the rows of a list whose header is right; what is wrong with the file is noted."""
    text = _text(folder, file, rejections)
    if text is None:
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if not _header_is_right(file, header, columns, optional, rejections):
            return
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield from _row(rejections, file, reader.line_num, header, cells)
    except csv.Error as broken:
        remedy = "mend the quotes of that line"
        rejections.add(file, reader.line_num, None, f"it is not CSV: {broken}", remedy)


def _row(
    rejections: Rejections, file: str, line: int, header: list[str], cells: list[str]
) -> Iterator[Row]:
    if len(cells) != len(header):
        problem = f"it has {len(cells)} cells, the header has {len(header)}"
        rejections.add(file, line, None, problem, "add or remove commas; quote texts with commas")
        return
    yield Row(rejections, file, line, dict(zip(header, cells, strict=True)))


def _text(folder: Path, file: str, rejections: Rejections) -> str | None:
    try:
        return (folder / file).read_text(encoding="utf-8-sig")
    except OSError:
        rejections.add(file, None, None, "it can't be read", "put the list into the folder")
    except UnicodeDecodeError:
        remedy = "save it as CSV in UTF-8"
        rejections.add(file, None, None, "it is not text in UTF-8", remedy)
    return None


def _header_is_right(
    file: str,
    header: list[str],
    columns: tuple[str, ...],
    optional: tuple[str, ...],
    rejections: Rejections,
) -> bool:
    missing = [name for name in columns if name not in header]
    unknown = [name for name in header if name not in {*columns, *optional}]
    for name in missing:
        rejections.add(file, 1, name, "this column is missing", "add it to the header")
    for name in unknown:
        rejections.add(file, 1, name[:40], *_why_unknown(name, (*columns, *optional)))
    doubled = len(set(header)) < len(header)
    if doubled:
        rejections.add(file, 1, None, "a column stands twice", "keep one of the two")
    return not (missing or unknown or doubled)


def _why_unknown(name: str, known: Iterable[str]) -> tuple[str, str]:
    """Return what is wrong with a column, and what would be right."""
    if PROTECTED & set(_WORD.findall(name.casefold())):
        problem = "this is a protected attribute, and Sojourn keeps none of anybody"
        return problem, "take the column out of the list"
    return "this column is unknown", f"columns are {', '.join(known)}"
