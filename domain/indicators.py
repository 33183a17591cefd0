"""Three indicators of how a program listens: shares of changes and of sessions, never of people.

They are made from what happened alone. Small numbers stay hidden as in ``domain.pulse``: a share is
made of whole fives, the earliest first.
"""

from collections.abc import Iterable
from enum import StrEnum

from domain.people import Seat
from domain.policy import Verdict
from domain.pulse import Mean, shown_mean
from domain.value import Moment, PersonRef, Value


class IndicatorKind(StrEnum):
    """What is looked at."""

    VIEWPOINTS = "viewpoints"
    """Of all decided changes: those that used viewpoints of two seats or of two teams."""
    NEWLY_HEARD = "newly-heard"
    """Of all listening sessions held: those with a frontline colleague nobody had listened to before."""
    CUSTOMER_VALUE = "customer-value"
    """Of all adopted changes: those that stand on what a customer-facing team taught, or met their target."""


class Viewpoint(Value):
    """Whose view was used in a change: the part they played in its visit and their team; empty if unknown."""

    seat: Seat | None = None
    team: str = ""


class DecidedChange(Value):
    """A change that was decided.

    ``viewpoints`` are those of its co-authors, and of whoever raised a concern that was adopted at
    least in part. The visitor is none of them: every change has one.
    """

    decided_at: Moment
    viewpoints: tuple[Viewpoint, ...]
    adopted: bool
    """At least in part."""
    from_customers: bool
    """Whether an insight that it names was learnt in a customer-facing team."""
    verdict: Verdict | None = None


class HeldSession(Value):
    """A listening session that took place, with the frontline colleagues who had not declined it."""

    starts: Moment
    heard: tuple[PersonRef, ...]


class Indicator(Value):
    """A share from 0 to 1 of ``of`` changes or sessions; None while there are too few of them."""

    kind: IndicatorKind
    of: int
    share: float | None


def indicators(
    changes: Iterable[DecidedChange], sessions: Iterable[HeldSession]
) -> tuple[Indicator, ...]:
    """Return the three indicators of a program, in whatever order its changes and sessions come."""
    decided = sorted(changes, key=lambda change: change.decided_at)
    adopted = [change for change in decided if change.adopted]
    found = {
        IndicatorKind.VIEWPOINTS: [_is_diverse(change.viewpoints) for change in decided],
        IndicatorKind.NEWLY_HEARD: _newly_heard(sessions),
        IndicatorKind.CUSTOMER_VALUE: [_matches_customers(change) for change in adopted],
    }
    return tuple(_indicator(kind, counted) for kind, counted in found.items())


def _indicator(kind: IndicatorKind, counted: list[bool]) -> Indicator:
    shown = shown_mean([float(one) for one in counted]) or Mean(0, 0.0)
    return Indicator(kind=kind, of=shown.answers, share=shown.mean if shown.answers else None)


def _is_diverse(viewpoints: tuple[Viewpoint, ...]) -> bool:
    seats = {one.seat for one in viewpoints if one.seat}
    teams = {one.team for one in viewpoints if one.team}
    return len(seats) > 1 or len(teams) > 1


def _newly_heard(sessions: Iterable[HeldSession]) -> list[bool]:
    known: set[str] = set()
    found = []
    for session in sorted(sessions, key=lambda session: session.starts):
        found.append(not known.issuperset(session.heard))
        known.update(session.heard)
    return found


def _matches_customers(change: DecidedChange) -> bool:
    return change.from_customers or change.verdict is Verdict.MET
