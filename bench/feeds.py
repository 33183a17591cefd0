"""What feeds cost: their text beside bare icalendar, and 10,000 subscribers: ``python -m bench.feeds [--save]``.

The text of a cohort's 400 steps is built in turns by Sojourn and by icalendar alone, in one process.
Then ``sojourn web`` serves a feed to each subscriber over loopback, first whole, then unchanged.
"""

import argparse
import asyncio
import base64
import json
import os
import platform
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
from icalendar import Calendar, Event
from sqlalchemy import insert, select

from bench.folders import write_folder
from domain.due import catch_up
from domain.feeds import Feed
from domain.moments import zone_of
from domain.telling import dispatch
from invites.calendar_text import PRODUCT
from invites.feed_text import feed_text
from invites.words import when
from invites.zones import vtimezone
from settings import Settings
from store.database import open_database, writing
from store.migrating import migrate
from store.tables.installation import FeedEntryTable
from store.tables.people import PersonTable
from store.tables.rotations import RotationTable
from tests.servers import free_port
from wiring import Office, utc_now

PARTICIPANTS, COHORT = 50, "winter"
STEPS = 400
TIMES_BARE_AT_MOST = 1.5
"""The target for building a feed of 400 steps, beside the bare build of the same events."""

AT_ONCE = 16
ROUNDS = 15
RESULTS = Path(__file__).parent / "results" / "feeds.md"


@dataclass(frozen=True)
class Fetches:
    """What a round of fetches came to: answers by status, and milliseconds of each as its client saw it."""

    answers: dict[str, int]
    seconds: float
    median: float
    slowest_of_a_hundred: float
    slowest: float
    bytes: int


@dataclass(frozen=True)
class Found:
    """Everything that was measured."""

    events: int
    size: int
    ours: float
    """Milliseconds of the processor, as a median, as all that follow."""
    bare: float
    ratio: float
    reading: float
    """From the store, before any text is built."""
    unchanged: float
    """A whole answer of 304: read, compared, nothing built."""
    subscribers: int
    first: Fetches
    again: Fetches


def installation(home: Path) -> Office:
    """Return a planned cohort of 50 participants, each with eight steps, as its store has it."""
    port = free_port()
    settings = Settings(local=True, data=home, web_port=port, temporal=f"127.0.0.1:{free_port()}")
    office = Office(settings)
    office.engine = open_database(settings.database_url, durable=False)
    migrate(office.engine)
    office.load(write_folder(home / "folder", PARTICIPANTS), dry_run=False, today=utc_now().date())
    office.planning.make_plan(COHORT, utc_now())
    office.planning.approve(COHORT, 1, utc_now())
    for state in office.planning.rotations(COHORT, 1):
        begun, errands = catch_up(state, utc_now())
        office.correspondence.carry_out(dispatch(begun, errands, utc_now()))
    return office


def bare(feed: Feed) -> bytes:
    """Build the same events as a program would that knows nothing but icalendar."""
    calendar = Calendar()
    for name, value in (("version", "2.0"), ("prodid", PRODUCT), ("x-wr-calname", feed.name)):
        calendar.add(name, value)
    for zone in sorted({event.zone for event in feed.events}):
        if rules := vtimezone(zone):
            calendar.add_component(rules)
    for event in feed.events:
        text = Event()
        text.add("uid", event.uid)
        text.add("dtstamp", event.changed)
        text.add("created", event.created)
        text.add("last-modified", event.changed)
        text.add("sequence", event.sequence)
        text.add("dtstart", event.starts.astimezone(zone_of(event.zone)))
        text.add("dtend", event.ends.astimezone(zone_of(event.zone)))
        text.add("summary", event.title)
        text.add("location", event.where)
        text.add(
            "description", "\n\n".join((when(event.starts, event.ends, event.zone), *event.lines))
        )
        text.add("url", event.url)
        text.add("class", "PRIVATE" if event.private else "PUBLIC")
        text.add("status", event.standing.value)
        text.add("transp", "TRANSPARENT" if event.free else "OPAQUE")
        calendar.add_component(text)
    return bytes(calendar.to_ical(sorted=False))


def processor(work: Callable[[], object]) -> float:
    """Return the milliseconds of the processor that some work takes."""
    began = time.process_time()
    work()
    return (time.process_time() - began) * 1000


def token_of(address: str) -> str:
    return address.rpartition("/")[2].removesuffix(".ics")


def subscribe(office: Office, number: int) -> list[str]:
    """Return the addresses of feeds of that many people, each with a rotation like one of the cohort."""
    now = utc_now()
    refs = [f"P-{10_000 + n}" for n in range(number)]
    with writing(office.engine) as session:
        rotations = list(session.scalars(select(RotationTable)))
        entries: dict[str, list[FeedEntryTable]] = {row.id: [] for row in rotations}
        for entry in session.scalars(
            select(FeedEntryTable).where(FeedEntryTable.whose.like("P-%"))
        ):
            entries[entry.rotation].append(entry)
        people: list[dict[str, object]] = []
        copies: list[dict[str, object]] = []
        seats: list[dict[str, object]] = []
        for n, ref in enumerate(refs):
            model = rotations[n % len(rotations)]
            rotation = base64.b32encode(n.to_bytes(5, "big")).decode().lower()
            key = f"s{n}"
            facts = session.get_one(PersonTable, model.participant).facts
            facts = facts | {"ref": ref, "key": key, "name": key, "email": None}
            people.append({"ref": ref, "key": key, "name": key, "facts": facts})
            copies.append(
                {"id": rotation, "cohort": COHORT, "participant": ref, "workflow_id": rotation}
            )
            for entry in entries[model.id]:
                whose = ref if entry.whose == model.participant else entry.whose
                facts = {c.name: getattr(entry, c.name) for c in FeedEntryTable.__table__.columns}
                own = {"uid": f"{n}-{entry.uid}", "whose": whose, "rotation": rotation}
                seats.append(facts | own)
        for table, rows in (
            (PersonTable, people),
            (RotationTable, copies),
            (FeedEntryTable, seats),
        ):
            session.execute(insert(table), rows)
    return [office.feeds.create(ref, now) for ref in refs]


async def fetch_all(addresses: list[str], tags: dict[str, str]) -> Fetches:
    """Fetch every address once, some at a time, each with the tag it was last answered with."""
    waiting, took = asyncio.Queue[str](), []
    answers: Counter[str] = Counter()
    read = 0
    for address in addresses:
        waiting.put_nowait(address)

    async def subscriber(client: httpx.AsyncClient) -> None:
        nonlocal read
        while not waiting.empty():
            address = waiting.get_nowait()
            known = {"If-None-Match": tags[address]} if address in tags else {}
            began = time.perf_counter()
            answer = await client.get(address, headers=known)
            took.append((time.perf_counter() - began) * 1000)
            answers[str(answer.status_code)] += 1
            tags[address] = answer.headers["etag"]
            read += len(answer.content)

    began = time.perf_counter()
    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(subscriber(client) for _ in range(AT_ONCE)))
    took.sort()
    return Fetches(
        answers=dict(answers),
        seconds=round(time.perf_counter() - began, 1),
        median=round(statistics.median(took), 1),
        slowest_of_a_hundred=round(took[int(len(took) * 0.99)], 1),
        slowest=round(took[-1], 1),
        bytes=read // len(addresses),
    )


def load(office: Office, number: int) -> tuple[Fetches, Fetches]:
    """Serve that many subscribers twice and return what each round came to."""
    addresses = subscribe(office, number)
    url, chosen = office.settings.base_url, office.settings
    environment = {
        "SOJOURN_LOCAL": "true",
        "SOJOURN_DATA": str(chosen.data),
        "SOJOURN_WEB_PORT": str(chosen.web_port),
        "SOJOURN_TEMPORAL": chosen.temporal,
    }
    served = subprocess.Popen(
        [Path(sysconfig.get_path("scripts")) / "sojourn", "web"], env=os.environ | environment
    )
    try:
        _wait_for(url)
        tags: dict[str, str] = {}
        first = asyncio.run(fetch_all(addresses, tags))
        return first, asyncio.run(fetch_all(addresses, tags))
    finally:
        served.terminate()
        served.wait(timeout=30)


def _wait_for(url: str) -> None:
    for _ in range(100):
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise SystemExit("The pages did not start.")


def measure(number: int) -> Found:
    """Build, read and serve."""
    with tempfile.TemporaryDirectory() as home:
        office = installation(Path(home))
        token = token_of(office.feeds.create(COHORT, utc_now()))
        feed = office.feeds.read(token, utc_now())
        if len(feed.events) != STEPS:
            raise SystemExit(f"The cohort has {len(feed.events)} steps, not {STEPS}.")
        ours, theirs, reading, unchanged = [], [], [], []
        for _ in range(ROUNDS):
            feed_text.cache_clear()
            ours.append(processor(lambda: feed_text(feed)))
            theirs.append(processor(lambda: bare(feed)))
            reading.append(processor(lambda: office.feeds.read(token, utc_now())))
            unchanged.append(processor(lambda: feed_text(office.feeds.read(token, utc_now()))))
        first, again = load(office, number)
    built, alone = statistics.median(ours), statistics.median(theirs)
    return Found(
        events=len(feed.events),
        size=len(feed_text(feed)),
        ours=round(built, 1),
        bare=round(alone, 1),
        ratio=round(built / alone, 2),
        reading=round(statistics.median(reading), 1),
        unchanged=round(statistics.median(unchanged), 1),
        subscribers=number,
        first=first,
        again=again,
    )


def as_markdown(found: Found) -> str:
    """Return the results as a page."""
    rounds = "".join(
        f"| {name} | {', '.join(f'{n} x {status}' for status, n in one.answers.items())} "
        f"| {one.seconds} | {found.subscribers / one.seconds:.0f} | {one.median} "
        f"| {one.slowest_of_a_hundred} | {one.slowest} | {one.bytes} |\n"
        for name, one in (("first", found.first), ("unchanged", found.again))
    )
    return (
        "# What calendar feeds cost\n\n"
        f"{datetime.now(UTC):%-d %B %Y}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        "SQLite; `python -m bench.feeds --save` measures it again.\n\n"
        f"A cohort's feed of {found.events} steps, {found.size} bytes, milliseconds of the processor "
        f"(median of {ROUNDS}, in turns in one process):\n\n"
        "| | ms |\n|---|--:|\n"
        f"| text, as Sojourn builds it | {found.ours} |\n"
        f"| the same events by bare icalendar | {found.bare} |\n"
        f"| read from the store | {found.reading} |\n"
        f"| unchanged since the last fetch: read, nothing built | {found.unchanged} |\n\n"
        f"Sojourn / bare: **{found.ratio}** (target: at most {TIMES_BARE_AT_MOST}).\n\n"
        f"`sojourn web` with {found.subscribers} subscribers, each with a feed of their own of eight "
        f"steps, {AT_ONCE} at a time over loopback, the client on the same cores:\n\n"
        "| fetches | answers | seconds | per second | median ms | 99 of 100 within ms | slowest ms | bytes each |\n"
        "|---|---|--:|--:|--:|--:|--:|--:|\n"
        f"{rounds}"
    )


def main() -> None:
    """Measure, print, and with ``--save`` keep the page of results."""
    parser = argparse.ArgumentParser(prog="python -m bench.feeds", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--save", action="store_true", help="write bench/results/feeds.md")
    wanted = parser.parse_args()
    found = measure(wanted.subscribers)
    page = as_markdown(found)
    print(json.dumps(asdict(found), indent=2) if wanted.json else page)
    if wanted.save:
        RESULTS.write_text(page)
    missed = found.ratio > TIMES_BARE_AT_MOST or set(found.again.answers) != {"304"}
    sys.exit(1 if missed else 0)


if __name__ == "__main__":
    main()
