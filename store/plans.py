"""Plan versions: immutable, and stored by rotation, so that a repair writes only what it changed."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.planning import Assignment, Plan, PlannedStep, Unplaced
from domain.review import Review
from domain.value import Value
from store.tables.planning import PlannedRotationTable, PlanTable

Part = TypeVar("Part", Assignment, PlannedStep, Unplaced)


A_FEW = 1000
"""Rotations that are asked for by name; more of them are read with all others."""


class _Part(Value):
    """What a plan says about one rotation."""

    assignments: tuple[Assignment, ...] = ()
    steps: tuple[PlannedStep, ...] = ()
    unplaced: tuple[Unplaced, ...] = ()


class Plans:
    """Reads and writes versions; what was read once is kept, for no part of a version ever changes.

    One belongs to one database.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[int, _Part]] = {}

    def latest(self, session: Session, cohort: str) -> tuple[int, Plan]:
        """Return the newest version with its number; raises NotFound before the first."""
        number = _last(session, cohort)
        if not number:
            raise NotFound(f"Cohort '{cohort}' has no plan yet.")
        return number, self.version(session, cohort, number)

    def version(self, session: Session, cohort: str, number: int) -> Plan:
        """Return one version; raises NotFound for a number that does not exist."""
        found = session.get(PlanTable, (cohort, number))
        if found is None:
            raise NotFound(f"Cohort '{cohort}' has no plan {number}.")
        parts = self._parts(session, found, _parts_of(found))
        ordered = [parts[rotation] for rotation in sorted(parts)]
        return Plan(
            assignments=tuple(a for part in ordered for a in part.assignments),
            steps=tuple(s for part in ordered for s in part.steps),
            unplaced=tuple(u for part in ordered for u in part.unplaced),
            objective=found.objective,
        )

    def unplaced(
        self, session: Session, version: PlanTable, rotations: Collection[str]
    ) -> tuple[Unplaced, ...]:
        """Return which of these rotations have no place in a version, and why."""
        some = _parts_of(version).where(PlannedRotationTable.rotation.in_(rotations))
        parts = self._parts(session, version, some)
        return tuple(u for rotation in sorted(parts) for u in parts[rotation].unplaced)

    def _parts(
        self, session: Session, version: PlanTable, query: Select[str, int]
    ) -> dict[str, _Part]:
        wanted = {row[0]: row[1] for row in session.execute(query)}
        return self._read(session, version.cohort, wanted)

    def _read(self, session: Session, cohort: str, wanted: dict[str, int]) -> dict[str, _Part]:
        kept = {rotation: self._known.get((cohort, rotation)) for rotation in wanted}
        found = {r: one[1] for r, one in kept.items() if one and one[0] == wanted[r]}
        missing = {since for rotation, since in wanted.items() if rotation not in found}
        query = select(PlannedRotationTable).where(
            PlannedRotationTable.cohort == cohort, PlannedRotationTable.plan.in_(missing)
        )
        if len(wanted) <= A_FEW:
            query = query.where(PlannedRotationTable.rotation.in_(wanted))
        for row in session.scalars(query) if missing else ():
            if wanted.get(row.rotation) == row.plan:
                found[row.rotation] = _Part.model_validate(row.body)
                self._known[cohort, row.rotation] = row.plan, found[row.rotation]
        return found


def keep_plan(
    session: Session, cohort: str, plan: Plan, review: Review, cause: str, now: datetime
) -> int:
    """Store a whole plan with its review as the next version and return its number."""
    number = _last(session, cohort) + 1
    row = _keep(session, cohort, plan, cause, now, number=number, base=number)
    row.review = review.model_dump(mode="json")
    rotations = {*plan.hosts(), *(nobody.rotation for nobody in plan.unplaced)}
    _keep_parts(session, cohort, plan, number, rotations)
    return number


def keep_repair(
    session: Session, cohort: str, plan: Plan, cause: str, now: datetime, touched: Collection[str]
) -> int:
    """Store a plan that differs from the latest only in the touched rotations; return its number."""
    last = _last(session, cohort)
    base = session.get_one(PlanTable, (cohort, last)).base
    _keep(session, cohort, plan, cause, now, number=last + 1, base=base)
    _keep_parts(session, cohort, plan, last + 1, touched)
    return last + 1


def _last(session: Session, cohort: str) -> int:
    query = select(func.max(PlanTable.number)).where(PlanTable.cohort == cohort)
    return session.scalar(query) or 0


def _parts_of(version: PlanTable) -> Select[str, int]:
    """The version in which each rotation was last written, up to this one."""
    table = PlannedRotationTable
    query = select(table.rotation, func.max(table.plan)).where(
        table.cohort == version.cohort, table.plan.between(version.base, version.number)
    )
    return query.group_by(table.rotation)


def _keep(
    session: Session, cohort: str, plan: Plan, cause: str, now: datetime, *, number: int, base: int
) -> PlanTable:
    row = PlanTable(cohort=cohort, number=number, base=base, cause=cause, made_at=now)
    row.objective = plan.objective
    session.add(row)
    session.flush()
    return row


def _keep_parts(
    session: Session, cohort: str, plan: Plan, number: int, rotations: Iterable[str]
) -> None:
    parts = _parts(plan)
    for rotation in sorted(rotations):
        body = parts.get(rotation, _Part()).model_dump(mode="json")
        row = PlannedRotationTable(cohort=cohort, rotation=rotation, plan=number, body=body)
        session.add(row)


def _parts(plan: Plan) -> dict[str, _Part]:
    assignments = _by_rotation(plan.assignments)
    steps, unplaced = _by_rotation(plan.steps), _by_rotation(plan.unplaced)
    return {
        rotation: _Part(
            assignments=assignments.get(rotation, ()),
            steps=steps.get(rotation, ()),
            unplaced=unplaced.get(rotation, ()),
        )
        for rotation in {*assignments, *steps, *unplaced}
    }


def _by_rotation(some: Iterable[Part]) -> dict[str, tuple[Part, ...]]:
    found: dict[str, list[Part]] = {}
    for one in some:
        found.setdefault(one.rotation, []).append(one)
    return {rotation: tuple(mine) for rotation, mine in found.items()}
