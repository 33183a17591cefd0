"""Waiting for something to become true, with a clear failure when it does not."""

import asyncio
import time
from collections.abc import Awaitable, Callable

PATIENCE = 20.0


async def until(condition: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Return as soon as the condition holds; fail after ``patience`` seconds."""

    async def ask() -> bool:
        return condition()

    await until_async(ask, patience)


async def until_async(condition: Callable[[], Awaitable[bool]], patience: float = PATIENCE) -> None:
    """Return as soon as the awaited condition holds; fail after ``patience`` seconds."""
    deadline = time.monotonic() + patience
    while not await condition():
        assert time.monotonic() < deadline, "it did not become true in time"
        await asyncio.sleep(0.05)
