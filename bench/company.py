"""The companies that planning is measured with: generated, read like any folder, judged in one way."""

import tempfile
from datetime import date
from pathlib import Path

from cli.instances import generate_company
from domain.folder import Folder
from domain.moments import whole_day
from domain.planning import Plan, PlanningProblem
from intake.cohorts import problem_of
from intake.folder import read_folder
from intake.holidays import holiday_absences
from planner.worth import objective

TODAY = date(2026, 11, 25)
WEEKS = 26


def problem(participants: int, teams: int, *, seed: int = 1) -> PlanningProblem:
    """Return the problem of a generated company over 26 weeks; the same numbers give the same one."""
    with tempfile.TemporaryDirectory() as parent:
        company = Path(parent) / "company"
        generate_company(company, participants, teams, weeks=WEEKS, seed=seed)
        return read(company)


def read(company: Path) -> PlanningProblem:
    """Return the problem of a folder."""
    folder = read_folder(company, today=TODAY)
    if not isinstance(folder, Folder):
        raise SystemExit("The generated folder is rejected.")
    starts = whole_day(folder.program.starts_on, folder.program.zone).starts
    return problem_of(folder, starts, holiday_absences)[0]


def objective_of(cohort: PlanningProblem, plan: Plan) -> int:
    """Return what a plan is worth by the one scorer, whoever made it."""
    return objective(cohort, plan.hosts(), plan.steps)
