"""What happened to a plan, as a JSON file in the folder's own names."""

from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path

from pydantic import ConfigDict, Field, model_validator

from domain.errors import Refused
from domain.moments import Interval
from domain.planning import HOST_GONE, Cause, Disruption, Limit, Plan, PlanningProblem
from domain.value import Key, Moment, Value
from intake.cohorts import Names
from intake.json_file import read_json

_OF_A_TEAM = HOST_GONE | {Cause.CAPACITY_CUT}
"""Causes that may be about everybody who visits a team."""

_STEP = {"step": "the key of a 'step'"}
_PERSON = {"person": "the 'person' who can't come"}
_NEEDS: dict[Cause, dict[str, str]] = {
    Cause.DECLINED: _STEP | _PERSON,
    Cause.NOT_TODAY: _STEP,
    Cause.NO_SHOW: _STEP,
    Cause.OVERDUE: _STEP,
    Cause.RESCHEDULE: _STEP | {"wished_start": "a 'wished_start', such as 2026-12-08T09:00Z"},
    Cause.CALENDAR: _STEP | _PERSON | {"unavailable": "when they are 'unavailable'"},
    Cause.COLLEAGUE_REFUSED: _PERSON,
    Cause.CAPACITY_CUT: {
        "host": "the 'host' that takes fewer visits",
        "visits_per_week": "how many visits it takes ('visits_per_week')",
        "since": "the day from whose week on it does ('since', such as 2026-12-07)",
    },
}
"""What an event of each cause has to say, and how it is asked for."""


class PlanEvent(Value):
    """One thing that happened: to a step of somebody, to a rotation, or to a host team.

    ``unavailable`` is when ``person`` can't come; without it, they can't come to the step as it is.
    ``accepted`` and ``pinned`` name steps as a plan does (participant and step): to those everybody
    said yes, these stay as they are.
    """

    model_config = ConfigDict(extra="forbid")

    cause: Cause
    participant: Key | None = None
    step: Key | None = None
    person: Key | None = None
    host: Key | None = None
    unavailable: Interval | None = None
    wished_start: Moment | None = None
    stop: int = Field(default=1, ge=1)
    visits_per_week: int | None = Field(default=None, ge=0)
    since: date | None = None
    accepted: tuple[str, ...] = ()
    pinned: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _says_enough(self) -> "PlanEvent":
        for needed, words in _NEEDS.get(self.cause, {}).items():
            if getattr(self, needed) is None:
                raise ValueError(f"'{self.cause}' needs {words}")
        of_a_team = self.cause in _OF_A_TEAM and self.host is not None
        if self.participant is None and not of_a_team:
            raise ValueError("say whose rotation it is ('participant')")
        if self.participant and of_a_team:
            raise ValueError("say either the 'host' or the 'participant', not both")
        if self.host is not None and not of_a_team:
            raise ValueError(f"'{self.cause}' says nothing of a 'host'")
        return self


def read_event(path: Path) -> PlanEvent:
    """Return an event; raises Refused with a sentence that names the place."""
    return read_json(path, PlanEvent)


def problem_after(
    event: PlanEvent, problem: PlanningProblem, plan: Plan, names: Names
) -> PlanningProblem:
    """Return what a planner is asked once an event is known: pinned steps, teams that are gone or take less.

    Raises Refused for names that the folder or the plan does not have.
    """
    pinned = _named(event.pinned, plan, names)
    kept = tuple(s for s in plan.steps if (s.rotation, s.key) in pinned)
    changes: dict[str, object] = {"kept": (*problem.kept, *kept)}
    if event.host:
        changes |= _without(event, problem, _team(event.host, names))
    return problem.model_copy(update=changes)


def _without(event: PlanEvent, problem: PlanningProblem, team: str) -> dict[str, object]:
    if event.cause in HOST_GONE:
        gone = tuple((candidate.rotation, team) for candidate in problem.candidates)
        return {"forbidden": (*problem.forbidden, *gone)}
    limit = Limit.model_validate(event.model_dump(include={"since", "visits_per_week"}))
    return {
        "hosts": tuple(
            h.model_copy(update={"limits": (*h.limits, limit)}) if h.team == team else h
            for h in problem.hosts
        )
    }


def accepted_in(event: PlanEvent, plan: Plan, names: Names) -> tuple[tuple[str, str], ...]:
    """Return the steps to which everybody said yes; raises Refused for steps the plan does not have."""
    return tuple(sorted(_named(event.accepted, plan, names)))


def disruptions_of(event: PlanEvent, plan: Plan, names: Names) -> Iterator[Disruption]:
    """Yield what a planner has to mend, for every rotation that the event is about.

    Raises Refused for names that the folder does not have.
    """
    people = {key: ref for ref, key in names.people.items()}
    accepted = accepted_in(event, plan, names)
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
            accepted=tuple(key for name, key in accepted if name == rotation),
            stop=step.stop if step else stop,
        )


def _concerned(event: PlanEvent, plan: Plan, names: Names) -> list[tuple[str, int]]:
    """Rotations with the stop in question: the participant's, or all that visit the team."""
    if event.host:
        team = _team(event.host, names)
        return [(a.rotation, a.stop) for a in plan.assignments if a.host == team]
    found = [r for r, key in names.participants.items() if key == event.participant]
    if not found:
        raise Refused(f"'{event.participant}' takes no part: people.csv does not say so.")
    stops = len(plan.hosts_of(found[0]))
    if event.stop > stops > 0:
        raise Refused(f"{event.participant} has no stop {event.stop} in this plan.")
    return [(found[0], event.stop)]


def _team(key: str, names: Names) -> str:
    found = next((ref for ref, known in names.teams.items() if known == key), None)
    if found is None:
        raise Refused(f"The folder has no host team '{key}'.")
    return found


def _named(ids: Iterable[str], plan: Plan, names: Names) -> set[tuple[str, str]]:
    known = {f"{names.participants[s.rotation]}/{s.key}": (s.rotation, s.key) for s in plan.steps}
    missing = next((name for name in ids if name not in known), None)
    if missing is not None:
        raise Refused(f"The plan has no step '{missing}': say the participant and the step.")
    return {known[name] for name in ids}
