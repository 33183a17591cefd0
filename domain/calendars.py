"""People's own calendars: where they are kept, and the little that is ever read out of them."""

from datetime import date, timedelta

from pydantic import SecretStr

from domain.moments import Interval
from domain.program import Program
from domain.value import Key, Moment, PersonRef, Silent, Value


class BusyTimes(Value):
    """When a person is busy or away, in UTC, ordered and disjoint within each list; nothing else of a calendar is kept.

    ``busy`` are meetings; ``absences`` are whole days and out-of-office stretches. ``unnamed`` are busy
    times that do not say what they are, as free/busy lists give them: the person's own seats in steps
    may be among them.
    """

    busy: tuple[Interval, ...] = ()
    absences: tuple[Interval, ...] = ()
    unnamed: tuple[Interval, ...] = ()
    unread: int = 0
    """Entries that could not be understood; they count as free."""
    notes: tuple[str, ...] = ()
    """What had to be assumed, a sentence each."""


class Weeks(Value):
    """The days of one cohort's program: ``first`` included, ``last`` not; the domains mark its own invites."""

    cohort: Key
    first: date
    last: date
    mail_domain: str
    domains_before: Silent[tuple[str, ...]] = ()
    """Those of earlier versions that something keeps to."""

    @property
    def own(self) -> tuple[str, ...]:
        """How the UIDs of its own invites end, in small letters."""
        return tuple(f"@{one.lower()}" for one in (self.mail_domain, *self.domains_before))


def weeks_of(program: Program, *earlier: Program) -> Weeks:
    """Return a program's days and one more on either side, for people in other zones.

    With ``earlier`` versions that something keeps to, the days of the longest.
    """
    first = program.starts_on - timedelta(days=1)
    longest = max(one.weeks for one in (program, *earlier))
    before = {one.mail_domain for one in earlier} - {program.mail_domain}
    return Weeks(
        cohort=program.cohort,
        first=first,
        last=first + timedelta(weeks=longest, days=2),
        mail_domain=program.mail_domain,
        domains_before=tuple(sorted(before)),
    )


class CalendarAddress(Value):
    """Where a calendar is fetched from: a feed, or a CalDAV collection that is asked for free and busy.

    Many calendars are open to whoever knows their address, so it is as secret as a password.
    """

    url: SecretStr
    caldav: bool = False
    user: str = ""
    password: SecretStr = SecretStr("")


class Seen(Value):
    """What the server said of the calendar that was read last, and the SHA-256 of its text."""

    etag: str = ""
    modified: str = ""
    digest: str = ""


class CalendarSource(Value):
    """One person's calendar that is due to be fetched, for the weeks of every cohort that is not over.

    ``seen`` is None where the text has to be read anew even if it is the same: for other weeks, say.
    """

    person: PersonRef
    zone: str
    address: CalendarAddress
    weeks: tuple[Weeks, ...]
    added_at: Moment
    seen: Seen | None = None

    @property
    def span(self) -> tuple[date, date]:
        """The first day of all weeks, and the day after the last."""
        return min(w.first for w in self.weeks), max(w.last for w in self.weeks)


class CalendarReading(Value):
    """What was read out of a calendar, by cohort."""

    seen: Seen
    times: tuple[tuple[Key, BusyTimes], ...]
