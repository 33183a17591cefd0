"""Signs of life of an activity that computes for long, so that a worker's death is noticed soon."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import copy_context
from datetime import timedelta
from threading import Event, Thread

from temporalio import activity

BEAT = timedelta(seconds=5)


@contextmanager
def alive(every: timedelta = BEAT) -> Iterator[None]:
    """Heartbeat from beside the work as long as it lasts; does nothing outside of an activity."""
    if not activity.in_activity():
        yield
        return
    over, context = Event(), copy_context()

    def beat() -> None:
        while not over.wait(every.total_seconds()):
            context.run(activity.heartbeat)

    beating = Thread(target=beat, daemon=True)
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()
