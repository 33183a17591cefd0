"""What each page takes of the server at 200 and at 5,000 rotations: ``python -m bench.pages [--save]``.

The same generated company at two sizes, planned, approved and under way; it is made through the stores
that an installation uses, many rotations in one transaction. Rounds take turns, so that both sizes meet
the same machine; what is compared are medians. Making both takes some minutes.
"""

import argparse
import asyncio
import gc
import logging
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import NamedTuple

import httpx
from sqlalchemy import Engine, update
from sqlalchemy.orm import Session

from bench.company import TODAY, WEEKS
from bench.planner.page import when
from cli.instances import generate_company
from domain.due import catch_up
from domain.errors import Refused
from domain.insights import Insight, InsightTag, Summary
from domain.invites import CalendarMail, Letter, RenderedMail
from domain.links import LinkClaim, Purpose
from domain.people import Seat
from domain.policy import Disposition, PolicyPhase, PolicyState, Verdict
from domain.policymoves import PolicyDispatch, PolicyErrand, policy_sentence
from domain.program import HEARD_IN, Reader, StepKind
from domain.proposal import Proposal
from domain.rotation import Phase, RotationState
from domain.telling import dispatch
from domain.touching import Touches
from invites.composer import MailComposer
from settings import Settings
from store.database import open_database, writing
from store.learnings import enter_insights, follow_insights
from store.migrating import migrate
from store.tables.changes import PolicyTable
from store.tables.mail import OutboxTable
from store.tables.words import ExerciseEntryTable
from store.written import as_words
from web.app import create_app
from web.services import Services
from wiring import Office

SIZES = (200, 5000)
ROUNDS = 9
MOST = 3.0
"""How many times as long a page may take with 25 times as many rotations."""

BEGAN = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
NOW = BEGAN + timedelta(weeks=8)
"""When pages are looked at: after the first quarter of the program."""

TOGETHER = 50
"""Rotations that begin in one transaction."""

RULES = 60
"""Policies that visits and changes name."""

CARDS = 'cards = ["portfolio", "pulse-before"]\ntension-register = true\n'
PULSE = Path(__file__).parents[1] / "examples" / "practices" / "pulse-before.toml"
SHIFTS = ("early", "late", "night")
TRUST = {"safe": "4", "known": "2", "follows": "3"}
PHASES = (PolicyPhase.PROPOSED, PolicyPhase.DECLINED, PolicyPhase.IN_FORCE, PolicyPhase.KEPT)
DISPOSITIONS = (None, Disposition.DECLINED, Disposition.PARTLY, Disposition.ADOPTED)

HEAD = """# What pages take of the server

Processor milliseconds of one request, the median of nine, at two sizes in one run: a generated company eight weeks after its plan was approved. Half of its visits were held and
taught three things that touch one of sixty policies, every fourth led to a policy change, decided, declined, in force or measured in turn; host teams answered about trust, and one visit in twenty named a tension. Lists show fifty at
a time; nothing is kept between two looks.
"""
RESULTS = Path(__file__).parent / "results" / "pages.md"
"""Where ``--save`` keeps what was measured."""


class World(NamedTuple):
    """An installation with so many rotations under way, and what its pages are about."""

    office: Office
    client: httpx.AsyncClient
    pages: dict[str, str]
    """Address of each page, by what it shows."""


class _PlainComposer(MailComposer):
    """No page shows the bytes of a mail, so they say nothing but whose they are."""

    def calendar_mail(self, mail: CalendarMail) -> RenderedMail:
        return self._plain(f"{mail.uid}:{mail.sequence}", mail.reader_email, mail.title)

    def letter(self, letter: Letter) -> RenderedMail:
        return self._plain(letter.key, letter.reader_email, letter.kind.value)

    def _plain(self, identity: str, recipient: str, subject: str) -> RenderedMail:
        return RenderedMail(
            message_id=f"<{identity}@company.example>",
            sender="rotations@company.example",
            recipient=recipient,
            subject=subject,
            raw=identity.encode(),
        )


class _PlainOffice(Office):
    """The office of an installation that is made in a hurry and thrown away."""

    @cached_property
    def engine(self) -> Engine:
        return open_database(self.settings.database_url, durable=False)

    @cached_property
    def composer(self) -> MailComposer:
        return _PlainComposer(self.settings.organiser, self.settings.organiser_name)


@contextmanager
def world(rotations: int) -> Iterator[World]:
    """Make a company of that size and let its rotations begin."""
    with tempfile.TemporaryDirectory() as parent:
        yield _made(Path(parent), rotations)


def _made(home: Path, rotations: int) -> World:
    """Nothing of what it was made from stays in memory, as in a server."""
    _write_company(home / "company", rotations)
    settings = Settings(local=True, data=home)
    office = _PlainOffice(settings, lambda: NOW)
    migrate(office.engine)
    report = office.load(home / "company", dry_run=False, today=TODAY)
    assert not report.rejected, report.rejected
    (cohort,) = office.views.cohorts()
    office.planning.make_plan(cohort.cohort, BEGAN)
    office.planning.approve(cohort.cohort, 1, BEGAN)
    states = office.planning.rotations(cohort.cohort, 1)
    _live(office, states)
    pages = _pages(office, cohort.cohort, states[len(states) // 2])
    return World(office, _client(office), pages)


def _write_company(folder: Path, rotations: int) -> None:
    """A generated company whose program shows portfolios, asks for trust and keeps a register of tensions."""
    generate_company(folder, rotations, max(3, rotations // 16), weeks=WEEKS, seed=1)
    program, people = folder / "program.toml", folder / "people.csv"
    program.write_text(program.read_text().replace("\n[[steps]]", f"{CARDS}\n[[steps]]", 1))
    (folder / "practices").mkdir()
    shutil.copy(PULSE, folder / "practices" / PULSE.name)
    head, *rows = people.read_text().splitlines()
    told = (f"{row},{SHIFTS[number % len(SHIFTS)]}" for number, row in enumerate(rows))
    people.write_text("\n".join((f"{head},shift", *told)) + "\n")


def _live(office: Office, states: tuple[RotationState, ...]) -> None:
    """Every rotation has sent its first mails; some have taught something and changed something."""
    for first in range(0, len(states), TOGETHER):
        with writing(office.engine) as session:
            for number, state in enumerate(states[first : first + TOGETHER], first):
                _begin(office, session, state, number)
    for number, state in enumerate(states):
        if number % 4 == 0:
            _change(office, state, number)
        if number % 20 == 0:
            office.tensions.raise_by_link(state.rotation, state.participant, _tension(state), NOW)
    with writing(office.engine) as session:
        session.execute(update(OutboxTable).values(state="sent", settled_at=NOW))


def _begin(office: Office, session: Session, planned: RotationState, number: int) -> None:
    state, errands = catch_up(planned, NOW)
    if number % 2 == 0:
        held = (
            one.model_copy(update={"phase": Phase.HELD})
            for one in state.steps
            if one.kind in HEARD_IN
        )
        for step in held:
            state = state.with_step(step)
    office.correspondence.carry_out_within(session, dispatch(state, errands, NOW))
    if number % 2 == 0:
        enter_insights(session, state, state.steps[0], _summary(number), NOW)
        _answer(office, session, state)


def _summary(number: int) -> Summary:
    seen = (f"Callers of queue {number} wait twice", "Forms ask what is known", "Shifts come late")
    insights = (Insight(text=t, tag=InsightTag.CONSTRAINT, touches=_touched(number)) for t in seen)
    return Summary(words="A day", insights=tuple(insights))


def _answer(office: Office, session: Session, state: RotationState) -> None:
    """Everybody of the listening session says how far they trust the program."""
    step = next(one for one in state.steps if one.kind is StepKind.LISTENING_SESSION)
    for attendee in step.attendees:
        if attendee.seat is Seat.FRONTLINE:
            session.add(
                ExerciseEntryTable(
                    rotation=state.rotation,
                    step=step.key,
                    exercise=PULSE.stem,
                    person=attendee.person,
                    version=1,
                    reader=Reader.COUNTED.value,
                    sealed=office.vault.seal(session, attendee.person, as_words(TRUST)),
                    mark="",
                    complete=True,
                    late=False,
                    written_at=NOW,
                )
            )


def _tension(state: RotationState) -> dict[str, str]:
    return {
        "one": "a short queue",
        "other": "time for who is new",
        "lens": "operational",
        "initiative": "",
        "decided_on": "",
        "place": "",
        "owner": state.participant,
        "due": f"{(NOW + timedelta(days=21)).date()}",
    }


def _change(office: Office, state: RotationState, number: int) -> None:
    """One of four is waiting for its decision, one was declined, one is in force, and one was measured."""
    stands = number // 4 % 4
    change = _changed(state, NOW - timedelta(minutes=number), stands)
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
        insights=(f"{state.steps[0].key}:0",),
        touches=_touched(number),
    )
    with writing(office.engine) as session:
        _propose(session, state, change, proposal)
    errands = [PolicyErrand.SHOW_PROPOSAL]
    errands += [PolicyErrand.TELL_DECISION] * (stands > 0)
    errands += [PolicyErrand.TELL_VERDICT] * (stands > 2)
    sentence = policy_sentence(change)
    office.policies.carry_out(
        PolicyDispatch(state=change, errands=tuple(errands), now=NOW, sentence=sentence)
    )


def _changed(state: RotationState, proposed: datetime, stands: int) -> PolicyState:
    session_held = next(s for s in state.steps if s.kind is StepKind.LISTENING_SESSION)
    people = tuple(a.person for a in session_held.attendees)
    return PolicyState(
        policy=state.rotation,
        cohort=state.cohort,
        rotation=state.rotation,
        participant=state.participant,
        host=state.host or "",
        owner=state.participant,
        co_authors=people[1:3],
        voices=people,
        proposed_at=proposed,
        decide_by=NOW + timedelta(days=14),
        phase=PHASES[stands],
        disposition=DISPOSITIONS[stands],
        decided_at=NOW if stands > 0 else None,
        in_force_at=NOW if stands > 1 else None,
        verdict=Verdict.MET if stands > 2 else None,
        verdict_at=NOW if stands > 2 else None,
        version=1,
    )


def _propose(
    session: Session, state: RotationState, change: PolicyState, proposal: Proposal
) -> None:
    session.add(
        PolicyTable(
            id=change.policy,
            rotation=change.rotation,
            cohort=change.cohort,
            workflow_id=f"policy-{change.policy}",
            proposal=proposal.model_dump(mode="json"),
            proposed_at=change.proposed_at,
            team=state.host,
            first_noted_at=change.proposed_at - timedelta(days=20),
        )
    )
    session.flush()
    follow_insights(session, change.rotation, proposal, change.policy)


def _touched(number: int) -> Touches:
    return Touches(policy=f"Rule {number % RULES}")


def _client(office: Office) -> httpx.AsyncClient:
    async def refuse(*_: object) -> str:
        raise Refused("Pages are only looked at here.")

    services = Services(office=office, tell=refuse, approve=refuse, replan=refuse)
    transport = httpx.ASGITransport(create_app(services))
    return httpx.AsyncClient(transport=transport, base_url=office.settings.base_url)


def _pages(office: Office, cohort: str, state: RotationState) -> dict[str, str]:
    column = office.change_views.board(cohort, {"kept": 1}).columns[3]
    change = column.changes[0].policy
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
                gc.collect()
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
