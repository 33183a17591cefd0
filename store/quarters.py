"""The quarter ledger of a cohort: what was learnt and decided, told when it falls short, closed with a reason."""

import functools
from collections import Counter
from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Engine, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound, Refused
from domain.invites import LetterKind
from domain.moments import whole_days, zone_of
from domain.ports import Composer
from domain.program import Program
from domain.quarters import (
    Quarter,
    falls_short,
    is_kept,
    quarters,
    refuse_closing,
)
from domain.value import Value
from store.audit import note
from store.coordinating import tell_coordinator
from store.database import quietly, reading, writing
from store.people import program_of, programs
from store.tables.changes import PolicyTable, QuarterTable
from store.tables.learning import InsightTable

MOST_LISTED = 50
"""Changes of a quarter that are listed, beside those that were chosen."""

_TITLE = PolicyTable.proposal["title"].as_string()
_BY_DECISION = PolicyTable.adopted_at, PolicyTable.id


class LedgerRow(Value):
    """One quarter of a cohort."""

    quarter: str
    last_day: date
    insights: int
    decided: int
    """Changes that were decided and not declined in it."""
    listed: tuple[tuple[str, str], ...]
    """Id and title of those that were chosen, and of the newest that were looked for, ``MOST_LISTED`` of them."""
    chosen: tuple[str, ...]
    """The changes that the quarter was closed with."""
    closed: bool
    reason: str
    over: bool
    promised: bool
    """False after the program, where something was still learnt or decided."""
    short: bool
    """It goes on, and so does the program; its end is near, and something is missing."""

    @property
    def changes(self) -> int:
        """What it stands for: the changes that were chosen, once closed, else those that were decided."""
        return len(self.chosen) if self.closed else self.decided

    @property
    def kept(self) -> bool:
        """Whether the promise is kept."""
        return is_kept(self.insights, self.changes)


class Quarters:
    """Reads, closes and watches over the quarters of cohorts; ``now`` is UTC."""

    def __init__(self, engine: Engine, composer: Composer, base_url: str) -> None:
        self._engine = engine
        self._composer = composer
        self._page = f"{base_url.rstrip('/')}/quarters"

    def ledger(
        self, cohort: str, now: datetime, words: str = "", ticked: Collection[str] = ()
    ) -> tuple[LedgerRow, ...]:
        """Return the quarters of a cohort's program so far, the newest first.

        Those after its end are among them in which something was learnt or decided.
        Listed are changes whose title has these words, and those that are ``ticked`` whatever it has.
        Raises NotFound for an unknown cohort.
        """
        with reading(self._engine) as session:
            look = _Look(session, program_of(session, cohort), now)
            return tuple(look.row(quarter, words, ticked) for quarter in look.quarters)

    def close(
        self, cohort: str, quarter: str, chosen: tuple[str, ...], reason: str, now: datetime
    ) -> None:
        """Close a quarter that is over with the changes it stands for; closing again replaces that.

        Raises Refused before its end, for changes that were not decided in it, and for none or more
        than two without a reason.
        """
        said = reason.strip()
        with writing(self._engine) as session:
            look = _Look(session, program_of(session, cohort), now)
            which = next((one for one in look.quarters if str(one) == quarter), None)
            if which is None:
                raise NotFound(f"Cohort '{cohort}' has no quarter '{quarter}'.")
            if set(chosen) - {policy for policy, _ in look.titles(which, chosen)}:
                raise Refused("Choose among the changes that were decided in this quarter.")
            refuse_closing(which, len(set(chosen)), said, look.today)
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
            looks = [_Look(session, program, now) for program in programs(session)]
            rows = [
                (look.program, look.row(one))
                for look in looks
                if look.goes_on
                for one in look.quarters[:1]
            ]
            short = [(program, row) for program, row in rows if row.short]
        return sum(self._tell(program, row, now) for program, row in short)

    def _tell(self, program: Program, row: LedgerRow, now: datetime) -> int:
        facts = {
            "program": program.name,
            "quarter": row.quarter,
            "insights": str(row.insights),
            "changes": str(row.decided),
            "last_day": f"{row.last_day}",
        }
        url = f"{self._page}/{program.cohort}"
        kind = LetterKind.QUARTER_SHORT
        with quietly(self._engine) as session:
            return tell_coordinator(
                session, self._composer, program, kind, row.quarter, facts, url, now
            )


class _Look:
    """One look at the quarters of a program, the newest first."""

    def __init__(self, session: Session, program: Program, now: datetime) -> None:
        self._session = session
        self.program = program
        self.today: date = now.astimezone(zone_of(program.zone)).date()
        self.goes_on = program.goes_on(self.today)
        self._learnt = _insights(session, program.cohort)

    @functools.cached_property
    def quarters(self) -> tuple[Quarter, ...]:
        so_far = list(quarters(self.program.starts_on, self.today))
        return tuple(one for one in reversed(so_far) if self._has(one))

    def _has(self, quarter: Quarter) -> bool:
        """Whether it is one of the program's, or something was learnt or decided in it."""
        promised = self.program.promises_in(quarter.first_day)
        return promised or self._learnt[str(quarter)] > 0 or self._decided(quarter) > 0

    def row(self, quarter: Quarter, words: str = "", ticked: Collection[str] = ()) -> LedgerRow:
        mine = self._session.get(QuarterTable, (self.program.cohort, str(quarter)))
        chosen = tuple(mine.chosen) if mine else ()
        insights, decided = self._learnt[str(quarter)], self._decided(quarter)
        promised = self.program.promises_in(quarter.first_day)
        missing = falls_short(quarter, insights, decided, self.today)
        return LedgerRow(
            quarter=str(quarter),
            last_day=quarter.last_day,
            insights=insights,
            decided=decided,
            listed=self._listed(quarter, words, {*chosen, *ticked}) if decided else (),
            chosen=chosen,
            closed=mine is not None,
            reason=mine.reason if mine else "",
            over=self.today > quarter.last_day,
            promised=promised,
            short=promised and self.goes_on and missing,
        )

    def titles(self, quarter: Quarter, policies: Collection[str]) -> tuple[tuple[str, str], ...]:
        """Return id and title of those that were decided in a quarter, the oldest first."""
        query = select(PolicyTable.id, _TITLE).where(PolicyTable.id.in_(policies))
        found = self._session.execute(query.where(*self._in(quarter)).order_by(*_BY_DECISION))
        return tuple((policy, title) for policy, title in found)

    def _listed(
        self, quarter: Quarter, words: str, ticked: Collection[str]
    ) -> tuple[tuple[str, str], ...]:
        query = select(PolicyTable.id).where(*self._in(quarter))
        if words:
            query = query.where(_TITLE.icontains(words, autoescape=True))
        newest = query.order_by(*(one.desc() for one in _BY_DECISION)).limit(MOST_LISTED)
        return self.titles(quarter, {*self._session.scalars(newest), *ticked})

    def _decided(self, quarter: Quarter) -> int:
        query = select(func.count()).select_from(PolicyTable).where(*self._in(quarter))
        return self._session.scalar(query) or 0

    def _in(self, quarter: Quarter) -> tuple[ColumnElement[bool], ...]:
        span = whole_days((quarter.first_day, quarter.last_day), self.program.zone)
        adopted = PolicyTable.adopted_at
        return (
            PolicyTable.cohort == self.program.cohort,
            adopted >= span.starts,
            adopted < span.ends,
        )


def _insights(session: Session, cohort: str) -> Counter[str]:
    query = select(InsightTable.quarter, func.count()).where(InsightTable.cohort == cohort)
    return Counter(dict(session.execute(query.group_by(InsightTable.quarter)).all()))
