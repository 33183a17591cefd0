"""What the company measures while a rehearsed year passes: figures of the folder, each on its day."""

from collections.abc import Iterable
from datetime import date, datetime

from domain.outcomes import MetricValue
from wiring import Office


class Figures:
    """Takes what was measured by a day, as ``sojourn metrics import`` would."""

    def __init__(self, office: Office, values: Iterable[MetricValue]) -> None:
        self._office = office
        self._to_come = sorted(values, key=lambda value: value.day)

    def round(self, cohort: str, today: date, now: datetime) -> None:
        """Take all that is new."""
        new = [value for value in self._to_come if value.day <= today]
        if new:
            self._office.metrics.take(cohort, new, dry_run=False, now=now)
            del self._to_come[: len(new)]
