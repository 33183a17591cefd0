"""A folder as a planning problem, without a database: pseudonyms by the order of its lists."""

import base64
import hashlib
import re
from collections.abc import Mapping
from datetime import datetime

from domain.folder import Folder
from domain.moments import merged
from domain.naming import PERSON, TEAM, goal_of, person_of, team_of
from domain.planning import PlanningProblem
from domain.problems import (
    Holidays,
    availability_of,
    candidate_of,
    direct_reports,
    holidays_of,
    hosts_of,
    ruled_out,
    wishes_of,
)
from domain.value import Key, Value

_PSEUDONYM = re.compile(r"\b[PH]-\d{2,}\b")


class Names(Value):
    """The folder's own names, by pseudonym."""

    people: Mapping[str, Key]
    teams: Mapping[str, Key]
    participants: Mapping[str, Key]
    """By rotation."""

    def said(self, sentence: str) -> str:
        """Return a sentence with the folder's names in place of pseudonyms."""
        known = {**self.people, **self.teams}
        return _PSEUDONYM.sub(lambda found: known.get(found[0], found[0]), sentence)


def problem_of(
    folder: Folder, not_before: datetime, holidays: Holidays
) -> tuple[PlanningProblem, Names]:
    """Return the problem of planning a whole folder from ``not_before`` (UTC) on, and what its pseudonyms mean.

    The same folder gives the same pseudonyms and rotations.
    """
    refs = {row.key: PERSON.format(n) for n, row in enumerate(folder.people, start=1)}
    teams = {row.key: TEAM.format(n) for n, row in enumerate(folder.teams, start=1)}
    program = folder.program
    people = [person_of(row, refs) for row in folder.people]
    hosts = [team_of(row, refs, teams) for row in folder.teams]
    wished = wishes_of(goal_of(row, refs, teams) for row in folder.goals)
    direct, away = direct_reports(people), holidays_of(program, people, holidays)
    rotations = {p.ref: _rotation(program.cohort, p.key) for p in people if p.participates}
    calendars = {refs[calendar.person]: calendar for calendar in folder.calendars}
    problem = PlanningProblem(
        program=program,
        first_day=program.starts_on,
        candidates=tuple(
            candidate_of(program, person, rotations[person.ref], wished, teams, direct)
            for person in people
            if person.ref in rotations
        ),
        forbidden=tuple(
            pair
            for person in people
            if person.ref in rotations
            for pair in ruled_out(person, rotations[person.ref], teams)
        ),
        hosts=tuple(hosts_of(hosts, len(rotations) * program.stops).values()),
        people=tuple(
            availability_of(
                person,
                merged((*own.busy, *own.unnamed)) if own else (),
                own.absences if own else (),
                away,
            )
            for person in people
            for own in [calendars.get(person.ref)]
        ),
        not_before=not_before,
        facilitator=refs.get(program.coordinator),
    )
    names = Names(
        people={ref: key for key, ref in refs.items()},
        teams={ref: key for key, ref in teams.items()},
        participants={rotations[p.ref]: p.key for p in people if p.ref in rotations},
    )
    return problem, names


def _rotation(cohort: str, participant: str) -> str:
    digest = hashlib.sha256(f"{cohort}/{participant}".encode()).digest()
    return base64.b32encode(digest[:5]).decode().lower()
