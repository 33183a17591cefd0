"""``sojourn doctor``: what an admin asks first when something does not work."""

import asyncio
import imaplib
import smtplib
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from enum import StrEnum
from typing import Annotated

import typer
from imap_tools.errors import ImapToolsError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cli.leaving import FAILURE, OK, leave
from cli.options import Json, settings
from cli.showing import as_json, count, table
from domain.errors import DomainError
from domain.moments import ago
from domain.value import Value
from invites.mailbox import mails_in
from settings import Settings
from store.database import check_migrated
from store.lease import holder_of
from wiring import Office
from workflows import attributes, handles, operations
from workflows.names import TASK_QUEUE

LEASE = "mail"
QUICKLY = timedelta(seconds=5)


class Finding(Value):
    """One thing that was looked at; ``remedy`` is empty where nothing is wrong."""

    what: str
    said: str
    remedy: str = ""

    @property
    def well(self) -> bool:
        return not self.remedy


class Part(StrEnum):
    """A part that can be looked at by itself, as the health check of a container does."""

    DATABASE = "database"
    MAIL_SERVER = "mail-server"
    MAILBOX = "mailbox"
    MAIL_PROCESS = "mail-process"
    MAILS_WAITING = "mails-waiting"
    MAILS_NOT_UNDERSTOOD = "mails-not-understood"
    CALENDARS = "calendars"
    TEMPORAL = "temporal"
    SEARCH_ATTRIBUTES = "search-attributes"
    WORKERS = "workers"


def doctor(
    only: Annotated[
        list[Part] | None, typer.Option("--only", help="Look at this part; may be repeated.")
    ] = None,
    json: Json = False,
) -> None:
    """Look at everything that this installation needs, and say what to do where something is wrong.

    Nothing is changed. Exit code 1: something is wrong.

    Example: sojourn doctor
    """
    findings = asyncio.run(examine(Office(settings()), only or list(Part)))
    if json:
        as_json(findings)
    else:
        rows = (("" if f.well else "!", f.what, f.said, f.remedy) for f in findings)
        table("", ("", "what", "found", "what to do"), rows)
    leave(OK if all(f.well for f in findings) else FAILURE, talked_to_temporal=True)


async def examine(found: Office, parts: Collection[Part] = tuple(Part)) -> list[Finding]:
    """Return a finding for each part; what rests on a part that is not well is left out."""
    findings = [
        await asyncio.to_thread(look, found)
        for part, look in (
            (Part.DATABASE, _database),
            (Part.MAIL_SERVER, _mail_server),
            (Part.MAILBOX, _mailbox),
        )
        if part in parts
    ]
    if all(f.well for f in findings if f.what == "database"):
        findings += [
            await asyncio.to_thread(look, found)
            for part, look in (
                (Part.MAIL_PROCESS, _mail_process),
                (Part.MAILS_WAITING, _mails_waiting),
                (Part.MAILS_NOT_UNDERSTOOD, _mails_not_understood),
                (Part.CALENDARS, _calendars),
            )
            if part in parts
        ]
    return findings + await _examine_temporal(found.settings, parts)


async def _examine_temporal(chosen: Settings, parts: Collection[Part]) -> list[Finding]:
    asked = [part for part in (Part.SEARCH_ATTRIBUTES, Part.WORKERS) if part in parts]
    if not asked and Part.TEMPORAL not in parts:
        return []
    client = await handles.connect(chosen.temporal, chosen.namespace)
    temporal = await _temporal(client, chosen.temporal)
    if not temporal.well:
        return [temporal]
    looks = {Part.SEARCH_ATTRIBUTES: _search_attributes, Part.WORKERS: _workers}
    shown = [temporal] if Part.TEMPORAL in parts else []
    return [*shown, *[await looks[part](client) for part in asked]]


def _database(found: Office) -> Finding:
    what = "database"
    try:
        with found.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
        check_migrated(found.engine)
    except SQLAlchemyError as failed:
        reason = type(failed).__name__
        return Finding(what=what, said=f"not reachable ({reason})", remedy="check SOJOURN_DATABASE")
    except DomainError as failed:
        return Finding(what=what, said=str(failed), remedy="run: sojourn migrate")
    return Finding(what=what, said=f"{found.engine.dialect.name}, schema up to date")


def _mail_server(found: Office) -> Finding:
    chosen = found.settings
    what, where = "mail server", f"{chosen.smtp_host}:{chosen.smtp_port}"
    try:
        with found.smtp.connected():
            return Finding(what=what, said=f"{where} takes mail")
    except (OSError, smtplib.SMTPException) as failed:
        return Finding(
            what=what,
            said=f"{where}: {type(failed).__name__}",
            remedy="check SOJOURN_SMTP_HOST, SOJOURN_SMTP_PORT, user and password",
        )


def _mailbox(found: Office) -> Finding:
    what, server = "mailbox", found.imap
    if server is None:
        return Finding(what=what, said="none is set")
    try:
        waiting = mails_in(server)
    except (OSError, UnicodeError, imaplib.IMAP4.error, ImapToolsError) as failed:
        return Finding(
            what=what,
            said=f"{server.host}:{server.port}: {type(failed).__name__}",
            remedy="check SOJOURN_IMAP_HOST, SOJOURN_IMAP_PORT, SOJOURN_IMAP_TLS, user and password",
        )
    return Finding(what=what, said=f"it can be read, {count(waiting, 'mail')} in it")


def _mail_process(found: Office) -> Finding:
    what = "mail process"
    if holder_of(found.engine, LEASE, found.now()):
        return Finding(what=what, said="one is at work")
    return Finding(what=what, said="none is at work", remedy="run: sojourn mail serve")


def _mails_waiting(found: Office) -> Finding:
    what, waiting = "mails waiting", found.outbox.waiting()
    oldest = found.outbox.next_due()
    if oldest and oldest < found.now() - timedelta(minutes=15):
        remedy = "look at the mail server and the mail process"
        return Finding(what=what, said=f"{waiting}, some for over 15 minutes", remedy=remedy)
    return Finding(what=what, said=str(waiting))


def _mails_not_understood(found: Office) -> Finding:
    """Junk is among them, so they are no fault of the installation's; a program with many of them may be."""
    by_program = found.answers.not_understood()
    worst = ", ".join(f"{number} of {name or 'no program'}" for name, number in by_program.items())
    said = f"{sum(by_program.values())} in 30 days"
    return Finding(what="mails not understood", said=f"{said}: {worst}" if worst else said)


def _calendars(found: Office) -> Finding:
    """A calendar that fails may be its owner's matter; one that is not looked at any more is the mail process's."""
    what = "calendars"
    fetched = [row for row in found.calendars.all() if row.kind in {"feed", "caldav"}]
    oldest = min((row.read_at for row in fetched if row.read_at), default=None)
    if oldest is None:
        return Finding(what=what, said="none is fetched")
    stale = sum(row.stale for row in fetched)
    if stale:
        said = f"{stale} of {len(fetched)} not read for over 2 days"
        return Finding(what=what, said=said, remedy="run: sojourn calendar list")
    return Finding(what=what, said=f"{len(fetched)} fetched, the oldest {ago(oldest, found.now())}")


async def _temporal(client: Client, address: str) -> Finding:
    if await handles.reachable(client):
        return Finding(what="Temporal", said=f"{address} answers")
    return Finding(
        what="Temporal",
        said=f"{address} does not answer",
        remedy="start it, or check SOJOURN_TEMPORAL; pages and answers work meanwhile",
    )


async def _search_attributes(client: Client) -> Finding:
    what = "search attributes"

    async def listed() -> Finding:
        missing = await operations.missing_attributes(client)
        if missing:
            said = f"missing: {', '.join(missing)}"
            return Finding(what=what, said=said, remedy="run: sojourn namespace")
        return Finding(what=what, said=f"all {len(attributes.ALL)} are there")

    return await _asked(what, listed)


async def _workers(client: Client) -> Finding:
    what = "workers"

    async def polling() -> Finding:
        request = DescribeTaskQueueRequest(
            namespace=client.namespace,
            task_queue=TaskQueue(name=TASK_QUEUE),
            task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
        )
        described = await client.workflow_service.describe_task_queue(request, timeout=QUICKLY)
        number = len({poller.identity for poller in described.pollers})
        if number:
            return Finding(what=what, said=f"{number} at work")
        return Finding(what=what, said="none is at work", remedy="run: sojourn worker")

    return await _asked(what, polling)


async def _asked(what: str, question: Callable[[], Awaitable[Finding]]) -> Finding:
    try:
        return await question()
    except RPCError as failed:
        said = failed.message.splitlines()[0] if failed.message else failed.status.name
        return Finding(what=what, said=said, remedy="check SOJOURN_NAMESPACE and Temporal's log")
