"""The parts of a planning problem, made from people, teams and goals as they are known by pseudonym."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date, timedelta

from domain.moments import Interval, whole_days
from domain.people import HostTeam, LearningGoal, Person
from domain.planning import Availability, Candidate, GoalWish, Host, PlanningProblem
from domain.program import Program

Holidays = Callable[[str, str | None, str, date, date], tuple[Interval, ...]]
"""Country, subdivision, zone, first and last day to the whole local days on which nobody is met."""


def no_holidays(*_: object) -> tuple[Interval, ...]:
    """Every day is a day like any other."""
    return ()


Place = tuple[str, str | None, str]
"""Country, subdivision and zone."""

A_YEAR = 52
"""Weeks after which an exposure clock counts no more."""


def wishes_of(goals: Iterable[LearningGoal]) -> dict[str, list[GoalWish]]:
    """Return what each participant wants to learn, in the order of their goals."""
    wished: dict[str, list[GoalWish]] = {}
    for goal in goals:
        wish = GoalWish(lens=goal.lens, weight=goal.weight, wished_team=goal.wished_team)
        wished.setdefault(goal.participant, []).append(wish)
    return wished


def candidate_of(
    program: Program,
    person: Person,
    rotation: str,
    wished: Mapping[str, Iterable[GoalWish]],
    teams: Mapping[str, str],
    direct: Mapping[str, Iterable[str]],
) -> Candidate:
    """Return somebody to be placed; ``teams`` has pseudonyms by folder key, ``direct`` reports by manager."""
    return Candidate(
        rotation=rotation,
        participant=person.ref,
        manager=person.manager,
        goals=tuple(wished.get(person.ref, ())),
        own_team=teams.get(person.team),
        reports=_reports(person.ref, direct),
        must_visit=tuple(teams[key] for key in person.must_visit if key in teams),
        visits_in=person.visits_in,
        sites=person.sites,
        access=person.access,
        unexposed=_unexposed(program, person),
    )


def ruled_out(person: Person, rotation: str, teams: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the rotation with each team that the folder says is never visited."""
    return [(rotation, teams[key]) for key in person.never_visit if key in teams]


def with_pins(problem: PlanningProblem, pins: Mapping[str, Iterable[str]]) -> PlanningProblem:
    """Return the problem in which rotations also have to visit these teams; one that refused never has to be."""
    refused = set(problem.forbidden)
    candidates = (
        _pinned(candidate, pins.get(candidate.rotation, ()), refused)
        for candidate in problem.candidates
    )
    return problem.model_copy(update={"candidates": tuple(candidates)})


def _pinned(
    candidate: Candidate, pins: Iterable[str], refused: Collection[tuple[str, str]]
) -> Candidate:
    wanted = dict.fromkeys((*candidate.must_visit, *pins))
    left = tuple(team for team in wanted if (candidate.rotation, team) not in refused)
    return candidate.model_copy(update={"must_visit": left})


def _unexposed(program: Program, person: Person) -> int:
    if person.met_customers_on is None:
        return 0
    without = program.starts_on - person.met_customers_on
    return min(max((without - program.exposure_limit) // timedelta(weeks=1), 0), A_YEAR)


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
        visits_per_day=team.visits_per_day,
        site=team.site,
        needs_access=team.needs_access,
    )


def availability_of(
    person: Person,
    busy: Iterable[Interval],
    absences: Iterable[Interval],
    away: Mapping[Place, tuple[Interval, ...]],
) -> Availability:
    """Return when somebody can be met; ``away`` has the holidays of every place."""
    return Availability(
        person=person.ref,
        zone=person.zone,
        hours=person.hours,
        busy=tuple(busy),
        absences=(*absences, *person.away, *away.get(_place(person), ())),
        voices=person.voices,
    )


def holidays_of(
    program: Program, people: Iterable[Person], holidays: Holidays, until: date | None = None
) -> dict[Place, tuple[Interval, ...]]:
    """Return when nobody of a place is met: the program's blackouts, and public holidays where it keeps them.

    The days are those of the program, and those after it up to ``until``.
    """
    first = program.starts_on - timedelta(days=1)
    last = program.starts_on + timedelta(weeks=program.weeks, days=1)
    last = max(last, until + timedelta(days=1)) if until else last
    found = {}
    for place in set(map(_place, people)):
        zone = place[-1]
        inside = {days for days in program.blackouts if days[0] <= last and first <= days[1]}
        shut = tuple(whole_days(days, zone) for days in sorted(inside))
        found[place] = (*shut, *holidays(*place, first, last)) if program.holidays else shut
    return found


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
