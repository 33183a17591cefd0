"""What an event of a plan file asks to be mended, and what became of it, in the folder's names."""

import planner
from domain.planning import Cause, Disruption, Mended, Plan, PlanningProblem, Staying
from domain.value import Key, Value
from intake.cohorts import Names
from intake.events import PlanEvent, accepted_in, disruptions_of


class Outcome(Value):
    """What became of one rotation: the steps that moved and those that stayed, and why, or why it could not be mended."""

    participant: Key
    mended: bool
    moved: tuple[str, ...]
    stayed: dict[str, Staying]
    reason: str


def to_mend(
    happened: PlanEvent, problem: PlanningProblem, plan: Plan, names: Names
) -> tuple[Disruption, ...]:
    """Return every disruption of an event; raises Refused for names that nobody has."""
    if happened.cause is Cause.CAPACITY_CUT:
        return planner.surplus(problem, plan, accepted_in(happened, plan, names))
    return tuple(disruptions_of(happened, plan, names))


def outcome_of(disruption: Disruption, found: Mended, names: Names) -> Outcome:
    """Return what became of one disruption."""
    who = names.participants
    return Outcome(
        participant=who[disruption.rotation],
        mended=found.mended,
        moved=tuple(f"{who[rotation]}/{key}" for rotation, key in found.moved),
        stayed={f"{who[disruption.rotation]}/{key}": why for key, why in found.stayed},
        reason=names.said(found.reason),
    )


def said_to_stay(outcome: Outcome) -> str:
    """Return the steps that stayed, each with the reason, on one line."""
    return ", ".join(f"{name} ({why})" for name, why in outcome.stayed.items())
