"""What can happen to a rotation. Each is told to its workflow and stays in history: ids and moments only."""

from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from domain.planning import PlannedStep
from domain.policy import Disposed, Disposition, Verdict
from domain.program import Gate
from domain.rotation import Answer
from domain.value import Digest, Key, Moment, PersonRef, RotationId, Silent, TeamRef, Value


class Answered(Value):
    """A person answered an invite. ``complete`` says that with it everybody needed has accepted."""

    kind: Literal["answered"] = "answered"
    id: str
    """``answer:<uid>:<sequence>:<stored answer number>``: the update id, so a repeat changes nothing."""
    step: Key
    person: PersonRef
    revision: int
    answer: Answer
    complete: bool = False


class GateAnswered(Value):
    """A person gave or refused a consent; a refusal carries no reason."""

    kind: Literal["gate-answered"] = "gate-answered"
    gate: Gate
    person: PersonRef
    agreed: bool


class TookPlace(Value):
    """Host, facilitator or program manager confirmed that a step was held."""

    kind: Literal["took-place"] = "took-place"
    step: Key
    by: PersonRef | None = None
    delegated: Silent[bool] = False
    """True where somebody else came in the participant's place."""


class NoShow(Value):
    """A step was due and somebody did not come."""

    kind: Literal["no-show"] = "no-show"
    step: Key
    person: PersonRef
    shown: Silent[bool] = False
    """True where a session asks a person what becomes of it; False in what was said before it did."""


class NotToday(Value):
    """Somebody can't on the day itself; no reason is asked."""

    kind: Literal["not-today"] = "not-today"
    step: Key
    person: PersonRef


class Unavailable(Value):
    """A calendar shows that somebody is busy or away during a step to come; when, stays in the store."""

    kind: Literal["unavailable"] = "unavailable"
    step: Key
    person: PersonRef
    revision: int


class Written(Value):
    """A reflection or a thanks was stored under ``document``; its words stay in the store."""

    kind: Literal["written"] = "written"
    step: Key
    document: str


class Summarised(Value):
    """A summary with its insights was stored; the host lead reads it first."""

    kind: Literal["summarised"] = "summarised"
    step: Key


class Released(Value):
    """The host lead read a summary: others may read it, or it stays between the two."""

    kind: Literal["released"] = "released"
    step: Key
    agreed: bool
    evidence: Digest = ""


class Proposed(Value):
    """A proposal with its frontline co-authors was stored; it becomes a policy change of its own."""

    kind: Literal["proposed"] = "proposed"
    step: Key
    policy: RotationId
    owner: PersonRef
    co_authors: tuple[PersonRef, ...]
    decide_by: Moment
    evidence: Digest = ""


class ConcernRaised(Value):
    """Somebody who was met raised a concern about a proposal; its words stand in the store."""

    kind: Literal["concern-raised"] = "concern-raised"
    concern: RotationId
    person: PersonRef
    evidence: Digest = ""


class Decided(Value):
    """The policy owner decided, the whole and each concern; the reasons stand in the store."""

    kind: Literal["decided"] = "decided"
    disposition: Disposition
    in_force_at: Moment | None = None
    concerns: tuple[Disposed, ...] = ()
    evidence: Digest = ""


class Measured(Value):
    """The effect was compared with the baseline; the figures stand in the store."""

    kind: Literal["measured"] = "measured"
    verdict: Verdict
    evidence: Digest = ""


class Extended(Value):
    """The change stays in force for another six weeks and is measured again."""

    kind: Literal["extended"] = "extended"


class RolledBack(Value):
    """The change is taken back."""

    kind: Literal["rolled-back"] = "rolled-back"


class OwnerChanged(Value):
    """Somebody else decides and measures from now on."""

    kind: Literal["owner-changed"] = "owner-changed"
    owner: PersonRef


class OwnerLeft(Value):
    """The team of whoever decides and measures is dissolved; somebody else has to be named."""

    kind: Literal["owner-left"] = "owner-left"


class Reschedule(Value):
    """A program manager asks for exactly this start (UTC)."""

    kind: Literal["reschedule"] = "reschedule"
    step: Key
    starts: Moment


class Skip(Value):
    """A program manager lets a step go; open invites to it are called off."""

    kind: Literal["skip"] = "skip"
    step: Key


class Hold(Value):
    """Nothing is sent or escalated until the rotation is resumed."""

    kind: Literal["hold"] = "hold"


class Resume(Value):
    """The rotation goes on; steps whose time has passed meanwhile are planned anew."""

    kind: Literal["resume"] = "resume"


class Withdraw(Value):
    """The participant leaves the program; open invites are called off."""

    kind: Literal["withdraw"] = "withdraw"


class Cancel(Value):
    """A program manager ends the rotation; open invites are called off."""

    kind: Literal["cancel"] = "cancel"


class ManagerChanged(Value):
    """Somebody else is the participant's home manager from now on."""

    kind: Literal["manager-changed"] = "manager-changed"
    manager: PersonRef


class TeamDissolved(Value):
    """A host team does not exist any more."""

    kind: Literal["team-dissolved"] = "team-dissolved"
    team: TeamRef


class ConsentWanted(NamedTuple):
    """A consent that nobody has given yet, and the first stop for which it is needed."""

    gate: Gate
    person: PersonRef
    stop: int = 1


class MemberJoined(Value):
    """Somebody belongs to a ritual now and takes part in a session whose invites are out."""

    kind: Literal["member-joined"] = "member-joined"
    step: Key
    person: PersonRef
    lens: str


class MemberLeft(Value):
    """Somebody belongs to a ritual no longer; their seat in an open session goes."""

    kind: Literal["member-left"] = "member-left"
    step: Key
    person: PersonRef


class PlanChanged(Value):
    """The cohort has a new plan version that touches this rotation."""

    kind: Literal["plan-changed"] = "plan-changed"
    plan: int
    host: TeamRef
    steps: tuple[PlannedStep, ...]
    consents: tuple[ConsentWanted, ...] = ()
    """Consents that the new plan needs and nobody has given yet."""
    later_hosts: tuple[TeamRef, ...] = ()
    """The teams of the second stop and those after it."""

    @property
    def hosts(self) -> tuple[TeamRef, ...]:
        """The teams of all stops, in order."""
        return (self.host, *self.later_hosts)


class RepairFailed(Value):
    """No repair was found for a step; the reason stands in the store."""

    kind: Literal["repair-failed"] = "repair-failed"
    step: Key | None


class Delivery(Value):
    """A mail about a step was refused for good, or reached its address after all."""

    kind: Literal["delivery"] = "delivery"
    person: PersonRef
    step: Key | None
    delivered: bool


Event = Annotated[
    Answered
    | GateAnswered
    | TookPlace
    | NoShow
    | NotToday
    | Unavailable
    | Written
    | Summarised
    | Released
    | Proposed
    | Reschedule
    | Skip
    | Hold
    | Resume
    | Withdraw
    | Cancel
    | ManagerChanged
    | TeamDissolved
    | MemberJoined
    | MemberLeft
    | PlanChanged
    | RepairFailed
    | Delivery,
    Field(discriminator="kind"),
]

PolicyEvent = Annotated[
    ConcernRaised | Decided | Measured | Extended | RolledBack | OwnerChanged | OwnerLeft,
    Field(discriminator="kind"),
]

News = Annotated[Event | PolicyEvent, Field(union_mode="smart")]
"""Whatever a workflow may have to hear."""
