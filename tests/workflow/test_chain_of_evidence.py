"""From a quote on a phone to the effect of a change: one chain, which the process's history bears out."""

import asyncio
import json
import os
import re
import subprocess
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from temporalio.testing import WorkflowEnvironment

from domain.chain import Chain, LinkKind, faults, linked
from store.pages import ChangePage
from tests.installation import SOJOURN
from tests.mill import CO_CREATION, PAUL, PEOPLE, PROGRAM, SUMMARY, THANKS
from tests.workflow.company import Company, a_company
from tests.workflow.test_policy_changes import KARL, LISA, OTTO, PROPOSAL, VERA, change, ref
from workflows.names import policy_workflow_id
from workflows.operations import recorded_evidence

QUOTE = "After the rain we open every sack."
SAID = "The night shift can't read small print."
SEEN = {
    "words": "A day between sacks.",
    "thing0": "After rain nobody can tell the sacks apart",
    "thing1": "The ledger lives in one person's pocket",
    "thing2": "Deliveries come while everybody eats",
}
TRIED = {
    "hypothesis": "Marked sacks are not opened twice.",
    "adjustment": "A line of chalk on every wet sack.",
    "cost": "a box of chalk",
    "reversible": "yes",
    "metric": "sacks opened twice a day",
    "baseline": "12",
    "target": "5",
}
DAY = timedelta(days=1)


@pytest.fixture
async def company(temporal: WorkflowEnvironment, tmp_path: Path) -> AsyncIterator[Company]:
    program = PROGRAM + SUMMARY + CO_CREATION + THANKS
    cards = ("quick-test",)
    async with a_company(temporal, tmp_path, PEOPLE + PAUL, program, cards) as running:
        yield running


async def noted(company: Company) -> str:
    """Vera notes something on her phone on the day, and gets the code to read it again; its id."""
    await company.until(company.step("day").starts)
    page = await company.open(VERA, "Invitation: Day at the mill")
    link = re.search(r'href="[^"]*?(/t/[^"]+)"[^>]*>Write down', page)
    assert link, page
    name = "f" * 32
    note = {"name": name, "quote": QUOTE, "moment": "", "tag": "frustration"}
    kept = await company.web.post(f"{link.group(1)}/observe", data=note)
    assert "Noted." in kept.text
    return name


async def tried(company: Company, note: str) -> str:
    """Vera tries something for a day, and Karl says what it showed; the test's id."""
    page = await company.open(VERA, "What did you see")
    link = re.search(rf'href="[^"]*?(/t/[^"]+)">{SEEN["thing0"]}', page)
    assert link, page
    tomorrow = company.office.now() + DAY
    form = TRIED | {
        "note": note,
        "owner": ref(company, "Karl Moser"),
        "ends_on": f"{tomorrow:%Y-%m-%d}",
        "do": "start",
    }
    started = await company.web.post(f"{link.group(1)}/try", data=form)
    assert "It has started." in started.text
    await company.until(tomorrow + DAY)
    assert company.office.quick_tests.look_after(company.office.now()) == 1
    await company.at_rest()
    showed = {"measured": "4", "verdict": "met", "learnt": "Chalk lasts a day."}
    await company.press(KARL, "What did it show", "result", **showed)
    ((one,), _) = company.office.quick_tests.closed(1)
    return one.test.id


async def measured(company: Company) -> ChangePage:
    """The whole way: noted, summed up, released, tried, proposed, doubted, decided, measured."""
    name = await noted(company)
    held = {
        "talk": (OTTO, "Talk"),
        "day": (KARL, "Day"),
        "listen": (LISA, "Rotation: conversation"),
    }
    for key, (who, title) in held.items():
        await company.until(company.step(key).ends)
        await company.press(who, f"Did {title}", "held")
    await company.until(company.step("summary").starts)
    await company.press(VERA, "What did you see", "summarise", **SEEN, **{f"note-{name}": "0"})
    await company.press(KARL, "please read it first", "release", agreed="yes")
    test = await tried(company, name)
    await company.until(company.step("workshop").ends)
    await company.press(LISA, "Did Workshop", "held")
    await company.until(company.step("proposal").starts)
    form = PROPOSAL | {
        "co_author": ref(company, "Lisa Huber"),
        "owner": ref(company, "Otto Brandl"),
        "decide_by": f"{company.office.now() + 10 * DAY:%Y-%m-%d}",
        "insight": "summary:0",
        "test": test,
    }
    await company.press(VERA, "What should change", "propose", **form)
    await company.press(LISA, "proposes: Label the sacks", "concern", text=SAID)
    (concern,) = change(company).concerns
    decision = {
        "disposition": "adopted",
        "reason": "It costs little.",
        "in_force": f"{company.office.now():%Y-%m-%d}",
        f"disposition-{concern.id}": "partly",
        f"reason-{concern.id}": "We print them larger.",
    }
    await company.press(OTTO, "for you to decide", "decide", **decision)
    in_force = change(company).in_force_at
    assert in_force
    await company.until(in_force + 35 * DAY)
    effect = {"value": "2,5", "verdict": "met", "learnt": "Labels last longer than chalk."}
    await company.press(OTTO, "Did it help", "measure", **effect)
    return change(company)


async def sojourn(company: Company, *words: str) -> tuple[int, str]:
    """Run a command of this installation; returns its exit code and what it printed."""
    settings = company.office.settings
    home = {
        "SOJOURN_DATA": str(settings.data),
        "SOJOURN_LOCAL": "true",
        "SOJOURN_TEMPORAL": settings.temporal,
        "COLUMNS": "200",
    }
    command = [str(SOJOURN), *words]
    done = await asyncio.to_thread(
        subprocess.run, command, env=os.environ | home, capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


async def test_first_f8_from_a_quote_to_its_effect_the_chain_is_as_history_has_it(
    company: Company, tmp_path: Path
) -> None:
    policy = (await measured(company)).policy

    chain = company.office.change_views.chain(policy)
    client = company.temporal.client
    heard = await recorded_evidence(client, policy_workflow_id(policy))
    of_visit = await recorded_evidence(client, company.page.row.workflow_id)

    assert [link.kind for link in chain.links] == list(LinkKind)
    assert faults(chain) == ()
    observation, summary, hypothesis, result, *rest = chain.links
    assert heard == tuple(link.digest for link in rest)
    assert of_visit == (summary.digest, rest[0].digest)
    assert hypothesis.before == (summary.digest, observation.digest)
    assert result.before == (hypothesis.digest,)
    assert rest[0].before == (summary.digest, result.digest)
    assert observation.digest not in heard

    file = tmp_path / "chain.json"
    assert (await sojourn(company, "chain", "export", policy, "-o", str(file)))[0] == 0
    text = file.read_text()
    assert not any(words in text for words in (QUOTE, SAID, SEEN["thing0"], SEEN["words"]))
    assert "It costs little." in text
    code, said = await sojourn(company, "chain", "verify", str(file), "--history")
    assert (code, said) == (0, "8 links, whole, and as its process and the store recorded them.\n")
    downloaded = await company.web.get(f"/c/{policy}/chain.json")
    assert Chain.model_validate_json(downloaded.content) == chain

    altered = json.loads(text)
    altered["links"][-1]["says"]["measured"] = 0.5
    file.write_text(json.dumps(altered))
    code, said = await sojourn(company, "chain", "verify", str(file))
    assert code == 1
    assert f"The effect {policy}:0 is not as it was recorded." in said

    *others, effect = chain.links
    says = effect.says | {"measured": 0.5}
    forged = linked(effect.kind, effect.about, effect.at, effect.before, says)
    file.write_text(chain.model_copy(update={"links": (*others, forged)}).model_dump_json())
    code, said = await sojourn(company, "chain", "verify", str(file), "--history")
    assert code == 1
    assert f"The effect {policy}:0 was never recorded here." in said
    assert f"The history recorded {effect.digest}, which is not in the chain." in said

    file.write_text("{}")
    code, said = await sojourn(company, "chain", "verify", str(file))
    assert (code, "no chain of a change: policy" in said) == (1, True)
