"""What a figure says of a target: the one rule for quick tests and for policy changes."""

from domain.errors import Refused
from domain.figures import figure
from domain.policy import Verdict


def refuse_verdict(baseline: float, target: float, measured: float, verdict: Verdict) -> None:
    """Raise Refused for a verdict that nobody gives, and for one that the figure speaks against.

    Where the target is the baseline itself nothing says which way is better, and people decide.
    """
    if verdict is Verdict.NOT_MEASURED:
        raise Refused("Say whether the target was met, not met, or a new question came up.")
    if target == baseline:
        return
    reached = measured <= target if target < baseline else measured >= target
    if reached and verdict is Verdict.NOT_MET:
        raise Refused(
            f"{figure(measured)} reaches the target of {figure(target)}: it was met, or a new question came up."
        )
    if not reached and verdict is Verdict.MET:
        raise Refused(
            f"{figure(measured)} does not reach the target of {figure(target)}: it was not met, or a new "
            "question came up."
        )
