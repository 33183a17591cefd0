"""``sojourn reconcile``: what the store knows and what Temporal runs, brought together again."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Annotated

import typer
from temporalio.client import Client

from cli.leaving import OK, leave
from cli.options import Json, office
from cli.showing import as_json, console, count, table
from domain.events import Cancel
from domain.moves import apply
from domain.policy import PolicyState
from domain.rituals import Series, next_due
from domain.rotation import Ending, RotationState
from domain.telling import dispatch
from domain.value import Value
from store.records import CohortRecord
from wiring import Office
from workflows import handles
from workflows.cohort import CohortState
from workflows.handles import Standing
from workflows.names import (
    cohort_workflow_id,
    is_schedule_of,
    policy_workflow_id,
    rotation_workflow_id,
    schedule_id,
    workflow_id_of,
)
from workflows.rhythm import TemporalRhythm


class Drift(Value):
    """A process that the store knows and Temporal does not run, and what is done about it."""

    workflow_id: str
    found: str
    remedy: str


@dataclass(frozen=True)
class _Mending:
    drift: Drift
    mend: Callable[[], Awaitable[None]]


def reconcile(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what differs, mend nothing.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the store with Temporal and mend what differs; safe to repeat.

    A rotation that an admin terminated is over: its open invites are called off. Whatever else was
    lost (a Temporal restored from an older backup, a failed run) goes on from the state in the store.
    Rituals with sessions to come have their schedule, by the rule of their program; all others have none.

    Example: sojourn reconcile --dry-run
    """
    found = office()
    drifts = asyncio.run(_connected(found, dry_run))
    if json:
        as_json(drifts)
    elif not drifts:
        console.print("Nothing differs: every process that should run does.")
    else:
        rows = ((d.workflow_id, d.found, d.remedy) for d in drifts)
        verb = "to mend" if dry_run else "mended"
        table(
            f"{count(len(drifts), 'process', 'processes')} {verb}",
            ("process", "found", "remedy"),
            rows,
        )
    leave(OK, talked_to_temporal=True)


async def _connected(found: Office, dry_run: bool) -> list[Drift]:
    settings = found.settings
    client = await handles.connect(settings.temporal, settings.namespace)
    return await mend(found, client, dry_run=dry_run)


async def mend(found: Office, client: Client, *, dry_run: bool) -> list[Drift]:
    """Return what differs, mended unless ``dry_run``; raises Unreachable while Temporal is away."""
    mendings = [one async for one in _differences(found, client)]
    if not dry_run:
        for one in mendings:
            await one.mend()
    return [one.drift for one in mendings]


async def _differences(found: Office, client: Client) -> AsyncIterator[_Mending]:
    for record in found.records.cohorts():
        states = await asyncio.to_thread(found.records.rotations, record.cohort)
        looked = [await _of_cohort(client, record)]
        looked += [await _of_rotation(found, client, state) for state in states]
        for mending in filter(None, looked):
            yield mending
        async for mending in _never_begun(found, client, record):
            yield mending
    async for mending in _of_schedules(found, client):
        yield mending
    for change in await asyncio.to_thread(found.records.changes):
        workflow_id = policy_workflow_id(change.policy)
        standing = await handles.standing(client, workflow_id)
        if standing is not Standing.RUNNING:
            yield _Mending(_revived(workflow_id, standing), _starting_change(client, change))


async def mend_schedules(found: Office, client: Client, known: Iterable[str] = ()) -> None:
    """Give every ritual the schedule of its rule, and no other; ``known`` are looked at though no list has them yet.

    Safe to repeat: a session that was opened already is opened no second time.
    """
    for one in [one async for one in _of_schedules(found, client, known)]:
        await one.mend()


async def _of_schedules(
    found: Office, client: Client, known: Iterable[str] = ()
) -> AsyncIterator[_Mending]:
    """A ritual has a schedule as long as sessions are to come, whether or not its cohort still runs.

    What is named as before comes last: whatever takes its place is there by then.
    """
    rhythm, now = TemporalRhythm(client), found.now()
    cohorts = [record.cohort for record in found.records.cohorts()]
    every = [one for cohort in cohorts for one in found.rituals.series(cohort)]
    wanted = {schedule_id(one.cohort, one.ritual.key): one for one in every if next_due(one, now)}
    for name, series in wanted.items():
        if not await rhythm.keeps(name):
            drift = Drift(
                workflow_id=name, found=Standing.LOST.value, remedy="its schedule is made"
            )
            yield _Mending(drift, _beginning(rhythm, series, now))
        elif not await rhythm.follows(series):
            drift = Drift(
                workflow_id=name, found="another rule", remedy="its schedule follows the program"
            )
            yield _Mending(drift, _renewing(rhythm, series, now))
    for name in sorted({*await rhythm.names(), *known} - wanted.keys()):
        ours = any(is_schedule_of(cohort, name) for cohort in cohorts)
        if ours and await rhythm.keeps(name):
            why = "no session to come" if "." in name else "a name of before"
            drift = Drift(workflow_id=name, found=why, remedy="its schedule is removed")
            yield _Mending(drift, partial(rhythm.end, name))


def _beginning(
    rhythm: TemporalRhythm, series: Series, now: datetime
) -> Callable[[], Awaitable[None]]:
    """Return what makes the schedule of a series.

    Once sessions are held, the one that a lost schedule should have invited to is made up for.
    """
    first = next_due(series, series.since)
    under_way = first is not None and first <= now
    return partial(rhythm.begin_here, series, at_once=under_way)


def _renewing(
    rhythm: TemporalRhythm, series: Series, now: datetime
) -> Callable[[], Awaitable[None]]:
    """Return what gives a series the schedule of its rule instead of the one that it has."""

    async def renew() -> None:
        await rhythm.end(schedule_id(series.cohort, series.ritual.key))
        await _beginning(rhythm, series, now)()

    return renew


async def _of_cohort(client: Client, record: CohortRecord) -> _Mending | None:
    workflow_id = cohort_workflow_id(record.cohort)
    standing = await handles.standing(client, workflow_id)
    unfinished = set(record.begun) != set(record.over) or record.continuous
    if standing is Standing.RUNNING or not unfinished:
        return None
    state = CohortState(
        cohort=record.cohort,
        approved=record.plan,
        started=len(record.begun),
        all_started=True,
        running=record.begun,
        over=record.over,
        continuous=record.continuous,
    )
    return _Mending(_revived(workflow_id, standing), partial(handles.revive_cohort, client, state))


async def _of_rotation(found: Office, client: Client, state: RotationState) -> _Mending | None:
    workflow_id = workflow_id_of(state)
    if state.ending:
        return None
    standing = await handles.standing(client, workflow_id)
    if standing is Standing.RUNNING:
        return None
    if standing is Standing.TERMINATED:
        remedy = "cancelled; its open invites are called off"
        drift = Drift(workflow_id=workflow_id, found=standing.value, remedy=remedy)
        return _Mending(drift, lambda: _call_off(found, client, state))
    return _Mending(_revived(workflow_id, standing), lambda: handles.revive_rotation(client, state))


async def _never_begun(
    found: Office, client: Client, record: CohortRecord
) -> AsyncIterator[_Mending]:
    """A cohort that was lost while it started its rotations."""
    first = await asyncio.to_thread(found.planning.rotations, record.cohort, record.plan)
    for state in first:
        workflow_id = rotation_workflow_id(state.cohort, state.rotation)
        if state.rotation not in record.begun:
            standing = await handles.standing(client, workflow_id)
            if standing is Standing.LOST:
                yield _Mending(_revived(workflow_id, standing), _starting(client, state))


def _starting(client: Client, state: RotationState) -> Callable[[], Awaitable[None]]:
    return lambda: handles.revive_rotation(client, state)


def _starting_change(client: Client, state: PolicyState) -> Callable[[], Awaitable[None]]:
    return lambda: handles.revive_change(client, state)


def _revived(workflow_id: str, standing: Standing) -> Drift:
    remedy = "started again from the state in the store"
    return Drift(workflow_id=workflow_id, found=standing.value, remedy=remedy)


async def _call_off(found: Office, client: Client, state: RotationState) -> None:
    now = found.now()
    ended, errands = apply(state, Cancel(), now)
    await asyncio.to_thread(found.correspondence.carry_out, dispatch(ended, errands, now))
    disruptions = tuple(errand.disruption for errand in errands if errand.disruption)
    await handles.say_it_is_over(client, state, Ending.CANCELLED, disruptions)
