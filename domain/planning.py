"""What a planner is asked and what it answers: pseudonyms, intervals and steps, no names."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum

from pydantic import Field

from domain.moments import Interval, WorkingHours
from domain.people import Seat
from domain.program import AT_HOST, HEARD_IN, Program, StepKind, StepTemplate
from domain.value import Key, Moment, PersonRef, RotationId, Silent, TeamRef, Value


class Availability(Value):
    """When one person can be met: working hours in their zone, less ``busy`` and ``absences``.

    ``busy`` are ordinary meetings, over which some steps may lie; ``absences`` (holidays, leave,
    out of office, times the person declined) rule out every step.
    """

    person: PersonRef
    zone: str
    hours: tuple[WorkingHours, ...]
    busy: tuple[Interval, ...] = ()
    absences: tuple[Interval, ...] = ()
    voices: tuple[str, ...] = ()
    """For whom the person speaks, as ``Person.voices``."""


class GoalWish(Value):
    """One learning goal as the planner weighs it."""

    lens: str
    weight: int
    wished_team: TeamRef | None = None


class Candidate(Value):
    """A participant who is to be placed. ``own_team`` may be a host team, which they then can't visit."""

    rotation: RotationId
    participant: PersonRef
    manager: PersonRef | None
    goals: tuple[GoalWish, ...]
    own_team: TeamRef | None = None
    reports: tuple[PersonRef, ...] = ()
    """Everybody who reports to the participant, directly or not: never a host lead they visit."""
    must_visit: tuple[TeamRef, ...] = ()
    """Teams of which each is one of the stops."""
    visits_in: tuple[Interval, ...] = ()
    """The first shadowing day begins in one of these; empty where it may begin at any time."""
    sites: tuple[str, ...] = ()
    """Sites that the participant can get to; empty for every site."""
    access: tuple[str, ...] = ()
    unexposed: int = 0
    """Whole weeks beyond the program's limit without meeting customers."""


class Limit(Value):
    """How many visits a week a team takes from the week of a day on, instead of before."""

    since: date
    visits_per_week: int = Field(ge=0)


class Host(Value):
    """A team that can be visited; ``frontline`` are those who agreed or have not yet been asked."""

    team: TeamRef
    lead: PersonRef
    frontline: tuple[PersonRef, ...]
    lenses: tuple[str, ...]
    customer_facing: bool
    zone: str
    visits_per_week: int
    closed: tuple[Interval, ...] = ()
    share: int = Field(default=1, ge=1)
    """Visits that are the team's fair share of a cohort's; each one beyond counts as often as it is beyond."""
    visits_per_day: int = 1
    site: str | None = None
    """None for a team that anybody can get to."""
    needs_access: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()

    def takes(self, day: date) -> int:
        """Return how many visits the team takes in the week (Monday to Sunday) of a local day."""
        sunday = day + timedelta(days=6 - day.weekday())
        reached = [limit for limit in self.limits if limit.since <= sunday]
        last = max(reached, key=lambda limit: limit.since, default=None)
        return last.visits_per_week if last else self.visits_per_week


class Attendee(Value):
    """One person's seat in one step; ``required`` people have to come, the others make up the quorum."""

    person: PersonRef
    seat: Seat
    required: bool = True
    lens: str = ""
    """What this person looks through in a ritual session; empty elsewhere."""
    observes: Silent[bool] = False
    """Whether they observe a ritual session in silence and say at its end what they saw."""


def managed_by(attendees: tuple[Attendee, ...], manager: str) -> tuple[Attendee, ...]:
    """Return the same seats with another home manager, who takes no second seat beside an own one."""
    others = {a.person for a in attendees if a.seat is not Seat.HOME_MANAGER}
    return tuple(
        a.model_copy(update={"person": manager}) if a.seat is Seat.HOME_MANAGER else a
        for a in attendees
        if a.seat is not Seat.HOME_MANAGER or manager not in others
    )


HOST_SEATS = frozenset({Seat.HOST_LEAD, Seat.FRONTLINE})
"""Seats that people of the host team take."""

OVER_MEETINGS = frozenset({Seat.PARTICIPANT, Seat.HOST_LEAD})
"""Seats whose ordinary meetings a step may lie over, where its template says so."""


def overlooked(seat: Seat, template: StepTemplate) -> bool:
    """Return whether the step may lie over ordinary meetings of whoever sits there."""
    return template.over_meetings and seat in OVER_MEETINGS


def meets_the_host(kind: StepKind, attendees: tuple[Attendee, ...]) -> bool:
    """Return whether a step changes when another team is visited."""
    return kind in AT_HOST or any(a.seat in HOST_SEATS for a in attendees)


class PlannedStep(Value):
    """One step with its concrete time, in UTC; ``zone`` is the zone in which its wall time is meant."""

    rotation: RotationId
    key: Key
    kind: StepKind
    starts: Moment
    ends: Moment
    zone: str
    attendees: tuple[Attendee, ...]
    quorum: int = 0
    stop: int = 1

    @property
    def interval(self) -> Interval:
        return Interval(starts=self.starts, ends=self.ends)


def heard_at(step: PlannedStep) -> tuple[Attendee, ...]:
    """Return those of the host team who are heard in a step."""
    return tuple(a for a in step.attendees if step.kind in HEARD_IN and a.seat in HOST_SEATS)


class Assignment(Value):
    """Which team a participant visits at one stop, and why in one line (pseudonyms only)."""

    rotation: RotationId
    participant: PersonRef
    host: TeamRef
    reason: str
    stop: int = 1


class Unplaced(Value):
    """Somebody for whom no place was found, with a plain sentence that says what stood in the way."""

    rotation: RotationId
    participant: PersonRef
    reason: str


class Plan(Value):
    """An immutable answer for a whole cohort; steps are ordered by rotation and start.

    A rotation that is placed has one assignment per stop.
    """

    assignments: tuple[Assignment, ...] = ()
    steps: tuple[PlannedStep, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()
    objective: int = 0

    def steps_of(self, rotation: str) -> tuple[PlannedStep, ...]:
        return tuple(step for step in self.steps if step.rotation == rotation)

    def steps_by_rotation(self) -> Mapping[str, tuple[PlannedStep, ...]]:
        """Return the steps of every rotation that has any, in their order."""
        found: dict[str, list[PlannedStep]] = {}
        for step in self.steps:
            found.setdefault(step.rotation, []).append(step)
        return {rotation: tuple(steps) for rotation, steps in found.items()}

    def hosts_of(self, rotation: str) -> tuple[str, ...]:
        """Return the teams of a rotation's stops, in order; none for somebody without a place."""
        return self.hosts().get(rotation, ())

    def hosts(self) -> Mapping[str, tuple[str, ...]]:
        """Return the teams of every rotation's stops, in order."""
        found: dict[str, tuple[str, ...]] = {}
        for assignment in sorted(self.assignments, key=lambda a: a.stop):
            found[assignment.rotation] = (*found.get(assignment.rotation, ()), assignment.host)
        return found


class PlanningProblem(Value):
    """Everything a planner needs to know. ``kept`` are steps that happened or that it must not move."""

    program: Program
    first_day: date
    candidates: tuple[Candidate, ...]
    hosts: tuple[Host, ...]
    people: tuple[Availability, ...]
    not_before: Moment
    """Steps start after this moment (usually now)."""
    forbidden: tuple[tuple[RotationId, TeamRef], ...] = ()
    """Pairs that were refused; never proposed again."""
    facilitator: PersonRef | None = None
    """Who facilitates sessions: the program's coordinator."""
    kept: tuple[PlannedStep, ...] = ()
    heard: tuple[str, ...] = ()
    """Voices for which somebody was heard already, or is expected beside the problem's own people:
    among equals, others come first."""
    said_no: tuple[tuple[PersonRef, Moment], ...] = ()
    """Who said no to a day or session, with the moment at which that begins: they speak for nobody at it."""


class Cause(StrEnum):
    """Why a plan has to be repaired."""

    DECLINED = "declined"
    NOT_TODAY = "not-today"
    NO_SHOW = "no-show"
    RESCHEDULE = "reschedule"
    HOST_REFUSED = "host-refused"
    COLLEAGUE_REFUSED = "colleague-refused"
    OVERDUE = "overdue"
    WITHDRAWN = "withdrawn"
    TEAM_DISSOLVED = "team-dissolved"
    CALENDAR = "calendar"
    """A calendar shows somebody busy or away; when, the planner reads there."""
    CAPACITY_CUT = "capacity-cut"
    """A team takes fewer visits a week than were planned."""
    NEW_PARTICIPANT = "new-participant"
    """Somebody joins a plan that has no place for them yet."""


HOST_GONE = frozenset({Cause.HOST_REFUSED, Cause.TEAM_DISSOLVED})
"""Causes after which another team has to be visited."""


class Disruption(Value):
    """What broke the plan: one step of one rotation, and who can't come when.

    ``unavailable`` is added to the person's absences; ``wished_start`` asks for exactly that start (UTC);
    ``settled`` are the keys of the rotation's steps that are over and stay as they are, ``accepted``
    those to which everybody who has to come said yes. What it has nothing to say of takes no room in
    a history.
    """

    rotation: RotationId
    step: Key | None
    cause: Cause
    person: Silent[PersonRef | None] = None
    unavailable: Silent[Interval | None] = None
    wished_start: Silent[datetime | None] = None
    settled: Silent[tuple[Key, ...]] = ()
    accepted: Silent[tuple[Key, ...]] = ()
    stop: int = 1
    """The stop whose team said no or is dissolved."""
    asked: int = 0
    """Version of the rotation that asks, so that each asking is its own and a repeat is not."""


class Staying(StrEnum):
    """Why a step of a disrupted rotation stayed as it is."""

    SETTLED = "settled"
    KEPT = "kept"
    BEGUN = "begun"
    ACCEPTED = "accepted"
    FITS = "fits"
    """Nothing asked it to move."""


class Mended(Value):
    """What became of one disruption: mended or not, which steps moved and which stayed, and why.

    ``moved`` lists ``(rotation, step key)`` of every step whose time or attendees changed, ``stayed``
    the other steps of the disrupted rotation.
    """

    mended: bool
    moved: tuple[tuple[RotationId, Key], ...] = ()
    stayed: tuple[tuple[Key, Staying], ...] = ()
    reason: str = ""


class Repair(Value):
    """A repaired plan with what ``Mended`` says, or ``plan`` None with the reason why not."""

    plan: Plan | None
    moved: tuple[tuple[RotationId, Key], ...] = ()
    stayed: tuple[tuple[Key, Staying], ...] = ()
    reason: str = ""


class Violation(Value):
    """One broken rule of a plan, as a plain sentence."""

    rotation: RotationId | None
    step: Key | None
    rule: str
    sentence: str
