"""What pages need from the rest, as one value that wiring fills in."""

from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import urlsplit

from temporalio.client import Client

from domain.errors import Refused
from domain.events import Event
from rehearsal.report import Report
from settings import LOOPBACK
from web.working import Workbench
from wiring import Office
from workflows import handles

ONLY_TO_READ = "This is a rehearsal: its people are simulated, and nothing in it can be changed."


T = TypeVar("T")

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


@dataclass(frozen=True)
class Services:
    """The office with its store, and the process behind it."""

    office: Office
    tell: Callable[[str, Event], Awaitable[str]]
    """Tell a rotation, by workflow id; raises DomainError with a sentence."""
    approve: Callable[[str, int], Awaitable[str]]
    replan: Callable[[str], Awaitable[str]]
    rehearsed: Report | None = None
    """Set where pages show a rehearsed world, in which nothing can be changed."""

    workbench: Workbench = field(default_factory=Workbench)

    def work(self, question: Hashable, work: Callable[[], T]) -> T | None:
        """Return an answer worked out from the store, None while it takes longer than a page waits.

        It holds until something changes, and an hour at most.
        """
        hour = self.office.now().replace(minute=0, second=0, microsecond=0)
        return self.workbench.answer(question, (self.office.views.change(), hour), work)

    @property
    def local(self) -> bool:
        return self.office.settings.local

    @property
    def hosts(self) -> frozenset[str]:
        """Names that these pages are served under."""
        named = urlsplit(self.office.settings.base_url).hostname
        return LOOPBACK | {named} if named else LOOPBACK

    @property
    def temporal_ui(self) -> str:
        settings = self.office.settings
        return f"{settings.temporal_ui}/namespaces/{settings.namespace}/workflows"


def services_of(office: Office, client: Client) -> Services:
    """Return the services of a running installation."""
    return Services(
        office=office,
        tell=lambda workflow_id, event: handles.tell(client, workflow_id, event),
        approve=lambda cohort, plan: handles.approve_plan(client, cohort, plan),
        replan=lambda cohort: handles.replan(client, cohort),
    )


def services_of_rehearsal(office: Office, report: Report) -> Services:
    """Return the services of a rehearsed world: everything to read, nothing to do."""

    async def refuse(*_: object) -> str:
        raise Refused(ONLY_TO_READ)

    return Services(office=office, tell=refuse, approve=refuse, replan=refuse, rehearsed=report)
