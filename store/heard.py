"""Who was heard, and which lenses were seen: counted in the database, shown as far as nobody can be told apart."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Engine,
    Label,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.people import HostTeam
from domain.program import VISITS, Program
from domain.value import Value
from store.counting import to_come, unconfirmed
from store.database import quietly, reading
from store.heard_quarters import (
    QuarterVoices,
    days_of,
    keep_quarters,
    quarters_so_far,
    voices_in,
    within,
)
from store.people import program_of, programs, teams
from store.tables.people import GoalTable
from store.tables.planning import DissolvedTable
from store.tables.rotations import CountedStepTable

WHOLE_PROGRAM = "program"
"""What stands for all quarters together where visits are counted."""


class Visits(Value):
    """How many visits there were and will be."""

    held: int = 0
    unconfirmed: int = 0
    """They began in the last week, and nobody has said yet that they were held."""
    planned: int = 0

    @property
    def every(self) -> int:
        return self.held + self.unconfirmed + self.planned


class LensCell(Visits):
    """Visits to a team by people who came to see a lens that it has."""

    lens: str

    @property
    def level(self) -> int:
        """How dark it is drawn, from 0 for none to 3."""
        return min(self.every, 3)


class TeamLenses(Visits):
    """One host team: its visits by lens, and in all."""

    team: str
    name: str
    cells: tuple[LensCell, ...]

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
    voices: QuarterVoices | None
    """None before the program begins."""
    visits_in: str
    lenses: tuple[str, ...]
    teams: tuple[TeamLenses, ...]

    @property
    def gaps(self) -> tuple[tuple[str, str], ...]:
        """Team and lens of each that nobody came to see, nor will."""
        return tuple(
            (team.name, cell.lens) for team in self.teams for cell in team.cells if not cell.every
        )


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
            so_far = {str(one): one for one in quarters_so_far(program, now)}
            name = quarter or next(iter(so_far), "")
            if name and name not in so_far:
                raise NotFound(f"Cohort '{cohort}' has no quarter '{name}' so far.")
            asked = so_far.get(name)
            span = within(days_of(program, asked)) if asked else ()
            whole = visits_in == WHOLE_PROGRAM or not asked
            rows = tuple(_team_rows(session, cohort, () if whole else span, now))
            return CoveragePage(
                cohort=cohort,
                quarter=name,
                quarters=tuple(so_far),
                voices=voices_in(session, program, asked, now) if asked else None,
                visits_in=WHOLE_PROGRAM if whole else name,
                lenses=tuple(sorted({cell.lens for row in rows for cell in row.cells})),
                teams=rows,
            )

    def keep_quarters(self, now: datetime) -> int:
        """Write down who was heard in quarters that are over; each once. Returns how many those were."""
        with reading(self._engine) as session:
            every = programs(session)
        return sum(self._keep(program, now) for program in every)

    def _keep(self, program: Program, now: datetime) -> int:
        with quietly(self._engine) as session:
            return keep_quarters(session, program, now)


def _team_rows(
    session: Session, cohort: str, span: tuple[ColumnElement[bool], ...], now: datetime
) -> Iterator[TeamLenses]:
    """A team that was dissolved is no gap; it stays for as long as it was visited."""
    team, whose = CountedStepTable.team, CountedStepTable.participant
    kinds = CountedStepTable.kind.in_([kind.value for kind in VISITS])
    visits = (CountedStepTable.cohort == cohort, *span, kinds, CountedStepTable.in_person)
    figures = (
        _counted("held", CountedStepTable.held),
        _counted("unconfirmed", unconfirmed(now)),
        _counted("planned", to_come(now)),
    )
    in_all = select(team, *map(func.sum, figures)).where(*visits).group_by(team)
    # From visits to goals: the other way round SQLite reads all visits once for each goal.
    lens = GoalTable.facts["lens"].as_string().label("lens")
    each = (
        select(CountedStepTable.rotation, CountedStepTable.step, team, lens, *figures)
        .join(GoalTable, and_(GoalTable.cohort == cohort, GoalTable.person == whose))
        .where(*visits)
        .distinct()
        .subquery()
    )
    found = each.c
    by_lens = select(found.team, found.lens, *(func.sum(found[one.name]) for one in figures))
    visited = _by_name(session, in_all)
    seen = _by_name(session, by_lens.group_by(found.team, found.lens))
    gone = select(DissolvedTable.team).where(DissolvedTable.cohort == cohort)
    left = set(session.scalars(gone)) - {team for (team,) in visited}
    for one in sorted(teams(session).values(), key=lambda one: one.name):
        if one.ref not in left:
            yield _team_row(one, visited.get((one.ref,), Visits()), seen)


def _counted(name: str, which: SQLColumnExpression[bool]) -> Label[int]:
    return case((which, 1), else_=0).label(name)


def _by_name(session: Session, query: Select[*tuple[Any, ...]]) -> dict[tuple[str, ...], Visits]:
    return {
        tuple(name): Visits(held=held, unconfirmed=begun, planned=planned)
        for *name, held, begun, planned in session.execute(query)
    }


def _team_row(team: HostTeam, visits: Visits, seen: Mapping[tuple[str, ...], Visits]) -> TeamLenses:
    cells = tuple(
        LensCell(lens=lens, **seen.get((team.ref, lens), Visits()).model_dump())
        for lens in sorted(set(team.lenses))
    )
    return TeamLenses(team=team.ref, name=team.name, cells=cells, **visits.model_dump())
