"""Calendar feeds: what stands in the calendar of a person, of a host team and of a whole cohort."""

from collections.abc import Iterator
from datetime import date, timedelta
from enum import StrEnum

from domain.planning import HOST_SEATS, meets_the_host
from domain.program import Gate
from domain.rotation import Phase, RotationState, StepState
from domain.value import Key, Moment, TeamRef, Value

LOOKS_BACK = timedelta(days=90)
LOOKS_AHEAD = timedelta(days=400)
"""How far a feed reaches from today."""

KEEPS_CANCELLED = timedelta(days=30)
"""How long a feed goes on saying that something was cancelled, so that every subscriber hears it."""


class Entry(Value):
    """One step in one calendar. ``whose`` is a person, a host team or, for all steps, a cohort's key."""

    whose: str
    step: Key
    starts: Moment
    ends: Moment
    zone: str
    teams: tuple[TeamRef, ...]
    """The teams that the step is about; none for a session of a ritual."""
    pencilled: bool
    """True until its invites go out."""


def entries(state: RotationState) -> Iterator[Entry]:
    """Yield where the steps of a rotation, or of a session, stand that are not cancelled.

    A cohort's calendar has all of them. People and teams see no step before everybody agreed who must,
    and who is still to agree sees none at all; nor does a whole team before its lead agreed.
    """
    for step in state.steps:
        if step.phase is not Phase.CANCELLED and not state.untimed(step):
            for whose in (state.cohort, *_told(state, step)):
                yield _entry(state, step, whose)


def _told(state: RotationState, step: StepState) -> Iterator[str]:
    if _pencilled(step) and not state.allows(step):
        return
    unasked = {gate.person for gate in state.gates if not gate.passed_at}
    team = state.host_at(step.stop) if _team_agreed(state, step.stop) else None
    for attendee in step.attendees:
        if attendee.person not in unasked and (team or attendee.seat not in HOST_SEATS):
            yield attendee.person
    if team and meets_the_host(step.kind, step.attendees):
        yield team


def _pencilled(step: StepState) -> bool:
    return step.invited_at is None and step.phase in {Phase.PLANNED, Phase.REPAIRING}


def _team_agreed(state: RotationState, stop: int) -> bool:
    asked = (gate for gate in state.gates if (gate.gate, gate.stop) == (Gate.HOST, stop))
    return stop not in state.teamless and all(gate.passed_at for gate in asked)


def _entry(state: RotationState, step: StepState, whose: str) -> Entry:
    stops = state.stops_of(step) if state.hosts else ()
    return Entry(
        whose=whose,
        step=step.key,
        starts=step.starts,
        ends=step.ends,
        zone=step.zone,
        teams=tuple(state.hosts[stop - 1] for stop in stops),
        pencilled=_pencilled(step),
    )


class Standing(StrEnum):
    """Whether an event takes place (STATUS, RFC 5545 section 3.8.1.11)."""

    TENTATIVE = "TENTATIVE"
    CONFIRMED = "CONFIRMED"
    CANCELLED = "CANCELLED"


class FeedEvent(Value):
    """One event as its readers see it; it names nobody whom the program does not show them."""

    uid: str
    sequence: int
    created: Moment
    changed: Moment
    starts: Moment
    ends: Moment
    zone: str
    standing: Standing
    title: str
    where: str = ""
    lines: tuple[str, ...] = ()
    """What there is to say besides the time, one paragraph each."""
    url: str = ""
    """A page that asks for sign-in; empty for readers who have none."""
    private: bool = False
    free: bool = False
    """True where it takes nobody's time: something is to be written when it begins."""


class Feed(Value):
    """A whole feed; ``events`` are ordered by their start and lie in the window around ``day`` (UTC)."""

    name: str
    zone: str
    address: str
    """Where it is read; it holds the token, so it is as secret as the feed itself."""
    day: date
    events: tuple[FeedEvent, ...]
