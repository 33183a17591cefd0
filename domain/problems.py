"""The parts of a planning problem, made from people, teams and goals as they are known by pseudonym."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta

from domain.moments import Interval
from domain.people import HostTeam, LearningGoal, Person
from domain.planning import Availability, Candidate, GoalWish, Host
from domain.program import Program

Holidays = Callable[[str, str | None, str, date, date], tuple[Interval, ...]]
"""Country, subdivision, zone, first and last day to the whole local days on which nobody is met."""

Place = tuple[str, str | None, str]


def wishes_of(goals: Iterable[LearningGoal]) -> dict[str, list[GoalWish]]:
    """Return what each participant wants to learn, in the order of their goals."""
    wished: dict[str, list[GoalWish]] = {}
    for goal in goals:
        wish = GoalWish(lens=goal.lens, weight=goal.weight, wished_team=goal.wished_team)
        wished.setdefault(goal.participant, []).append(wish)
    return wished


def candidate_of(
    person: Person,
    rotation: str,
    wished: Mapping[str, Iterable[GoalWish]],
    own_teams: Mapping[str, str],
    direct: Mapping[str, Iterable[str]],
) -> Candidate:
    """Return somebody to be placed; ``own_teams`` has teams by folder key, ``direct`` reports by manager."""
    return Candidate(
        rotation=rotation,
        participant=person.ref,
        manager=person.manager,
        goals=tuple(wished.get(person.ref, ())),
        own_team=own_teams.get(person.team),
        reports=_reports(person.ref, direct),
    )


def hosts_of(teams: Iterable[HostTeam], visits: int) -> dict[str, Host]:
    """Return teams as the planner sees them, by pseudonym, each with its share of the cohort's visits.

    A team's share follows from how many visits a week it takes, rounded up.
    """
    every = list(teams)
    taken = max(sum(team.visits_per_week for team in every), 1)
    return {
        team.ref: _host(team, max(-(-visits * team.visits_per_week // taken), 1)) for team in every
    }


def _host(team: HostTeam, share: int) -> Host:
    return Host(
        team=team.ref,
        lead=team.lead,
        frontline=team.frontline,
        lenses=team.lenses,
        customer_facing=team.customer_facing,
        zone=team.zone,
        visits_per_week=team.visits_per_week,
        closed=team.closed,
        share=share,
    )


def availability_of(
    person: Person,
    busy: Iterable[Interval],
    absences: Iterable[Interval],
    away: Mapping[Place, tuple[Interval, ...]],
) -> Availability:
    """Return when somebody can be met; ``away`` has the public holidays of every place."""
    return Availability(
        person=person.ref,
        zone=person.zone,
        hours=person.hours,
        busy=tuple(busy),
        absences=(*absences, *away.get(_place(person), ())),
    )


def holidays_of(
    program: Program, people: Iterable[Person], holidays: Holidays
) -> dict[Place, tuple[Interval, ...]]:
    """Return the public holidays of everybody's place in a program's weeks; none where it keeps none."""
    if not program.holidays:
        return {}
    first = program.starts_on - timedelta(days=1)
    last = program.starts_on + timedelta(weeks=program.weeks, days=1)
    return {place: holidays(*place, first, last) for place in set(map(_place, people))}


def direct_reports(everybody: Iterable[Person]) -> dict[str, list[str]]:
    """Return who reports to whom, by manager; those without one by the empty string."""
    direct: dict[str, list[str]] = {}
    for person in everybody:
        direct.setdefault(person.manager or "", []).append(person.ref)
    return direct


def _place(person: Person) -> Place:
    return person.country, person.subdivision, person.zone


def _reports(person: str, direct: Mapping[str, Iterable[str]]) -> tuple[str, ...]:
    """Return everybody under a person, directly or not; a loop in the data ends it."""
    found: set[str] = set()
    waiting = [person]
    while waiting:
        new = set(direct.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return tuple(sorted(found - {person}))
