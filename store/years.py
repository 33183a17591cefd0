"""The year of a program on one page: its promise, what it decided, what came of it, how it listened."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.indicators import DecidedChange, HeldSession, Indicator, Viewpoint, indicators
from domain.looptimes import LoopTime, loop_days, loop_time
from domain.moments import zone_of
from domain.outcomes import Outcome
from domain.people import Seat
from domain.policy import Disposition, PolicyState, Verdict
from domain.policymoves import PolicyErrand
from domain.program import StepKind, Timing
from domain.proposal import Proposal
from domain.rotation import Phase, RotationState
from domain.value import Value
from store.database import reading
from store.exercises import Exercises, Pulse
from store.metrics import Metrics
from store.people import people, program_of, rotations_of, teams
from store.policies import told
from store.quarters import LedgerRow, Quarters
from store.tables import InsightChangeTable, InsightTable, PolicyTable, RotationTable

MOST_CHANGES = 500
"""Changes that are listed, the newest first."""

_USED = frozenset({Disposition.ADOPTED, Disposition.PARTLY})


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
    """Of those owed: to people without mail, who are told in person."""


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
    """Everything that the page and the report of a program say."""

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
            rows = _changes(session, cohort)
            states = {row.id: PolicyState.model_validate(row.state) for row in rows if row.state}
            visits = _visits(session, cohort)
            grounds = _grounds(session, cohort)
            listed = rows[:MOST_CHANGES]
            return Year(
                cohort=cohort,
                program_name=program.name,
                starts_on=program.starts_on,
                made_on=now.astimezone(zone_of(program.zone)).date(),
                quarters=self._quarters.ledger(cohort, now)[::-1],
                verdicts=tuple(_verdicts(states.values())),
                unmeasured=sum(
                    s.in_force_at is not None and not s.verdict for s in states.values()
                ),
                decisions=_receipts(session, cohort, states.values(), PolicyErrand.TELL_DECISION),
                effects=_receipts(session, cohort, states.values(), PolicyErrand.TELL_VERDICT),
                pulse=_pairs(self._exercises.pulse(cohort)),
                indicators=indicators(
                    _decided(session, states.values(), visits, grounds), _sessions(visits.values())
                ),
                outcomes=self._metrics.outcomes(cohort, now),
                loop=_loop(rows, program.zone),
                changes=tuple(_listed(session, row, states.get(row.id)) for row in listed),
                further_changes=len(rows) - len(listed),
            )


def _changes(session: Session, cohort: str) -> list[PolicyTable]:
    query = select(PolicyTable).where(PolicyTable.cohort == cohort)
    return list(session.scalars(query.order_by(PolicyTable.proposed_at.desc(), PolicyTable.id)))


def _visits(session: Session, cohort: str) -> dict[str, RotationState]:
    query = rotations_of(cohort).with_only_columns(RotationTable.id, RotationTable.state)
    rows = session.execute(query.where(RotationTable.state.is_not(None)))
    return {rotation: RotationState.model_validate(state) for rotation, state in rows}


def _grounds(session: Session, cohort: str) -> dict[str, set[str]]:
    """The teams of the insights that each change stands on."""
    query = (
        select(InsightChangeTable.policy, InsightTable.team)
        .join(InsightTable, InsightTable.id == InsightChangeTable.insight)
        .join(PolicyTable, PolicyTable.id == InsightChangeTable.policy)
        .where(PolicyTable.cohort == cohort)
    )
    found: dict[str, set[str]] = {}
    for policy, team in session.execute(query):
        found.setdefault(policy, set()).add(team)
    return found


def _verdicts(states: Iterable[PolicyState]) -> Iterator[VerdictCount]:
    counted = Counter(state.verdict for state in states)
    yield from (VerdictCount(verdict=one, changes=counted[one]) for one in Verdict)


def _receipts(
    session: Session, cohort: str, states: Iterable[PolicyState], errand: PolicyErrand
) -> Receipts:
    """A receipt is owed to each voice of each change that was decided, or has a verdict."""
    about_decision = errand is PolicyErrand.TELL_DECISION
    due = (s for s in states if (s.decided_at if about_decision else s.verdict))
    owed = {
        (state.policy, voice, 0 if about_decision else state.extended)
        for state in due
        for voice in state.voices
    }
    everybody = people(session)
    return Receipts(
        owed=len(owed),
        given=len(owed & told(session, cohort, errand)),
        by_word=sum(everybody[person].email is None for _, person, _ in owed),
    )


def _pairs(pulses: Iterable[Pulse]) -> tuple[PulsePair, ...]:
    found: dict[str, dict[Timing, Pulse]] = {}
    for pulse in pulses:
        found.setdefault(pulse.label, {}).setdefault(pulse.timing, pulse)
    return tuple(
        PulsePair(label=label, before=both.get(Timing.BEFORE), after=both.get(Timing.AFTER))
        for label, both in found.items()
    )


def _decided(
    session: Session,
    states: Iterable[PolicyState],
    visits: Mapping[str, RotationState],
    grounds: Mapping[str, set[str]],
) -> Iterator[DecidedChange]:
    known = teams(session)
    for state in states:
        if state.decided_at is None:
            continue
        yield DecidedChange(
            decided_at=state.decided_at,
            viewpoints=tuple(_viewpoints(session, state, visits.get(state.rotation))),
            adopted=state.disposition is not Disposition.DECLINED,
            from_customers=any(
                known[team].customer_facing for team in grounds.get(state.policy, ())
            ),
            verdict=state.verdict,
        )


def _viewpoints(
    session: Session, state: PolicyState, visit: RotationState | None
) -> Iterator[Viewpoint]:
    used = (c.person for c in state.concerns if c.disposition in _USED)
    seats = _seats(visit)
    for person in dict.fromkeys((*state.co_authors, *used)):
        yield Viewpoint(seat=seats.get(person), team=people(session)[person].team)


def _seats(visit: RotationState | None) -> dict[str, Seat]:
    steps = visit.steps if visit else ()
    return {a.person: a.seat for step in steps for a in step.attendees}


def _sessions(visits: Iterable[RotationState]) -> Iterator[HeldSession]:
    for visit in visits:
        for step in visit.steps:
            if step.kind is StepKind.LISTENING_SESSION and step.phase is Phase.HELD:
                heard = (
                    a.person
                    for a in step.attendees
                    if a.seat is Seat.FRONTLINE and a.person not in step.declined
                )
                yield HeldSession(starts=step.starts, heard=tuple(heard))


def _loop(rows: Iterable[PolicyTable], zone: str) -> LoopTime:
    """The loop time of a whole program, from the first note behind each change."""
    return loop_time(
        loop_days(row.first_noted_at, row.decided_at, zone)
        for row in rows
        if row.first_noted_at and row.decided_at
    )


def _listed(session: Session, row: PolicyTable, state: PolicyState | None) -> YearChange:
    zone = zone_of(program_of(session, row.cohort).zone)
    proposal = Proposal.model_validate(row.proposal)
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
