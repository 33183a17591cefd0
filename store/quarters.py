"""The quarter ledger of a cohort: what was learnt and decided, told when it falls short, closed with a reason."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.invites import LetterKind
from domain.moments import zone_of
from domain.ports import Composer
from domain.program import Program
from domain.quarters import (
    Quarter,
    falls_short,
    is_kept,
    quarter_of,
    quarters,
    refuse_closing,
)
from domain.value import Value
from store.audit import note
from store.coordinating import tell_coordinator
from store.database import quietly, reading, writing
from store.people import program_of, programs
from store.tables import InsightTable, PolicyTable, QuarterTable, RotationTable


class LedgerRow(Value):
    """One quarter of a cohort."""

    quarter: str
    last_day: date
    insights: int
    decided: tuple[tuple[str, str], ...]
    """Id and title of each change that was decided and not declined in it."""
    chosen: tuple[str, ...]
    """The changes that the quarter was closed with."""
    closed: bool
    reason: str
    over: bool
    short: bool
    """It goes on, its end is near, and something is missing."""

    @property
    def kept(self) -> bool:
        """Whether the promise is kept: by what was chosen, once closed, else by what was decided."""
        return is_kept(self.insights, len(self.chosen if self.closed else self.decided))


class Quarters:
    """Reads, closes and watches over the quarters of cohorts; ``now`` is UTC."""

    def __init__(self, engine: Engine, composer: Composer, base_url: str) -> None:
        self._engine = engine
        self._composer = composer
        self._page = f"{base_url.rstrip('/')}/quarters"

    def ledger(self, cohort: str, now: datetime) -> tuple[LedgerRow, ...]:
        """Return the quarters of a cohort's program so far, the newest first.

        Raises NotFound for an unknown cohort.
        """
        with reading(self._engine) as session:
            return tuple(_rows(session, program_of(session, cohort), now))

    def close(
        self, cohort: str, quarter: str, chosen: tuple[str, ...], reason: str, now: datetime
    ) -> None:
        """Close a quarter that is over with the changes it stands for; closing again replaces that.

        Raises Refused before its end, for changes that were not decided in it, and for none or more
        than two without a reason.
        """
        said = reason.strip()
        with writing(self._engine) as session:
            program = program_of(session, cohort)
            row = next((r for r in _rows(session, program, now) if r.quarter == quarter), None)
            if row is None:
                raise NotFound(f"Cohort '{cohort}' has no quarter '{quarter}'.")
            if set(chosen) - {policy for policy, _ in row.decided}:
                raise Refused("Choose among the changes that were decided in this quarter.")
            which = quarter_of(row.last_day)
            refuse_closing(which, len(set(chosen)), said, _today(program, now))
            known = session.get(QuarterTable, (cohort, quarter))
            kept = known or QuarterTable(cohort=cohort, quarter=quarter)
            kept.chosen, kept.reason, kept.closed_at = sorted(set(chosen)), said, now
            session.add(kept)
            note(
                session, now, None, f"{quarter} of {cohort} closed with {len(set(chosen))} changes"
            )

    def tell_what_is_missing(self, now: datetime) -> int:
        """Tell each coordinator once when a quarter is about to fall short; returns how many were told."""
        with reading(self._engine) as session:
            short = [
                (program, row)
                for program in programs(session)
                for row in _rows(session, program, now)
                if row.short
            ]
        return sum(self._tell(program, row, now) for program, row in short)

    def _tell(self, program: Program, row: LedgerRow, now: datetime) -> int:
        facts = {
            "program": program.name,
            "quarter": row.quarter,
            "insights": str(row.insights),
            "changes": str(len(row.decided)),
            "last_day": f"{row.last_day}",
        }
        url = f"{self._page}/{program.cohort}"
        kind = LetterKind.QUARTER_SHORT
        with quietly(self._engine) as session:
            return tell_coordinator(
                session, self._composer, program, kind, row.quarter, facts, url, now
            )


def _rows(session: Session, program: Program, now: datetime) -> Iterator[LedgerRow]:
    today, cohort = _today(program, now), program.cohort
    learnt = _insights(session, cohort)
    decided = _decided(session, program)
    closed = {
        row.quarter: row
        for row in session.scalars(select(QuarterTable).where(QuarterTable.cohort == cohort))
    }
    for quarter in reversed(list(quarters(program.starts_on, min(today, program.last_day)))):
        mine, changes = closed.get(str(quarter)), tuple(decided.get(quarter, ()))
        insights = learnt[str(quarter)]
        yield LedgerRow(
            quarter=str(quarter),
            last_day=quarter.last_day,
            insights=insights,
            decided=changes,
            chosen=tuple(mine.chosen) if mine else (),
            closed=mine is not None,
            reason=mine.reason if mine else "",
            over=today > quarter.last_day,
            short=falls_short(quarter, insights, len(changes), today),
        )


def _insights(session: Session, cohort: str) -> Counter[str]:
    query = (
        select(InsightTable.quarter, func.count())
        .join(RotationTable, RotationTable.id == InsightTable.rotation)
        .where(RotationTable.cohort == cohort)
        .group_by(InsightTable.quarter)
    )
    return Counter(dict(session.execute(query).all()))


def _decided(session: Session, program: Program) -> dict[Quarter, list[tuple[str, str]]]:
    query = (
        select(PolicyTable.id, PolicyTable.proposal, PolicyTable.adopted_at)
        .where(PolicyTable.cohort == program.cohort, PolicyTable.adopted_at.is_not(None))
        .order_by(PolicyTable.adopted_at)
    )
    found: dict[Quarter, list[tuple[str, str]]] = {}
    for policy, proposal, at in session.execute(query):
        quarter = quarter_of(at.astimezone(zone_of(program.zone)).date())
        found.setdefault(quarter, []).append((policy, proposal["title"]))
    return found


def _today(program: Program, now: datetime) -> date:
    return now.astimezone(zone_of(program.zone)).date()
