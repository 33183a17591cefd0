"""From a workshop to a measured effect, through mails and links, with every voice told."""

import base64
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.policy import Disposition, PolicyPhase, Verdict
from store.pages import ChangePage
from tests.mill import CO_CREATION, PAUL, PEOPLE, PROGRAM, THANKS
from tests.workflow.company import Company, a_company

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)
VERA, OTTO, KARL, LISA, PAULS = (
    f"{who}@mill.example" for who in ("vera", "otto", "karl", "lisa", "paul")
)
LISAS = "The night shift can't read small print."
PAULS_OWN = "Who pays for the labels?"
PROPOSAL = {
    "title": "Label the sacks",
    "seen": "Nobody can tell the sacks apart after the rain.",
    "change": "Every sack gets a label that keeps.",
    "metric": "sacks opened twice a day",
    "baseline": "12",
    "target": "3",
}


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    program = PROGRAM + CO_CREATION + THANKS
    async with a_company(temporal, tmp_path, PEOPLE + PAUL, program) as running:
        yield running


async def proposed(
    company: Company, co_author: str = "Lisa Huber", owner: str = "Otto Brandl"
) -> ChangePage:
    """The rotation up to its proposal, handed in with a co-author, for its owner to decide."""
    held = {
        "talk": (OTTO, "Talk"),
        "day": (KARL, "Day"),
        "listen": (LISA, "Rotation: conversation"),
    }
    for key, (who, title) in (held | {"workshop": (LISA, "Workshop")}).items():
        await company.until(company.step(key).ends)
        await company.press(who, f"Did {title}", "held")
    await company.until(company.step("proposal").starts)
    form = PROPOSAL | {
        "co_author": ref(company, co_author),
        "owner": ref(company, owner),
        "decide_by": f"{company.office.now() + 10 * DAY:%Y-%m-%d}",
    }
    await company.press(VERA, "What should change", "propose", **form)
    return change(company)


def change(company: Company) -> ChangePage:
    (found,) = company.office.change_views.all()
    return found


def ref(company: Company, name: str) -> str:
    return company.office.views.person(name)


async def concerns_raised(company: Company) -> dict[str, str]:
    """Lisa doubts it without her name, Paul with his; each concern's id by its words."""
    await proposed(company)
    shown = f"proposes: {PROPOSAL['title']}"
    await company.press(LISA, shown, "concern", text=LISAS)
    await company.press(PAULS, shown, "concern", text=PAULS_OWN, named="yes")
    return {concern.text: concern.id for concern in change(company).concerns}


def ruling(concern: str, disposition: str, reason: str) -> dict[str, str]:
    return {f"disposition-{concern}": disposition, f"reason-{concern}": reason}


async def decide(company: Company, **form: str) -> None:
    whole = {"disposition": "adopted", "reason": "It costs little."}
    today = {"in_force": f"{company.office.now():%Y-%m-%d}"}
    await company.press(OTTO, "for you to decide", "decide", **(whole | today | form))


async def decided(company: Company, disposition: str) -> ChangePage:
    await proposed(company)
    await decide(company, disposition=disposition)
    return change(company)


async def test_a_change_is_decided_measured_and_every_voice_is_told(company: Company) -> None:
    found = await decided(company, "adopted")
    assert (found.phase, found.decision) == (PolicyPhase.IN_FORCE, "It is adopted.")
    assert found.in_force_at is not None
    told = {m.to for m in company.mails() if "What was decided" in m.subject}
    assert told == {KARL, LISA, PAULS, VERA}

    await company.until(found.in_force_at + 35 * DAY)
    before = len(company.mails())
    form = {"value": "2,5", "verdict": "met", "learnt": "Labels last longer than chalk."}
    await company.press(OTTO, "Did it help", "measure", **form)

    found = change(company)
    assert (found.phase, found.verdict, found.measured) == ("kept", "The target was met.", 2.5)
    receipts = [m for m in company.mails(before) if "What it changed" in m.subject]
    assert {m.to for m in receipts} == {KARL, LISA, PAULS, VERA}
    assert "12 before, 3 hoped for, 2.5 now" in company.text(receipts[0])
    page = (await company.web.get(f"/c/{found.policy}")).text
    assert "Labels last longer than chalk." in page
    assert "Label the sacks" in (await company.web.get(f"/r/{found.rotation}")).text


async def test_practice_s61_a_verdict_is_recorded_by_day_42_even_when_nobody_answers(
    company: Company,
) -> None:
    found = await decided(company, "partly")
    assert found.in_force_at is not None

    await company.until(found.in_force_at + 42 * DAY)

    found = change(company)
    assert (found.phase, found.verdict) == ("reviewed", "Nobody measured it within six weeks.")
    assert found.attention == 1
    assert "Otto Brandl has not measured a change of Vera Lang" in (await company.web.get("/")).text

    await company.web.post(f"/c/{found.policy}/extend")
    await company.at_rest()
    assert change(company).phase == "in-force"


@contextmanager
def a_worker(company: Company) -> Iterator[None]:
    """A worker process that ends by SIGKILL."""
    settings = company.office.settings
    home = {
        "SOJOURN_DATA": str(settings.data),
        "SOJOURN_LOCAL": "true",
        "SOJOURN_TEMPORAL": settings.temporal,
        "SOJOURN_ORGANISER": settings.organiser,
    }
    with subprocess.Popen(
        [sys.executable, "worker.py"], cwd=ROOT, env=os.environ | home
    ) as process:
        try:
            yield
        finally:
            process.kill()


async def test_first_f4_the_baseline_is_as_it_was_before_the_change_whatever_is_handed_in_later(
    company: Company,
) -> None:
    found = await decided(company, "adopted")
    before = company.office.change_views.chain(found.policy)
    form = PROPOSAL | {
        "baseline": "30",
        "co_author": ref(company, "Lisa Huber"),
        "owner": ref(company, "Otto Brandl"),
        "decide_by": f"{company.office.now() + 10 * DAY:%Y-%m-%d}",
    }

    with pytest.raises(AssertionError, match="it can&#39;t change any more"):
        await company.press(VERA, "What should change", "propose", **form)
    with pytest.raises(AssertionError, match="decided already"):
        await decide(company, baseline="30")

    assert change(company).proposal.baseline == 12
    assert company.office.change_views.chain(found.policy) == before


async def test_first_f4_a_verdict_is_recorded_on_day_42_though_its_workers_were_killed(
    company: Company,
) -> None:
    in_force = (await decided(company, "adopted")).in_force_at
    assert in_force is not None
    await company.worker.shutdown()
    for days in (20, 42):
        with a_worker(company):
            await company.until(in_force + days * DAY)

    (state,) = company.office.records.changes()
    assert (state.phase, state.verdict) == (PolicyPhase.REVIEWED, Verdict.NOT_MEASURED)
    assert state.verdict_at
    assert abs(state.verdict_at - in_force - 42 * DAY) < timedelta(hours=1)
    told = [m.to for m in company.mails() if "What it changed" in m.subject]
    assert sorted(told) == sorted([KARL, LISA, PAULS, VERA])


async def test_a_no_is_told_with_its_reason_to_everybody_who_spoke(company: Company) -> None:
    await decided(company, "declined")

    receipts = [m for m in company.mails() if "What was decided" in m.subject]
    assert {m.to for m in receipts} == {KARL, LISA, PAULS, VERA}
    assert all("It is not adopted. It costs little." in company.text(m) for m in receipts)
    assert change(company).phase == "declined"


async def test_practice_s44_without_a_frontline_co_author_nothing_is_handed_in(
    company: Company,
) -> None:
    with pytest.raises(AssertionError, match="at least one co-author"):
        await proposed(company, co_author="Otto Brandl")

    assert company.office.change_views.all() == ()


async def test_after_the_team_is_dissolved_its_change_finds_another_owner_and_reaches_every_voice(
    company: Company,
) -> None:
    found = await proposed(company, owner="Karl Moser")
    before = len(company.mails())

    await company.dissolve("The mill")

    assert company.mails(before) == []
    assert change(company).attention == 1
    overview = (await company.web.get("/")).text
    assert "The team of Karl Moser, who decides a change of Vera Lang, is dissolved." in overview
    assert "Hand over" in (await company.web.get(f"/c/{found.policy}")).text

    await company.web.post(f"/c/{found.policy}/owner", data={"who": "Otto Brandl"})
    await company.at_rest()
    today = f"{company.office.now():%Y-%m-%d}"
    form = {"disposition": "adopted", "reason": "It costs little.", "in_force": today}
    await company.press(OTTO, "for you to decide", "decide", **form)

    assert change(company).attention == 0
    told = {m.to for m in company.mails(before) if "What was decided" in m.subject}
    assert told == {KARL, LISA, PAULS, VERA}


async def test_practice_s7_each_concern_gets_a_disposition_and_a_reason(company: Company) -> None:
    ids = await concerns_raised(company)
    with pytest.raises(AssertionError, match="something is missing below"):
        await decide(company, **ruling(ids[LISAS], "partly", "We print them larger."))
    assert change(company).phase == PolicyPhase.PROPOSED

    await decide(
        company,
        **ruling(ids[LISAS], "partly", "We print them larger."),
        **ruling(ids[PAULS_OWN], "declined", "The office does."),
    )

    found = change(company)
    assert found.phase == PolicyPhase.IN_FORCE
    assert [(c.text, c.by, c.disposition, c.reason) for c in found.concerns] == [
        (LISAS, "", "partly", "We print them larger."),
        (PAULS_OWN, "Paul Egger", "declined", "The office does."),
    ]
    page = (await company.web.get(f"/c/{found.policy}")).text
    assert "We print them larger." in page
    (state,) = company.office.records.changes()
    assert {(c.id, c.person, c.disposition) for c in state.concerns} == {
        (ids[LISAS], ref(company, "Lisa Huber"), Disposition.PARTLY),
        (ids[PAULS_OWN], ref(company, "Paul Egger"), Disposition.DECLINED),
    }


async def test_practice_s40_a_receipt_says_what_became_of_the_readers_own_concern(
    company: Company,
) -> None:
    ids = await concerns_raised(company)
    before = len(company.mails())

    await decide(
        company,
        **ruling(ids[LISAS], "adopted", "We print them larger."),
        **ruling(ids[PAULS_OWN], "declined", "The office does."),
    )

    receipts = {m.to: company.text(m) for m in company.mails(before)}
    assert receipts.keys() == {KARL, LISA, PAULS, VERA}
    assert {who for who, text in receipts.items() if "You said:" in text} == {LISA, PAULS}
    said = f"You said: {LISAS}\nDecided: It is adopted.\nBecause: We print them larger."
    assert said in receipts[LISA].replace("\r", "")
    assert f"You said: {PAULS_OWN}" in receipts[PAULS]


async def test_who_raised_a_concern_and_its_words_stay_between_writer_and_owner(
    company: Company,
) -> None:
    ids = await concerns_raised(company)
    await decide(
        company,
        **ruling(ids[LISAS], "adopted", "We print them larger."),
        **ruling(ids[PAULS_OWN], "declined", "The office does."),
    )

    words = {LISA: LISAS, PAULS: PAULS_OWN}
    for writer, own in words.items():
        assert {m.to for m in company.mails() if own in company.text(m)} == {writer}
    found = change(company)
    assert "Lisa Huber" not in [concern.by for concern in found.concerns]
    handle = company.temporal.client.get_workflow_handle(found.workflow_id)
    history = (await handle.fetch_history()).to_json_dict()
    told = json.dumps(history) + "".join(decoded(history))
    assert ids[LISAS] in told
    secrets = (LISAS, PAULS_OWN, "We print them larger.", "The office does.", "Huber", "Egger")
    assert [secret for secret in secrets if secret in told] == []


async def test_a_concern_after_the_decision_is_refused_with_a_sentence(company: Company) -> None:
    await decided(company, "declined")

    with pytest.raises(AssertionError, match=r"This p.+ is (decided already|over)"):
        await company.press(LISA, "proposes: Label", "concern", text="Too late.")

    assert change(company).concerns == ()
    assert "Nobody raised one." in (await company.web.get(f"/c/{change(company).policy}")).text


def decoded(part: object) -> Iterator[str]:
    """Every payload of a history as text."""
    if isinstance(part, dict):
        if isinstance(part.get("data"), str):
            yield base64.b64decode(part["data"]).decode(errors="replace")
        for value in part.values():
            yield from decoded(value)
    elif isinstance(part, list):
        for value in part:
            yield from decoded(value)
