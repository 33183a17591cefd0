"""A process of Sojourn in accelerated time: ``python -m bench.bent_process worker|mail|web``.

The code is the product's own; only time is bent. The adapters read a faster clock, and a runner
translates between the server's time and that clock at the one place where workflows meet time: the
moment of an activation going in, the length of a timer coming out. So timers stay the server's own
and outlive its death.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import uvicorn
from temporalio.bridge.proto.workflow_activation import WorkflowActivation
from temporalio.bridge.proto.workflow_completion import WorkflowActivationCompletion
from temporalio.worker import WorkflowInstance, WorkflowInstanceDetails
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner

import worker
from cli import mail
from settings import read_settings
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles

_TICK = timedelta(milliseconds=1)
"""Added to each timer, so that rounding never wakes a workflow before its moment."""


@dataclass(frozen=True)
class BentClock:
    """A time that began at ``starts`` when the wall said ``began``, and runs ``rate`` times as fast."""

    began: datetime
    starts: datetime
    rate: float

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "BentClock":
        """Return the clock that ``as_environment`` wrote down."""
        began, starts, rate = environment["BENT_CLOCK"].split()
        return cls(datetime.fromisoformat(began), datetime.fromisoformat(starts), float(rate))

    def as_environment(self) -> dict[str, str]:
        """Return what another process needs to have the same clock."""
        told = f"{self.began.isoformat()} {self.starts.isoformat()} {self.rate}"
        return {"BENT_CLOCK": told}

    def now(self) -> datetime:
        return self.bend(datetime.now(UTC))

    def bend(self, moment: datetime) -> datetime:
        """Return what this clock shows at a moment of the wall."""
        return self.starts + (moment - self.began) * self.rate


@dataclass(frozen=True)
class BentRunner(SandboxedWorkflowRunner):
    """Runs workflows in the sandbox as the product does, in the time of a bent clock."""

    clock: BentClock = BentClock(datetime.now(UTC), datetime.now(UTC), 1)

    def create_instance(self, det: WorkflowInstanceDetails) -> WorkflowInstance:
        instance = super().create_instance(det)
        straight = instance.activate

        def activate(act: WorkflowActivation) -> WorkflowActivationCompletion:
            if act.HasField("timestamp"):
                moment = act.timestamp.ToDatetime(tzinfo=UTC)
                act.timestamp.FromDatetime(self.clock.bend(moment))
            return self._in_server_time(straight(act))

        instance.activate = activate  # type: ignore[method-assign]
        return instance

    def _in_server_time(
        self, completion: WorkflowActivationCompletion
    ) -> WorkflowActivationCompletion:
        for command in completion.successful.commands:
            if command.HasField("start_timer"):
                wait = command.start_timer.start_to_fire_timeout
                wait.FromTimedelta(wait.ToTimedelta() / self.clock.rate + _TICK)
        return completion


async def _web(office: Office) -> None:
    settings = office.settings
    client = await handles.connect(settings.temporal, settings.namespace)
    pages = create_app(services_of(office, client))
    config = uvicorn.Config(pages, "127.0.0.1", settings.web_port, log_level="warning")
    await uvicorn.Server(config).serve()


def main(part: str) -> None:
    """Run one part until it is killed."""
    clock = BentClock.of(os.environ)
    office, never = Office(read_settings(), clock.now), asyncio.Event()
    running = {
        "worker": lambda: worker.work(office, never, BentRunner(clock=clock)),
        "mail": lambda: mail.serve(office, never),
        "web": lambda: _web(office),
    }
    asyncio.run(running[part]())


if __name__ == "__main__":
    main(sys.argv[1])
