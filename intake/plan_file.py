"""A plan as a file: JSON in the folder's own names, times in UTC (ISO 8601)."""

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path

from pydantic import Field

from domain.errors import Refused
from domain.people import Seat
from domain.planning import (
    Assignment,
    Attendee,
    Candidate,
    Host,
    Plan,
    PlannedStep,
    PlanningProblem,
    Unplaced,
)
from domain.program import StepKind, StepTemplate
from domain.seating import required
from domain.value import Key, Moment, Value
from intake.cohorts import Names
from intake.json_file import read_json


class AlternativeEntry(Value):
    """Another team that would do, and by how much the plan would be worth less."""

    host: Key
    less: int
    reason: str


class AssignmentEntry(Value):
    """Whom somebody visits at one stop, and why."""

    participant: Key
    host: Key
    stop: int = 1
    reason: str = ""
    alternatives: tuple[AlternativeEntry, ...] = ()


class UnplacedEntry(Value):
    """Somebody without a place, and what stood in the way."""

    participant: Key
    reason: str


class ShortfallEntry(Value):
    """Participants who can't all have a place in any plan, and why."""

    participants: tuple[Key, ...]
    sentence: str


class StepEntry(Value):
    """One step; ``id`` is the participant and the step's key, ``host`` the team of its stop."""

    id: str
    kind: StepKind
    participant: Key
    host: Key
    attendees: tuple[Key, ...]
    start: Moment
    end: Moment
    zone: str


class PlanFile(Value):
    """A plan with what it is worth, what no plan can exceed, and how fair it is.

    ``gap`` is (bound - objective) / max(1, bound). Keys that a newer version writes are ignored.
    """

    cohort: Key
    first_day: date
    seed: int = 0
    objective: int
    parts: Mapping[str, int] = Field(default_factory=dict)
    """What the objective is made of; they add up to it."""
    bound: int
    gap: float
    coverage_mean: float
    coverage_min: float
    load_max: float
    gini: float = 0.0
    shortfalls: tuple[ShortfallEntry, ...] = ()
    would_help: str | None = None
    """The one change that would give most of those in ``shortfalls`` a place."""
    warnings: tuple[str, ...] = ()
    """What breaks no rule and should be known: who meets no customers."""
    unplaced: tuple[UnplacedEntry, ...]
    assignments: tuple[AssignmentEntry, ...]
    steps: tuple[StepEntry, ...]


def read_plan_file(path: Path) -> PlanFile:
    """Return a plan file's content; raises Refused with a sentence that names the place."""
    return read_json(path, PlanFile)


def entries_of(
    plan: Plan, names: Names, alternatives: dict[tuple[str, int], tuple[AlternativeEntry, ...]]
) -> dict[str, object]:
    """Return the lists of a plan file; ``alternatives`` by rotation and stop."""
    hosts = {(a.rotation, a.stop): names.teams[a.host] for a in plan.assignments}
    who = names.participants
    return {
        "unplaced": tuple(
            UnplacedEntry(participant=names.people[u.participant], reason=names.said(u.reason))
            for u in plan.unplaced
        ),
        "assignments": tuple(
            AssignmentEntry(
                participant=names.people[a.participant],
                host=names.teams[a.host],
                stop=a.stop,
                reason=names.said(a.reason),
                alternatives=alternatives.get((a.rotation, a.stop), ()),
            )
            for a in plan.assignments
        ),
        "steps": tuple(
            StepEntry(
                id=f"{who[s.rotation]}/{s.key}",
                kind=s.kind,
                participant=who[s.rotation],
                host=hosts[s.rotation, s.stop],
                attendees=tuple(names.people[a.person] for a in s.attendees),
                start=s.starts,
                end=s.ends,
                zone=s.zone,
            )
            for s in plan.steps
        ),
    }


def plan_in(file: PlanFile, problem: PlanningProblem, names: Names) -> Plan:
    """Return the plan of a file in pseudonyms; raises Refused for names that the folder does not have."""
    return _Reader(problem, names).plan(file)


class _Reader:
    def __init__(self, problem: PlanningProblem, names: Names) -> None:
        self._problem = problem
        self._people = {key: ref for ref, key in names.people.items()}
        self._teams = {key: ref for ref, key in names.teams.items()}
        self._rotations = {key: rotation for rotation, key in names.participants.items()}
        self._templates = {t.key: t for t in problem.program.steps}
        self._candidates = {c.rotation: c for c in problem.candidates}
        self._hosts = {h.team: h for h in problem.hosts}

    def plan(self, file: PlanFile) -> Plan:
        return Plan(
            objective=file.objective,
            assignments=tuple(
                Assignment(
                    rotation=self._rotation(one.participant),
                    participant=self._person(one.participant),
                    host=self._team(one.host),
                    reason=one.reason,
                    stop=one.stop,
                )
                for one in file.assignments
            ),
            unplaced=tuple(
                Unplaced(
                    rotation=self._rotation(one.participant),
                    participant=self._person(one.participant),
                    reason=one.reason,
                )
                for one in file.unplaced
            ),
            steps=tuple(map(self._step, file.steps)),
        )

    def _step(self, entry: StepEntry) -> PlannedStep:
        rotation, key = self._rotation(entry.participant), entry.id.rpartition("/")[2]
        template = self._templates.get(key)
        if template is None or entry.id != f"{entry.participant}/{key}":
            raise Refused(f"{entry.id}: the program has no such step of {entry.participant}.")
        candidate, host = self._candidates[rotation], self._hosts[self._team(entry.host)]
        return PlannedStep(
            rotation=rotation,
            key=key,
            kind=entry.kind,
            starts=entry.start,
            ends=entry.end,
            zone=entry.zone,
            attendees=tuple(self._seated(entry.attendees, template, candidate, host)),
            quorum=template.attendance.frontline_quorum,
            stop=template.stop,
        )

    def _seated(
        self, attendees: Iterable[str], template: StepTemplate, candidate: Candidate, host: Host
    ) -> Iterable[Attendee]:
        """Whoever has to come sits where the program says, everybody else is a colleague."""
        seats = required(self._problem, template, candidate, host)
        seat_of = {person: seat for seat, person in reversed(seats)}
        for key in attendees:
            person = self._person(key)
            seat = seat_of.get(person)
            yield Attendee(person=person, seat=seat or Seat.FRONTLINE, required=seat is not None)

    def _person(self, key: str) -> str:
        if key not in self._people:
            raise Refused(f"The folder has no person '{key}'.")
        return self._people[key]

    def _team(self, key: str) -> str:
        if key not in self._teams:
            raise Refused(f"The folder has no host team '{key}'.")
        return self._teams[key]

    def _rotation(self, participant: str) -> str:
        if participant not in self._rotations:
            raise Refused(f"'{participant}' takes no part: people.csv does not say so.")
        return self._rotations[participant]
