"""What a program folder says, before anybody has a pseudonym: people and teams are known by their folder keys."""

from datetime import date

from domain.language import Language
from domain.moments import Days, Interval, WorkingHours
from domain.program import Program
from domain.value import Key, Value


class FolderPerson(Value):
    """One row of ``people.csv``."""

    key: Key
    name: str
    email: str | None
    zone: str
    country: str
    subdivision: str | None
    hours: tuple[WorkingHours, ...]
    team: str
    manager: Key | None
    participates: bool
    released_on: date | None
    sessions_agreed_on: date | None
    language: Language | None = None
    away_days: tuple[Days, ...] = ()
    visit_days: tuple[Days, ...] = ()
    sites: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    must_visit: tuple[Key, ...] = ()
    never_visit: tuple[Key, ...] = ()
    met_customers_on: date | None = None
    works_at: str = ""
    shift: str = ""
    level: str = ""
    function: str = ""
    lens: str | None = None
    proxy: Key | None = None


class FolderTeam(Value):
    """One row of ``hosts.csv``."""

    key: Key
    name: str
    lenses: tuple[str, ...]
    customer_facing: bool
    lead: Key
    frontline: tuple[Key, ...]
    zone: str
    visits_per_week: int
    agreed_on: date | None
    closed_days: tuple[Days, ...]
    visits_per_day: int = 1
    site: str | None = None
    needs_access: tuple[str, ...] = ()


class FolderGoal(Value):
    """One row of ``goals.csv``."""

    participant: Key
    text: str
    seen_by: str
    lens: str
    weight: int
    wished_team: Key | None
    agreed_on: date | None


class FolderCalendar(Value):
    """What ``calendars/<person>.ics`` says about the program's weeks: when the person is busy or away.

    Each list means what it means in ``BusyTimes``; nothing else of the file is kept.
    """

    person: Key
    busy: tuple[Interval, ...]
    absences: tuple[Interval, ...]
    digest: str
    """SHA-256 of the file, so that an unchanged calendar shows as unchanged."""
    unnamed: tuple[Interval, ...] = ()


class Folder(Value):
    """A whole program folder that passed every check."""

    program: Program
    people: tuple[FolderPerson, ...]
    teams: tuple[FolderTeam, ...]
    goals: tuple[FolderGoal, ...]
    calendars: tuple[FolderCalendar, ...]


class Rejection(Value):
    """One thing in a folder that can't be loaded: where it stands, what is wrong, and what would be right.

    ``line`` counts from 1 and is None where a whole file is meant; ``field`` is the column or key.
    """

    file: str
    line: int | None
    field: str | None
    problem: str
    remedy: str


class ImportReport(Value):
    """What an import did, or would do: each entry names a row, such as ``person mara``.

    Nothing was loaded when ``rejected`` is not empty.
    """

    cohort: Key | None = None
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()
    shared_with: tuple[Key, ...] = ()
    """Other cohorts under way that the changed people and host teams belong to as well."""
