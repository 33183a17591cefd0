"""A policy change as a value: proposed, decided, in force, measured; what is true of it at a time.

It outlives the rotation it came from. Ids and moments only: words and figures stay in the store.
"""

from datetime import timedelta
from enum import StrEnum

from domain.rotation import Attention, Concern
from domain.value import Digest, Key, Moment, PersonRef, RotationId, Silent, TeamRef, Value

CONCERNS_EACH = 3
"""Concerns that one person may raise about one proposal."""

REVIEW_OPENS = timedelta(days=35)
"""After in force: the owner is asked for the effect."""

VERDICT_DUE = timedelta(days=42)
"""After in force: a verdict is recorded, whether or not anybody answered."""

SECOND_THOUGHTS = timedelta(days=14)
"""After a verdict that the target was not met: extend, roll back, or it stays as it is."""


class Disposition(StrEnum):
    """What the policy owner decided, about the whole or about one concern."""

    ADOPTED = "adopted"
    PARTLY = "partly"
    DECLINED = "declined"


class Verdict(StrEnum):
    """What the measure said by day 42."""

    MET = "met"
    NOT_MET = "not-met"
    NEW_QUESTION = "new-question"
    NOT_MEASURED = "not-measured"


class PolicyPhase(StrEnum):
    """Where a policy change is."""

    PROPOSED = "proposed"
    IN_FORCE = "in-force"
    REVIEWED = "reviewed"
    DECLINED = "declined"
    KEPT = "kept"
    ROLLED_BACK = "rolled-back"


OVER = frozenset({PolicyPhase.DECLINED, PolicyPhase.KEPT, PolicyPhase.ROLLED_BACK})
"""Phases that nothing moves out of."""


class RaisedConcern(Value):
    """What somebody who was met says against a proposal, and what became of it."""

    id: RotationId
    person: PersonRef
    disposition: Disposition | None = None


class Disposed(Value):
    """What was decided about one concern."""

    concern: RotationId
    disposition: Disposition


class PolicyState(Value):
    """One proposal on its way to a measured effect.

    ``voices`` are those who hear what became of it: co-authors and everybody of the host team who
    was listened to. ``co_authors`` holds at least one frontline colleague.
    """

    policy: RotationId
    cohort: Key
    rotation: RotationId
    participant: PersonRef
    host: TeamRef
    owner: PersonRef
    co_authors: tuple[PersonRef, ...]
    voices: tuple[PersonRef, ...]
    proposed_at: Moment
    decide_by: Moment
    phase: PolicyPhase = PolicyPhase.PROPOSED
    asked_at: Moment | None = None
    reminded_at: Moment | None = None
    disposition: Disposition | None = None
    decided_at: Moment | None = None
    in_force_at: Moment | None = None
    """From when the effect counts; an extension sets it anew."""
    verdict: Verdict | None = None
    verdict_at: Moment | None = None
    extended: int = 0
    attention: tuple[Attention, ...] = ()
    version: int = 0
    concerns: tuple[RaisedConcern, ...] = ()
    """In the order they were raised; each has its disposition once the whole is decided."""
    evidence: Silent[tuple[Digest, ...]] = ()
    """Digests of its chain's links, as they were recorded."""
    handed_over: Silent[int] = 0
    """How often an owner was named anew, also the same one: each time they are asked with a link of their own."""

    @property
    def over(self) -> bool:
        return self.phase in OVER

    @property
    def unmeasured(self) -> bool:
        """Whether its time went by without a figure, and nothing has been decided about that."""
        return self.phase is PolicyPhase.REVIEWED and self.verdict is Verdict.NOT_MEASURED

    def concerns_of(self, person: PersonRef) -> tuple[RaisedConcern, ...]:
        """Return what one person has raised."""
        return tuple(concern for concern in self.concerns if concern.person == person)

    def raising(self, concern: Concern, since: Moment) -> "PolicyState":
        """Return the same with one more thing a person must do; a repeat adds nothing."""
        if any(a.concern is concern for a in self.attention):
            return self
        attention = Attention(concern=concern, since=since, person=self.owner)
        return self.model_copy(update={"attention": (*self.attention, attention)})
