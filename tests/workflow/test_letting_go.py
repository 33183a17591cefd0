"""A day and its listening session are let go together, and nothing goes on for ever without a question."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.rotation import Phase
from tests.workflow.company import Company, a_company


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path) as running:
        yield running


async def test_practice_s41_deleting_a_day_asks_about_its_session_and_takes_both_away(
    company: Company,
) -> None:
    rotation, before = company.state.rotation, len(company.mails())
    asked = (await company.web.get(f"/r/{rotation}/steps/day/skip")).text
    other = (await company.web.get(f"/r/{rotation}/steps/listen/skip")).text
    alone = await company.web.post(f"/r/{rotation}/steps/listen/skip")

    assert "belong together. Let them go?" in asked
    assert "Only this one" in asked
    assert "belong together. Let them go?" in other
    assert "Only this one" not in other
    assert (alone.status_code, "while its day stands" in alone.text) == (409, True)
    assert company.step("listen").phase is Phase.INVITED

    await company.manage("steps/listen/skip", together="true")

    assert [company.step(key).phase for key in ("day", "listen")] == [Phase.CANCELLED] * 2
    await company.at_rest()
    called_off = [m.method for m in company.mails(before)]
    assert set(called_off) == {"CANCEL"}
    assert len(called_off) >= 4


async def test_practice_s38_a_rotation_asks_on_its_hard_end_even_on_hold(
    company: Company,
) -> None:
    over_by = company.state.over_by
    assert over_by
    await company.manage("move/hold")

    await company.until(over_by)

    assert company.needs() == ["past-its-end None"]
    page = (await company.web.get(f"/r/{company.state.rotation}")).text
    assert "should be over by now, and steps of it are open." in page
    assert "or cancel the rotation." in page
