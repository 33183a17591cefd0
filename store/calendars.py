"""People's own calendars: where each is kept, sealed, how it was read last, and what came of it."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.calendars import (
    BusyTimes,
    CalendarAddress,
    CalendarReading,
    CalendarSource,
    Seen,
    Weeks,
    weeks_of,
)
from domain.errors import NotFound, Refused
from store.audit import note
from store.busy import Kept, intervals_of, keep_intervals
from store.database import quietly, reading, writing
from store.pages import CalendarRow
from store.people import people, programs_of
from store.tables.people import CohortTable
from store.tables.planning import CalendarSourceTable, CalendarTable
from store.vault import Vault

STALE = timedelta(days=2)
"""Age from which a calendar that can't be fetched needs a person."""

FIRST_PAUSE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=6)


class CalendarDesk:
    """Implements ``domain.ports.CalendarDesk``; ``every`` is the time between two looks."""

    def __init__(self, engine: Engine, vault: Vault, every: timedelta) -> None:
        self._engine = engine
        self._vault = vault
        self._every = every

    def proposed(self, person: str, address: CalendarAddress, now: datetime) -> CalendarSource:
        """Return a calendar as it would be fetched, keeping nothing; raises Refused when no cohort needs it."""
        zone, weeks = self.needed(person, now)
        return CalendarSource(person=person, zone=zone, address=address, weeks=weeks, added_at=now)

    def needed(self, person: str, now: datetime) -> tuple[str, tuple[Weeks, ...]]:
        """Return a person's zone and the weeks that matter; raises Refused when all cohorts are over."""
        with reading(self._engine) as session:
            weeks = _weeks(session, now)
            if not weeks:
                raise Refused("Every cohort is over. Import the folder of the next one first.")
            return people(session)[person].zone, weeks

    def add(self, source: CalendarSource, found: CalendarReading, now: datetime) -> None:
        """Take a calendar that was just read in place of whatever the person had before."""
        address = source.address
        secrets = {
            "url": address.url.get_secret_value(),
            "user": address.user,
            "password": address.password.get_secret_value(),
        }
        with writing(self._engine) as session:
            row = _anew(session, source.person, "caldav" if address.caldav else "feed", now)
            row.added_at = source.added_at
            row.server = urlsplit(secrets["url"]).hostname or ""
            row.sealed = self._vault.seal(session, source.person, json.dumps(secrets))
            self._read(session, row, source, found, now)

    def upload(self, person: str, found: CalendarReading, now: datetime) -> None:
        """Take what a file says in place of whatever the person had before."""
        with writing(self._engine) as session:
            row = _anew(session, person, "file", now)
            row.good_at = now
            _keep(session, row, found, now)

    def remove(self, person: str, now: datetime) -> None:
        """Forget a person's calendar with all that was read; raises NotFound when there is none."""
        with writing(self._engine) as session:
            source = session.get(CalendarSourceTable, person)
            read = session.scalars(select(CalendarTable).where(CalendarTable.person == person))
            found = [*filter(None, [source]), *read]
            if not found:
                raise NotFound(f"No calendar of {person} is known.")
            for row in found:
                session.delete(row)
            note(session, now, None, f"calendar of {person} removed")

    def due(self, now: datetime, limit: int) -> tuple[str, ...]:
        """Return whose calendar is to be fetched now; none once all cohorts are over."""
        query = (
            select(CalendarSourceTable.person)
            .where(CalendarSourceTable.next_at <= now)
            .order_by(CalendarSourceTable.next_at)
            .limit(limit)
        )
        with reading(self._engine) as session:
            due = tuple(session.scalars(query))
            return due if due and _weeks(session, now) else ()

    def fetched(self) -> tuple[str, ...]:
        """Return everybody whose calendar is fetched from somewhere."""
        query = select(CalendarSourceTable.person).where(CalendarSourceTable.sealed.is_not(None))
        with reading(self._engine) as session:
            return tuple(session.scalars(query.order_by(CalendarSourceTable.person)))

    def source(self, person: str, now: datetime) -> CalendarSource:
        """Return where a person's calendar is fetched from; raises NotFound, Refused or Unreadable."""
        zone, weeks = self.needed(person, now)
        with reading(self._engine) as session:
            row = session.get(CalendarSourceTable, person)
            if row is None or row.sealed is None:
                raise NotFound(f"The calendar of {person} is not fetched from anywhere.")
            same = row.read_for == _fingerprint(zone, weeks)
            return CalendarSource(
                person=person,
                zone=zone,
                address=CalendarAddress(
                    caldav=row.kind == "caldav",
                    **json.loads(self._vault.open(session, person, row.sealed)),
                ),
                weeks=weeks,
                added_at=row.added_at,
                seen=_seen(row) if same else None,
            )

    def keep(self, source: CalendarSource, found: CalendarReading, now: datetime) -> None:
        """Keep what was read, unless the calendar was replaced or removed meanwhile."""
        with reading(self._engine) as session:
            news = _differs(session, source.person, found)
        with (writing if news else quietly)(self._engine) as session:
            row = _same(session, source)
            if row:
                self._read(session, row, source, found, now)

    def unchanged(self, source: CalendarSource, now: datetime) -> None:
        """The calendar is there, and as it was."""
        with quietly(self._engine) as session:
            row = _same(session, source)
            if row:
                self._was_good(row, now)

    def failed(self, person: str, reason: str, now: datetime) -> None:
        """Keep the last good state; pauses double from 5 minutes to 6 hours."""
        with reading(self._engine) as session:
            before = session.get(CalendarSourceTable, person)
            shown = before is not None and _is_stale(before, now)
        with (writing if shown else quietly)(self._engine) as session:
            row = session.get(CalendarSourceTable, person)
            if row is None:
                return
            pause = FIRST_PAUSE * 2 ** min(row.failures, 10)
            row.failures += 1
            row.next_at = now + min(pause, LONGEST_PAUSE)
            row.reason = reason
            row.stale = _is_stale(row, now)

    def all(self) -> tuple[CalendarRow, ...]:
        """Return every calendar that is known, by name; those of program folders too."""
        with reading(self._engine) as session:
            own = {row.person: row for row in session.scalars(select(CalendarSourceTable))}
            folder = set(session.scalars(select(CalendarTable.person))) - set(own)
            everybody = people(session)
            rows = [
                *(_row(row, everybody[ref].name) for ref, row in own.items()),
                *(CalendarRow(person=r, name=everybody[r].name, kind="folder") for r in folder),
            ]
            return tuple(sorted(rows, key=lambda r: r.name))

    def _read(
        self,
        session: Session,
        row: CalendarSourceTable,
        source: CalendarSource,
        found: CalendarReading,
        now: datetime,
    ) -> None:
        row.etag, row.modified = found.seen.etag, found.seen.modified
        row.read_for = _fingerprint(source.zone, source.weeks)
        self._was_good(row, now)
        _keep(session, row, found, now)

    def _was_good(self, row: CalendarSourceTable, now: datetime) -> None:
        row.good_at, row.next_at = now, now + self._every
        row.failures, row.reason, row.stale = 0, "", False


def refresh_all(session: Session, now: datetime) -> None:
    """Let every calendar be fetched soon: there is a new cohort, or people work elsewhere."""
    for row in session.scalars(select(CalendarSourceTable)):
        row.next_at = now if row.sealed else None


def has_own(session: Session, cohort: str, person: str) -> bool:
    """Return whether a calendar of the person's own has been read for a cohort: the folder's then gives way."""
    own = session.get(CalendarSourceTable, person)
    return own is not None and session.get(CalendarTable, (cohort, person)) is not None


def _anew(session: Session, person: str, kind: str, now: datetime) -> CalendarSourceTable:
    before = session.get(CalendarSourceTable, person)
    if before:
        session.delete(before)
        session.flush()
    row = CalendarSourceTable(person=person, kind=kind, added_at=now)
    session.add(row)
    session.flush()
    note(session, now, None, f"calendar of {person} added ({kind})")
    return row


def _keep(
    session: Session, row: CalendarSourceTable, found: CalendarReading, now: datetime
) -> None:
    row.digest = found.seen.digest
    row.remarks = _remarks(times for _, times in found.times)
    for cohort, times in found.times:
        intervals = intervals_of(session, cohort, row.person, times)
        before = session.get(CalendarTable, (cohort, row.person))
        if before is None or before.intervals != intervals:
            keep_intervals(session, cohort, {row.person: Kept(intervals, row.digest)}, now)


def _differs(session: Session, person: str, found: CalendarReading) -> bool:
    for cohort, times in found.times:
        before = session.get(CalendarTable, (cohort, person))
        if before is None or before.intervals != intervals_of(session, cohort, person, times):
            return True
    return False


def _remarks(read: Iterable[BusyTimes]) -> str:
    times = list(read)
    unread = max((t.unread for t in times), default=0)
    said = dict.fromkeys(note for t in times for note in t.notes)
    left_out = [f"{unread} entries make no sense or repeat without measure"] if unread else []
    return "; ".join([*left_out, *said])


def _same(session: Session, source: CalendarSource) -> CalendarSourceTable | None:
    row = session.get(CalendarSourceTable, source.person)
    return row if row and row.added_at == source.added_at else None


def _seen(row: CalendarSourceTable) -> Seen:
    return Seen(etag=row.etag, modified=row.modified, digest=row.digest)


def _is_stale(row: CalendarSourceTable, now: datetime) -> bool:
    return (row.good_at or row.added_at) <= now - STALE


def _weeks(session: Session, now: datetime) -> tuple[Weeks, ...]:
    keys = session.scalars(select(CohortTable.key).order_by(CohortTable.key)).all()
    weeks = (weeks_of(*programs_of(session, key)) for key in keys)
    return tuple(w for w in weeks if w.last > now.date())


def _fingerprint(zone: str, weeks: Iterable[Weeks]) -> str:
    text = zone + "".join(one.model_dump_json() for one in weeks)
    return hashlib.sha256(text.encode()).hexdigest()


def _row(row: CalendarSourceTable, name: str) -> CalendarRow:
    return CalendarRow(
        person=row.person,
        name=name,
        kind=row.kind,
        server=row.server,
        read_at=row.good_at,
        reason=row.reason,
        remarks=row.remarks,
        stale=row.stale,
    )
