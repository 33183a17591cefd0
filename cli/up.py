"""``sojourn up``: everything on one machine, from a folder to the first invites."""

import asyncio
import fcntl
import os
import shutil
import signal
import sqlite3
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TextIO

from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from temporalio.client import Client

from cli.ports import Ports, ports_from
from cli.showing import console, count, rejections
from cli.supervisor import Child
from domain.errors import DomainError
from settings import LOCAL_SETTINGS, PREFIX, Settings, read_settings
from store.migrating import migrate
from wiring import Office
from workflows import attributes, handles

PATIENCE = 90.0
"""Seconds until a part that does not come up is an error."""

_UNCHANGED = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


class NotUp(DomainError):
    """A part did not start; the message says which and where its log is."""


TEMPORAL_FILE = "temporal.db"

BEGINNING = "beginning"
"""A file in the data folder, there from before the folder is loaded until its cohort has started."""


@dataclass(frozen=True)
class Wanted:
    """What a person asked for: the folder to run, and whether to stop before its plan is approved."""

    folder: Path
    review: bool
    today: date


def up(wanted: Wanted, data: Path, port_base: int) -> None:
    """Run the whole installation until Ctrl-C or SIGTERM; a second run goes on where one stopped."""
    data.mkdir(parents=True, exist_ok=True)
    data.chmod(0o700)
    (data / "logs").mkdir(exist_ok=True)
    with _only_one(data):
        ports = ports_from(port_base)
        environment = _environment(data, ports)
        office = Office(read_settings(environment))
        migrate(office.engine)
        _keep_for_commands(data, environment)
        asyncio.run(_until_stopped(office, environment, wanted, ports))


async def _until_stopped(
    office: Office, environment: Mapping[str, str], wanted: Wanted, ports: Ports
) -> None:
    children = _children(office.settings, ports, environment)
    stop = _stop_signal()
    running = asyncio.create_task(_run(office, children, wanted, ports, stop))
    try:
        await asyncio.wait(
            [running, asyncio.create_task(stop.wait())], return_when=asyncio.FIRST_COMPLETED
        )
        if running.done():
            running.result()
    finally:
        running.cancel()
        console.print("Stopping.")
        for child in reversed(children):
            await child.stop()


async def _run(
    office: Office,
    children: list[Child],
    wanted: Wanted,
    ports: Ports,
    stop: asyncio.Event,
) -> None:
    logs = office.settings.data / "logs"
    client = await handles.connect(office.settings.temporal, office.settings.namespace)
    with _progress() as progress:
        watching = await _start_all(children, client, logs, progress)
        await _begin(office, client, wanted, progress)
    _print_addresses(office, ports)
    await stop.wait()
    for watch in watching:
        watch.cancel()


async def _start_all(
    children: list[Child], client: Client, logs: Path, progress: Progress
) -> list[asyncio.Task[None]]:
    task = progress.add_task("starting Temporal", total=None)
    temporal, *others = children
    _clear_what_a_broken_first_start_left(logs.parent / TEMPORAL_FILE)
    await temporal.start(logs)
    await _until_up(temporal, client, logs)
    progress.update(task, description="starting worker, web and mail")
    for child in others:
        await child.start(logs)
    progress.remove_task(task)
    return [asyncio.create_task(child.keep_running(logs)) for child in children]


def _clear_what_a_broken_first_start_left(database: Path) -> None:
    """Remove a database that Temporal had no time to fill: it refuses to start on one without tables.

    The namespace is the last thing written at a first start, and no workflow can be there before it.
    """
    if not database.exists():
        return
    with closing(sqlite3.connect(database)) as opened:
        table = "SELECT 1 FROM sqlite_master WHERE name = 'namespaces'"
        namespace = "SELECT 1 FROM namespaces WHERE name = 'default'"
        if opened.execute(table).fetchone() and opened.execute(namespace).fetchone():
            return
    for left in database.parent.glob(f"{database.name}*"):
        left.unlink()


async def _until_up(child: Child, client: Client, logs: Path) -> None:
    """A port that answers may be somebody else's: the child has to live and Temporal to answer."""
    waited = 0.0
    while not await handles.reachable(client):
        log = logs / f"{child.name}.log"
        if child.code is not None:
            raise NotUp(f"{child.name} ended with {child.code} instead of starting; see {log}")
        if waited > PATIENCE:
            raise NotUp(f"{child.name} did not come up within {PATIENCE:.0f} s; see {log}")
        await asyncio.sleep(0.2)
        waited += 0.2


async def _begin(office: Office, client: Client, wanted: Wanted, progress: Progress) -> None:
    """Load, plan and start the first cohort, or go on from wherever that was broken off."""
    beginning = office.settings.data / BEGINNING
    if not office.views.cohorts():
        beginning.touch()
        await _load(office, wanted, progress)
    if beginning.exists():
        (cohort, *_) = office.views.cohorts()
        await _plan(office, client, cohort.cohort, wanted, progress)
        beginning.unlink()


async def _load(office: Office, wanted: Wanted, progress: Progress) -> None:
    task = progress.add_task(f"loading {wanted.folder}", total=None)
    report = await asyncio.to_thread(office.load, wanted.folder, dry_run=False, today=wanted.today)
    if report.rejected:
        rejections(report.rejected)
        raise NotUp(
            f"{wanted.folder} was not loaded: {count(len(report.rejected), 'thing')} to mend."
        )
    progress.remove_task(task)


async def _plan(
    office: Office, client: Client, cohort: str, wanted: Wanted, progress: Progress
) -> None:
    """Make a plan and, unless a person wants to look at it first, approve it and send the invites."""
    task = progress.add_task(f"planning cohort {cohort}", total=None)
    await handles.start_cohort(client, cohort)
    plan = await _first_plan(client, cohort)
    if not wanted.review and office.views.cohort(cohort).approved_plan is None:
        progress.update(task, description=f"approving plan {plan} and starting rotations")
        await handles.approve_plan(client, cohort, plan)
    if not wanted.review:
        await _until_started(office, cohort, progress)
    progress.remove_task(task)


async def _first_plan(client: Client, cohort: str) -> int:
    for _ in range(int(PATIENCE * 5)):
        with suppress(handles.Unreachable):
            plan = await handles.latest_plan(client, cohort)
            if plan:
                return plan
        await asyncio.sleep(0.2)
    raise NotUp(f"No plan was made within {PATIENCE:.0f} s; see worker.log")


async def _until_started(office: Office, cohort: str, progress: Progress) -> None:
    """Wait until every rotation reports and every mail written so far has left."""
    task = progress.add_task("sending the first invites", total=None)
    for _ in range(int(PATIENCE * 5)):
        page = await asyncio.to_thread(office.views.overview, cohort)
        started = [row for row in page.rotations if row.steps]
        waiting = office.outbox.waiting()
        if page.rotations and len(started) == _placed(office, cohort) and not waiting:
            break
        progress.update(
            task,
            description=f"{len(started)} rotations started, {waiting} mails waiting",
        )
        await asyncio.sleep(0.2)
    progress.remove_task(task)


def _placed(office: Office, cohort: str) -> int:
    return len(office.views.plan(cohort).assignments)


def _environment(data: Path, ports: Ports) -> Mapping[str, str]:
    kept = {name: os.environ[name] for name in _UNCHANGED if name in os.environ}
    chosen = {name: value for name, value in os.environ.items() if name.startswith("SOJOURN_")}
    own = {
        "SOJOURN_LOCAL": "true",
        "SOJOURN_DATA": str(data.absolute()),
        "SOJOURN_TEMPORAL": f"127.0.0.1:{ports.temporal}",
        "SOJOURN_TEMPORAL_UI": f"http://127.0.0.1:{ports.temporal_ui}",
        "SOJOURN_WEB_PORT": str(ports.web),
        "SOJOURN_SMTP_PORT": str(ports.mail),
        "SOJOURN_SINK_PORT": str(ports.mail),
    }
    return kept | own | chosen


def _keep_for_commands(data: Path, environment: Mapping[str, str]) -> None:
    """Let ``sojourn list`` and the others find this installation without any settings."""
    lines = [f"{name}={value}" for name, value in environment.items() if name.startswith(PREFIX)]
    kept = data / LOCAL_SETTINGS
    kept.touch(mode=0o600)
    kept.chmod(0o600)
    kept.write_text("\n".join(lines) + "\n")


def _children(settings: Settings, ports: Ports, environment: Mapping[str, str]) -> list[Child]:
    scripts = sysconfig.get_path("scripts")
    sojourn = str(Path(scripts) / "sojourn")
    return [
        Child("temporal", _temporal(settings, ports), environment),
        Child("worker", [sojourn, "worker"], environment),
        Child("mail", [sojourn, "mail", "serve"], environment),
        Child("web", [sojourn, "web"], environment),
    ]


def _temporal(settings: Settings, ports: Ports) -> list[str]:
    search = os.pathsep.join((sysconfig.get_path("scripts"), os.environ.get("PATH", "")))
    program = shutil.which("temporal", path=search)
    if program is None:
        raise NotUp(
            "The 'temporal' program is missing: install requirements.lock, or put it on PATH."
        )
    command = [program, "server", "start-dev", "--ip", "127.0.0.1", "--ui-disable-news-fetch"]
    command += ["--port", str(ports.temporal), "--ui-port", str(ports.temporal_ui)]
    command += ["--db-filename", str(settings.data / TEMPORAL_FILE), "--log-level", "error"]
    for pragma in ("journal_mode=wal", "synchronous=1"):
        command += ["--sqlite-pragma", pragma]
    for key in attributes.ALL:
        command += [
            "--search-attribute",
            f"{key.name}={_ATTRIBUTE_KINDS[key.indexed_value_type.name]}",
        ]
    return command


_ATTRIBUTE_KINDS = {
    "KEYWORD": "Keyword",
    "KEYWORD_LIST": "KeywordList",
    "INT": "Int",
    "BOOL": "Bool",
    "DATETIME": "Datetime",
}


@contextmanager
def _only_one(data: Path) -> Iterator[TextIO]:
    with (data / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotUp(f"Sojourn already runs on {data}; stop it first, or use --data.") from None
        yield file


def _stop_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    return stop


def _progress() -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    return Progress(*columns, console=console, transient=True)


def _print_addresses(office: Office, ports: Ports) -> None:
    ui = f"http://127.0.0.1:{ports.temporal_ui}/namespaces/default/workflows"
    rows = [
        ("overview", f"http://127.0.0.1:{ports.web}/"),
        ("inbox", f"http://127.0.0.1:{ports.web}/inbox"),
        ("Temporal UI", ui),
        ("rotations there", f"{ui}?query=WorkflowType%3D%22RotationWorkflow%22"),
    ]
    rows += [
        (f"approve the plan of {c.cohort}", f"http://127.0.0.1:{ports.web}/plan/{c.cohort}")
        for c in office.views.cohorts()
        if c.approved_plan is None
    ]
    console.print("\nSojourn is up. Ctrl-C stops all of it.\n")
    for what, where in rows:
        console.print(f"  {what:<{max(len(w) for w, _ in rows)}}  {where}", soft_wrap=True)
    sys.stdout.flush()
