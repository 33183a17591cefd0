"""What time makes reason for an occasion: visits that are over, quarters that end. Looked for every hour."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from domain.debriefs import Group, groups, in_line
from domain.moments import whole_day, zone_of
from domain.occasions import id_of
from domain.program import PEER_DEBRIEF, TEMPLATE_REVIEW, Program, StepKind
from domain.quarters import nears_its_end, quarter_of
from domain.rotation import SETTLED, Ending, Phase, RotationState
from store.database import reading, writing
from store.occasions import Occasions
from store.people import coordinator_of, people, rotations_of
from store.tables.people import CohortTable, PersonTable
from store.tables.rotations import OccasionTable, RotationTable

_AFTERWARDS = timedelta(weeks=4)
"""So long after a program's end visits may still lead to debriefs."""

_LEFT = frozenset({Ending.WITHDRAWN, Ending.CANCELLED})


class Openings:
    """Opens debriefs and reviews of programs that have their cards; looking twice opens nothing twice."""

    def __init__(self, engine: Engine, occasions: Occasions) -> None:
        self._engine = engine
        self._occasions = occasions

    def open_due(self, now: datetime) -> int:
        """Open what there is a reason for at ``now`` (UTC); returns how many were opened."""
        with reading(self._engine) as session:
            due = [one for program in _running(session, now) for one in _due(session, program, now)]
        for one in due:
            with writing(self._engine) as session:
                self._occasions.open(session, *one, now)
        return len(due)


class _Due(NamedTuple):
    cohort: str
    kind: str
    people: Sequence[str]
    about: str
    within: timedelta | None


def _running(session: Session, now: datetime) -> Iterator[Program]:
    for cohort in session.scalars(
        select(CohortTable).where(CohortTable.approved_plan.is_not(None))
    ):
        program = Program.model_validate(cohort.program)
        today, last = _day(program, now), program.starts_on + timedelta(weeks=program.weeks)
        if program.starts_on <= today and (program.continuous or today <= last + _AFTERWARDS):
            yield program


def _due(session: Session, program: Program, now: datetime) -> Iterator[_Due]:
    if PEER_DEBRIEF in program.cards:
        for group in _debriefs(session, program.cohort):
            about = " ".join(sorted(group))
            yield _Due(program.cohort, PEER_DEBRIEF, group, about, None)
    if TEMPLATE_REVIEW in program.cards:
        yield from _review(session, program, now)


def _review(session: Session, program: Program, now: datetime) -> Iterator[_Due]:
    """Once a quarter, in its last weeks, and over before its end where that can be."""
    today = _day(program, now)
    quarter, coordinator = quarter_of(today), coordinator_of(program, people(session))
    identity = id_of(program.cohort, TEMPLATE_REVIEW, str(quarter))
    opened = session.get(OccasionTable, identity) is not None
    if coordinator and nears_its_end(quarter, today) and not opened:
        left = whole_day(quarter.last_day, program.zone).ends - now
        within = min(left, program.occasion(TEMPLATE_REVIEW).within)
        yield _Due(program.cohort, TEMPLATE_REVIEW, (coordinator.ref,), str(quarter), within)


def _debriefs(session: Session, cohort: str) -> tuple[Group, ...]:
    known = rotations_of(cohort).join(PersonTable, PersonTable.ref == RotationTable.participant)
    rows = session.scalars(
        known.where(RotationTable.state.is_not(None), PersonTable.erased_at.is_(None))
    )
    states = [RotationState.model_validate(row.state) for row in rows]
    staying = {s.participant: s for s in states if s.ending not in _LEFT}
    had = _had(session, cohort, staying)
    visited = {who: at for who, state in staying.items() if (at := _visited(state))}
    waiting = sorted((who for who in visited if who not in had), key=lambda w: (visited[w], w))
    if not waiting:
        return ()
    to_come = any(who not in visited and _is_to_visit(s) for who, s in staying.items())
    again = sorted(who for who in had if who in visited)
    apart = in_line(_managers(session, [*waiting, *again]))
    return groups(waiting, again, apart, more_to_come=to_come)


def _visited(state: RotationState) -> datetime | None:
    """When the first shadowing day that was held ended."""
    held = (s for s in state.steps if s.kind is StepKind.SHADOWING_DAY and s.phase is Phase.HELD)
    return next((step.ends for step in held), None)


def _is_to_visit(state: RotationState) -> bool:
    days = (s for s in state.steps if s.kind is StepKind.SHADOWING_DAY)
    return not state.ending and any(day.phase not in SETTLED for day in days)


def _had(session: Session, cohort: str, staying: dict[str, RotationState]) -> frozenset[str]:
    """Who had a debrief or is to have one; one that everybody else left before it was held is none."""
    query = (
        select(OccasionTable.people, RotationTable.state)
        .join(RotationTable, RotationTable.id == OccasionTable.id)
        .where(OccasionTable.cohort == cohort, OccasionTable.kind == PEER_DEBRIEF)
    )
    found: set[str] = set()
    for group, state in session.execute(query):
        (step,) = RotationState.model_validate(state).steps
        there = [person for person in group if person in staying]
        if step.phase is Phase.HELD or len(group) == 1 or len(there) > 1:
            found |= set(group)
    return frozenset(found)


def _managers(session: Session, refs: Sequence[str]) -> dict[str, str | None]:
    """Everybody's manager, and theirs, as far up as is known."""
    everybody, found = people(session), {}
    waiting = list(refs)
    while waiting:
        person = everybody[waiting.pop()]
        found[person.ref] = person.manager
        if person.manager and person.manager not in found:
            waiting.append(person.manager)
    return found


def _day(program: Program, moment: datetime) -> date:
    return moment.astimezone(zone_of(program.zone)).date()
