"""What pages need from the rest, as one value that wiring fills in."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from temporalio.client import Client

from domain.errors import Refused
from domain.events import Event
from rehearsal.report import Report
from settings import LOOPBACK
from wiring import Office
from workflows import handles

ONLY_TO_READ = "This is a rehearsal: its people are simulated, and nothing in it can be changed."


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
