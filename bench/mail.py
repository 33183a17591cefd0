"""Composing one invite beside icalendar's own bare build of the same event: ``python -m bench.mail``.

The floor builds the event and its zone with icalendar and writes their text, nothing more; ours takes
the facts and returns the whole mail: words in two forms, the calendar, its attachment, the headers.
"""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Alarm, Calendar, Event, Timezone, vCalAddress, vText

from bench.reading import measured, show
from domain.invites import CalendarMail, Method
from domain.people import Seat
from domain.program import StepKind
from invites.composer import MailComposer
from invites.words import calendar_notes

NOW = datetime(2026, 11, 24, 10, tzinfo=UTC)
STARTS = NOW + timedelta(days=7)
ENDS = STARTS + timedelta(hours=1)
ZONE = "Europe/Berlin"
ORGANISER = "rotations@sojourn.example"
COMPOSER = MailComposer(ORGANISER, "Sojourn rotations")

_numbers = itertools.count()


def an_invite() -> CalendarMail:
    """Return an invite that no other is like, so that nothing remembered helps."""
    number = next(_numbers)
    return CalendarMail(
        method=Method.REQUEST,
        uid=f"k3v5q2nxw4h7c6m2{number}@sojourn.example",
        sequence=0,
        stamped=NOW,
        created=NOW,
        starts=STARTS,
        ends=ENDS,
        zone=ZONE,
        reader_name=f"Ann Berg {number}",
        reader_email=f"ann{number}@example.net",
        title="Day beside the desk (A day with the desk)",
        where="The service desk, second floor",
        kind=StepKind.SHADOWING_DAY,
        seat=Seat.HOST_LEAD,
        leader="Mara Stein",
        team="the service desk",
        lines=("What takes longest on an ordinary day?", "What do you know that nobody asks?"),
        contact="Lena Hoffmann, lena@example.net",
        answer_url=f"https://rotations.example/t/{number}.eyJwIjoiYW5zd2VyIn0.abcdefghijklmnop",
    )


def ours() -> bytes:
    return COMPOSER.calendar_mail(an_invite()).raw


_ONE = an_invite()
NOTES = calendar_notes(_ONE, COMPOSER.words(_ONE)[1])


def bare() -> bytes:
    """Return the same calendar as icalendar alone makes it."""
    number = next(_numbers)
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//bench//EN")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "REQUEST")
    calendar.add_component(Timezone.from_tzid(ZONE, first_date=NOW.date(), last_date=ENDS.date()))
    calendar.add_component(_event(number))
    return bytes(calendar.to_ical())


def _event(number: int) -> Event:
    event = Event()
    event.add("uid", f"k3v5q2nxw4h7c6m2{number}@sojourn.example")
    for name in ("dtstamp", "created", "last-modified"):
        event.add(name, NOW)
    event.add("sequence", 0)
    event.add("dtstart", STARTS.astimezone(ZoneInfo(ZONE)))
    event.add("dtend", ENDS.astimezone(ZoneInfo(ZONE)))
    event.add("summary", "Day beside the desk (A day with the desk)")
    organiser, attendee = vCalAddress(f"mailto:{ORGANISER}"), vCalAddress("mailto:ann@example.net")
    organiser.params["CN"] = vText("Sojourn rotations")
    attendee.params["CN"] = vText(f"Ann Berg {number}")
    for name, value in (
        ("CUTYPE", "INDIVIDUAL"),
        ("ROLE", "REQ-PARTICIPANT"),
        ("PARTSTAT", "NEEDS-ACTION"),
        ("RSVP", "TRUE"),
    ):
        attendee.params[name] = vText(value)
    event.add("organizer", organiser)
    event.add("attendee", attendee, encode=False)
    event.add("location", "The service desk, second floor")
    event.add("description", NOTES)
    event.add("class", "PUBLIC")
    event.add("transp", "OPAQUE")
    event.add("status", "CONFIRMED")
    event.add("x-microsoft-disallow-counter", "TRUE")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", "Day beside the desk (A day with the desk)")
    alarm.add("trigger", timedelta(minutes=-15))
    event.add_component(alarm)
    return event


def without_zone() -> bytes:
    """Return what icalendar makes of the event alone: the lowest floor there is."""
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//bench//EN")
    calendar.add("method", "REQUEST")
    calendar.add_component(_event(next(_numbers)))
    return bytes(calendar.to_ical())


def main() -> None:
    """Compose one invite in every way and print what each takes."""
    ways: dict[str, Callable[[], object]] = {
        "icalendar, the event alone": without_zone,
        "icalendar, the event and its zone": bare,
        "ours, the whole mail": ours,
    }
    for way in ways.values():
        way()
    found = measured(ways)
    show("composing one invite", found, "the event alone", found["icalendar, the event alone"])


if __name__ == "__main__":
    main()
