"""The rotation as a state machine: what is true of it, what may happen to it, what has to be done then.

``(state, event, now) -> (state, errands)``, pure and total. The workflow waits and runs errands;
everything else is decided here. State and events enter workflow history: pseudonyms, ids and
moments only, and fields are only ever added, with defaults.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.planning import Attendee
from domain.program import UNMET, Gate, Patience, StepKind
from domain.value import Key, Moment, PersonRef, RotationId, Silent, TeamRef, Value


class Phase(StrEnum):
    """Where one step is."""

    PLANNED = "planned"
    INVITED = "invited"
    CONFIRMED = "confirmed"
    REPAIRING = "repairing"
    OPEN = "open"
    """A written step (thanks) that waits for its words, or a reflection whose time has come."""
    SHOWN = "with-the-host"
    """A summary that the host lead reads before anybody else does."""
    HELD = "held"
    CANCELLED = "cancelled"


SETTLED = frozenset({Phase.HELD, Phase.CANCELLED})
"""Phases that nothing moves out of by itself."""


class Answer(StrEnum):
    """What an invited person said (PARTSTAT, RFC 5545 section 3.2.12)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    TENTATIVE = "tentative"
    DECLINED = "declined"


class Ending(StrEnum):
    """How a rotation ended."""

    COMPLETED = "completed"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class Concern(StrEnum):
    """Why a person is needed; the page and the details turn each into a sentence."""

    GATE_REFUSED = "gate-refused"
    GATE_SILENT = "gate-silent"
    NO_ANSWER = "no-answer"
    NOT_REPAIRED = "not-repaired"
    DELIVERY_FAILED = "delivery-failed"
    UNCONFIRMED = "unconfirmed"
    NO_SHOW = "no-show"
    REFLECTION_MISSING = "reflection-missing"
    THANKS_MISSING = "thanks-missing"
    SUMMARY_MISSING = "summary-missing"
    PROPOSAL_MISSING = "proposal-missing"
    TOO_FEW = "too-few"
    NO_PARTNER = "no-partner"
    DECISION_MISSING = "decision-missing"
    NOT_MEASURED = "not-measured"
    TEAM_DISSOLVED = "team-dissolved"
    OWNER_LEFT = "owner-left"
    PAST_ITS_END = "past-its-end"


class Attention(Value):
    """Something a person must do, since when, about which step or person."""

    concern: Concern
    since: Moment
    step: Silent[Key | None] = None
    person: Silent[PersonRef | None] = None


def needed_since(attention: Iterable[Attention]) -> Moment | None:
    """Return since when somebody is needed, by what was raised first; None where nothing was."""
    return min((one.since for one in attention), default=None)


class GateState(Value):
    """One consent of one person: asked, reminded, given or refused, each with its moment.

    It is needed for the steps of its ``stop`` and of all later ones.
    """

    gate: Gate
    person: PersonRef
    asked_at: Silent[Moment | None] = None
    reminded_at: Silent[Moment | None] = None
    passed_at: Silent[Moment | None] = None
    refused_at: Silent[Moment | None] = None
    escalated: Silent[bool] = False
    stop: int = 1


class StepState(Value):
    """One step of the rotation. ``revision`` rises with each change that people must hear of."""

    key: Key
    kind: StepKind
    starts: Moment
    ends: Moment
    zone: str
    attendees: tuple[Attendee, ...]
    quorum: int = 0
    phase: Phase = Phase.PLANNED
    revision: int = 0
    invited_at: Silent[Moment | None] = None
    reminded_at: Silent[Moment | None] = None
    asked_at: Silent[Moment | None] = None
    """When somebody was asked whether it took place, or for the words of a written step."""
    escalated: Silent[bool] = False
    declined: Silent[tuple[PersonRef, ...]] = ()
    tentative: Silent[tuple[PersonRef, ...]] = ()
    stop: int = 1
    away: Silent[tuple[PersonRef, ...]] = ()
    """Whose calendar has shown them busy or away since this time was found."""
    delegated: Silent[bool] = False
    """True where it was held with somebody else in the participant's place."""
    sought: Silent[int] = 0
    """Of an occasion: how often another time was looked for."""


class RotationState(Value):
    """One participant's way: gates, steps, what needs a person, and how it ended."""

    rotation: RotationId
    cohort: Key
    participant: PersonRef
    host: TeamRef | None
    """The team of the first stop; None for a ritual session or an occasion, which no team hosts."""
    plan: int
    """Number of the plan version that the steps come from."""
    gates: tuple[GateState, ...]
    steps: tuple[StepState, ...]
    patience: Patience = Patience()
    attention: Silent[tuple[Attention, ...]] = ()
    on_hold: Silent[bool] = False
    ending: Silent[Ending | None] = None
    ritual: Silent[Key | None] = None
    """The ritual that this is a session of: a process of one step; None for a rotation."""
    occasion: Silent[Key | None] = None
    """The occasion that this is, by its key: a process of one step too; None for a rotation."""
    sparing: Silent[bool] = False
    """True where the store foresees what quiet events make of the rotation, and search attributes follow
    steps and attention, not each answer; False for rotations that began before this was known."""
    dissolved: Silent[bool] = False
    """True while the first stop's team does not exist any more and no other has taken over."""
    later_hosts: Silent[tuple[TeamRef, ...]] = ()
    """The teams of the second stop and those after it."""
    later_dissolved: Silent[tuple[int, ...]] = ()
    """Later stops whose team does not exist any more and no other has taken over."""
    over_by: Silent[Moment | None] = None
    """The hard end, by which a person is asked what is to become of it; None for rotations that began
    before this was known, and for sessions."""
    version: int = 0
    """Rises with every change; the projection never goes back to a lower one."""
    seen: Silent[tuple[str, ...]] = ()
    """Ids of the last answers applied, so that a repeat after continue-as-new changes nothing."""

    @property
    def apart(self) -> bool:
        """Whether this is a process of one step that stands in nobody's plan."""
        return self.ritual is not None or self.occasion is not None

    def untimed(self, step: StepState) -> bool:
        """Return whether nobody has a time for this step yet: of an occasion whose hours are only a bound."""
        unasked = step.phase is Phase.REPAIRING and step.invited_at is None
        return self.occasion is not None and unasked

    def step(self, key: str) -> StepState | None:
        return next((step for step in self.steps if step.key == key), None)

    @property
    def hosts(self) -> tuple[TeamRef, ...]:
        """The teams of all stops, in order; none for a ritual session."""
        return (self.host, *self.later_hosts) if self.host else ()

    def host_at(self, stop: int) -> TeamRef | None:
        """Return the team of a stop; None for a ritual session."""
        return self.hosts[stop - 1] if self.host else None

    @property
    def open_gates(self) -> tuple[GateState, ...]:
        """Consents that are neither given nor refused."""
        return tuple(g for g in self.gates if not g.passed_at and not g.refused_at)

    def consent_asked_at(self, gate: Gate, person: PersonRef) -> Moment | None:
        """Return when somebody was last asked for a consent; None before that."""
        asked = (g.asked_at for g in self.gates if (g.gate, g.person) == (gate, person))
        return max(filter(None, asked), default=None)

    @property
    def teamless(self) -> frozenset[int]:
        """Stops whose team is dissolved and that wait for another."""
        return frozenset({1} if self.dissolved else ()) | frozenset(self.later_dissolved)

    def with_teamless(self, stops: Iterable[int]) -> "RotationState":
        """Return the same rotation with exactly these stops waiting for another team."""
        waiting = sorted(stops)
        later = tuple(stop for stop in waiting if stop > 1)
        return self.model_copy(update={"dissolved": 1 in waiting, "later_dissolved": later})

    @property
    def consented(self) -> bool:
        """True when nobody who must agree is still to say yes; without a host team nobody has."""
        return not self.teamless and all(gate.passed_at for gate in self.gates)

    def allows(self, step: StepState) -> bool:
        """Return whether all have agreed who must for this step's stop and those before it."""
        needed = (gate for gate in self.gates if gate.stop <= step.stop)
        has_teams = all(stop > step.stop for stop in self.teamless)
        return has_teams and all(gate.passed_at for gate in needed)

    @property
    def ready_gates(self) -> tuple[GateState, ...]:
        """Consents that can be asked for now: those before them, goals first, are given."""
        order = list(Gate)
        waiting = [gate for gate in self.gates if not gate.passed_at]
        return tuple(
            gate
            for gate in waiting
            if not any(
                order.index(other.gate) < order.index(gate.gate) and other.stop <= gate.stop
                for other in waiting
            )
        )

    def stops_of(self, step: StepState) -> range:
        """Return the stops that a step is about: its own, and for a talk or for words several.

        A talk looks ahead to all stops before the next talk; words look back on all stops since the
        last words of their kind.
        """
        kin = [other for other in self.steps if other.kind is step.kind]
        number = [other.key for other in kin].index(step.key)
        first = last = step.stop
        if step.kind is StepKind.LEARNING_GOAL_TALK:
            ahead = kin[number + 1].stop - 1 if number + 1 < len(kin) else len(self.hosts)
            last = max(last, ahead)
        if step.kind in UNMET:
            first = min(first, kin[number - 1].stop + 1 if number else 1)
        return range(first, last + 1)

    def about(self, step: StepState) -> tuple[StepState, ...]:
        """Return all steps of the stops that a step is about."""
        return tuple(other for other in self.steps if other.stop in self.stops_of(step))

    def with_step(self, changed: StepState) -> "RotationState":
        """Return the same rotation with the step of that key replaced."""
        steps = tuple(changed if step.key == changed.key else step for step in self.steps)
        return self.model_copy(update={"steps": steps})

    def with_gate(self, changed: GateState) -> "RotationState":
        """Return the same rotation with that person's consent replaced."""
        who = (changed.gate, changed.person)
        gates = tuple(changed if (gate.gate, gate.person) == who else gate for gate in self.gates)
        return self.model_copy(update={"gates": gates})

    def raising(self, attention: Attention) -> "RotationState":
        """Return the same rotation with one more thing a person must do; a repeat adds nothing."""
        about = (attention.concern, attention.step, attention.person)
        if any((a.concern, a.step, a.person) == about for a in self.attention):
            return self
        return self.model_copy(update={"attention": (*self.attention, attention)})

    def without_attention(
        self, step: str | None, *concerns: Concern, person: str | None = None
    ) -> "RotationState":
        """Return the same rotation with the step's attention settled: all of it, or only these concerns."""
        kept = tuple(
            a
            for a in self.attention
            if a.step != step
            or (concerns and a.concern not in concerns)
            or (person is not None and a.person != person)
        )
        return self.model_copy(update={"attention": kept})
