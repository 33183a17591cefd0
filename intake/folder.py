"""A program folder as a whole: everything in it is right, or every mistake is named."""

import difflib
from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from domain.folder import Folder, FolderGoal, FolderPerson, FolderTeam, Rejection
from domain.program import Program
from intake.calendars import read_calendars
from intake.lists import GOALS, HOSTS, PEOPLE, read_goals, read_people, read_teams
from intake.program_file import FILE, read_program
from intake.rejections import Rejections
from intake.texts import TextCheck, read_texts

_Row = TypeVar("_Row", FolderPerson, FolderTeam, FolderGoal)


def read_folder(
    path: Path, *, today: date, organiser: str = "", check_text: TextCheck = lambda *_: None
) -> Folder | tuple[Rejection, ...]:
    """Return the folder's content, or every mistake in it ordered by file and line.

    ``check_text`` says what is wrong with a program's own text. ``organiser`` is the address that invites come from, which nobody can be invited at.

    Dates of a program with an ``anchor`` are shifted by whole weeks to the next Monday after
    ``today``; wall times stay what they are. Nothing is ever loaded in part.
    """
    rejections = Rejections()
    found = read_program(path, rejections, today)
    program, shift = found or (None, None)
    moved = shift or timedelta()
    people = read_people(path, rejections, moved)
    teams = read_teams(path, rejections, people, moved)
    goals = read_goals(path, rejections, people, teams, moved)
    texts = read_texts(path, rejections, check_text)
    _check_addresses(people, organiser, rejections)
    if program is None or shift is None:
        return rejections.in_order()
    calendars = read_calendars(path, rejections, people, program, shift)
    _check_together(program, people, teams, goals, rejections)
    if rejections.in_order():
        return rejections.in_order()
    return Folder(
        program=program.model_copy(update={"texts": texts}),
        people=_whole(people),
        teams=_whole(teams),
        goals=_whole(goals),
        calendars=tuple(calendars),
    )


def _whole(rows: list[_Row]) -> tuple[_Row, ...]:
    """Rows are built unchecked while mistakes are collected; now each is checked as a value."""
    return tuple(type(row).model_validate(row.model_dump()) for row in rows)


def _check_addresses(people: list[FolderPerson], organiser: str, rejections: Rejections) -> None:
    for person in people:
        if person.email and person.email.lower() == organiser.lower():
            problem = f"'{person.key}' has the address that invites come from"
            remedy = "give an address of their own, or leave it empty"
            rejections.add(PEOPLE, None, "email", problem, remedy)


def _check_together(
    program: Program,
    people: list[FolderPerson],
    teams: list[FolderTeam],
    goals: list[FolderGoal],
    rejections: Rejections,
) -> None:
    if program.coordinator not in {person.key for person in people}:
        problem = f"there is no person '{program.coordinator}'"
        remedy = "name the id of the human contact from people.csv"
        rejections.add(FILE, None, "program.coordinator", problem, remedy)
    lenses = sorted({lens for team in teams for lens in team.lenses})
    for goal in goals:
        if goal.lens and lenses and goal.lens not in lenses:
            near = difflib.get_close_matches(goal.lens, lenses, n=1)
            remedy = f"did you mean '{near[0]}'?" if near else f"choose one of {', '.join(lenses)}"
            problem = f"no host team has the lens '{goal.lens[:40]}'"
            rejections.add(GOALS, None, "lens", problem, remedy)
    quorum = max(step.attendance.frontline_quorum for step in program.steps)
    if teams and all(len(team.frontline) < quorum for team in teams):
        problem = f"no team has the {quorum} frontline people that a session needs"
        rejections.add(
            HOSTS, None, "frontline", problem, "name more colleagues or lower the quorum"
        )
