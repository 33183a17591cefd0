"""Asking the running process from a command."""

import asyncio
from collections.abc import Callable, Coroutine

from temporalio.client import Client

from cli.leaving import OK, leave
from cli.options import settings
from cli.showing import console
from domain.events import Event
from wiring import Office
from workflows import handles


def with_client(call: Callable[[Client], Coroutine[None, None, str]]) -> str:
    """Return what the process said."""
    chosen = settings()

    async def connected() -> str:
        return await call(await handles.connect(chosen.temporal, chosen.namespace))

    return asyncio.run(connected())


def tell(office: Office, rotation: str, event: Event) -> None:
    """Tell a rotation, print what it says with people's names, and end the command."""
    workflow_id = office.views.rotation(rotation).row.workflow_id
    said = with_client(lambda client: handles.tell(client, workflow_id, event))
    console.print(office.views.named(said), markup=False)
    leave(OK, talked_to_temporal=True)
