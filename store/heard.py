"""Who was heard, and which lenses were seen: counted in the database, shown as far as nobody can be told apart."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    Case,
    ColumnElement,
    Engine,
    Select,
    SQLColumnExpression,
    and_,
    case,
    func,
    select,
)
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.program import VISITS, Program
from domain.value import Value
from store.attention import A_PAGE
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
from store.pages import Wanted
from store.people import program_of, programs
from store.tables.people import TeamTable, WantedLensTable
from store.tables.planning import DissolvedTable
from store.tables.rotations import CountedStepTable

_Counted = tuple[int, int, int]
"""Visits that were held, that are not confirmed yet, and that are planned."""

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
    gaps: tuple[tuple[str, str], ...]
    """Team and lens of each that nobody came to see, nor will."""
    teams: tuple[TeamLenses, ...]
    """By name, those that are looked for."""
    called_so: int
    """Teams with such a name, on all pages."""


class Coverage:
    """Reads what is covered; ``now`` is the moment of looking (UTC)."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def page(
        self,
        cohort: str,
        now: datetime,
        quarter: str = "",
        visits_in: str = "",
        wanted: Wanted | None = None,
    ) -> CoveragePage:
        """Return who was heard in a quarter, the newest by default, and which lenses were seen in it.

        ``visits_in`` may ask for those of the whole program instead, ``wanted`` for a page of host
        teams. Raises NotFound for an unknown cohort and for a quarter that it does not have.
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
            visits = _Visited(session, cohort, () if whole else span, now)
            here = visits.teams()
            called_so = [one for one in here if not wanted or _is_called(one, wanted.name)]
            first = (wanted.page - 1) * A_PAGE if wanted else 0
            shown = called_so[first : first + A_PAGE] if wanted else called_so
            return CoveragePage(
                cohort=cohort,
                quarter=name,
                quarters=tuple(so_far),
                voices=voices_in(session, program, asked, now) if asked else None,
                visits_in=WHOLE_PROGRAM if whole else name,
                lenses=tuple(sorted({lens for team in here for lens in team.lenses})),
                gaps=tuple(visits.gaps(here)),
                teams=tuple(map(visits.row, shown)),
                called_so=len(called_so),
            )

    def keep_quarters(self, now: datetime) -> int:
        """Write down who was heard in quarters that are over; each once. Returns how many those were."""
        with reading(self._engine) as session:
            every = programs(session)
        return sum(self._keep(program, now) for program in every)

    def _keep(self, program: Program, now: datetime) -> int:
        with quietly(self._engine) as session:
            return keep_quarters(session, program, now)


class _Team(NamedTuple):
    """A host team, as far as this page asks for it; its lenses in the order of the alphabet."""

    ref: str
    name: str
    lenses: tuple[str, ...]


class _Visited:
    """Visits of a cohort by team, and by team and lens, as two queries counted them."""

    def __init__(
        self, session: Session, cohort: str, span: tuple[ColumnElement[bool], ...], now: datetime
    ) -> None:
        self._session = session
        kinds = CountedStepTable.kind.in_([kind.value for kind in VISITS])
        which = (CountedStepTable.cohort == cohort, *span, kinds, CountedStepTable.in_person)
        figures = (
            _counted(CountedStepTable.held),
            _counted(unconfirmed(now)),
            _counted(to_come(now)),
        )
        team, lens = CountedStepTable.team, WantedLensTable.lens
        whose = and_(
            WantedLensTable.cohort == cohort,
            WantedLensTable.person == CountedStepTable.participant,
        )
        sums = [func.sum(one) for one in figures]
        in_all = select(team, *sums).where(*which).group_by(team)
        by_lens = select(team, lens, *sums).join(WantedLensTable, whose).where(*which)
        self._by_team = _figures(session, in_all)
        self._by_lens = _figures(session, by_lens.group_by(team, lens))
        gone = select(DissolvedTable.team).where(DissolvedTable.cohort == cohort)
        self._gone = set(session.scalars(gone))

    def teams(self) -> list[_Team]:
        """Return the host teams by name; of those that were dissolved, which were visited."""
        left = self._gone - {team for (team,) in self._by_team}
        query = select(TeamTable.ref, TeamTable.name, TeamTable.facts).order_by(TeamTable.name)
        return [
            _Team(ref, name, tuple(sorted(set(facts["lenses"]))))
            for ref, name, facts in self._session.execute(query)
            if ref not in left
        ]

    def gaps(self, some: Iterable[_Team]) -> Iterator[tuple[str, str]]:
        """Yield team and lens of each that nobody came to see, nor will; a dissolved team is none."""
        for team in some:
            for lens in () if team.ref in self._gone else team.lenses:
                if not any(self._by_lens.get((team.ref, lens), ())):
                    yield team.name, lens

    def row(self, team: _Team) -> TeamLenses:
        """Return a team with its visits."""
        cells = tuple(
            LensCell(lens=lens, **_named(self._by_lens.get((team.ref, lens))))
            for lens in team.lenses
        )
        in_all = _named(self._by_team.get((team.ref,)))
        return TeamLenses(team=team.ref, name=team.name, cells=cells, **in_all)


def _is_called(team: _Team, name: str) -> bool:
    return name.lower() in team.name.lower()


def _counted(which: SQLColumnExpression[bool]) -> Case[int]:
    return case((which, 1), else_=0)


def _figures(session: Session, query: Select[*tuple[Any, ...]]) -> dict[tuple[str, ...], _Counted]:
    """What was counted, by team or by team and lens."""
    return {tuple(name): (h, u, p) for *name, h, u, p in session.execute(query)}


def _named(counted: _Counted | None) -> dict[str, int]:
    return dict(zip(Visits.model_fields, counted or (0, 0, 0), strict=True))
