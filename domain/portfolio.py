"""What a participant practised: which of the three kinds is missing, and what comes next. A help, never a score."""

from collections.abc import Iterable
from datetime import date, timedelta

from domain.program import Cadence, Practice
from domain.quarters import Quarter
from domain.value import Value


class Practised(Value):
    """One kind of practice of one participant, by days in the program's zone."""

    practice: Practice
    last: date | None
    """When they last did; None where they never have."""
    planned: date | None = None
    """When they will next, where that has a date."""
    unconfirmed: bool = False
    """It began in the last week, and nobody has said yet that it was held."""

    def is_missing_in(self, quarter: Quarter) -> bool:
        """Return whether they have not done so in the quarter yet."""
        return self.last is None or self.last < quarter.first_day

    def is_due(self, cadence: Cadence, since: date, today: date) -> bool:
        """Return whether it is as long ago as its cadence; never done counts from ``since``."""
        return _gap(self, cadence, since, today) >= 1


def next_practice(
    practised: Iterable[Practised], cadence: Cadence, since: date, today: date, quarter: Quarter
) -> Practice | None:
    """Return the kind with the largest gap, measured in its own cadence.

    Only what is missing in the quarter or due counts, and nothing that has a date already; None when
    there is no such kind. Of equal gaps the first counts.
    """
    open_kinds = [
        one
        for one in practised
        if one.planned is None and (one.is_missing_in(quarter) or one.is_due(cadence, since, today))
    ]
    largest = max(open_kinds, key=lambda one: _gap(one, cadence, since, today), default=None)
    return largest.practice if largest else None


def weeks_since(last: date, today: date) -> int:
    """Return how many whole weeks a day is ago; none for a day to come."""
    return max((today - last) // timedelta(weeks=1), 0)


def _gap(one: Practised, cadence: Cadence, since: date, today: date) -> float:
    return (today - (one.last or since)) / cadence.of(one.practice)
