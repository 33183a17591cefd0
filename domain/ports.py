"""What the inside asks of the outside; adapters implement these Protocols, wiring joins them."""

from datetime import datetime
from typing import Protocol

from domain.calendars import CalendarReading, CalendarSource
from domain.errands import Dispatch
from domain.events import Event, News
from domain.incoming import Incoming, Judgement
from domain.invites import CalendarMail, Letter, RenderedMail
from domain.links import LinkClaim, Purpose
from domain.planning import Disruption
from domain.policymoves import PolicyDispatch
from domain.rituals import Series
from domain.rotation import RotationState
from domain.value import PersonRef, RotationId, Silent, Value


class PlanSummary(Value):
    """A stored plan version: how many were placed, and who was not."""

    plan: int
    placed: int
    unplaced: tuple[PersonRef, ...] = ()
    rituals: bool = False
    """Whether the program has rituals, whose schedules begin with the cohort."""
    continuous: Silent[bool] = False
    """Whether the program goes on without an end, and its cohort with it."""


class RepairSummary(Value):
    """A repair that was stored as a new plan version (or ``plan`` None), and what each rotation must hear."""

    plan: int | None
    told: tuple[tuple[RotationId, Event], ...] = ()


class Planning(Protocol):
    """The cohort's planner with its store."""

    def make_plan(self, cohort: str, now: datetime) -> PlanSummary:
        """Plan the whole cohort and store the plan as its next immutable version."""

    def approve(self, cohort: str, plan: int, now: datetime) -> None:
        """Mark this version as the one that runs; a repeat changes nothing."""

    def rotations(
        self, cohort: str, plan: int, skip: int = 0, limit: int | None = None
    ) -> tuple[RotationState, ...]:
        """Return first states of placed rotations of a plan, by id: ``limit`` of them after ``skip``."""

    def repair(self, cohort: str, disruption: Disruption, now: datetime) -> RepairSummary:
        """Find the smallest repair, store it as a new version; repeatable by disruption."""


class Rituals(Protocol):
    """The rituals of a cohort, and who comes to their sessions."""

    def series(self, cohort: str) -> tuple[Series, ...]: ...

    def next_session(self, series: Series, now: datetime) -> RotationState | None:
        """Open the session after ``now`` and return it; None when none is to come or it has begun."""


class Rhythm(Protocol):
    """What brings a ritual round: Temporal's Schedules, or a rehearsal's clock."""

    def begin(self, series: Series) -> None:
        """Let a series begin; one that has begun stays as it is."""


class Correspondence(Protocol):
    """Everything a rotation does in the world, one transaction per dispatch."""

    def carry_out(self, dispatch: Dispatch) -> None:
        """Project the state and write the errands' outbox rows; a repeat changes nothing."""


class PolicyCorrespondence(Protocol):
    """Everything a policy change does in the world, one transaction per dispatch."""

    def carry_out(self, dispatch: PolicyDispatch) -> None:
        """Project the state and write the errands' letters; a repeat changes nothing."""


class Composer(Protocol):
    """Turns what a mail says into its bytes, the same bytes for the same words."""

    def calendar_mail(self, mail: CalendarMail) -> RenderedMail: ...

    def words(self, mail: CalendarMail) -> tuple[str, str]:
        """Return subject and plain text of a calendar mail, as ``calendar_mail`` would write them."""

    def letter(self, letter: Letter) -> RenderedMail: ...


class Links(Protocol):
    """Signed links that carry who may do what until when, and can be revoked."""

    def url(self, claim: LinkClaim, expires: datetime) -> str: ...

    def read(self, token: str, purpose: Purpose | None = None) -> LinkClaim:
        """Return what the link allows; raises Refused when it is altered, expired or for another purpose."""


class QueuedMail(Value):
    """One outbox row that is due; ``uid`` orders calendar mails of one invite."""

    number: int
    message_id: str
    sender: str
    recipient: str
    raw: bytes
    attempts: int


class Outbox(Protocol):
    """Rendered mails that wait for the relay; one row is claimed by one relay at a time."""

    def due(self, now: datetime, limit: int) -> tuple[QueuedMail, ...]:
        """Return due rows, oldest first, never one whose UID has an earlier row unsent."""

    def delivered(self, number: int, now: datetime) -> None: ...

    def refused(self, number: int, reply: str, now: datetime) -> None:
        """The address was refused for good (5xx): no retry, the rotation is told."""

    def postponed(self, number: int, reason: str, now: datetime) -> None:
        """The server could not take it now: try again later, with growing pauses up to 5 minutes."""


class Answers(Protocol):
    """Incoming mails, stored before they are believed."""

    def keep(self, raw: bytes, source: str, now: datetime) -> int:
        """Store the raw mail and return its number; the same mail again returns the same number."""

    def unread(self, limit: int) -> tuple[tuple[int, bytes], ...]:
        """Return stored mails that have no judgement yet, oldest first."""

    def settle(self, number: int, read: Incoming, now: datetime) -> Judgement:
        """Judge what was read, apply it to its invite, note news for the rotation: one transaction."""


class Mailboxes(Protocol):
    """How far each mailbox has been read."""

    def read_up_to(self, mailbox: str, validity: int) -> int:
        """Return the highest UID read under that UIDVALIDITY; 0 under another."""

    def has_read(self, mailbox: str, validity: int, uid: int) -> None:
        """Everything up to that UID was read."""


class PendingNews(Value):
    """An event that a rotation has not heard yet; ``update_id`` makes a repeat harmless."""

    number: int
    workflow_id: str
    update_id: str
    event: News


class NewsDesk(Protocol):
    """Events on their way to workflows; they wait here while Temporal is down."""

    def pending(self, now: datetime, limit: int) -> tuple[PendingNews, ...]:
        """Return what is due, oldest first, at most one per workflow."""

    def told(self, number: int, now: datetime) -> None: ...

    def rejected(self, number: int, sentence: str, now: datetime) -> None:
        """The workflow refused it; the sentence is kept for the rotation's page."""

    def waiting(self, number: int, now: datetime) -> None:
        """Temporal could not be reached: try again later."""


class CalendarDesk(Protocol):
    """People's own calendars: where each is fetched from, and what was read there last."""

    def due(self, now: datetime, limit: int) -> tuple[PersonRef, ...]:
        """Return whose calendar is to be fetched now, the longest due first."""

    def source(self, person: str, now: datetime) -> CalendarSource:
        """Return where a calendar is fetched from, for cohorts that are not over; raises DomainError."""

    def keep(self, source: CalendarSource, reading: CalendarReading, now: datetime) -> None:
        """Keep what was read, and tell rotations whose steps to come it collides with."""

    def unchanged(self, source: CalendarSource, now: datetime) -> None:
        """The calendar is as it was when it was read last."""

    def failed(self, person: str, reason: str, now: datetime) -> None:
        """Keep the last good state and try again after a pause that grows."""
