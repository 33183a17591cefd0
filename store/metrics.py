"""Outcome metrics of a cohort: taken in whole or not at all, and compared before the program and now."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, case, func, select
from sqlalchemy.orm import Session

from domain.folder import Rejection
from domain.moments import Days, zone_of
from domain.outcomes import (
    Better,
    Figure,
    MetricValue,
    Outcome,
    baseline_days,
    current_days,
)
from domain.value import Value
from store.audit import note
from store.database import reading, writing
from store.people import program_of, teams
from store.tables.changes import MetricValueTable
from store.tables.people import TeamTable

MOST_OUTCOMES = 200
"""Metrics, each of one team or of the whole program, that are shown."""


_About = tuple[str, str, date]
"""Metric, team (empty for the whole program) and day."""

_Rows = Mapping[_About, MetricValueTable]


_ONE_OF_EACH = ("unit", "better")
"""What every figure of a metric has to agree about."""


class MetricReport(Value):
    """What an import did, or would do: how many figures; nothing was taken when ``rejected`` is not empty."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    rejected: tuple[Rejection, ...] = ()


class Metrics:
    """Takes and compares figures; ``now`` is UTC."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def teams(self) -> dict[str, str]:
        """Return the pseudonyms of host teams by their ids."""
        with reading(self._engine) as session:
            return dict(session.execute(select(TeamTable.key, TeamTable.ref)).all())

    def take(
        self, cohort: str, values: Iterable[MetricValue], *, dry_run: bool, now: datetime
    ) -> MetricReport:
        """Take figures in one transaction; the same again changes nothing, another value replaces one.

        Nothing is taken where a metric would have two units, or two ways that are better, with what
        is known of other days.
        """
        new = {_about(row): row for row in (_row(cohort, value) for value in values)}
        with writing(self._engine) as session:
            program_of(session, cohort)
            known = _known(session, cohort, {row.metric for row in new.values()})
            rejected = tuple(_contradictions({**known, **new}.values(), new.values()))
            report = MetricReport(rejected=rejected) if rejected else _report(known, new)
            if rejected or dry_run:
                session.rollback()
            else:
                session.add_all(new[about] for about in new.keys() - known.keys())
                for about in new.keys() & known.keys():
                    session.merge(new[about])
                note(session, now, None, f"{len(new)} figures of metrics taken for {cohort}")
        return report

    def outcomes(self, cohort: str, now: datetime) -> tuple[Outcome, ...]:
        """Return each metric before the program and now, the whole program's before the teams'.

        Raises NotFound for an unknown cohort.
        """
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            today = now.astimezone(zone_of(program.zone)).date()
            before = _within(baseline_days(program.outcomes, program.starts_on))
            current = _within(current_days(program.outcomes, program.starts_on, today))
            table = MetricValueTable
            query = (
                select(
                    table.metric,
                    table.team,
                    func.min(table.unit).label("unit"),
                    func.min(table.better).label("better"),
                    *_mean(before, "before"),
                    *_mean(current, "current"),
                )
                .where(table.cohort == cohort)
                .group_by(table.metric, table.team)
                .order_by(table.metric, table.team)
                .limit(MOST_OUTCOMES)
            )
            return tuple(_outcome(session, row) for row in session.execute(query))


def _row(cohort: str, value: MetricValue) -> MetricValueTable:
    facts = value.model_dump(mode="python", exclude={"team", "better"})
    return MetricValueTable(
        cohort=cohort, team=value.team or "", better=value.better.value, **facts
    )


def _about(row: MetricValueTable) -> _About:
    return row.metric, row.team, row.day


def _known(session: Session, cohort: str, metrics: set[str]) -> dict[_About, MetricValueTable]:
    table = MetricValueTable
    query = select(table).where(table.cohort == cohort, table.metric.in_(metrics))
    return {_about(row): row for row in session.scalars(query)}


def _report(known: _Rows, new: _Rows) -> MetricReport:
    both = new.keys() & known.keys()
    same = sum(_said(new[about]) == _said(known[about]) for about in both)
    return MetricReport(added=len(new) - len(both), changed=len(both) - same, unchanged=same)


def _said(row: MetricValueTable) -> tuple[str, str, float]:
    return row.unit, row.better, row.value


def _contradictions(
    together: Iterable[MetricValueTable], new: Iterable[MetricValueTable]
) -> Iterator[Rejection]:
    """Of every metric that the new figures name: what they and the known ones don't agree about."""
    said, used = {row.metric: row for row in new}, defaultdict[tuple[str, str], set[str]](set)
    for row in together:
        for field in _ONE_OF_EACH:
            used[row.metric, field].add(getattr(row, field))
    for metric, row in sorted(said.items()):
        for field in _ONE_OF_EACH:
            if other := used[metric, field] - {getattr(row, field)}:
                yield Rejection(
                    file="what is known already",
                    line=None,
                    field=field,
                    problem=f"figures of '{metric}' on other days say '{other.pop()}'",
                    remedy=f"use that {field}, another metric's name, or import all days again",
                )


def _within(days: Days) -> ColumnElement[bool]:
    return MetricValueTable.day.between(*days)


def _mean(window: ColumnElement[bool], name: str) -> Iterator[ColumnElement[Any]]:
    value = case((window, MetricValueTable.value))
    yield func.count(value).label(f"{name}_values")
    yield func.avg(value).label(f"{name}_mean")


def _outcome(session: Session, row: Row[Any]) -> Outcome:
    return Outcome(
        metric=row.metric,
        unit=row.unit,
        better=Better(row.better),
        team_name=teams(session)[row.team].name if row.team else "",
        baseline=Figure(values=row.before_values, mean=row.before_mean),
        current=Figure(values=row.current_values, mean=row.current_mean),
    )
