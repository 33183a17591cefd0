"""Commands about people's own calendars: add one by its address or from a file, look at them, fetch, forget."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from pydantic import SecretStr

from cli.leaving import ATTENTION, OK, leave
from cli.options import Json, office
from cli.showing import as_json, console, count, table
from domain.calendars import CalendarAddress, CalendarReading, CalendarSource
from domain.errors import DomainError, Refused
from domain.moments import ago
from store.pages import CalendarRow
from wiring import Office

_KINDS = {
    "folder": "program folder",
    "file": "uploaded file",
    "feed": "feed",
    "caldav": "CalDAV",
}

PersonArg = Annotated[
    str,
    typer.Argument(metavar="PERSON", help="Name, mail address, id in people.csv or pseudonym."),
]


def add_calendar(
    person: PersonArg,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="https or webcal address of the calendar.")
    ],
    caldav: Annotated[
        bool,
        typer.Option("--caldav", help="It is a CalDAV collection: ask only for free and busy."),
    ] = False,
    user: Annotated[str, typer.Option(help="User to log in as; the password is asked for.")] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help="File with the password, instead of asking."
        ),
    ] = None,
) -> None:
    """Fetch a person's calendar now, and from then on by itself; it takes the place of any earlier one.

    Only busy times are kept. The address is stored like a password: many calendars are open to whoever knows it.

    Example: sojourn calendar add mara https://dav.example.org/mara/work/ --caldav --user mara
    """
    found = office()
    who = found.views.person(person)
    password = _password(user, password_file)
    address = CalendarAddress(url=SecretStr(url), caldav=caldav, user=user, password=password)
    source = found.calendars.proposed(who, address, found.now())
    reading = asyncio.run(_look(found, source))
    found.calendars.add(source, reading, found.now())
    _say_what_was_read(found, who, reading)


def upload_calendar(
    person: PersonArg,
    file: Annotated[Path, typer.Argument(metavar="FILE", dir_okay=False, exists=True)],
) -> None:
    """Read a person's busy times from an iCalendar file; they take the place of any earlier calendar.

    Example: sojourn calendar upload mara mara.ics
    """
    found = office()
    who = found.views.person(person)
    _say_what_was_read(found, who, found.upload_calendar(who, file))


def list_calendars(json: Json = False) -> None:
    """Show whose calendar is known, from where, how old it is, and why it can't be read now.

    Exit code 3: a calendar could not be read for two days.

    Example: sojourn calendar list
    """
    found = office()
    rows = found.calendars.all()
    if json:
        as_json(rows)
    elif not rows:
        console.print("No calendar is known. Add one with: sojourn calendar add PERSON URL")
    else:
        columns = ("who", "source", "last read", "trouble", "remarks")
        table(count(len(rows), "calendar"), columns, (_cells(found, row) for row in rows))
    leave(ATTENTION if any(row.stale for row in rows) else OK)


def refresh_calendars(
    person: Annotated[
        str, typer.Argument(metavar="PERSON", help="Whose; everybody's when left out.")
    ] = "",
) -> None:
    """Fetch calendars now instead of waiting for the next look. Exit code 3: one could not be read.

    Example: sojourn calendar refresh mara
    """
    found = office()
    whose = (found.views.person(person),) if person else found.calendars.fetched()
    if person and whose[0] not in found.calendars.fetched():
        raise Refused(
            f"The calendar of {found.views.named(whose[0])} is not fetched from anywhere."
        )
    failures = [
        (who, why)
        for who in whose
        if (why := asyncio.run(found.refresher.refresh(who))) is not None
    ]
    for who, why in failures:
        console.print(found.views.named(f"{who}: {why}"), markup=False)
    console.print(f"{count(len(whose) - len(failures), 'calendar')} read.")
    leave(ATTENTION if failures else OK)


def remove_calendar(person: PersonArg) -> None:
    """Forget a person's calendar: its address and everything that was read from it.

    Example: sojourn calendar remove mara
    """
    found = office()
    who = found.views.person(person)
    try:
        found.calendars.remove(who, found.now())
    except DomainError as unknown:
        raise Refused(found.views.named(str(unknown))) from unknown
    console.print(found.views.named(f"The calendar of {who} is forgotten."), markup=False)


def _password(user: str, file: Path | None) -> SecretStr:
    if not user:
        return SecretStr("")
    if file:
        return SecretStr(file.read_text().rstrip("\r\n"))
    return SecretStr(typer.prompt(f"Password of {user}", hide_input=True))


async def _look(found: Office, source: CalendarSource) -> CalendarReading:
    try:
        reading = await found.refresher.look(source)
    except DomainError as failed:
        raise Refused(f"The calendar was not added: {failed}.") from failed
    if reading is None:
        raise Refused("The calendar was not added: the server says that it has not changed.")
    return reading


def _say_what_was_read(found: Office, person: str, reading: CalendarReading) -> None:
    for cohort, times in reading.times:
        busy = count(len(times.busy) + len(times.unnamed), "busy time")
        away = count(len(times.absences), "absence")
        said = f"{person} in the weeks of {cohort}: {busy}, {away}."
        console.print(found.views.named(said), markup=False)
        if times.unread:
            console.print(f"{count(times.unread, 'entry', 'entries')} could not be read.")
        for assumed in times.notes:
            console.print(f"Note: {assumed}.", markup=False)


def _cells(found: Office, row: CalendarRow) -> tuple[str, ...]:
    source = " ".join(filter(None, [_KINDS[row.kind], row.server]))
    read = ago(row.read_at, found.now()) if row.read_at else "at import"
    return row.name, source, read, row.reason, row.remarks
