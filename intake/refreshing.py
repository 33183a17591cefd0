"""Keeping people's calendars fresh: what is due is fetched, read and kept; what fails keeps its last good state."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from datetime import datetime

from domain.calendars import BusyTimes, CalendarReading, CalendarSource, Weeks
from domain.errors import DomainError, NotFound, Refused
from domain.ports import CalendarDesk
from intake.busy import read_busy
from intake.fetching import Fetcher

AT_ONCE = 8
"""Calendars that are fetched together."""

log = logging.getLogger(__name__)


class Refresher:
    """Fetches and reads for one desk; ``now`` is its clock."""

    def __init__(self, desk: CalendarDesk, fetcher: Fetcher, now: Callable[[], datetime]) -> None:
        self._desk = desk
        self._fetcher = fetcher
        self._now = now

    async def refresh_due(self) -> int:
        """Refresh some of what is due and return how many that were; 0 when nothing is due."""
        due = await asyncio.to_thread(self._desk.due, self._now(), AT_ONCE)
        await asyncio.gather(*map(self.refresh, due))
        return len(due)

    async def refresh(self, person: str) -> str | None:
        """Refresh one person's calendar now; return in plain words why it failed, None when it did not."""
        try:
            source = await asyncio.to_thread(self._desk.source, person, self._now())
            reading = await self.look(source)
        except (NotFound, Refused) as unneeded:
            return str(unneeded)
        except DomainError as failed:
            return await self._failed(person, str(failed))
        except Exception as unforeseen:  # noqa: BLE001 - one calendar must not keep up all others
            log.warning("a calendar can't be read: %s", type(unforeseen).__name__)
            return await self._failed(person, "it is more than Sojourn can read")
        if reading:
            await asyncio.to_thread(self._desk.keep, source, reading, self._now())
        else:
            await asyncio.to_thread(self._desk.unchanged, source, self._now())
        return None

    async def _failed(self, person: str, why: str) -> str:
        await asyncio.to_thread(self._desk.failed, person, why, self._now())
        return why

    async def look(self, source: CalendarSource) -> CalendarReading | None:
        """Fetch and read a calendar, keeping nothing; None when it is as it was. Raises DomainError."""
        found = await self._fetcher.fetch(source)
        if found is None:
            return None
        raw, seen = found
        times = await asyncio.to_thread(read_for, raw, source.zone, source.weeks)
        return CalendarReading(seen=seen, times=times)


def read_for(raw: bytes, zone: str, weeks: Iterable[Weeks]) -> tuple[tuple[str, BusyTimes], ...]:
    """Return what a calendar says about the weeks of each cohort; raises Unreadable."""
    return tuple((one.cohort, read_busy(raw, zone, one)) for one in weeks)
