"""What the files of a folder say of one another: references that only all of them together can answer."""

import difflib
from collections.abc import Callable, Collection
from datetime import timedelta
from functools import partial

from domain.folder import FolderGoal, FolderPerson, FolderTeam
from domain.program import Program, VoiceMode
from intake.lists import GOALS, HOSTS, PEOPLE
from intake.program_file import FILE
from intake.rejections import Rejections

Reject = Callable[[str, str, str], None]
"""Field, problem and remedy of one person's row."""


def check_together(
    program: Program,
    people: list[FolderPerson],
    teams: list[FolderTeam],
    goals: list[FolderGoal],
    rejections: Rejections,
) -> None:
    """Note every reference from one file to another that leads nowhere."""
    if program.coordinator not in {person.key for person in people}:
        problem = f"there is no person '{program.coordinator}'"
        remedy = "name the id of the human contact from people.csv"
        rejections.add(FILE, None, "program.coordinator", problem, remedy)
    _check_lenses(program, teams, goals, rejections)
    _check_voices(program, people, rejections)
    quorum = max(step.attendance.frontline_quorum for step in program.steps)
    if teams and all(len(team.frontline) < quorum for team in teams):
        problem = f"no team has the {quorum} frontline people that a session needs"
        rejections.add(
            HOSTS, None, "frontline", problem, "name more colleagues or lower the quorum"
        )
    for person in people:
        reject = partial(_reject_of, rejections, person)
        _check_pairs(program, person, {team.key for team in teams}, reject)
        _check_reach(program, person, teams, reject)
        _check_function(program, person, teams, reject)


def _reject_of(
    rejections: Rejections, person: FolderPerson, field: str, problem: str, remedy: str
) -> None:
    rejections.add(PEOPLE, None, field, f"{problem} (person '{person.key}')", remedy)


def _check_lenses(
    program: Program, teams: list[FolderTeam], goals: list[FolderGoal], rejections: Rejections
) -> None:
    lenses = {lens for team in teams for lens in team.lenses}
    wanted = [(GOALS, "lens", goal.lens) for goal in goals if goal.lens]
    wanted += [(FILE, "program.required-lenses", lens) for lens in program.required_lenses]
    for file, field, lens in wanted:
        if lenses and lens not in lenses:
            problem = f"no host team has the lens '{lens[:40]}'"
            rejections.add(file, None, field, problem, _nearest(lens, lenses))
    if teams and program.meets_customers and not any(team.customer_facing for team in teams):
        remedy = "say of at least one team in hosts.csv that it is customer_facing"
        problem = "no host team meets customers"
        rejections.add(FILE, None, "program.meets-customers", problem, remedy)


def _check_voices(program: Program, people: list[FolderPerson], rejections: Rejections) -> None:
    """What should be heard is opened with a code by mail: by who visits, and by who passes it on."""
    for person in people if program.voice_mode else ():
        passes_on = person.key == program.coordinator
        if person.email is None and (passes_on or person.participates):
            problem = "no code can be sent that opens what is said around their sessions"
            remedy = "give them an address, or leave voice-mode out of program.toml"
            _reject_of(rejections, person, "email", problem, remedy)
        if passes_on and person.participates and program.voice_mode is VoiceMode.FACILITATOR:
            problem = f"'{person.key}' takes part, and nobody else passes on what is said to them"
            remedy = "name somebody who does not take part, or choose another voice-mode"
            rejections.add(FILE, None, "program.coordinator", problem, remedy)


def _check_pairs(
    program: Program, person: FolderPerson, keys: Collection[str], reject: Reject
) -> None:
    named = [("must_visit", key) for key in person.must_visit]
    named += [("never_visit", key) for key in person.never_visit]
    for field, key in named:
        if keys and key not in keys:
            reject(field, f"there is no host team '{key[:40]}'", _nearest(key, keys))
    for key in sorted(set(person.must_visit) & set(person.never_visit)):
        reject("must_visit", f"'{key}' is also in never_visit", "keep it in one of the two")
    if len(person.must_visit) > program.stops:
        problem = f"{len(person.must_visit)} teams are named, and a rotation has {program.stops}"
        reject("must_visit", problem, "name no more teams than a rotation has stops")


def _check_reach(
    program: Program, person: FolderPerson, teams: list[FolderTeam], reject: Reject
) -> None:
    sites = {team.site for team in teams if team.site}
    for site in person.sites if teams else ():
        if site not in sites:
            reject("sites", f"no host team is at '{site[:40]}'", _nearest(site, sites))
    ends = program.starts_on + timedelta(weeks=program.weeks)
    days = person.visit_days
    if days and not any(first < ends and last >= program.starts_on for first, last in days):
        remedy = f"name days from {program.starts_on} to {ends - timedelta(days=1)}"
        reject("visit_in", "none of these days is in the program's weeks", remedy)


def _check_function(
    program: Program, person: FolderPerson, teams: list[FolderTeam], reject: Reject
) -> None:
    known = {lens for team in teams for lens in team.lenses}
    known |= {lens for ritual in program.rituals for lens in ritual.lenses}
    if person.lens and known and person.lens not in known:
        problem = f"no host team and no ritual has the lens '{person.lens[:40]}'"
        reject("lens", problem, _nearest(person.lens, known))


def _nearest(name: str, known: Collection[str]) -> str:
    near = difflib.get_close_matches(name, sorted(known), n=1)
    if near:
        return f"did you mean '{near[0]}'?"
    return f"choose one of {', '.join(sorted(known)[:8])}" if known else "leave it empty"
