"""A proposal in people's words and figures; Temporal never sees it."""

from pydantic import Field

from domain.errors import Refused
from domain.policy import Disposition
from domain.touching import Touches
from domain.value import Moment, PersonRef, Value


class Proposal(Value):
    """One minimal change, worked out with frontline people, with the measure that will judge it."""

    title: str = Field(min_length=1, max_length=120)
    seen: str = Field(min_length=1, max_length=2000)
    """What was seen or heard that calls for it."""
    change: str = Field(min_length=1, max_length=2000)
    """What will be done differently; with ``before``, the text as it would read then."""
    before: str = Field(default="", max_length=2000)
    """The policy's text as it reads today; empty where there is none."""
    metric: str = Field(min_length=1, max_length=120)
    """What is counted or timed, with its unit."""
    baseline: float
    """The metric today; locked from the moment the change is decided."""
    target: float
    owner: PersonRef
    co_authors: tuple[PersonRef, ...]
    decide_by: Moment
    insights: tuple[str, ...] = ()
    """What it stands on, each as ``<step of the summary>:<number from 0>``."""
    tests: tuple[str, ...] = ()
    """The quick tests whose results it stands on, by id."""
    touches: Touches = Touches()


class Ruling(Value):
    """What the owner decides about the whole or about one concern, and why."""

    disposition: Disposition
    reason: str


def refuse_wording(proposal: Proposal, ruling: Ruling, wording: str) -> None:
    """Raise Refused for a text that is adopted as proposed and reads otherwise."""
    same = wording.split() == proposal.change.split()
    if ruling.disposition is Disposition.ADOPTED and wording and not same:
        raise Refused("It reads otherwise than proposed: that is adopted in part. Say why.")
