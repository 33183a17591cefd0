"""A program folder as a whole: everything in it is right, or every mistake is named."""

from datetime import date, timedelta
from pathlib import Path
from typing import TypeVar

from domain.folder import Folder, FolderGoal, FolderPerson, FolderTeam, Rejection
from domain.moments import week_number
from intake.calendars import read_calendars
from intake.lists import PEOPLE, read_goals, read_people, read_teams
from intake.practices import read_occasions, read_practices
from intake.program_file import read_program
from intake.rejections import Rejections
from intake.texts import TextCheck, read_texts
from intake.together import check_together
from intake.visits import read_visits

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
    found = read_program(path, rejections, today, read_visits(path, rejections))
    program, shift = found or (None, None)
    moved = shift or timedelta()
    first_week = week_number(program.starts_on) if program else 0
    people = read_people(path, rejections, moved, first_week)
    teams = read_teams(path, rejections, people, moved)
    goals = read_goals(path, rejections, people, teams, moved)
    texts = read_texts(path, rejections, check_text)
    _check_addresses(people, organiser, rejections)
    if program is None or shift is None:
        return rejections.in_order()
    calendars = read_calendars(path, rejections, people, program, shift)
    check_together(program, people, teams, goals, rejections)
    exercises = read_practices(path, program, rejections)
    occasions = read_occasions(path, program, {person.key for person in people}, rejections)
    if rejections.in_order():
        return rejections.in_order()
    return Folder(
        program=program.model_copy(
            update={"texts": texts, "exercises": exercises, "occasions": occasions}
        ),
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
