"""What the page of a plan shows: plain values with names, never used to decide."""

from domain.review import WorthParts
from domain.value import Key, Moment, RotationId, TeamRef, Value
from store.pages import StepRow


class AlternativeRow(Value):
    """Another team that could be visited instead, and what that would cost the plan."""

    team: TeamRef
    name: str
    less: int
    """By how much the plan would be worth less; negative where it would be worth more."""
    reason: str


class AssignmentRow(Value):
    """One stop of a participant, with the reason, the planned steps and where else they could go."""

    rotation: str
    participant_name: str
    host: TeamRef
    host_name: str
    stop: int
    reason: str
    steps: tuple[StepRow, ...]
    alternatives: tuple[AlternativeRow, ...] = ()
    pinned_by: str = ""
    """Who says that it has to be this team: ``you`` for a program manager, ``the folder``, or nobody."""


class UnplacedRow(Value):
    """Somebody without a place, and what stood in the way."""

    rotation: str
    participant_name: str
    reason: str


class LoadRow(Value):
    """How often a team is visited, and how many visits would be its fair share."""

    team: TeamRef
    name: str
    visits: int
    share: int


class ReviewRow(Value):
    """How good a plan is."""

    worth: int
    bound: int
    """What no plan with a place for as many people can exceed."""
    gap: float
    """The share of the bound that the plan lacks: 0 is perfect."""
    parts: WorthParts
    coverage_mean: float
    coverage_min: float
    remarks: tuple[str, ...]
    """Sentences about what breaks no rule and should be known."""
    remedy: str
    """The one change that would give most of those without a place one; empty for none."""
    loads: tuple[LoadRow, ...]
    """Every team, the one with most visits by its share first."""


class PlanPage(Value):
    """One plan version: table, Gantt, what could not be placed and how good it is."""

    cohort: str
    plan: int
    made_at: Moment
    approved_at: Moment | None
    cause: str
    """Why this version exists: ``first plan`` or the repair's sentence."""
    assignments: tuple[AssignmentRow, ...]
    unplaced: tuple[UnplacedRow, ...]
    stops: int
    review: ReviewRow | None = None
    """None for repaired plans, and for plans of before there were reviews."""


class ConflictRow(Value):
    """A rule that a plan breaks by what is known today, and what to do about it."""

    rotation: RotationId | None
    """None where it is about a team."""
    step: Key | None
    sentence: str
    what_to_do: str


class TimeRow(Value):
    """One meeting before and after, each with its own zone; a moment is None where there is none."""

    title: str
    before: Moment | None
    after: Moment | None
    zone_before: str
    zone_after: str


class MoveRow(Value):
    """What becomes of one participant when the cohort is planned again."""

    rotation: RotationId
    participant_name: str
    before: str
    """The names of their teams; empty where they have no place."""
    after: str
    first: TimeRow
    """The first shadowing days of both plans, whichever steps they are."""
    changed: tuple[TimeRow, ...]
    kept: tuple[str, ...]
    """Titles of the steps that keep their time."""
    reason: str = ""
    """Why there is no place for them any more."""


class LoadChange(Value):
    """How often a team is visited before and after."""

    name: str
    before: int
    after: int
    share: int


class EffectRow(Value):
    """What planning with a pin would do to a plan; nothing of it is stored."""

    worth_before: int
    worth_after: int
    placed_before: int
    placed_after: int
    participants: int
    own: MoveRow | None
    """What becomes of the participant in question; None where nothing changes for them."""
    others: tuple[MoveRow, ...]
    loads: tuple[LoadChange, ...]
    """Teams whose number of visits changes."""


class TeamChoice(Value):
    """A team that somebody might visit."""

    ref: TeamRef
    name: str


class WhatIfPage(Value):
    """The question what if somebody visits a team, and its answer; None while no team is chosen."""

    cohort: str
    plan: int
    rotation: RotationId
    participant_name: str
    now_at: str
    """The names of the teams that the plan has for them; empty for nobody placed."""
    instead: TeamRef | None
    instead_name: str
    team: TeamRef | None
    team_name: str
    choices: tuple[TeamChoice, ...]
    effect: EffectRow | None
