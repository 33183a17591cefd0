"""The year of a program on one page: its promise, what it decided, what came of it, how it listened."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from sqlalchemy import (
    ColumnElement,
    Engine,
    Select,
    SQLColumnExpression,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from domain.indicators import Indicator, IndicatorKind, indicator
from domain.looptimes import LoopTime, loop_time
from domain.moments import zone_of
from domain.outcomes import Outcome
from domain.policy import Disposition, PolicyState, Verdict
from domain.policymoves import PolicyErrand
from domain.program import StepKind, Timing
from domain.proposal import Proposal
from domain.value import Value
from store.database import reading
from store.exercises import Exercises, Pulse
from store.metrics import Metrics
from store.people import program_of, teams
from store.quarters import LedgerRow, Quarters
from store.tables.changes import PolicyTable, ReceiptTable
from store.tables.mail import OutboxTable
from store.tables.rotations import CountedStepTable, FirstHeardTable

MOST_CHANGES = 500
"""Changes that are listed, the newest first."""


class VerdictCount(Value):
    """How many changes have this verdict."""

    verdict: Verdict
    changes: int


class Receipts(Value):
    """What voices are owed: to hear what was decided, or what came of it."""

    owed: int
    given: int
    """Sent by mail."""
    by_word: int
    """Of those owed: people without mail who were told in person, as a program manager says."""


class PulsePair(Value):
    """What host teams answer to one question before and after; None where it is not asked then."""

    label: str
    before: Pulse | None
    after: Pulse | None


class YearChange(Value):
    """One policy change, without anybody's name."""

    policy: str
    title: str
    team_name: str
    proposed_on: date
    decision: Disposition | None
    decided_on: date | None
    in_force_on: date | None
    metric: str
    baseline: float
    target: float
    measured: float | None
    verdict: Verdict | None


class Year(Value):
    """Everything that the page of a program says."""

    cohort: str
    program_name: str
    starts_on: date
    made_on: date
    quarters: tuple[LedgerRow, ...]
    """The oldest first."""
    verdicts: tuple[VerdictCount, ...]
    unmeasured: int
    """Changes in force whose six weeks are not over."""
    decisions: Receipts
    effects: Receipts
    pulse: tuple[PulsePair, ...]
    indicators: tuple[Indicator, ...]
    outcomes: tuple[Outcome, ...]
    loop: LoopTime


class YearReport(Year):
    """The same with the policy changes of the program."""

    changes: tuple[YearChange, ...]
    further_changes: int
    """Older ones that are not listed."""


class Years:
    """Reads the year of a cohort; ``now`` is UTC."""

    def __init__(
        self, engine: Engine, quarters: Quarters, exercises: Exercises, metrics: Metrics
    ) -> None:
        self._engine = engine
        self._quarters = quarters
        self._exercises = exercises
        self._metrics = metrics

    def year(self, cohort: str, now: datetime) -> Year:
        """Return the year of a cohort; raises NotFound for an unknown one."""
        with reading(self._engine) as session:
            program = program_of(session, cohort)
            verdicts = _verdicts(session, cohort)
            return Year(
                cohort=cohort,
                program_name=program.name,
                starts_on=program.starts_on,
                made_on=now.astimezone(zone_of(program.zone)).date(),
                quarters=self._quarters.ledger(cohort, now)[::-1],
                verdicts=tuple(
                    VerdictCount(verdict=one, changes=verdicts.get(one.value, 0)) for one in Verdict
                ),
                unmeasured=verdicts.get(None, 0),
                decisions=_receipts(session, cohort, PolicyErrand.TELL_DECISION),
                effects=_receipts(session, cohort, PolicyErrand.TELL_VERDICT),
                pulse=_pairs(self._exercises.pulse(cohort)),
                indicators=tuple(_indicators(session, cohort)),
                outcomes=self._metrics.outcomes(cohort, now),
                loop=loop_time(
                    days for days in session.scalars(_loops(cohort)) if days is not None
                ),
            )

    def report(self, cohort: str, now: datetime) -> YearReport:
        """Return the year with its changes, the newest first; raises NotFound for an unknown cohort."""
        year = self.year(cohort, now)
        mine = PolicyTable.cohort == cohort
        newest = PolicyTable.proposed_at.desc(), PolicyTable.id
        with reading(self._engine) as session:
            rows = session.scalars(
                select(PolicyTable).where(mine).order_by(*newest).limit(MOST_CHANGES)
            )
            changes = tuple(_listed(session, row) for row in rows)
            every = session.scalar(select(func.count()).select_from(PolicyTable).where(mine)) or 0
        facts = {name: getattr(year, name) for name in Year.model_fields}
        return YearReport(**facts, changes=changes, further_changes=every - len(changes))


def _verdicts(session: Session, cohort: str) -> dict[str | None, int]:
    """How many of the changes in force, or that were, have which verdict; None for none yet."""
    query = (
        select(PolicyTable.verdict, func.count())
        .where(PolicyTable.cohort == cohort, PolicyTable.in_force_at.is_not(None))
        .group_by(PolicyTable.verdict)
    )
    return dict(session.execute(query).all())


def _receipts(session: Session, cohort: str, errand: PolicyErrand) -> Receipts:
    """A receipt is owed to each voice of each change that was decided, or has a verdict."""
    sent = OutboxTable.state == "sent"
    told = ReceiptTable.by_word & ReceiptTable.told_at.is_not(None)
    query = (
        select(func.count(), func.count(OutboxTable.number), _sum(told))
        .outerjoin(OutboxTable, and_(OutboxTable.key == ReceiptTable.key, sent))
        .where(ReceiptTable.cohort == cohort, ReceiptTable.errand == errand.value)
    )
    owed, given, by_word = session.execute(query).one()
    return Receipts(owed=owed, given=given, by_word=by_word)


def _sum(which: SQLColumnExpression[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((which, 1), else_=0)), 0)


def _loops(cohort: str) -> Select[int | None]:
    """Days from the first note behind each change to its decision."""
    query = select(PolicyTable.loop_days).where(PolicyTable.cohort == cohort)
    return query.where(PolicyTable.loop_days.is_not(None))


def _indicators(session: Session, cohort: str) -> Iterator[Indicator]:
    table = PolicyTable
    matches = or_(table.from_customers, table.verdict == Verdict.MET.value)
    adopted = _in_order(matches, cohort).where(table.adopted_at.is_not(None))
    found = {
        IndicatorKind.VIEWPOINTS: _in_order(table.is_diverse, cohort),
        IndicatorKind.NEWLY_HEARD: _newly_heard(cohort),
        IndicatorKind.CUSTOMER_VALUE: adopted,
    }
    for kind, query in found.items():
        yield indicator(kind, session.scalars(query))


def _in_order(what: SQLColumnExpression[bool], cohort: str) -> Select[bool]:
    """What is true of each decided change, the earliest first."""
    decided = PolicyTable.decided_at
    query = select(func.coalesce(what, false())).where(
        PolicyTable.cohort == cohort, decided.is_not(None)
    )
    return query.order_by(decided, PolicyTable.id)


def _newly_heard(cohort: str) -> Select[bool]:
    """Whether each listening session held had somebody nobody had listened to before."""
    step, first = CountedStepTable, FirstHeardTable
    is_first = exists().where(first.rotation == step.rotation, first.step == step.step)
    query = select(is_first).where(
        step.cohort == cohort, step.kind == StepKind.LISTENING_SESSION.value, step.held
    )
    return query.order_by(step.starts, step.rotation, step.step)


def _pairs(pulses: Iterable[Pulse]) -> tuple[PulsePair, ...]:
    found: dict[str, dict[Timing, Pulse]] = {}
    for pulse in pulses:
        found.setdefault(pulse.label, {}).setdefault(pulse.timing, pulse)
    return tuple(
        PulsePair(label=label, before=both.get(Timing.BEFORE), after=both.get(Timing.AFTER))
        for label, both in found.items()
    )


def _listed(session: Session, row: PolicyTable) -> YearChange:
    zone = zone_of(program_of(session, row.cohort).zone)
    proposal = Proposal.model_validate(row.proposal)
    state = PolicyState.model_validate(row.state) if row.state else None
    decided_at = state.decided_at if state else None
    in_force_at = state.in_force_at if state else None
    return YearChange(
        policy=row.id,
        title=proposal.title,
        team_name=teams(session)[state.host].name if state else "",
        proposed_on=row.proposed_at.astimezone(zone).date(),
        decision=state.disposition if state else None,
        decided_on=decided_at.astimezone(zone).date() if decided_at else None,
        in_force_on=in_force_at.astimezone(zone).date() if in_force_at else None,
        metric=proposal.metric,
        baseline=proposal.baseline,
        target=proposal.target,
        measured=row.measured,
        verdict=state.verdict if state else None,
    )
