"""Rituals of a cohort: their schedules, and each session as it is opened."""

from collections.abc import Callable

from temporalio import activity

from domain.ports import Rhythm, Rituals
from domain.rituals import Series
from domain.rotation import RotationState
from domain.value import Key, Moment, Value


class SessionWanted(Value):
    """A series, and the workflow's moment after which its next session is held."""

    series: Series
    now: Moment


class RitualActivities:
    """Keeps the rhythm of rituals and opens their sessions."""

    def __init__(self, rituals: Rituals, rhythm: Rhythm) -> None:
        self._rituals = rituals
        self._rhythm = rhythm

    def every(self) -> list[Callable[..., object]]:
        """Return all activities, for a worker to register."""
        return [self.begin_rituals, self.next_session]

    @activity.defn(name="begin_rituals")
    def begin_rituals(self, cohort: Key) -> None:
        """Let every ritual of a cohort begin; a repeat changes nothing."""
        for series in self._rituals.series(cohort):
            self._rhythm.begin(series)

    @activity.defn(name="next_session")
    def next_session(self, wanted: SessionWanted) -> RotationState | None:
        """Open the next session; None when none is to come, or it has begun already."""
        return self._rituals.next_session(wanted.series, wanted.now)
