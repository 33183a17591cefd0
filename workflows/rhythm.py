"""Rituals as Temporal Schedules: a calendar rule in the program's own zone."""

import asyncio
from datetime import time, timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.service import RPCError, RPCStatusCode

from domain.program import Ritual
from domain.rituals import Series
from workflows.names import TASK_QUEUE, schedule_id
from workflows.ritual import RitualWorkflow

_PATIENCE = 20.0
_LATEST = timedelta(days=7)
"""A session that could not be opened for longer than this, because Temporal was away, is left out."""


class TemporalRhythm:
    """Implements ``domain.ports.Rhythm``; called from activities' threads, works on the worker's loop."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._loop = asyncio.get_running_loop()

    def begin(self, series: Series) -> None:
        """Make the schedule of a series; one that is there stays as it is."""
        asyncio.run_coroutine_threadsafe(self.begin_here(series), self._loop).result(_PATIENCE)

    async def begin_here(self, series: Series, *, at_once: bool = False) -> None:
        """Do the same on the loop itself; ``at_once`` opens the session that is the next one now."""
        name = schedule_id(series.cohort, series.ritual.key)
        schedule = Schedule(
            action=ScheduleActionStartWorkflow(
                RitualWorkflow.run, series, id=name, task_queue=TASK_QUEUE
            ),
            spec=_spec(series),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL, catchup_window=_LATEST),
            state=ScheduleState(
                note="When a session begins, everybody is invited to the one after it."
            ),
        )
        try:
            await self._client.create_schedule(name, schedule, trigger_immediately=at_once)
        except ScheduleAlreadyRunningError:
            return

    async def names(self) -> tuple[str, ...]:
        """Return the ids of all schedules; the list may lag behind what was made or removed just now."""
        return tuple([one.id async for one in await self._client.list_schedules()])

    async def keeps(self, name: str) -> bool:
        """Return whether a schedule is there."""
        try:
            await self._client.get_schedule_handle(name).describe()
        except RPCError as failed:
            if failed.status is RPCStatusCode.NOT_FOUND:
                return False
            raise
        return True

    async def follows(self, series: Series) -> bool:
        """Return whether the schedule of a series, which has to be there, comes round as the series says."""
        name = schedule_id(series.cohort, series.ritual.key)
        found = await self._client.get_schedule_handle(name).describe()
        return _times(found.schedule.spec) == _times(_spec(series))

    async def end(self, name: str) -> None:
        """Remove a schedule; the sessions that it opened go on."""
        await self._client.get_schedule_handle(name).delete()


def _spec(series: Series) -> ScheduleSpec:
    return ScheduleSpec(
        calendars=[_rule(series.ritual)],
        time_zone_name=series.zone,
        start_at=series.since,
        end_at=series.until,
    )


def _times(spec: ScheduleSpec) -> tuple[object, ...]:
    """Return what a spec of ours says; Temporal gives its rule back in tuples."""
    rules = [
        (*rule.minute, *rule.hour, *rule.day_of_month, *rule.day_of_week) for rule in spec.calendars
    ]
    return rules, spec.time_zone_name, spec.start_at, spec.end_at


def _rule(ritual: Ritual) -> ScheduleCalendarSpec:
    """Return the calendar rule of a ritual's sessions; Temporal counts days of the week from Sunday."""
    starts = time.fromisoformat(ritual.starts_at)
    week = ritual.week
    days = ScheduleRange(1, 31) if week is None else ScheduleRange(week * 7 - 6, week * 7)
    return ScheduleCalendarSpec(
        hour=[ScheduleRange(starts.hour)],
        minute=[ScheduleRange(starts.minute)],
        day_of_month=[days],
        day_of_week=[ScheduleRange((ritual.weekday.number + 1) % 7)],
    )
