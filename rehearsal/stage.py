"""Setting a rehearsal up, letting it run, and taking its report."""

import gc
import tempfile
import time as stopwatch
from calendar import monthrange
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

from domain.errors import DomainError
from domain.folder import Rejection
from domain.outcomes import MetricValue
from domain.people import Person
from rehearsal.clockwork import Clockwork
from rehearsal.draws import Draws
from rehearsal.exporting import export_mails, refuse_full
from rehearsal.fates import Fates
from rehearsal.habits import Habits
from rehearsal.kept import Kept, keep, world_settings
from rehearsal.manager import Manager
from rehearsal.measuring import Figures
from rehearsal.office import Post, RehearsalOffice
from rehearsal.people import Reader
from rehearsal.report import MonthEnd, Report, attention_of, figures
from rehearsal.saying import Sayer
from rehearsal.temper import Temper
from rehearsal.ticking import TickerWorkflow, Ticking
from rehearsal.world import World
from store.database import reading
from store.migrating import migrate
from store.people import people, program_of, rotations_of
from store.tables.rotations import RotationTable
from wiring import Office
from workflows.cohort import ApprovePlan, CohortState
from workflows.every import WORKFLOWS
from workflows.names import cohort_workflow_id

WORKING_DAY = time(6)
"""When the first day begins (UTC)."""

_OBJECTS_BETWEEN_COLLECTIONS = 50_000


class Rejected(DomainError):
    """The folder has mistakes; nothing was rehearsed."""

    def __init__(self, rejected: tuple[Rejection, ...]) -> None:
        super().__init__("The folder has mistakes; nothing was rehearsed.")
        self.rejected = rejected


@dataclass(frozen=True)
class Wanted:
    """What to rehearse: all of it but ``keep`` and ``mails`` belongs to the key of the result."""

    folder: Path
    months: int
    seed: int
    starts: date
    temper: Temper
    keep: Path | None = None
    mails: Path | None = None


def rehearse(wanted: Wanted, progress: Callable[[float], None] = lambda _: None) -> Report:
    """Rehearse a program folder and return the report; raises Rejected for a folder with mistakes.

    ``progress`` hears the share of the months that has passed.
    """
    began = stopwatch.perf_counter()
    if wanted.mails:
        refuse_full(wanted.mails)
    with _home(wanted.keep) as home, _seldom_collecting():
        clockwork = Clockwork(datetime.combine(wanted.starts, WORKING_DAY, UTC))
        office = _office(home, clockwork, wanted.seed)
        clockwork.serve((*WORKFLOWS, TickerWorkflow), office.activities(Ticking(clockwork)))
        try:
            cohort = _load(office, wanted)
            figures_to_come = Figures(office, _measured(office, wanted))
            months = _live(office, clockwork, cohort, figures_to_come, wanted, progress)
            found = figures(office.engine, cohort)
            report = Report(
                **found,
                seed=wanted.seed,
                starts=wanted.starts,
                months=wanted.months,
                attention=months,
                actions=clockwork.actions.total(),
                actions_per_rotation=round(clockwork.actions.total() / found["rotations"], 1),
                seconds=0,
            )
            if wanted.mails:
                export_mails(office.engine, wanted.mails)
        finally:
            clockwork.close()
            office.engine.dispose()
        seconds = round(stopwatch.perf_counter() - began, 2)
        report = report.model_copy(update={"seconds": seconds})
        if wanted.keep:
            keep(home, Kept(report=report, ended=clockwork.now))
    return report


def _live(
    office: RehearsalOffice,
    clockwork: Clockwork,
    cohort: str,
    figures_to_come: Figures,
    wanted: Wanted,
    progress: Callable[[float], None],
) -> tuple[MonthEnd, ...]:
    draws = Draws(f"{wanted.seed}:{wanted.starts}")
    habits = Habits(office, draws, wanted.temper)
    fates = Fates(draws, wanted.temper, lambda: _rotations(office, cohort))
    reader = Reader(draws, wanted.temper, office.links.read)
    sayer = Sayer(office, reader, draws, habits.notes, fates)
    manager = Manager(office, clockwork, sayer, habits, draws, figures_to_come)
    world = World(office, clockwork, sayer, manager, _zone(office, cohort))
    office.post = Post(
        _people(office), world.deliver, office.keep_local_mail if wanted.keep else None
    )
    workflow_id = cohort_workflow_id(cohort)
    clockwork.start("CohortWorkflow", workflow_id, CohortState(cohort=cohort))
    clockwork.update(workflow_id, "approve_plan", "approve", ApprovePlan(plan=1))
    day, last = wanted.starts, _months_later(wanted.starts, wanted.months)
    found = []
    for month in range(1, wanted.months + 1):
        end = _months_later(wanted.starts, month)
        while day < end:
            day = min(day + timedelta(weeks=1), end)
            world.live_until(datetime.combine(day, WORKING_DAY, UTC))
            progress((day - wanted.starts) / (last - wanted.starts))
        found.append(attention_of(office.engine, end))
    return tuple(found)


def _load(office: Office, wanted: Wanted) -> str:
    report = office.load(wanted.folder, dry_run=False, today=wanted.starts)
    if report.rejected or report.cohort is None:
        raise Rejected(report.rejected)
    return report.cohort


def _measured(office: Office, wanted: Wanted) -> tuple[MetricValue, ...]:
    """The folder's outcome metrics, also those of days to come."""
    values, rejected = office.figures_in(wanted.folder, today=wanted.starts)
    if rejected:
        raise Rejected(rejected)
    return values


def _office(home: Path, clockwork: Clockwork, seed: int) -> RehearsalOffice:
    office = RehearsalOffice(world_settings(home), lambda: clockwork.now, Random(seed))  # noqa: S311 - guards nothing
    migrate(office.engine)
    return office


def _people(office: Office) -> dict[str, Person]:
    with reading(office.engine) as session:
        return dict(people(session))


def _rotations(office: Office, cohort: str) -> tuple[str, ...]:
    with reading(office.engine) as session:
        return tuple(session.scalars(rotations_of(cohort).with_only_columns(RotationTable.id)))


def _zone(office: Office, cohort: str) -> str:
    with reading(office.engine) as session:
        return program_of(session, cohort).zone


def _months_later(day: date, months: int) -> date:
    """Return the same day of a later month, or the last day of a month that is too short."""
    years, month = divmod(day.month - 1 + months, 12)
    last = monthrange(day.year + years, month + 1)[1]
    return date(day.year + years, month + 1, min(day.day, last))


@contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A rehearsal leaves hardly any cycles behind; looking for them as often as usual takes an eighth of its time."""
    usual = gc.get_threshold()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, *usual[1:])
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextmanager
def _home(keep: Path | None) -> Iterator[Path]:
    """Where the world lives: in a folder that is kept, or in one that goes away with the rehearsal."""
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="sojourn-rehearsal-") as passing:
            yield Path(passing)
        return
    refuse_full(keep)
    keep.mkdir(parents=True, exist_ok=True)
    keep.chmod(0o700)
    yield keep
