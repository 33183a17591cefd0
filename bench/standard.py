"""The standard rotation: six steps in six weeks, as long as a default program takes, and what people do in it.

Everybody has agreed before. Four people are invited to each of four meetings, the participant alone
to the reflection. In each step one person is late, so that a reminder goes out; one meeting moves
because somebody wants another time; the proposal is handed over as a policy change.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated
from uuid import uuid4

from pydantic import Field

from domain.events import (
    Answered,
    PlanChanged,
    Proposed,
    Reschedule,
    TookPlace,
    Written,
)
from domain.people import Seat
from domain.planning import PlannedStep
from domain.program import UNMET, StepKind
from domain.rotation import Answer, RotationState, StepState
from tests.builders import (
    ANA,
    COLLEAGUES,
    DAY,
    HOME,
    HOST,
    HOUR,
    MANAGER,
    PARTICIPANT,
    a_rotation,
    a_step,
    seat,
)

Happening = Annotated[
    Answered | Reschedule | TookPlace | Written | Proposed, Field(discriminator="kind")
]
"""What may happen to a step of this rotation."""

Story = tuple[tuple[timedelta, Happening], ...]
"""What happens, each with the time since the rotation began, in order."""

AT_HOME = (PARTICIPANT, HOME, HOST, seat("P-0006", Seat.FACILITATOR))
AT_THE_HOST = (PARTICIPANT, HOST, *COLLEAGUES)

MOVED = "listening-session"
"""The step that moves to the same hour of the next day."""

PROMPT, LATE, WISHED = DAY, 4 * DAY, 6 * DAY
"""When people answer an invite, when the late one does (reminded on day 3), when one wants another time."""

_LETTERS = str.maketrans("0189", "abcd")


def standard_rotation(starts: datetime) -> RotationState:
    """Return the rotation as it begins at that moment, in a cohort of its own."""
    steps = (
        _step("goal-talk", StepKind.LEARNING_GOAL_TALK, starts + 10 * DAY, AT_HOME),
        _step("shadowing-day", StepKind.SHADOWING_DAY, starts + 21 * DAY, AT_THE_HOST),
        _step(MOVED, StepKind.LISTENING_SESSION, starts + 23 * DAY, AT_THE_HOST),
        _step("reflection", StepKind.REFLECTION, starts + 25 * DAY, (PARTICIPANT,)),
        _step("workshop", StepKind.CO_CREATION, starts + 35 * DAY, AT_THE_HOST),
        _step("proposal", StepKind.PROPOSAL, starts + 35 * DAY + HOUR, (PARTICIPANT,)),
    )
    return a_rotation(sparing=True, cohort=f"c-{uuid4().hex[:8]}", steps=steps)


def moved_plan(state: RotationState) -> PlanChanged:
    """Return the plan that a repair leads to: one step moved, all others as they were."""
    steps = tuple(_planned(state, step) for step in state.steps)
    return PlanChanged(plan=state.plan + 1, host=state.host, steps=steps)


def story(state: RotationState, starts: datetime) -> Story:
    """Return everything that people do, whether or not a rotation hears of it."""
    happened = [what for step in state.steps for what in _life_of(step, state, starts)]
    return tuple(sorted(happened, key=lambda one: one[0]))


def heard(state: RotationState, told: Story) -> Story:
    """Return what of a story reaches the rotation, by the rule of ``store/answers.py``.

    That is everything but accepts; of these, the one with which everybody needed has accepted.
    """
    accepted: dict[tuple[str, int], set[str]] = defaultdict(set)
    reached: list[tuple[timedelta, Happening]] = []
    for at, event in told:
        if not isinstance(event, Answered) or event.answer is not Answer.ACCEPTED:
            reached.append((at, event))
            continue
        coming = accepted[event.step, event.revision]
        coming.add(event.person)
        if _everybody_needed(state.step(event.step), coming):
            reached.append((at, event.model_copy(update={"complete": True})))
    return tuple(reached)


def _everybody_needed(step: StepState | None, coming: set[str]) -> bool:
    attendees = step.attendees if step else ()
    needed = {a.person for a in attendees if a.required}
    return needed <= coming and len(coming - needed) >= (step.quorum if step else 0)


def _step(key: str, kind: StepKind, starts: datetime, attendees: tuple[object, ...]) -> StepState:
    quorum = sum(attendee in COLLEAGUES for attendee in attendees)
    return a_step(key, kind=kind, starts=starts, attendees=attendees, quorum=quorum)


def _planned(state: RotationState, step: StepState) -> PlannedStep:
    later = DAY if step.key == MOVED else timedelta()
    return PlannedStep(
        rotation=state.rotation,
        key=step.key,
        kind=step.kind,
        starts=step.starts + later,
        ends=step.ends + later,
        zone=step.zone,
        attendees=step.attendees,
        quorum=step.quorum,
    )


def _life_of(
    step: StepState, state: RotationState, starts: datetime
) -> Iterator[tuple[timedelta, Happening]]:
    begins = step.starts - starts
    invited = max(timedelta(), begins - state.patience.invite_lead)
    if step.kind not in UNMET:
        yield from _answers(step, invited, LATE)
    if step.key == MOVED:
        yield invited + WISHED, Reschedule(step=step.key, starts=step.starts + DAY)
        yield from _answers(step, invited + WISHED, 2 * DAY, revision=1)
        begins += DAY
    yield _end_of(step, begins)


def _answers(
    step: StepState, invited: timedelta, last: timedelta, revision: int = 0
) -> Iterator[tuple[timedelta, Happening]]:
    """Everybody accepts a day after the invite, and the last one when ``last`` has passed."""
    for attendee in step.attendees:
        after = last if attendee == step.attendees[-1] else PROMPT
        yield (
            invited + after,
            Answered(
                id=f"answer:{step.key}:{revision}:{attendee.person}",
                step=step.key,
                person=attendee.person,
                revision=revision,
                answer=Answer.ACCEPTED,
            ),
        )


def _end_of(step: StepState, begins: timedelta) -> tuple[timedelta, Happening]:
    if step.kind is StepKind.REFLECTION:
        return begins + DAY, Written(step=step.key, document="d1")
    if step.kind is StepKind.PROPOSAL:
        proposed = Proposed(
            step=step.key,
            policy=uuid4().hex[:8].translate(_LETTERS),
            owner=MANAGER,
            co_authors=(ANA,),
            decide_by=step.starts + 14 * DAY,
        )
        return begins + LATE + 12 * HOUR, proposed
    return begins + 12 * HOUR, TookPlace(step=step.key)
