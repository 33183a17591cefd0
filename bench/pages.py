"""What each page takes of the server at 200 and at 5,000 rotations: ``python -m bench.pages [--save]``.

The same generated company at two sizes, planned, approved and under way, with a policy change for every
fourth rotation and three insights for every second. Rounds take turns, so that both sizes meet the same
machine; what is compared are medians.
"""

import argparse
import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx

from bench.company import TODAY, WEEKS
from bench.planner.page import when
from cli.instances import generate_company
from domain.due import catch_up
from domain.errors import Refused
from domain.insights import Insight, InsightTag, Summary
from domain.links import LinkClaim, Purpose
from domain.policy import PolicyState
from domain.policymoves import policy_sentence
from domain.program import StepKind
from domain.proposal import Proposal
from domain.rotation import RotationState
from domain.telling import dispatch
from settings import Settings
from store.database import migrate, writing
from store.learnings import enter_insights
from store.tables import PolicyTable
from web.app import create_app
from web.services import Services
from wiring import Office

SIZES = (200, 5000)
ROUNDS = 9
MOST = 3.0
"""How many times as long a page may take with 25 times as many rotations."""

NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
HEAD = """# What pages take of the server

Processor milliseconds of one request, the median of nine, at two sizes in one run: a generated company, planned, approved, its first mails
written, with a policy change for every fourth rotation and three insights for every second. Lists show fifty at a time; nothing is kept
between two looks.
"""
RESULTS = Path(__file__).parent / "results" / "pages.md"
"""Where ``--save`` keeps what was measured."""


class World(NamedTuple):
    """An installation with so many rotations under way, and what its pages are about."""

    client: httpx.AsyncClient
    pages: dict[str, str]
    """Address of each page, by what it shows."""


@contextmanager
def world(rotations: int) -> Iterator[World]:
    """Make a company of that size and let its rotations begin."""
    with tempfile.TemporaryDirectory() as parent:
        home = Path(parent)
        generate_company(home / "company", rotations, max(3, rotations // 16), weeks=WEEKS, seed=1)
        settings = Settings(local=True, data=home)
        office = Office(settings, lambda: NOW)
        migrate(office.engine)
        report = office.load(home / "company", dry_run=False, today=TODAY)
        assert not report.rejected, report.rejected
        (cohort,) = office.views.cohorts()
        office.planning.make_plan(cohort.cohort, NOW)
        office.planning.approve(cohort.cohort, 1, NOW)
        states = office.planning.rotations(cohort.cohort, 1)
        _begin(office, states)
        yield World(_client(office), _pages(office, cohort.cohort, states[len(states) // 2]))


def _begin(office: Office, states: tuple[RotationState, ...]) -> None:
    """Every rotation has sent its first mails; some have taught something and changed something."""
    for number, begun in enumerate(states):
        state, errands = catch_up(begun, NOW)
        with writing(office.engine) as session:
            office.correspondence.carry_out_within(session, dispatch(state, errands, NOW))
            if number % 2 == 0:
                enter_insights(session, state, state.steps[0], _summary(number), NOW)
            if number % 4 == 0:
                session.add(_change(state, number))


def _summary(number: int) -> Summary:
    seen = (f"Callers of queue {number} wait twice", "Forms ask what is known", "Shifts come late")
    return Summary(
        words="A day", insights=tuple(Insight(text=t, tag=InsightTag.CONSTRAINT) for t in seen)
    )


def _change(state: RotationState, number: int) -> PolicyTable:
    proposed = NOW - timedelta(minutes=number)
    assert state.host
    change = PolicyState(
        policy=state.rotation,
        cohort=state.cohort,
        rotation=state.rotation,
        participant=state.participant,
        host=state.host,
        owner=state.participant,
        co_authors=(state.steps[0].attendees[0].person,),
        voices=(state.participant,),
        proposed_at=proposed,
        decide_by=NOW + timedelta(days=14),
        version=1,
    )
    assert policy_sentence(change)
    proposal = Proposal(
        title=f"One form instead of {number}",
        seen="Every second caller had asked before.",
        change="We merge the forms.",
        metric="forms per case",
        baseline=3,
        target=1,
        owner=change.owner,
        co_authors=change.co_authors,
        decide_by=change.decide_by,
    )
    return PolicyTable(
        id=change.policy,
        rotation=change.rotation,
        cohort=change.cohort,
        workflow_id=f"policy-{change.policy}",
        proposal=proposal.model_dump(mode="json"),
        proposed_at=proposed,
        version=1,
        state=change.model_dump(mode="json"),
    )


def _client(office: Office) -> httpx.AsyncClient:
    async def refuse(*_: object) -> str:
        raise Refused("Pages are only looked at here.")

    services = Services(office=office, tell=refuse, approve=refuse, replan=refuse)
    transport = httpx.ASGITransport(create_app(services))
    return httpx.AsyncClient(transport=transport, base_url=office.settings.base_url)


def _pages(office: Office, cohort: str, state: RotationState) -> dict[str, str]:
    change = office.change_views.all(cohort)[0].policy
    step = next(s for s in state.steps if s.kind is StepKind.SHADOWING_DAY)
    claim = LinkClaim(
        purpose=Purpose.ANSWER,
        person=state.participant,
        rotation=state.rotation,
        about=step.key,
        step=step.key,
    )
    signed = office.links.url(claim, NOW + timedelta(days=1))
    return {
        "overview": "/",
        "a rotation": f"/r/{state.rotation}",
        "policy changes": "/changes",
        "a policy change": f"/c/{change}",
        "learnings": "/learnings",
        "learnings, searched": "/learnings?words=callers",
        "quarter ledger": f"/quarters/{cohort}",
        "coverage": f"/coverage/{cohort}",
        "portfolio": f"/portfolio/{cohort}",
        "tensions": f"/tensions/{cohort}",
        "year": f"/year/{cohort}",
        "calendars": "/calendars",
        "inbox": "/inbox",
        "an answer's page": signed.removeprefix(office.settings.base_url),
    }


async def measured(worlds: Mapping[int, World]) -> dict[str, dict[int, float]]:
    """Return the median milliseconds of each page by size; the first look at each is not counted."""
    found: dict[str, dict[int, list[float]]] = {}
    for number in range(ROUNDS + 1):
        for size, made in worlds.items():
            for name, path in made.pages.items():
                began = time.process_time()
                answer = await made.client.get(path)
                took = (time.process_time() - began) * 1000
                assert answer.status_code == 200, (path, answer.status_code)
                if number:
                    found.setdefault(name, {}).setdefault(size, []).append(took)
    return {
        name: {size: median(times) for size, times in sizes.items()}
        for name, sizes in found.items()
    }


def table(found: dict[str, dict[int, float]]) -> str:
    """Return one line a page."""
    few, many = SIZES
    lines = [
        f"| page | ms at {few:,} rotations | ms at {many:,} | times |",
        "| --- | --: | --: | --: |",
    ]
    for name, sizes in found.items():
        ratio = sizes[many] / sizes[few]
        lines.append(f"| {name} | {sizes[few]:.1f} | {sizes[many]:.1f} | {ratio:.2f} |")
    worst = max(sizes[many] / sizes[few] for sizes in found.values())
    verdict = "Met" if worst < MOST else "**Not met**"
    lines += ["", f"{verdict}: every page grows by less than {MOST:g} times. Worst: {worst:.2f}."]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Print the table, and keep it where asked to."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--save", action="store_true")
    chosen = parser.parse_args()
    logging.disable(logging.WARNING)
    few, many = SIZES
    with world(few) as small, world(many) as large:
        shown = table(asyncio.run(measured({few: small, many: large})))
    sys.stdout.write(shown)
    if chosen.save:
        RESULTS.write_text(f"{HEAD}\n{when('bench.pages')}\n\n{shown}")


if __name__ == "__main__":
    main()
