"""The page on which thanks are written: it never says that something is sent which is not."""

from datetime import timedelta

import httpx
import pytest

from domain.events import Written
from domain.links import Purpose
from domain.program import StepKind
from domain.rotation import Phase
from domain.telling import dispatch
from tests.visit import Visit

LET_GO = "These thanks were let go"


@pytest.fixture
def path(visit: Visit) -> str:
    thanks = visit.step(StepKind.THANKS)
    visit.moment = thanks.starts + timedelta(hours=1)
    return visit.path(Purpose.THANK, thanks)


def written(visit: Visit) -> list[Written]:
    pending = visit.office.news.pending(visit.moment, 50)
    return [one.event for one in pending if isinstance(one.event, Written)]


async def test_thanks_that_were_let_go_are_not_said_to_be_sent(
    visit: Visit, browser: httpx.AsyncClient, path: str
) -> None:
    gone = visit.step(StepKind.THANKS).model_copy(update={"phase": Phase.CANCELLED})
    changes = {"version": visit.state.version + 1}
    visit.state = visit.state.with_step(gone).model_copy(update=changes)
    visit.office.correspondence.carry_out(dispatch(visit.state, (), visit.moment))

    shown = await browser.get(path)
    back = await browser.post(f"{path}/thank", data={"words": "You let me carry the sacks."})

    assert LET_GO in shown.text
    assert "Send it" not in shown.text
    assert (back.status_code, LET_GO in back.text) == (409, True)
    assert written(visit) == []


async def test_thanks_that_somebody_waits_for_are_on_their_way(
    visit: Visit, browser: httpx.AsyncClient, path: str
) -> None:
    sent = await browser.post(f"{path}/thank", data={"words": "You let me carry the sacks."})

    assert sent.headers["location"].endswith("said=sent")
    assert [one.step for one in written(visit)] == [visit.step(StepKind.THANKS).key]
