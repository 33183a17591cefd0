"""What happened to a plan, as a JSON file in the folder's own names."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import model_validator

from domain.errors import Refused
from domain.moments import Interval
from domain.planning import HOST_GONE, Cause, Disruption, Plan
from domain.value import Key, Moment, Value
from intake.cohorts import Names
from intake.json_file import read_json

_OF_A_STEP = frozenset(Cause) - HOST_GONE - {Cause.WITHDRAWN, Cause.COLLEAGUE_REFUSED}
"""Causes that are about one step."""


class PlanEvent(Value):
    """One thing that happened: to a step of somebody, to a rotation, or to a host team.

    ``unavailable`` is when ``person`` can't come; without it, they can't come to the step as it is.
    """

    cause: Cause
    participant: Key | None = None
    step: Key | None = None
    person: Key | None = None
    host: Key | None = None
    unavailable: Interval | None = None
    wished_start: Moment | None = None
    stop: int = 1

    @model_validator(mode="after")
    def _says_enough(self) -> "PlanEvent":
        if self.participant is None and not (self.host and self.cause in HOST_GONE):
            raise ValueError("say whose rotation it is ('participant')")
        if self.cause in _OF_A_STEP and not self.step:
            raise ValueError(f"'{self.cause}' needs the key of a 'step'")
        if self.cause is Cause.RESCHEDULE and not self.wished_start:
            raise ValueError("'reschedule' needs a 'wished_start', such as 2026-12-08T09:00Z")
        if self.cause in {Cause.DECLINED, Cause.COLLEAGUE_REFUSED} and not self.person:
            raise ValueError(f"'{self.cause}' needs the 'person' who can't come")
        return self


def read_event(path: Path) -> PlanEvent:
    """Return an event; raises Refused with a sentence that names the place."""
    return read_json(path, PlanEvent)


def disruptions_of(event: PlanEvent, plan: Plan, names: Names) -> Iterator[Disruption]:
    """Yield what a planner has to mend, for every rotation that the event is about.

    Raises Refused for names that the folder does not have.
    """
    people = {key: ref for ref, key in names.people.items()}
    for rotation, stop in _concerned(event, plan, names):
        step = next((s for s in plan.steps_of(rotation) if s.key == event.step), None)
        if event.step and step is None:
            raise Refused(f"{event.participant} has no step '{event.step}' in this plan.")
        if event.person and event.person not in people:
            raise Refused(f"The folder has no person '{event.person}'.")
        away = step.interval if step and event.cause is Cause.DECLINED else None
        yield Disruption(
            rotation=rotation,
            step=event.step,
            cause=event.cause,
            person=people.get(event.person or ""),
            unavailable=event.unavailable or away,
            wished_start=event.wished_start,
            stop=step.stop if step else stop,
        )


def _concerned(event: PlanEvent, plan: Plan, names: Names) -> list[tuple[str, int]]:
    """Rotations with the stop in question: the participant's, or all that visit the team."""
    if event.participant is None:
        team = next((ref for ref, key in names.teams.items() if key == event.host), None)
        if team is None:
            raise Refused(f"The folder has no host team '{event.host}'.")
        return [(a.rotation, a.stop) for a in plan.assignments if a.host == team]
    found = [r for r, key in names.participants.items() if key == event.participant]
    if not found:
        raise Refused(f"'{event.participant}' takes no part: people.csv does not say so.")
    return [(found[0], event.stop)]
