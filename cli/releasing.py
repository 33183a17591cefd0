"""Commands around a release: the namespace it needs, the check before it, the switch to it."""

import asyncio
from datetime import timedelta
from typing import Annotated

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from temporalio.client import Client

from cli.leaving import FAILURE, OK, leave
from cli.options import Json, Yes, confirm, settings
from cli.showing import as_json, console, count, errors
from domain.errors import DomainError
from workflows import handles, operations
from workflows.operations import Prepared, Replayed

_PATIENCE = 300


class TemporalAway(DomainError):
    """Temporal did not answer in time."""


def namespace(
    retention_days: Annotated[
        int, typer.Option(min=1, max=3650, help="Days that Temporal keeps an ended process.")
    ] = operations.RETENTION.days,
) -> None:
    """Prepare Temporal: register the namespace and the search attributes; safe to repeat.

    Waits up to five minutes for a Temporal that is just starting.

    Example: sojourn namespace --retention-days 365
    """
    chosen = settings()
    done = asyncio.run(_prepare(chosen.temporal, chosen.namespace, timedelta(retention_days)))
    registered = "registered" if done.registered else "was there"
    added = ", ".join(done.added) or "none"
    console.print(f"Namespace '{chosen.namespace}' {registered}; search attributes added: {added}.")
    leave(OK, talked_to_temporal=True)


def replay(
    closed: Annotated[
        int, typer.Option(min=0, max=10_000, help="How many ended processes to check as well.")
    ] = 20,
    json: Json = False,
) -> None:
    """Check, before a release, that every running process goes on with this version's code.

    Histories are read from Temporal and replayed here; nothing is changed. Exit code 1: at least
    one process would fail, and is named.

    Example: sojourn replay --closed 100
    """
    chosen = settings()
    found = asyncio.run(_replay(chosen.temporal, chosen.namespace, closed))
    broken = [one for one in found if one.problem]
    if json:
        as_json(found)
    else:
        for one in broken:
            errors.print(f"{one.workflow_id}: {one.problem}", markup=False)
        fit = count(len(found) - len(broken), "process goes on", "processes go on")
        console.print(f"{fit} with this version, {len(broken)} would fail.")
    leave(FAILURE if broken else OK, talked_to_temporal=True)


def release(
    build: Annotated[str, typer.Argument(help="SOJOURN_BUILD of the workers to move to.")],
    yes: Yes = False,
) -> None:
    """Move to the workers of a build: new processes at once, running ones at their next step.

    Only for installations that set SOJOURN_BUILD; workers of older builds run until none needs them.

    Example: sojourn release 2026.12 --yes
    """
    chosen = settings()
    confirm(yes, f"Let build {build} take over?")
    asyncio.run(_release(chosen.temporal, chosen.namespace, build))
    console.print(f"Build {build} is current.")
    leave(OK, talked_to_temporal=True)


async def _prepare(address: str, name: str, retention: timedelta) -> Prepared:
    client = await handles.connect(address, name)
    with _waiting(f"waiting for Temporal at {address}"):
        await _until_there(client, address)
    return await operations.prepare_namespace(client, retention)


async def _until_there(client: Client, address: str) -> None:
    for _ in range(_PATIENCE):
        if await handles.reachable(client):
            return
        await asyncio.sleep(1)
    raise TemporalAway(f"Temporal at {address} did not answer within {_PATIENCE} s.")


async def _replay(address: str, name: str, closed: int) -> list[Replayed]:
    return await replay_all(await there(address, name), closed)


async def there(address: str, name: str) -> Client:
    """Return a client of a Temporal that answers; raises TemporalAway for any other."""
    client = await handles.connect(address, name)
    if not await handles.reachable(client):
        raise TemporalAway(f"Temporal at {address} does not answer.")
    return client


async def replay_all(client: Client, closed: int) -> list[Replayed]:
    """Replay what runs, and the ``closed`` newest that ended, showing how far that has come."""
    found = []
    with _waiting("replaying") as progress:
        (task,) = progress.task_ids
        async for one in operations.replayed(client, closed=closed):
            found.append(one)
            progress.update(
                task, description=f"replayed {count(len(found), 'process', 'processes')}"
            )
    return found


async def _release(address: str, name: str, build: str) -> None:
    await operations.release(await there(address, name), build)


def _waiting(what: str) -> Progress:
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    progress = Progress(*columns, console=errors, transient=True)
    progress.add_task(what, total=None)
    return progress
