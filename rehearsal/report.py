"""What a rehearsal came to, read from the store alone: nothing here knows how people were simulated."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Engine, Select, func, select
from sqlalchemy.orm import Session

from domain import telling
from domain.moments import zone_of
from domain.people import Seat
from domain.planning import Plan
from domain.policy import PolicyPhase, PolicyState
from domain.program import UNMET, StepKind
from domain.rotation import Answer, Ending, Phase, RotationState
from domain.value import Value
from store.database import reading
from store.people import program_of, rotations_of
from store.plans import Plans
from store.reminding import REMINDER_KINDS, REMINDERS_PER_WEEK
from store.tables.base import Base
from store.tables.changes import PolicyTable
from store.tables.learning import SummaryTable
from store.tables.mail import AnswerTable, OutboxTable
from store.tables.people import TeamTable
from store.tables.planning import RepairTable
from store.tables.rotations import RotationTable

_GATES = (StepKind.LISTENING_SESSION, StepKind.CO_CREATION, StepKind.PROPOSAL)
_HOSTS = frozenset({Seat.HOST_LEAD, Seat.FRONTLINE})

WEEK = timedelta(weeks=1)


class Unfinished(Value):
    """A rotation that did not finish with every gate passed, and why."""

    id: str
    reason: str


class MonthEnd(Value):
    """How many things needed a person when a month of the rehearsal ended, by concern."""

    day: date
    attention: dict[str, int]


class HostLoad(Value):
    """Hours that people of a host team gave, in all and in their fullest week."""

    team: str
    hours: float
    fullest_week: float


class Change(Value):
    """A policy change and its verdict; ``verdict_day`` counts from the day it was in force."""

    id: str
    rotation: str
    phase: str
    decision: str | None
    verdict: str | None
    verdict_day: float | None


class Report(Value):
    """A rehearsal in figures. The same key gives the same report, ``seconds`` apart."""

    program: str
    cohort: str
    seed: int
    starts: date
    months: int
    rotations: int
    finished: int
    """Completed with every gate passed: consents, a listening session, a co-author, a reasoned answer."""
    unfinished: tuple[Unfinished, ...]
    mails: int
    mails_per_person: float
    """Median over everybody who got any."""
    mails_per_person_max: int
    reminders_per_week_max: int
    """Most reminder mails that reached one person within seven days."""
    declines: int
    repairs: int
    insights: int
    policy_changes: int
    verdicts: int
    verdict_kinds: dict[str, int]
    changes: tuple[Change, ...]
    host_load: tuple[HostLoad, ...]
    attention: tuple[MonthEnd, ...]
    actions: int
    actions_per_rotation: float
    """Temporal actions of cohort, rotations and policy changes, shared among the rotations."""
    seconds: float

    @property
    def within_budget(self) -> bool:
        """Return whether nobody got more reminders in a week than the mail budget allows."""
        return self.reminders_per_week_max <= REMINDERS_PER_WEEK


def attention_of(engine: Engine, day: date) -> MonthEnd:
    """Count what needs a person now, in rotations and in policy changes."""
    found: Counter[str] = Counter()
    with reading(engine) as session:
        for table in (RotationTable, PolicyTable):
            for state in session.scalars(select(table.state)):
                found.update(one["concern"] for one in (state or {}).get("attention", ()))
    return MonthEnd(day=day, attention=dict(sorted(found.items())))


def figures(engine: Engine, cohort: str) -> dict[str, Any]:
    """Return everything a report says that the store knows."""
    with reading(engine) as session:
        rows = list(session.scalars(_of_cohort(cohort)))
        states = {r.id: RotationState.model_validate(r.state) for r in rows if r.state}
        changes = tuple(map(_change, session.scalars(select(PolicyTable).order_by(PolicyTable.id))))
        undecided = frozenset(c.rotation for c in changes if c.phase == PolicyPhase.PROPOSED)
        _, plan = Plans().latest(session, cohort)
        reasons = {r.id: _why_not(states.get(r.id), r.id, plan, undecided) for r in rows}
        missing = {rotation: reason for rotation, reason in reasons.items() if reason}
        mails = Counter(person for person, _ in _sent(session))
        verdicts = Counter(change.verdict for change in changes if change.verdict)
        declined = AnswerTable.answer == Answer.DECLINED.value
        return {
            "program": program_of(session, cohort).name,
            "cohort": cohort,
            "rotations": len(rows),
            "finished": len(rows) - len(missing),
            "unfinished": tuple(Unfinished(id=i, reason=r) for i, r in missing.items()),
            "mails": mails.total(),
            "mails_per_person": median(mails.values()) if mails else 0,
            "mails_per_person_max": max(mails.values(), default=0),
            "reminders_per_week_max": _most_in_a_week(session),
            "declines": _count(session, AnswerTable, declined),
            "repairs": _count(session, RepairTable),
            "insights": _insights(session),
            "policy_changes": len(changes),
            "verdicts": verdicts.total(),
            "verdict_kinds": dict(sorted(verdicts.items())),
            "changes": changes,
            "host_load": _host_load(session, cohort, states.values()),
        }


def _insights(session: Session) -> int:
    """Count what was seen and written down, as far as the host lead has read it or still may."""
    bodies = session.scalars(select(SummaryTable.body))
    return sum(len(body["insights"]) for body in bodies)


def _count(session: Session, table: type[Base], *wanted: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count()).select_from(table).where(*wanted)) or 0


def _of_cohort(cohort: str) -> Select[RotationTable]:
    return rotations_of(cohort).order_by(RotationTable.id)


def _why_not(
    state: RotationState | None, rotation: str, plan: Plan, undecided: frozenset[str]
) -> str:
    """Return why a rotation has not finished with every gate passed; empty when it has."""
    if state is None:
        unplaced = {u.rotation: u.reason for u in plan.unplaced}
        return unplaced.get(rotation, "never started")
    if state.ending is not Ending.COMPLETED:
        return _where_it_stands(state)
    phases = {step.kind: step.phase for step in state.steps}
    for kind in _GATES:
        if phases.get(kind, Phase.HELD) is not Phase.HELD:
            return f"completed without its {kind.value}"
    return "its proposal is not decided yet" if rotation in undecided else ""


def _where_it_stands(state: RotationState) -> str:
    refused = [f"{g.gate.value} refused" for g in state.gates if g.refused_at]
    if state.ending:
        return f"{state.ending.value}{': ' if refused else ''}{', '.join(refused)}"
    waiting = [a.concern.value for a in state.attention]
    said = f" ({', '.join(waiting)})" if waiting else ""
    return f"still in '{telling.stage(state)}'{said}"


def _change(row: PolicyTable) -> Change:
    state = PolicyState.model_validate(row.state) if row.state else None
    measured = state.verdict_at if state and state.verdict else None
    return Change(
        id=row.id,
        rotation=row.rotation,
        phase=state.phase.value if state else "proposed",
        decision=state.disposition.value if state and state.disposition else None,
        verdict=state.verdict.value if state and state.verdict else None,
        verdict_day=_days(state.in_force_at, measured) if state and measured else None,
    )


def _days(since: datetime | None, until: datetime) -> float | None:
    return round((until - since) / timedelta(days=1), 2) if since else None


def _sent(session: Session, *wanted: ColumnElement[bool]) -> Iterator[tuple[str, datetime]]:
    query = select(OutboxTable.person, OutboxTable.settled_at)
    mails = query.where(OutboxTable.state == "sent", OutboxTable.carrier.is_(None), *wanted)
    ordered = mails.order_by(OutboxTable.settled_at)
    yield from ((person, at) for person, at in session.execute(ordered) if at)


def _most_in_a_week(session: Session) -> int:
    """Return the most reminders that anybody got within seven days."""
    most = 0
    latest: dict[str, deque[datetime]] = defaultdict(deque)
    for person, at in _sent(session, OutboxTable.kind.in_(REMINDER_KINDS)):
        recent = latest[person]
        recent.append(at)
        while recent[0] <= at - WEEK:
            recent.popleft()
        most = max(most, len(recent))
    return most


def _host_load(
    session: Session, cohort: str, states: Iterable[RotationState]
) -> tuple[HostLoad, ...]:
    """Hours of everybody of the host team in steps that were held, by team and calendar week."""
    weeks: dict[str, Counter[tuple[int, int]]] = defaultdict(Counter)
    names = {row.ref: row.name for row in session.scalars(select(TeamTable))}
    zone = zone_of(program_of(session, cohort).zone)
    for state in states:
        for step in state.steps:
            if step.phase is Phase.HELD and step.kind not in UNMET:
                there = [a for a in step.attendees if a.seat in _HOSTS]
                minutes = len(there) * (step.ends - step.starts) // timedelta(minutes=1)
                year, week, _ = step.starts.astimezone(zone).isocalendar()
                weeks[names[state.host_at(step.stop) or ""]][year, week] += minutes
    return tuple(
        HostLoad(
            team=team,
            hours=round(minutes.total() / 60, 1),
            fullest_week=round(max(minutes.values(), default=0) / 60, 1),
        )
        for team, minutes in sorted(weeks.items())
    )
