"""A worker that dies while it plans keeps nobody waiting."""

import asyncio
import time
from datetime import timedelta

from temporalio import activity
from temporalio.testing import ActivityEnvironment

from activities.liveness import alive


@activity.defn
def compute(seconds: float) -> str:
    with alive(timedelta(seconds=0.02)):
        time.sleep(seconds)
    return "done"


async def test_long_work_shows_that_it_is_alive_and_stops_when_it_is_done() -> None:
    environment = ActivityEnvironment()
    beats: list[float] = []
    environment.on_heartbeat = lambda *_: beats.append(time.monotonic())

    done = await asyncio.to_thread(environment.run, compute, 0.3)
    counted = len(beats)
    await asyncio.sleep(0.1)

    assert done == "done"
    assert counted >= 2
    assert len(beats) == counted


def test_outside_of_an_activity_nothing_is_said() -> None:
    with alive(timedelta(seconds=0.001)):
        assert not activity.in_activity()
