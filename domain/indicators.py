"""Three indicators of how a program listens: shares of changes and of sessions, never of people.

They are made from what happened alone. Small numbers stay hidden as in ``domain.pulse``: a share is
made of whole fives, the earliest first.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.people import Seat
from domain.pulse import Mean, shown_mean
from domain.value import Value


class IndicatorKind(StrEnum):
    """What is looked at."""

    VIEWPOINTS = "viewpoints"
    """Of all decided changes: those that used viewpoints of two seats or of two teams."""
    NEWLY_HEARD = "newly-heard"
    """Of all listening sessions held: those with a frontline colleague nobody had listened to before."""
    CUSTOMER_VALUE = "customer-value"
    """Of all adopted changes: those that stand on what a customer-facing team taught, or met their target."""


class Viewpoint(Value):
    """Whose view was used in a change: the part they played in its visit and their team; empty if unknown.

    Used are the views of its co-authors, and of whoever raised a concern that was adopted at least in
    part. The visitor's is none of them: every change has one.
    """

    seat: Seat | None = None
    team: str = ""


class Indicator(Value):
    """A share from 0 to 1 of ``of`` changes or sessions; None while there are too few of them."""

    kind: IndicatorKind
    of: int
    share: float | None


def is_diverse(viewpoints: Iterable[Viewpoint]) -> bool:
    """Return whether views of two seats or of two teams were used."""
    used = tuple(viewpoints)
    seats = {one.seat for one in used if one.seat}
    teams = {one.team for one in used if one.team}
    return len(seats) > 1 or len(teams) > 1


def indicator(kind: IndicatorKind, counted: Iterable[bool]) -> Indicator:
    """Return an indicator from what is true of each change or session, the earliest first."""
    shown = shown_mean([float(one) for one in counted]) or Mean(0, 0.0)
    return Indicator(kind=kind, of=shown.answers, share=shown.mean if shown.answers else None)
