"""The calendars of a program folder, one file each, named after the person."""

import hashlib
from collections import OrderedDict
from datetime import timedelta
from pathlib import Path

from domain.calendars import BusyTimes, Weeks, weeks_of
from domain.folder import FolderCalendar, FolderPerson
from domain.program import Program
from intake.busy import read_busy
from intake.dialects import Unreadable
from intake.rejections import Rejections

FOLDER = "calendars"
LARGEST = 10_000_000

MOST_KEPT = 10_000
"""Calendars whose times stay at hand, as intervals without a word of what they were."""


Asked = tuple[str, str, Weeks, timedelta]
"""A file's digest, and the zone, the weeks and the shift that it is read for."""


class _Read:
    """What was read last, by content: a folder that is checked and then loaded is read once."""

    def __init__(self) -> None:
        self._known: OrderedDict[Asked, BusyTimes] = OrderedDict()

    def get(self, asked: Asked) -> BusyTimes | None:
        return self._known.get(asked)

    def keep(self, asked: Asked, times: BusyTimes) -> None:
        self._known[asked] = times
        self._known.move_to_end(asked)
        while len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)


_READ = _Read()


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
    digest = hashlib.sha256(raw).hexdigest()
    asked = digest, person.zone, weeks_of(program), shift
    times = _READ.get(asked) or read_busy(raw, *asked[1:])
    _READ.keep(asked, times)
    if times.unread:
        raise Unreadable(f"{times.unread} of its entries make no sense or repeat without measure")
    return FolderCalendar(
        person=person.key,
        digest=digest,
        busy=times.busy,
        absences=times.absences,
        unnamed=times.unnamed,
    )


def read_file(path: Path) -> bytes:
    """Return a calendar file; raises Unreadable for one that is larger than any calendar."""
    if path.stat().st_size > LARGEST:
        raise Unreadable("it is larger than 10 MB")
    return path.read_bytes()
