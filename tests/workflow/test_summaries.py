"""What a visit taught: written down, read by the host lead first, then by those it concerns."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.errors import Refused
from domain.rotation import Ending, Phase
from tests.mill import PROGRAM, SUMMARY
from tests.workflow.company import Company, a_company

VERA, OTTO, KARL, LISA = (f"{who}@mill.example" for who in ("vera", "otto", "karl", "lisa"))
SEEN = {
    "words": "The mill is loud, and everybody knows every sack.",
    "thing0": "Sacks are opened twice because nobody can read the chalk",
    "tag0": "frustration",
    "thing1": "Every order waits for one signature in the office",
    "tag1": "constraint",
    "thing2": "New millers learn from the notes on the wall",
    "tag2": "delight",
}


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    async with a_company(temporal, tmp_path, program=PROGRAM + SUMMARY) as running:
        yield running


async def visited(company: Company) -> None:
    held = {
        "talk": (OTTO, "Talk"),
        "day": (KARL, "Day"),
        "listen": (LISA, "Rotation: conversation"),
    }
    for key, (who, title) in held.items():
        await company.until(company.step(key).ends)
        await company.press(who, f"Did {title}", "held")
    await company.until(company.step("summary").starts)


async def test_practice_s43_the_summary_goes_to_the_host_lead_first(company: Company) -> None:
    await visited(company)
    before = len(company.mails())

    await company.press(VERA, "What did you see", "summarise", **SEEN)

    first = company.mails(before)
    assert [m.to for m in first] == [KARL]
    assert "loud" not in company.text(first[0])
    assert company.step("summary").phase is Phase.SHOWN

    before = len(company.mails())
    await company.press(KARL, "please read it first", "release", agreed="yes")

    shared = company.mails(before)
    assert {m.to for m in shared} == {OTTO, LISA}
    assert all("everybody knows every sack" in company.text(m) for m in shared)
    assert all("- Every order waits" in company.text(m) for m in shared)
    await company.until(company.step("reflect").ends)
    await company.press(VERA, "Three lines", "reflect", line0="Loud.")
    assert (await company.rotation.result()).ending is Ending.COMPLETED


async def test_a_summary_that_repeats_itself_comes_back_with_what_was_written(
    company: Company,
) -> None:
    await visited(company)
    twice = SEEN | {"thing2": "One signature in the office, and every order waits for it"}

    with pytest.raises(AssertionError, match="nearly the same") as refused:
        await company.press(VERA, "What did you see", "summarise", **twice)

    assert "everybody knows every sack" in str(refused.value)
    assert company.step("summary").phase is Phase.OPEN


async def test_what_the_host_lead_keeps_back_reaches_nobody(company: Company) -> None:
    await visited(company)
    await company.press(VERA, "What did you see", "summarise", **SEEN)
    before = len(company.mails())

    await company.press(KARL, "please read it first", "release", agreed="no")

    assert company.mails(before) == []
    with pytest.raises(Refused, match="Somebody else"):
        company.office.summaries.page(
            company.state.rotation, "summary", company.office.views.person("Lisa Huber")
        )
    assert company.step("summary").phase is Phase.HELD
