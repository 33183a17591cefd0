"""An event becomes an invite, is answered by mail and written about: store, mails, SMTP, pages, workflow."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr
from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment

from domain.rotation import Answer, Ending, Phase, RotationState, StepState
from store.pages import SinkMail
from tests.waiting import until
from tests.workflow.company import Company, a_company
from tests.workflow.test_rotation import settled
from workflows import handles
from workflows.names import workflow_id_of
from workflows.rotation import RotationOver

VERA = "vera@mill.example"
TOKEN = "t" * 43
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path) as running:
        known = running.office.settings
        running.office.settings = known.model_copy(update={"events_token": SecretStr(TOKEN)})
        yield running


async def post(company: Company, kind: str, identity: str) -> httpx.Response:
    event = {
        "specversion": "1.0",
        "id": identity,
        "source": "/calendar",
        "type": f"sojourn.event.{kind}",
        "data": {"person": "vera"},
    }
    headers = {
        "Content-Type": "application/cloudevents+json",
        "Authorization": f"Bearer {TOKEN}",
    }
    return await company.web.post("/api/events", content=json.dumps(event), headers=headers)


def step_of(company: Company, occasion: str) -> StepState:
    return company.office.views.state_of(occasion).steps[0]


def handle_of(company: Company, state: RotationState) -> WorkflowHandle[object, RotationOver]:
    return company.temporal.client.get_workflow_handle(
        workflow_id_of(state), result_type=RotationOver
    )


def invited(company: Company, after: int) -> list[SinkMail]:
    return [m for m in company.mails(after) if m.to == VERA and m.method == "REQUEST"]


async def test_practice_s25_posted_twice_an_event_is_one_invite_that_is_accepted_and_written(
    company: Company,
) -> None:
    before, name = len(company.mails()), uuid4().hex
    first, again = [await post(company, "decision", name) for _ in range(2)]
    assert (first.status_code, again.status_code) == (202, 200)
    occasion = first.json()["occasion"]

    await until(lambda: len(invited(company, before)) == 1)
    (invite,) = invited(company, before)
    await asyncio.to_thread(company.office.answer_from_inbox, invite.id, Answer.ACCEPTED)
    await until(lambda: step_of(company, occasion).phase is Phase.CONFIRMED)

    state = company.office.views.state_of(occasion)
    workflow = handle_of(company, state)
    await settled(workflow)
    skipped = state.steps[0].ends + MINUTE - company.office.now()
    company.clock.skipped += skipped
    await company.temporal.fast_forward(workflow, skipped)
    await until(lambda: any("Three lines" in m.subject for m in company.mails(before)))
    page = await company.press(VERA, "Three lines", "reflect", line0="They had asked nobody.")

    assert "Only you can read it" in page or "only you" in page
    over = await workflow.result()
    assert over == RotationOver(rotation=occasion, ending=Ending.COMPLETED)
    assert len(invited(company, before)) == 1
    described = await workflow.describe()
    await handles.begin_occasion(company.temporal.client, state)
    still = await handle_of(company, state).describe()
    assert (still.run_id, still.status) == (
        described.run_id,
        WorkflowExecutionStatus.COMPLETED,
    )
    events = [event async for event in workflow.fetch_history_events()]
    history = "".join(str(event) for event in events)
    for word in ("Vera", "vera@", "asked nobody", "/calendar", name):
        assert word not in history


async def test_a_declined_half_hour_finds_another_one(company: Company) -> None:
    before = len(company.mails())
    occasion = (await post(company, "conversation", uuid4().hex)).json()["occasion"]
    await until(lambda: len(invited(company, before)) == 1)
    starts = step_of(company, occasion).starts
    (invite,) = invited(company, before)

    await asyncio.to_thread(company.office.answer_from_inbox, invite.id, Answer.DECLINED)
    await until(lambda: len(invited(company, before)) == 2)

    moved = step_of(company, occasion)
    assert (moved.phase, moved.revision) == (Phase.INVITED, 1)
    assert moved.starts > starts
    assert [(m.uid, m.sequence) for m in invited(company, before)] == [
        (invite.uid, 0),
        (invite.uid, 1),
    ]
    assert company.office.views.state_of(occasion).attention == ()
