"""``sojourn doctor``: what an admin asks first when something does not work."""

import asyncio
import smtplib
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from cli.leaving import FAILURE, OK, leave
from cli.options import Json, settings
from cli.showing import as_json, table
from domain.errors import DomainError
from domain.value import Value
from store.database import check_migrated
from store.lease import holder_of
from wiring import Office
from workflows import attributes, handles
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


def doctor(json: Json = False) -> None:
    """Look at everything that this installation needs, and say what to do where something is wrong.

    Nothing is changed. Exit code 1: something is wrong.

    Example: sojourn doctor
    """
    findings = asyncio.run(examine(Office(settings())))
    if json:
        as_json(findings)
    else:
        rows = (("" if f.well else "!", f.what, f.said, f.remedy) for f in findings)
        table("", ("", "what", "found", "what to do"), rows)
    leave(OK if all(f.well for f in findings) else FAILURE, talked_to_temporal=True)


async def examine(found: Office) -> list[Finding]:
    """Return a finding for each part, in the order in which parts need one another."""
    findings = [await asyncio.to_thread(look, found) for look in (_database, _mail_server)]
    if findings[0].well:
        findings.append(await asyncio.to_thread(_mail_process, found))
        findings.append(await asyncio.to_thread(_mails_waiting, found))
    chosen = found.settings
    client = await handles.connect(chosen.temporal, chosen.namespace)
    findings.append(await _temporal(client, chosen.temporal))
    if findings[-1].well:
        findings += [await _search_attributes(client), await _workers(client)]
    return findings


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
        request = ListSearchAttributesRequest(namespace=client.namespace)
        known = await client.operator_service.list_search_attributes(request, timeout=QUICKLY)
        missing = [key.name for key in attributes.ALL if key.name not in known.custom_attributes]
        if missing:
            said = f"missing: {', '.join(missing)}"
            remedy = f"add them to the namespace '{client.namespace}', or rotations can't start"
            return Finding(what=what, said=said, remedy=remedy)
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
