"""Builders that name only what matters to a test."""

from datetime import UTC, datetime, timedelta

from domain.people import Seat
from domain.planning import Attendee
from domain.program import Gate, Patience, StepKind
from domain.proposal import Proposal
from domain.rotation import GateState, RotationState, StepState

MONDAY = datetime(2026, 11, 30, 8, 0, tzinfo=UTC)
"""09:00 in Berlin on the first Monday of the example."""

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

LEADER, MANAGER, LEAD, ANA, BEN = "P-0001", "P-0002", "P-0003", "P-0004", "P-0005"
"""Pseudonyms: participant, home manager, host lead and two frontline colleagues."""


def seat(person: str, part: Seat, *, required: bool = True) -> Attendee:
    return Attendee(person=person, seat=part, required=required)


PARTICIPANT = seat(LEADER, Seat.PARTICIPANT)
HOME = seat(MANAGER, Seat.HOME_MANAGER)
HOST = seat(LEAD, Seat.HOST_LEAD)
COLLEAGUES = (
    seat(ANA, Seat.FRONTLINE, required=False),
    seat(BEN, Seat.FRONTLINE, required=False),
)


def a_step(key: str = "goal-talk", **changes: object) -> StepState:
    starts = changes.pop("starts", MONDAY + DAY)
    assert isinstance(starts, datetime)
    facts: dict[str, object] = {
        "key": key,
        "kind": StepKind.LEARNING_GOAL_TALK,
        "starts": starts,
        "ends": starts + HOUR,
        "zone": "Europe/Berlin",
        "attendees": (PARTICIPANT, HOME),
    }
    return StepState.model_validate(facts | changes)


def a_proposal(owner: str, co_author: str, decide_by: datetime, **changes: object) -> Proposal:
    facts: dict[str, object] = {
        "title": "Label the sacks",
        "seen": "Nobody can tell them apart.",
        "change": "Every sack gets a label.",
        "metric": "sacks opened twice a day",
        "baseline": 12,
        "target": 3,
        "owner": owner,
        "co_authors": (co_author,),
        "decide_by": decide_by,
    }
    return Proposal.model_validate(facts | changes)


def co_creation_steps(start: datetime = MONDAY) -> tuple[StepState, ...]:
    """A workshop with two frontline colleagues, and the proposal after it."""
    return (
        a_step(
            "workshop",
            kind=StepKind.CO_CREATION,
            starts=start + DAY,
            attendees=(PARTICIPANT, *COLLEAGUES),
            quorum=2,
        ),
        a_step(
            "proposal",
            kind=StepKind.PROPOSAL,
            starts=start + DAY + HOUR,
            attendees=(PARTICIPANT,),
        ),
    )


def summary_steps(start: datetime = MONDAY) -> tuple[StepState, ...]:
    """A listening session, and the summary after it."""
    return (
        a_step(
            "listening-session",
            kind=StepKind.LISTENING_SESSION,
            starts=start + DAY,
            attendees=(PARTICIPANT, HOST, *COLLEAGUES),
            quorum=2,
        ),
        a_step(
            "summary", kind=StepKind.SUMMARY, starts=start + DAY + HOUR, attendees=(PARTICIPANT,)
        ),
    )


def steps_of_a_rotation(start: datetime = MONDAY) -> tuple[StepState, ...]:
    """The five steps of the default program, two days apart."""
    return (
        a_step("goal-talk", starts=start + DAY),
        a_step(
            "shadowing-day",
            kind=StepKind.SHADOWING_DAY,
            starts=start + 3 * DAY,
            ends=start + 3 * DAY + 6 * HOUR,
            attendees=(PARTICIPANT, HOST),
        ),
        a_step(
            "listening-session",
            kind=StepKind.LISTENING_SESSION,
            starts=start + 7 * DAY,
            attendees=(PARTICIPANT, *COLLEAGUES),
            quorum=2,
        ),
        a_step(
            "reflection",
            kind=StepKind.REFLECTION,
            starts=start + 8 * DAY,
            attendees=(PARTICIPANT,),
        ),
        a_step("thanks", kind=StepKind.THANKS, starts=start + 9 * DAY, attendees=(PARTICIPANT,)),
    )


def gates(*, passed: bool = True) -> tuple[GateState, ...]:
    when = MONDAY - 30 * DAY if passed else None
    asked = ((Gate.GOALS, LEADER), (Gate.RELEASE, MANAGER), (Gate.HOST, LEAD))
    colleagues = ((Gate.COLLEAGUES, ANA), (Gate.COLLEAGUES, BEN))
    return tuple(
        GateState(gate=gate, person=person, passed_at=when)
        for gate, person in (*asked, *colleagues)
    )


def a_rotation(**changes: object) -> RotationState:
    facts: dict[str, object] = {
        "rotation": "abcdefgh",
        "cohort": "winter",
        "participant": LEADER,
        "host": "H-01",
        "plan": 1,
        "gates": gates(),
        "steps": steps_of_a_rotation(),
        "patience": Patience(),
    }
    return RotationState.model_validate(facts | changes)


LEAD2, CEM = "P-0006", "P-0007"
"""The lead of a second host team, and a frontline colleague there."""


def steps_of_two_stops(start: datetime = MONDAY) -> tuple[StepState, ...]:
    """The default program's steps, then a day and a session with a second team before the thanks."""
    *first, thanks = steps_of_a_rotation(start)
    second = (
        a_step(
            "second-day",
            kind=StepKind.SHADOWING_DAY,
            stop=2,
            starts=start + 14 * DAY,
            ends=start + 14 * DAY + 6 * HOUR,
            attendees=(PARTICIPANT, seat(LEAD2, Seat.HOST_LEAD)),
        ),
        a_step(
            "second-session",
            kind=StepKind.LISTENING_SESSION,
            stop=2,
            starts=start + 15 * DAY,
            attendees=(PARTICIPANT, seat(CEM, Seat.FRONTLINE, required=False)),
            quorum=1,
        ),
    )
    last = thanks.model_copy(update={"stop": 2, "starts": start + 16 * DAY})
    return (*first, *second, last)


def a_rotation_of_two_stops(**changes: object) -> RotationState:
    """Visits H-01, then H-02; everybody has agreed."""
    agreed = MONDAY - 30 * DAY
    of_the_second = (
        GateState(gate=Gate.HOST, person=LEAD2, passed_at=agreed, stop=2),
        GateState(gate=Gate.COLLEAGUES, person=CEM, passed_at=agreed, stop=2),
    )
    facts: dict[str, object] = {
        "later_hosts": ("H-02",),
        "steps": steps_of_two_stops(),
        "gates": (*gates(), *of_the_second),
    }
    return a_rotation(**(facts | changes))
