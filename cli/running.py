"""Commands that run a part of Sojourn, or all of it, until they are stopped."""

import asyncio
import logging
import signal
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Annotated, NoReturn

import typer
import uvicorn
from fastapi import FastAPI

import worker
from cli import mail
from cli.leaving import OK, leave
from cli.options import HERE, office, settings
from cli.ports import DEFAULT_BASE, HIGHEST_BASE, LOWEST_BASE, refuse_busy
from cli.showing import console
from cli.up import Wanted
from cli.up import up as run_everything
from rehearsal.kept import kept_in, open_office
from store.migrating import migrate
from web.app import create_app
from web.services import services_of, services_of_rehearsal
from wiring import Office, utc_now
from workflows import handles

_EXAMPLE = Path(__file__).parent.parent / "examples" / "service-desk"


def up(
    folder: Annotated[
        Path,
        typer.Option("--from", exists=True, file_okay=False, help="Program folder to run."),
    ] = _EXAMPLE,
    data: Annotated[Path, typer.Option(help="Folder of the local database and keys.")] = HERE,
    port_base: Annotated[
        int,
        typer.Option(min=LOWEST_BASE, max=HIGHEST_BASE, help="First of four ports in a row."),
    ] = DEFAULT_BASE,
    review: Annotated[
        bool,
        typer.Option("--review", help="Stop before the plan is approved, to look at it first."),
    ] = False,
    open_world: Annotated[
        Path | None,
        typer.Option(
            "--open", exists=True, file_okay=False, help="Show a world kept by 'sojourn rehearse'."
        ),
    ] = None,
) -> None:
    """Run everything on this machine: Temporal, worker, web, mail and a local inbox.

    Example: sojourn up --from my-program --review
    """
    if open_world:
        _show_rehearsed(open_world, port_base)
    run_everything(Wanted(folder, review, utc_now().date()), data, port_base)
    leave(OK, talked_to_temporal=True)


def _show_rehearsed(home: Path, port: int) -> NoReturn:
    """Serve the pages of a rehearsed world; nothing in it runs any more."""
    report = kept_in(home).report
    found = open_office(home, port)
    refuse_busy("web", port, "--port-base")
    console.print(f"\nThe rehearsed world of {report.program}. Ctrl-C stops it.\n")
    for what, where in (("overview", ""), ("report", "rehearsal"), ("changes", "changes")):
        console.print(f"  {what:<8}  http://127.0.0.1:{port}/{where}", soft_wrap=True)
    with suppress(KeyboardInterrupt):
        _serve(create_app(services_of_rehearsal(found, report)), "127.0.0.1", port)
    leave(OK)


def run_worker() -> None:
    """Run a worker process; any number of them may run."""
    worker.main()


def run_web() -> None:
    """Serve the pages: on this machine alone in local mode, with sign-in elsewhere."""
    found = office()
    chosen = found.settings
    refuse_busy("web", chosen.web_port, "SOJOURN_WEB_PORT")
    logging.basicConfig(level=logging.INFO)
    client = asyncio.run(handles.connect(chosen.temporal, chosen.namespace))
    _serve(create_app(services_of(found, client)), chosen.web_host, chosen.web_port)
    leave(OK, talked_to_temporal=True)


def _serve(pages: FastAPI, host: str, port: int) -> None:
    uvicorn.run(pages, host=host, port=port, log_level="warning", timeout_graceful_shutdown=2)


def serve_mail() -> None:
    """Send what waits, take in what arrives, tell rotations; one owner at a time.

    Example: SOJOURN_SMTP_HOST=mail.example.org SOJOURN_KEYS=k1:... sojourn mail serve
    """
    found = office()
    if found.settings.sink_port:
        refuse_busy("mail", found.settings.sink_port, "SOJOURN_SINK_PORT")
    if found.settings.lmtp_port:
        refuse_busy("lmtp", found.settings.lmtp_port, "SOJOURN_LMTP_PORT")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    asyncio.run(_until_signal(lambda stop: mail.serve(found, stop)))
    leave(OK, talked_to_temporal=True)


def migrate_database() -> None:
    """Bring the database to this version's schema; safe to repeat."""
    migrate(Office(settings()).engine)
    console.print("The database is up to date.")


async def _until_signal(work: Callable[[asyncio.Event], Coroutine[None, None, None]]) -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await work(stop)
