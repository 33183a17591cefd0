"""A program that goes on: three years of it, lived through by simulated people."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import select

from rehearsal.clockwork import Clockwork
from rehearsal.draws import Draws
from rehearsal.fates import Fates
from rehearsal.habits import Habits
from rehearsal.kept import world_settings
from rehearsal.manager import Manager
from rehearsal.measuring import Figures
from rehearsal.office import Post, RehearsalOffice
from rehearsal.people import Reader
from rehearsal.saying import Sayer
from rehearsal.temper import Temper
from rehearsal.ticking import TickerWorkflow, Ticking
from rehearsal.world import World
from store.database import reading
from store.people import people
from store.tables.rotations import RotationTable
from tests.migrated import give_schema
from tests.mill import PEOPLE, PROGRAM, THANKS, TONI, write_folder
from workflows.cohort import ApprovePlan, CohortState
from workflows.every import WORKFLOWS
from workflows.names import cohort_workflow_id

GOES_ON = PROGRAM.replace("weeks = 5", "weeks = 5\ncontinuous = true")
RITUAL = """
[[rituals]]
key = "lenses"
title = "One case, four lenses"
duration = "1h"
weekday = "Thu"
week = 2
starts-at = "15:00"
"""
STARTS = date(2026, 11, 24)
YEARS = 3
WORN = 10_240
"""Events from which on Temporal suggests to go on in a fresh run; it refuses more than five times as many."""


class Years:
    """A cohort of two, from its plan on."""

    def __init__(self, home: Path, program: str) -> None:
        folder = home / "mill"
        folder.mkdir()
        write_folder(folder, program, PEOPLE + TONI)
        self.clockwork = Clockwork(datetime.combine(STARTS, time(6), UTC))
        office = RehearsalOffice(world_settings(home), lambda: self.clockwork.now, Random(1))
        give_schema(office.engine)
        self.office = office
        self.clockwork.serve(
            (*WORKFLOWS, TickerWorkflow), office.activities(Ticking(self.clockwork))
        )
        report = office.load(folder, dry_run=False, today=STARTS)
        assert report.cohort, report.rejected
        self.cohort = cohort_workflow_id(report.cohort)
        draws = Draws("1")
        habits = Habits(office, draws, Temper())
        reader, fates = Reader(draws, Temper(), office.links.read), Fates(draws, Temper(), list)
        sayer = Sayer(office, reader, draws, habits.notes, fates)
        manager = Manager(office, self.clockwork, sayer, habits, draws, Figures(office, ()))
        self.world = World(office, self.clockwork, sayer, manager, "Europe/Vienna")
        with reading(office.engine) as session:
            everybody = dict(people(session))
        office.post = Post(everybody, self.world.deliver, None)
        self.clockwork.start("CohortWorkflow", self.cohort, CohortState(cohort=report.cohort))
        self.clockwork.update(self.cohort, "approve_plan", "approve", ApprovePlan(plan=1))

    def pass_by(self, span: timedelta) -> None:
        self.world.live_until(self.clockwork.now + span)

    def sessions(self) -> list[date]:
        query = select(RotationTable.session_at).where(RotationTable.ritual != "")
        with reading(self.office.engine) as session:
            moments = session.scalars(query.order_by(RotationTable.session_at))
            return [moment.date() for moment in moments if moment]


@pytest.fixture
def years(tmp_path: Path, request: pytest.FixtureRequest) -> Years:
    return Years(tmp_path, request.param)


@pytest.mark.parametrize("years", [GOES_ON + THANKS + RITUAL], indirect=True)
def test_practice_s53_a_program_goes_on_for_three_years_and_no_history_grows_with_them(
    years: Years,
) -> None:
    years.pass_by(timedelta(days=365 * YEARS + 30))

    clockwork = years.clockwork
    assert years.cohort in clockwork.running()
    assert clockwork.started[years.cohort] == 1 + YEARS
    ours = {name: size for name, size in clockwork.longest.items() if "ticker" not in name}
    assert max(ours.values()) < WORN / 10
    sessions = years.sessions()
    held = {(day.year, day.month) for day in sessions}
    assert len(sessions) == len(held) >= 12 * YEARS
    assert sessions[-1] > STARTS + timedelta(days=365 * YEARS)


@pytest.mark.parametrize("years", [PROGRAM + THANKS + RITUAL], indirect=True)
def test_a_program_that_ends_has_no_session_and_no_process_afterwards(years: Years) -> None:
    years.pass_by(timedelta(weeks=16))

    assert years.clockwork.running() == ()
    assert years.clockwork.started[years.cohort] == 1
    assert all(day < STARTS + timedelta(weeks=6) for day in years.sessions())
