"""The mill with everything real, on a server that skips time: store, planner, mails, SMTP, pages, workflows.

Only time is bent: workflows have the server's clock, and every adapter of the office runs ahead of
the wall by as much as was skipped.
"""

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import func, select
from temporalio.client import Client, WorkflowExecutionStatus, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

import planner
from activities.correspondence import CorrespondenceActivities
from activities.planning import PlanningActivities
from activities.policy import PolicyActivities
from activities.rituals import RitualActivities
from cli import mail
from domain.planning import Disruption
from domain.ports import RepairSummary
from domain.rotation import RotationState, StepState
from intake.holidays import holiday_absences
from invites.answering import words_of
from settings import Settings
from store.database import reading
from store.pages import ChangePage, RotationPage, SinkMail
from store.planning import PlanningDesk
from store.tables.mail import OutboxTable
from store.tables.rotations import RotationTable
from tests.forms import hidden_in
from tests.migrated import give_schema
from tests.mill import ORGANISER, PEOPLE, PROGRAM, THANKS, write_folder
from tests.servers import free_port
from tests.waiting import until, until_async
from tests.workflow.test_rotation import settled
from web.app import create_app
from web.services import services_of
from wiring import Office
from workflows import handles
from workflows.every import WORKFLOWS
from workflows.names import TASK_QUEUE
from workflows.rhythm import TemporalRhythm
from workflows.rotation import RotationOver

_LINK = re.compile(r"https?://\S+/t/\S+")
PRACTICES = Path(__file__).parents[2] / "examples" / "practices"
_A_MOMENT = timedelta(minutes=1)


@dataclass
class Clock:
    """The wall's time, and as much more as was skipped."""

    skipped: timedelta = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skipped


@dataclass
class Company:
    """One rotation under way, driven as its people would: by the links in their mails."""

    office: Office
    clock: Clock
    temporal: WorkflowEnvironment
    web: httpx.AsyncClient
    worker: Worker

    @property
    def state(self) -> RotationState:
        """What the store knows of the rotation, of the first participant where there are more."""
        query = select(RotationTable).where(RotationTable.ritual == "")
        with reading(self.office.engine) as session:
            row = session.scalars(query.order_by(RotationTable.participant)).first()
            assert row is not None
            return RotationState.model_validate(row.state)

    @property
    def page(self) -> RotationPage:
        return self.office.views.rotation(self.state.rotation)

    def step(self, key: str) -> StepState:
        found = self.state.step(key)
        assert found is not None
        return found

    def needs(self) -> list[str]:
        """What a person has to do, as concern and step."""
        return [f"{a.concern.value} {a.step}" for a in self.state.attention]

    def mails(self, after: int = 0) -> list[SinkMail]:
        """Everything that has arrived, oldest first."""
        return sorted(self.office.sink.mails(), key=lambda m: m.id)[after:]

    def text(self, found: SinkMail) -> str:
        raw = self.office.sink.raw(found.id)
        assert raw is not None
        return words_of(raw)

    def _mails_due(self) -> int:
        query = select(func.count()).select_from(OutboxTable)
        due = OutboxTable.state == "waiting", OutboxTable.next_try_at <= self.office.now()
        with reading(self.office.engine) as session:
            return session.scalar(query.where(*due)) or 0

    @property
    def rotation(self) -> WorkflowHandle[object, RotationOver]:
        return self.temporal.client.get_workflow_handle(
            self.page.row.workflow_id, result_type=RotationOver
        )

    async def until(self, moment: datetime) -> None:
        """Let time pass to just after the moment, and everything that falls due happen."""
        skipped = moment + _A_MOMENT - self.office.now()
        if skipped <= timedelta():
            return await self.at_rest()
        self.clock.skipped += skipped
        for workflow in await self._under_way():
            await settled(workflow)
            await self.temporal.fast_forward(workflow, skipped)
        return await self.at_rest()

    @property
    def _changes(self) -> tuple[ChangePage, ...]:
        return self.office.change_views.all()

    async def _under_way(self) -> list[WorkflowHandle[object, object]]:
        """What runs: policy changes, else the rotation, whose clock stands still beside its children."""
        client = self.temporal.client
        ids = [c.workflow_id for c in self._changes if c.begun]
        changes = [h for h in map(client.get_workflow_handle, ids) if await _is_running(h)]
        rotation = client.get_workflow_handle(self.page.row.workflow_id)
        return changes or ([rotation] if await _is_running(rotation) else [])

    async def manage(self, what: str, **form: str) -> None:
        """Press a button of the rotation's page, as a program manager."""
        pressed = await self.web.post(f"/r/{self.state.rotation}/{what}", data=form)
        assert pressed.status_code == 200, pressed.text
        await self.at_rest()

    async def dissolve(self, name: str) -> None:
        """Say that a host team does not exist any more."""
        team = self.office.views.team(name)
        self.office.organisation.dissolve(team, self.state.cohort, self.office.now())
        await self.at_rest()

    async def at_rest(self) -> None:
        """Wait until the rotation has nothing left to do, and what is due has left."""

        async def resting() -> bool:
            described = [await handle.describe() for handle in await self._under_way()]
            busy = any(d.raw_description.pending_workflow_task.ListFields() for d in described)
            news = self.office.news.pending(self.office.now(), 1)
            begun = all(change.begun for change in self._changes)
            return begun and not busy and not news and not self._mails_due()

        async def resting_for_a_while() -> bool:
            for _ in range(4):
                if not await resting():
                    return False
                await asyncio.sleep(0.1)
            return True

        await until_async(resting_for_a_while)

    async def open(self, who: str, subject: str) -> str:
        """Follow the link in somebody's newest mail about this, and return the page."""
        shown = await self.web.get(self._link(who, subject))
        assert shown.status_code == 200, shown.text
        return shown.text

    def _link(self, who: str, subject: str) -> str:
        of_them = [m for m in self.mails() if m.to == who and subject in m.subject]
        assert of_them, [(m.to, m.subject) for m in self.mails()]
        link = _LINK.search(self.text(of_them[-1]))
        assert link, self.text(of_them[-1])
        return link.group().removeprefix(self.office.settings.base_url)

    async def press(self, who: str, subject: str, verb: str, **form: str | list[str]) -> str:
        """Follow the link in somebody's newest mail about this, and press a button there."""
        path = self._link(who, subject)
        shown = await self.open(who, subject)
        answered = await self.web.post(f"{path}/{verb}", data=hidden_in(shown) | form)
        assert answered.status_code == 200, answered.text
        await self.at_rest()
        return answered.text


@asynccontextmanager
async def a_company(
    temporal: WorkflowEnvironment,
    home: Path,
    people: str = PEOPLE,
    program: str = PROGRAM + THANKS,
    cards: tuple[str, ...] = (),
) -> AsyncIterator[Company]:
    """Load the mill with these cards, plan and approve it, and yield once its first invites have arrived."""
    clock = Clock()
    address = temporal.client.service_client.config.target_host
    office = _office(home, people, _dealing(program, cards), clock, address)
    pages = httpx.ASGITransport(app=create_app(services_of(office, temporal.client)))
    web = httpx.AsyncClient(
        transport=pages, base_url=office.settings.base_url, follow_redirects=True
    )
    async with _working(temporal, office) as worker, _mailing(office), web:
        company = Company(office, clock, temporal, web, worker)
        await _start(company)
        yield company


def _dealing(program: str, cards: tuple[str, ...]) -> str:
    return program.replace("[program]", f"[program]\ncards = {json.dumps(cards)}", 1)


def _office(home: Path, people: str, program: str, clock: Clock, address: str) -> Office:
    port = free_port()
    settings = Settings(
        local=True,
        data=home,
        temporal=address,
        organiser=ORGANISER,
        smtp_port=port,
        sink_port=port,
        calendar_networks="127.0.0.1/32",
    )
    office = Office(settings, clock.now)
    give_schema(office.engine)
    folder = home / "mill"
    shutil.copytree(PRACTICES, folder / "practices")
    write_folder(folder, program.replace('"spring"', f'"c-{uuid4().hex[:8]}"'), people)
    in_a_week = office.now().date() + timedelta(weeks=1)
    report = office.load(folder, dry_run=False, today=in_a_week)
    assert not report.rejected, report.rejected
    return office


class _PlanningAhead(PlanningDesk):
    """Repairs at the office's time: a cohort's own clock can't skip while its rotations run."""

    def __init__(self, office: Office) -> None:
        super().__init__(
            office.engine, planner.plan, planner.review, planner.repair, holiday_absences
        )
        self._now = office.now

    def repair(self, cohort: str, disruption: Disruption, now: datetime) -> RepairSummary:
        return super().repair(cohort, disruption, self._now())


def _working(temporal: WorkflowEnvironment, office: Office) -> Worker:
    return Worker(
        temporal.client,
        task_queue=TASK_QUEUE,
        workflows=list(WORKFLOWS),
        activities=[
            *CorrespondenceActivities(office.correspondence).every(),
            *PlanningActivities(_PlanningAhead(office)).every(),
            *PolicyActivities(office.policies).every(),
            *RitualActivities(office.rituals, TemporalRhythm(temporal.client)).every(),
        ],
        activity_executor=ThreadPoolExecutor(max_workers=4),
    )


@asynccontextmanager
async def _mailing(office: Office) -> AsyncIterator[None]:
    stop = asyncio.Event()
    process = asyncio.create_task(mail.serve(office, stop))
    yield
    stop.set()
    await process


async def _start(company: Company) -> None:
    client = company.temporal.client
    views = company.office.views
    (cohort,) = (row.cohort for row in views.cohorts())
    await handles.start_cohort(client, cohort)
    await until_async(lambda: _planned(client, cohort))
    await handles.approve_plan(client, cohort, 1)
    planned = company.office.planning.rotations(cohort, 1)
    await until(lambda: len(company.office.records.rotations(cohort)) == len(planned))
    await until(lambda: company.mails() != [])
    await company.at_rest()


async def _planned(client: Client, cohort: str) -> bool:
    return await handles.latest_plan(client, cohort) == 1


async def _is_running(handle: WorkflowHandle[object, object]) -> bool:
    return (await handle.describe()).status is WorkflowExecutionStatus.RUNNING
