"""The mail process: relay out, ingest in, calendars read, news to workflows; one owner by a lease."""

import asyncio
import logging
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta

from temporalio.client import Client

from domain.errors import DomainError
from domain.ports import PendingNews
from invites.delivery import serve_lmtp
from invites.sink import serve_sink
from store.database import check_migrated
from store.lease import give_back, take
from wiring import Office
from workflows import handles

LEASE = "mail"
LEASE_TIME = timedelta(seconds=15)
PAUSE = 0.3
AN_HOUR = 3600.0
CALENDAR_PAUSE = 3.0

log = logging.getLogger("mail")

# The library of the sink logs every address it sees.
logging.getLogger("mail.log").setLevel(logging.WARNING)


async def serve(office: Office, stop: asyncio.Event) -> None:
    """Serve until ``stop`` is set; a second mail process waits for the lease of the first."""
    settings = office.settings
    check_migrated(office.engine)
    client = await handles.connect(settings.temporal, settings.namespace)
    if settings.sink_port:
        await serve_sink("127.0.0.1", settings.sink_port, office.keep_local_mail)
    if settings.lmtp_port:
        await serve_lmtp(
            settings.lmtp_host, settings.lmtp_port, office.answers, office.now, settings.organiser
        )
    holder = f"{socket.gethostname()}:{os.getpid()}"
    owning = _Lease(office, holder)
    loops = [
        _often(stop, PAUSE, owning, _in_thread(office.relay.relay_once)),
        _often(stop, PAUSE, owning, _in_thread(office.take_in)),
        _often(stop, PAUSE, owning, lambda: _forward(office, client)),
        _often(stop, AN_HOUR, owning, _in_thread(lambda: _look_after(office))),
        _often(stop, CALENDAR_PAUSE, owning, office.refresher.refresh_due),
        _often(stop, LEASE_TIME.seconds / 3, owning, owning.renew),
    ]
    if office.imap:
        fetch = _in_thread(office.read_mailbox)
        loops.append(_often(stop, settings.imap_seconds, owning, fetch))
    log.info("mail process started")
    await asyncio.gather(*loops)
    if owning.held:
        give_back(office.engine, LEASE, holder)


class _Lease:
    """Whether this process is the one that handles mail now."""

    def __init__(self, office: Office, holder: str) -> None:
        self._office = office
        self._holder = holder
        self.held = False

    async def renew(self) -> int:
        seconds = LEASE_TIME.seconds
        self.held = await asyncio.to_thread(
            take, self._office.engine, LEASE, self._holder, seconds, self._office.now()
        )
        return 0


async def _often(
    stop: asyncio.Event, pause: float, lease: _Lease, work: Callable[[], Awaitable[int]]
) -> None:
    """Do a round, again at once while there is more, until ``stop``; a failed round is tried again."""
    while not stop.is_set():
        done, rest = 0, pause
        if lease.held or work == lease.renew:
            try:
                done = await work()
            except Exception as failed:  # noqa: BLE001 - one round that fails must not end the others
                log.warning("a round failed", extra={"reason": type(failed).__name__})
                rest = max(pause, 1.0)
        if not done:
            await _pause(stop, rest)


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


def _look_after(office: Office) -> int:
    """Old words go, steps follow new rules of their zones, what time brings about is told.

    The next look is an hour later.
    """
    office.answers.forget(office.now())
    office.follow_zone_rules()
    office.quarters.tell_what_is_missing(office.now())
    office.returning.return_answers(office.now())
    office.receipts.tell_in_force(office.now())
    office.voices.forget(office.now())
    return 0


def _in_thread(work: Callable[[], int]) -> Callable[[], Awaitable[int]]:
    return lambda: asyncio.to_thread(work)


async def _forward(office: Office, client: Client) -> int:
    """Tell rotations what they have not heard; while Temporal is down the news waits."""
    pending = await asyncio.to_thread(office.news.pending, office.now(), 20)
    results = await asyncio.gather(*(_tell(office, client, news) for news in pending))
    return sum(results)


async def _tell(office: Office, client: Client, news: PendingNews) -> int:
    try:
        await handles.tell(client, news.workflow_id, news.event, news.update_id)
    except handles.Unreachable:
        await asyncio.to_thread(office.news.waiting, news.number, office.now())
        return 0
    except DomainError as refused:
        await asyncio.to_thread(office.news.rejected, news.number, str(refused), office.now())
        return 1
    await asyncio.to_thread(office.news.told, news.number, office.now())
    return 1
