"""Who was heard, and which lenses were seen: counted in the database, shown as far as nobody can be told apart."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, case, func, select
from sqlalchemy.orm import Session

from domain.coverage import NOT_SAID, Voices, least_heard, shown
from domain.errors import NotFound
from domain.moments import whole_days, zone_of
from domain.people import Fact, HostTeam
from domain.program import HEARD_IN, VISITS, Program
from domain.quarters import quarter_of, quarters
from domain.value import Value
from store.counting import said_yes
from store.database import reading
from store.people import people, program_of, teams
from store.tables import CountedStepTable, GoalTable, InviteTable, PersonTable

WHOLE_PROGRAM = "program"
"""What stands for all quarters together where visits are counted."""


class FactCoverage(Value):
    """What may be shown of one fact in a quarter; without ``groups`` nothing may."""

    fact: Fact
    groups: tuple[Voices, ...]
    least: Voices | None

    @property
    def hides_heard(self) -> bool:
        return any(group.heard is None for group in self.groups)


class LensCell(Value):
    """Visits to a team by people who came to see a lens that it has."""

    lens: str
    held: int
    planned: int

    @property
    def level(self) -> int:
        """How dark it is drawn, from 0 for none to 3."""
        return min(self.held + self.planned, 3)


class TeamLenses(Value):
    """One host team: its visits by lens, and in all."""

    team: str
    name: str
    cells: tuple[LensCell, ...]
    held: int
    planned: int

    def cell(self, lens: str) -> LensCell | None:
        """Return a lens of the team; None for one that it does not have."""
        return next((cell for cell in self.cells if cell.lens == lens), None)


class CoveragePage(Value):
    """A cohort's coverage in a quarter; the visits are those of ``visits_in``, a quarter or the whole program."""

    cohort: str
    quarter: str
    """Empty before the program begins."""
    quarters: tuple[str, ...]
    """The newest first."""
    facts: tuple[FactCoverage, ...]
    visits_in: str
    lenses: tuple[str, ...]
    teams: tuple[TeamLenses, ...]

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Team and lens of each that nobody came to see, nor will."""
        return tuple(
            (team.name, cell.lens)
            for team in self.teams
            for cell in team.cells
            if not cell.held and not cell.planned
        )


class _Voice(NamedTuple):
    """Somebody who works in host teams, and the facts of their work."""

    teams: frozenset[str]
    facts: Mapping[Fact, str]


class Coverage:
    """Reads what is covered; ``now`` is the moment of looking (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self, cohort: str, now: datetime, quarter: str = "", visits_in: str = ""
    ) -> CoveragePage:
        """Return who was heard in a quarter, the newest by default, and which lenses were seen in it.

        ``visits_in`` may ask for those of the whole program instead. Raises NotFound for an unknown
        cohort and for a quarter that it does not have.
        """
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            spans = _quarters(program, now)
            name = quarter or next(iter(spans), "")
            if name and name not in spans:
                raise NotFound(f"Cohort '{cohort}' has no quarter '{name}' so far.")
            whole = visits_in == WHOLE_PROGRAM or not name
            within = [CountedStepTable.cohort == cohort]
            quarterly = [*within, *_between(*spans[name])] if name else within
            rows = tuple(_team_rows(session, cohort, within if whole else quarterly))
            return CoveragePage(
                cohort=cohort,
                quarter=name,
                quarters=tuple(spans),
                facts=tuple(_facts(session, quarterly)) if name else (),
                visits_in=WHOLE_PROGRAM if whole else name,
                lenses=tuple(sorted({cell.lens for row in rows for cell in row.cells})),
                teams=rows,
            )


def heard_now(session: Session, program: Program, now: datetime) -> tuple[str, ...]:
    """Return the voices for which somebody was heard in the quarter of ``now``, for whoever plans on."""
    today = now.astimezone(zone_of(program.zone)).date()
    quarter = quarter_of(today)
    span = _span(program, quarter.first_day, quarter.last_day)
    conditions = [CountedStepTable.cohort == program.cohort, *_between(*span)]
    everybody, every_team = people(session), teams(session)
    heard = (
        everybody[person]
        for team, person in _attended(session, conditions)
        if every_team[team].has(everybody[person])
    )
    return tuple(sorted({voice for person in heard for voice in person.voices}))


def _quarters(program: Program, now: datetime) -> dict[str, tuple[datetime, datetime]]:
    today = now.astimezone(zone_of(program.zone)).date()
    last = program.starts_on + timedelta(weeks=program.weeks, days=-1)
    found = reversed(list(quarters(program.starts_on, min(today, last))))
    return {str(one): _span(program, one.first_day, one.last_day) for one in found}


def _span(program: Program, first: date, last: date) -> tuple[datetime, datetime]:
    days = whole_days((first, last), program.zone)
    return days.starts, days.ends


def _between(starts: datetime, ends: datetime) -> list[ColumnElement[bool]]:
    return [CountedStepTable.starts >= starts, CountedStepTable.starts < ends]


def _facts(session: Session, conditions: list[ColumnElement[bool]]) -> Iterator[FactCoverage]:
    working = _working(session)
    heard = {
        person
        for team, person in _attended(session, conditions)
        if person in working and team in working[person].teams
    }
    for fact in Fact:
        of_all = Counter(one.facts[fact] for one in working.values())
        if set(of_all) - {NOT_SAID}:
            groups = shown(of_all, Counter(working[person].facts[fact] for person in heard))
            yield FactCoverage(fact=fact, groups=groups, least=least_heard(groups))


def _working(session: Session) -> dict[str, _Voice]:
    """Everybody who works in a host team: its lead, its colleagues, and who belongs to it by the folder."""
    every = teams(session).values()
    by_key = {team.key: team.ref for team in every}
    named: dict[str, set[str]] = {}
    for team in every:
        for person in (team.lead, *team.frontline):
            named.setdefault(person, set()).add(team.ref)
    columns = [PersonTable.facts[name].as_string() for name in ("team", *Fact)]
    query = select(PersonTable.ref, *columns).where(PersonTable.erased_at.is_(None))
    found = {}
    for ref, team, *values in session.execute(query):
        own = {by_key[team]} if team in by_key else set()
        if own | named.get(ref, set()):
            facts = {fact: value or NOT_SAID for fact, value in zip(Fact, values, strict=True)}
            found[ref] = _Voice(frozenset(own | named.get(ref, set())), facts)
    return found


def _attended(session: Session, conditions: list[ColumnElement[bool]]) -> Iterator[tuple[str, str]]:
    """Yield the team of each day and session that was held with everybody who said yes to it, each once."""
    query = (
        select(CountedStepTable.team, InviteTable.person)
        .join(InviteTable, said_yes())
        .where(
            *conditions,
            CountedStepTable.held,
            CountedStepTable.kind.in_([kind.value for kind in HEARD_IN]),
            InviteTable.person != CountedStepTable.participant,
        )
        .distinct()
    )
    yield from ((team, person) for team, person in session.execute(query) if team)


def _team_rows(
    session: Session, cohort: str, conditions: list[ColumnElement[bool]]
) -> Iterator[TeamLenses]:
    visits = [
        *conditions,
        CountedStepTable.kind.in_([kind.value for kind in VISITS]),
        CountedStepTable.in_person,
    ]
    held = func.sum(case((CountedStepTable.held, 1), else_=0))
    in_all = select(CountedStepTable.team, held, func.count()).where(*visits)
    by_team = {
        team: (done, every - done)
        for team, done, every in session.execute(in_all.group_by(CountedStepTable.team))
    }
    goals = (
        select(GoalTable.person, GoalTable.facts["lens"].as_string().label("lens"))
        .where(GoalTable.cohort == cohort)
        .distinct()
        .subquery()
    )
    by_lens = (
        select(CountedStepTable.team, goals.c.lens, held, func.count())
        .join(goals, goals.c.person == CountedStepTable.participant)
        .where(*visits)
        .group_by(CountedStepTable.team, goals.c.lens)
    )
    seen = {
        (team, lens): (done, every - done) for team, lens, done, every in session.execute(by_lens)
    }
    for team in sorted(teams(session).values(), key=lambda team: team.name):
        yield _team_row(team, by_team, seen)


def _team_row(
    team: HostTeam,
    by_team: Mapping[str, tuple[int, int]],
    seen: Mapping[tuple[str, str], tuple[int, int]],
) -> TeamLenses:
    held, planned = by_team.get(team.ref, (0, 0))
    cells = (
        LensCell(lens=lens, held=done, planned=to_come)
        for lens in sorted(set(team.lenses))
        for done, to_come in [seen.get((team.ref, lens), (0, 0))]
    )
    return TeamLenses(team=team.ref, name=team.name, cells=tuple(cells), held=held, planned=planned)
