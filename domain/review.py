"""What the planner says about its own plan, for whoever decides on it: pseudonyms only."""

from domain.value import RotationId, TeamRef, Value


class Alternative(Value):
    """Another team that a participant could visit at one stop, and what that would cost the plan."""

    rotation: RotationId
    stop: int
    host: TeamRef
    less: int
    """By how much the plan would be worth less; negative where it would be worth more."""
    reason: str


class Load(Value):
    """How often one team is visited, and how many visits would be its fair share."""

    team: TeamRef
    visits: int
    share: int


class WorthParts(Value):
    """What makes up the worth of a plan; ``crowds`` is never positive."""

    goals: int
    wished_teams: int
    customers: int
    crowds: int
    early: int


class Review(Value):
    """How good a plan is, and where else everybody could go."""

    bound: int
    """What no plan with a place for as many people can exceed."""
    parts: WorthParts
    coverage_mean: float
    """Of the weight of everybody's goals, the share that is covered, between 0 and 1."""
    coverage_min: float
    """The same of the least covered who has a place."""
    loads: tuple[Load, ...]
    """Every team, the one with most visits by its share first."""
    remarks: tuple[str, ...] = ()
    """Sentences about what breaks no rule and should be known."""
    remedy: str = ""
    """The one change that would give most of those without a place one; empty for none."""
    alternatives: tuple[Alternative, ...]
    """The best two of every assignment, were all others to stay as planned."""
