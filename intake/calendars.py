"""The calendars of a program folder, one file each, named after the person."""

import hashlib
from datetime import timedelta
from pathlib import Path

from domain.calendars import weeks_of
from domain.folder import FolderCalendar, FolderPerson
from domain.program import Program
from intake.busy import read_busy
from intake.dialects import Unreadable
from intake.rejections import Rejections

FOLDER = "calendars"
LARGEST = 10_000_000


def read_calendars(
    folder: Path,
    rejections: Rejections,
    people: list[FolderPerson],
    program: Program,
    shift: timedelta,
) -> list[FolderCalendar]:
    """Return the calendars of the folder for the program's weeks; a person may have none."""
    known = {person.key: person for person in people}
    found = []
    for path in sorted((folder / FOLDER).glob("*.ics")):
        name = f"{FOLDER}/{path.name}"
        person = known.get(path.stem)
        if person is None:
            remedy = "name the file after the person's id in people.csv"
            rejections.add(name, None, None, f"there is no person '{path.stem[:40]}'", remedy)
            continue
        try:
            found.append(_read(path, person, program, shift))
        except (OSError, Unreadable) as broken:
            problem = str(broken) if isinstance(broken, Unreadable) else type(broken).__name__
            remedy = "export the calendar again as an iCalendar file (.ics)"
            rejections.add(name, None, None, f"it can't be read: {problem}", remedy)
    return found


def _read(path: Path, person: FolderPerson, program: Program, shift: timedelta) -> FolderCalendar:
    raw = read_file(path)
    times = read_busy(raw, person.zone, weeks_of(program), shift)
    if times.unread:
        raise Unreadable(f"{times.unread} of its entries make no sense or repeat without measure")
    digest = hashlib.sha256(raw).hexdigest()
    return FolderCalendar(
        person=person.key,
        digest=digest,
        **times.model_dump(include={"busy", "absences", "unnamed"}),
    )


def read_file(path: Path) -> bytes:
    """Return a calendar file; raises Unreadable for one that is larger than any calendar."""
    if path.stat().st_size > LARGEST:
        raise Unreadable("it is larger than 10 MB")
    return path.read_bytes()
