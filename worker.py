"""The worker process: carries out what workflows decide. Any number of them may run."""

import asyncio
import logging
import os
import signal
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

from temporalio.common import VersioningBehavior, WorkerDeploymentVersion
from temporalio.service import RPCError
from temporalio.worker import Worker, WorkerDeploymentConfig, WorkflowRunner
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

from activities.discreet import Discreet
from domain.errors import DomainError
from settings import Settings, local_settings
from store.database import check_migrated
from wiring import Office
from workflows import handles
from workflows.every import WORKFLOWS
from workflows.names import DEPLOYMENT, TASK_QUEUE
from workflows.rhythm import TemporalRhythm

THREADS = 8
"""Activities at once; no more than the database pool has connections."""

GRACE = timedelta(seconds=10)

log = logging.getLogger("worker")


async def work(office: Office, stop: asyncio.Event, runner: WorkflowRunner | None = None) -> None:
    """Serve the task queue until ``stop`` is set; refuses a database that is not migrated.

    An office with a clock of its own brings the ``runner`` that gives workflows the same clock.
    """
    settings = office.settings
    check_migrated(office.engine)
    if not await _temporal_is_there(settings, stop):
        return
    client = await handles.connect(settings.temporal, settings.namespace, lazy=False)
    worker = Worker(
        client,
        task_queue=TASK_QUEUE,
        workflows=list(WORKFLOWS),
        activities=office.activities(TemporalRhythm(client)),
        workflow_runner=runner or SandboxedWorkflowRunner(),
        interceptors=[Discreet()],
        activity_executor=ThreadPoolExecutor(max_workers=THREADS),
        max_concurrent_activities=THREADS,
        graceful_shutdown_timeout=GRACE,
        deployment_config=deployment_of(settings.build),
    )
    async with worker:
        log.info("worker started")
        await stop.wait()


def deployment_of(build: str) -> WorkerDeploymentConfig | None:
    """Pin a run to the release that it began with; the next run of it moves on (step boundaries)."""
    if not build:
        return None
    return WorkerDeploymentConfig(
        version=WorkerDeploymentVersion(deployment_name=DEPLOYMENT, build_id=build),
        use_worker_versioning=True,
        default_versioning_behavior=VersioningBehavior.PINNED,
    )


async def _temporal_is_there(settings: Settings, stop: asyncio.Event) -> bool:
    """Wait for Temporal; False when told to stop first."""
    waiting = await handles.connect(settings.temporal, settings.namespace)
    while not stop.is_set() and not await handles.reachable(waiting):
        log.info("waiting for Temporal")
        await asyncio.sleep(1)
    return not stop.is_set()


async def _main() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    await work(Office(local_settings(Path(".sojourn"))), stop)


def main() -> None:
    """Run until told to stop; every setting that is wrong is named in one message."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    code = 0
    try:
        asyncio.run(_main())
    except (DomainError, RPCError) as refused:
        sys.stderr.write(f"{refused}\n")
        code = 1
    # sdk-python#300: the core runtime may abort a process that exits right after its last client.
    time.sleep(0.5)
    logging.shutdown()
    os._exit(code)


if __name__ == "__main__":
    main()
