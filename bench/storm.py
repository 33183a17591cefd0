"""A kill storm: ``python -m bench.storm [--kills 100] [--seed 1]``.

A company lives through its rotations in accelerated time while worker, mail, web and Temporal are
killed with -9 at random moments and started again. What is checked afterwards was recorded outside
of them: by the company's mail server, and by the people who answered.
"""

import argparse
import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path
from random import Random

import httpx
from sqlalchemy import select
from temporalio.client import Client, WorkflowExecutionStatus

from bench.bent_process import BentClock
from bench.storm_people import People, SlowMailServer, write_company
from invites.answering import card_of
from settings import PREFIX, read_settings
from store.database import reading
from store.migrating import migrate
from store.tables.mail import NewsTable, OutboxTable, RawMailTable
from store.tables.rotations import RotationTable
from tests.mill import ORGANISER
from tests.servers import Dovecot, MailServer, Postgres, free_port, temporal_command
from tests.waiting import until_async
from wiring import Office
from workflows import handles, operations
from workflows.rotation import RotationOver

ROOT = Path(__file__).parents[1]
FIRST_DAY = datetime(2026, 2, 27, 8, tzinfo=UTC)
COHORT = "spring"
CALM = 3.0
"""Seconds after the end in which the last answers are read, and a mail too many would show."""

_LATER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Weather:
    """How hard the storm is, and on how many rotations."""

    kills: int = 100
    seed: int = 1
    pause: float = 2.0
    """Seconds between two kills, on average: about as long as a killed process needs to come back."""
    leaders: int = 6
    days: float = 5
    """Days of the company that the storm lasts; no rotation of its program is over much sooner."""

    @property
    def rate(self) -> float:
        """How much faster the company lives, so that the storm lasts these days."""
        return timedelta(days=self.days) / timedelta(seconds=self.kills * self.pause)

    @property
    def patience(self) -> float:
        """Seconds in which the last rotation has to end after the storm: its program's weeks."""
        return timedelta(weeks=5).total_seconds() / self.rate


class Part:
    """One process of the installation, which dies and comes back."""

    def __init__(self, name: str, command: Iterable[str], environment: dict[str, str], log: Path):
        self.name = name
        self.kills = self.ends = 0
        self._command = tuple(command)
        self._environment = environment
        self._log = log
        self._process = self._started()

    def kill(self) -> None:
        """Kill it with -9, wherever it is, and start it again."""
        self.end()
        self.kills += 1
        self._process = self._started()

    def end(self) -> None:
        self._process.kill()
        self._process.wait()

    def revive(self) -> None:
        """Start it again if it ended by itself, as a supervisor would."""
        if self._process.poll() is not None:
            self.ends += 1
            self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with self._log.open("ab") as log:
            return subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=log, stderr=log
            )


@dataclass(frozen=True)
class Aftermath:
    """What a storm did, and what is wrong after it."""

    seconds: float
    company_days: float
    kills: dict[str, int]
    ended_by_themselves: dict[str, int]
    rotations: dict[str, int]
    """How many ended how, by what Temporal returned."""
    mails: int
    repeated: int
    """Copies beyond the first, each the same bytes."""
    answers: dict[str, int]
    """What was made of the answers by mail; those to an invite that had moved since are ignored."""
    refusals: dict[str, int]
    pressed: dict[str, int]
    retries: int
    wrong: list[str]


@dataclass
class Installation:
    """Everything of one company: what dies in the storm, and the mail servers that don't."""

    office: Office
    client: Client
    parts: tuple[Part, ...]
    people: People

    async def live(self) -> None:
        """Let people answer, and start again what ended by itself, until cancelled."""
        async with asyncio.TaskGroup() as living:
            living.create_task(self.people.live())
            living.create_task(self._supervise())

    async def _supervise(self) -> None:
        while True:
            for part in self.parts:
                part.revive()
            await asyncio.sleep(0.5)

    async def start_the_cohort(self) -> None:
        """Plan and approve, as a program manager does before any storm."""
        await handles.start_cohort(self.client, COHORT)

        async def planned() -> bool:
            try:
                return await handles.latest_plan(self.client, COHORT) == 1
            except handles.Unreachable:
                return False

        await until_async(planned, 60)
        await handles.approve_plan(self.client, COHORT, 1)

    async def storm(self, weather: Weather) -> None:
        """Kill a process at random, again and again, while there is a rotation under way."""
        chance = Random(weather.seed)
        for n in range(weather.kills):
            await asyncio.sleep(chance.uniform(0.2, 2 * weather.pause - 0.2))
            over = [bool(row.state and row.state.get("ending")) for row in self.rotations()]
            if all(over):
                return
            chance.choice(self.parts).kill()
            day = (self.people.clock.now() - FIRST_DAY).days
            sys.stderr.write(f"\rkill {n + 1}, day {day}, {sum(over)} of {len(over)} over ")

    async def over(self) -> bool:
        """Return whether every rotation ended, and nothing is on its way any more."""
        waiting = self.office.outbox.waiting() or self.office.news.pending(_LATER, 1)
        return not waiting and all(
            row.state and row.state.get("ending") for row in self.rotations()
        )

    def rotations(self) -> list[RotationTable]:
        with reading(self.office.engine) as session:
            return list(session.scalars(select(RotationTable)))

    async def look(self, weather: Weather, seconds: float) -> Aftermath:
        """Compare what was received with what was written, and say what is wrong."""
        mails, people = self.people.mail.mails, self.people
        kills = {part.name: part.kills for part in self.parts}
        endings = Counter([await self._ending(row.workflow_id) for row in self.rotations()])
        answers = heard(self.office)
        wrong = [*lost(self.office, mails), *changed(mails)]
        wrong += [f"{n} rotations ended {how}" for how, n in endings.items() if how != "completed"]
        if sum(answers.values()) != len(people.replies):
            wrong.append(f"not every one of {len(people.replies)} answers was heard once")
        if sum(kills.values()) < weather.kills:
            wrong.append("all rotations were over before the storm was")
        return Aftermath(
            seconds=round(seconds, 1),
            company_days=round((people.clock.now() - FIRST_DAY) / timedelta(days=1), 1),
            kills=kills,
            ended_by_themselves={part.name: part.ends for part in self.parts},
            rotations=dict(endings),
            mails=len(mails),
            repeated=len(mails) - len(set(mails)),
            answers=answers,
            refusals=refusals(self.office),
            pressed=dict(people.pressed),
            retries=people.retries,
            wrong=wrong,
        )

    async def _ending(self, workflow_id: str) -> str:
        """Return how a rotation ended, by the word of Temporal."""
        handle = self.client.get_workflow_handle(workflow_id, result_type=RotationOver)
        if (await handle.describe()).status is WorkflowExecutionStatus.RUNNING:
            return "not at all"
        over: RotationOver = await handle.result()
        return over.ending.value


def lost(office: Office, received: list[tuple[str, bytes]]) -> list[str]:
    """Name each mail that was written and did not arrive, and each that arrived and was not written.

    What was withdrawn is a reminder whose reader answered before it was due.
    """
    with reading(office.engine) as session:
        rows = list(session.scalars(select(OutboxTable).order_by(OutboxTable.number)))
    known, written = set(received), {(row.recipient, row.raw) for row in rows}
    missing = [
        f"lost: mail {row.number} to {row.recipient}, {row.state}"
        for row in rows
        if row.state != "withdrawn" and (row.recipient, row.raw) not in known
    ]
    return [*missing, *(f"never written: a mail to {to}" for to, _ in known - written)]


def changed(received: list[tuple[str, bytes]]) -> list[str]:
    """Name what arrived with different bytes under one Message-ID, or under one UID and SEQUENCE."""
    bodies: dict[tuple[str, ...], set[bytes]] = defaultdict(set)
    for recipient, raw in received:
        bodies["Message-ID", recipient, message_from_bytes(raw)["Message-ID"]].add(raw)
        if card := card_of(raw):
            bodies["UID", recipient, card.uid, str(card.sequence)].add(raw)
    return [f"changed: {about}" for about, found in bodies.items() if len(found) > 1]


def heard(office: Office) -> dict[str, int]:
    """Count the answers that arrived by what was made of them."""
    with reading(office.engine) as session:
        known = session.scalars(select(RawMailTable.verdict))
        return dict(Counter(verdict for verdict in known if verdict))


def refusals(office: Office) -> dict[str, int]:
    """Count the sentences with which rotations refused what they were told."""
    with reading(office.engine) as session:
        return dict(
            Counter(session.scalars(select(NewsTable.refusal).where(NewsTable.refusal != "")))
        )


@asynccontextmanager
async def installed(home: Path, clock: BentClock, weather: Weather) -> AsyncIterator[Installation]:
    """Yield a whole installation with its company's folder loaded; end all of it afterwards."""
    with ExitStack() as stack:
        postgres = Postgres()
        stack.callback(postgres.stop)
        mailbox = Dovecot(ORGANISER)
        stack.callback(mailbox.stop)
        mail = SlowMailServer()
        stack.callback(mail.stop)
        temporal = free_port()
        variables = _variables(postgres.database("sojourn"), mailbox, mail, temporal)
        office = Office(read_settings(variables), clock.now)
        _load(office, write_company(home, weather.leaders))
        environment = {"PATH": os.environ["PATH"], **variables, **clock.as_environment()}

        def part(name: str, *command: str) -> Part:
            made = Part(name, command, environment, home / f"{name}.log")
            stack.callback(made.end)
            return made

        parts = [part("temporal", *temporal_command(home, temporal))]
        client = await handles.connect(office.settings.temporal, office.settings.namespace)
        await until_async(lambda: handles.reachable(client), 60)
        await operations.prepare_namespace(client)
        bent = (sys.executable, "-m", "bench.bent_process")
        parts += [part(name, *bent, name) for name in ("worker", "mail", "web")]
        async with httpx.AsyncClient(base_url=office.settings.base_url, timeout=20) as web:
            people = People(mail, mailbox, web, clock, weather.seed)
            yield Installation(office, client, tuple(parts), people)


def _variables(database: str, mailbox: Dovecot, mail: MailServer, temporal: int) -> dict[str, str]:
    """Return the settings of a server, as its processes get them."""
    chosen = {
        "database": database,
        "temporal": f"127.0.0.1:{temporal}",
        "keys": f"k1:{'s' * 32}",
        "organiser": ORGANISER,
        "web_port": str(free_port()),
        "smtp_port": str(mail.port),
        "imap_host": "127.0.0.1",
        "imap_port": str(mailbox.imap),
        "imap_tls": "false",
        "imap_user": mailbox.user,
        "imap_password": mailbox.password,
        "imap_seconds": "1",
    }
    return {f"{PREFIX}{name.upper()}": value for name, value in chosen.items()}


def _load(office: Office, folder: Path) -> None:
    migrate(office.engine)
    report = office.load(folder, dry_run=False, today=office.now().date())
    assert not report.rejected, report.rejected


async def live_through(weather: Weather, home: Path) -> Aftermath:
    """Let a company live through a storm and on to its end if there is one, and return what is left."""
    clock = BentClock(datetime.now(UTC), FIRST_DAY, weather.rate)
    async with installed(home, clock, weather) as installation, asyncio.TaskGroup() as alive:
        living = alive.create_task(installation.live())
        await installation.start_the_cohort()
        began = time.monotonic()
        await installation.storm(weather)
        with suppress(AssertionError):
            await until_async(installation.over, weather.patience)
        await asyncio.sleep(CALM)
        found = await installation.look(weather, time.monotonic() - began)
        living.cancel()
    return found


def _where_and_when() -> dict[str, str]:
    machine = f"{os.cpu_count()} cores, Python {platform.python_version()}"
    return {"date": f"{datetime.now(UTC):%Y-%m-%d}", "machine": machine}


def main() -> None:
    """Print what a storm did, as JSON; exit with 1 when anything is wrong after it."""
    parser = argparse.ArgumentParser(prog="python -m bench.storm", description=__doc__)
    parser.add_argument("--kills", type=int, default=Weather.kills)
    parser.add_argument("--seed", type=int, default=Weather.seed)
    parser.add_argument("--home", type=Path, help="folder for logs and databases, kept afterwards")
    wanted = parser.parse_args()
    weather = Weather(kills=wanted.kills, seed=wanted.seed)
    with tempfile.TemporaryDirectory() as home:
        found = asyncio.run(live_through(weather, wanted.home or Path(home)))
    print(json.dumps(_where_and_when() | asdict(found), indent=2), flush=True)
    time.sleep(0.5)
    os._exit(bool(found.wrong))


if __name__ == "__main__":
    main()
