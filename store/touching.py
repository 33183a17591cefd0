"""What insights and changes touch: names that a program has used, and those with the most insights."""

from collections.abc import Iterable, Mapping

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from domain.touching import Touches, TouchKind
from store.people import rotation_row
from store.tables.changes import TouchTable
from store.tables.learning import InsightTable

MOST_NAMES = 200
"""Names of a kind that are offered."""

MOST_TOUCHED = 10
"""Names that are shown with their insights."""


def enter_touches(session: Session, rotation: str, about: Iterable[str], touches: Touches) -> None:
    """Enter what insights or a change of a rotation touch; a repeat changes nothing."""
    cohort = rotation_row(session, rotation).cohort
    for kind, name in touches.named():
        usual = _as_before(session, cohort, kind, name)
        for one in about:
            session.merge(
                TouchTable(
                    about=one,
                    kind=kind.value,
                    name=usual,
                    rotation=rotation,
                    cohort=cohort,
                    folded=usual.casefold(),
                )
            )
        session.flush()


def names_used(session: Session, cohort: str) -> Mapping[TouchKind, tuple[str, ...]]:
    """Return the names that a cohort has used, by kind, in the order of the alphabet."""
    return {kind: _names(session, cohort, kind) for kind in TouchKind}


def most_touched(session: Session, cohort: str, kind: TouchKind) -> tuple[tuple[str, int], ...]:
    """Return the names with the most independent insights: one for each visit that taught something about it."""
    visits = func.count(TouchTable.rotation.distinct())
    query = (
        select(TouchTable.name, visits)
        .join(InsightTable, InsightTable.id == TouchTable.about)
        .where(TouchTable.cohort == cohort, TouchTable.kind == kind.value)
        .group_by(TouchTable.name)
        .order_by(visits.desc(), TouchTable.name)
    )
    rows = session.execute(query.limit(MOST_TOUCHED))
    return tuple((name, count) for name, count in rows)


def _as_before(session: Session, cohort: str, kind: TouchKind, name: str) -> str:
    """Return the name as the cohort wrote it before, whatever its case; a new one as it is."""
    query = select(TouchTable.name).where(
        TouchTable.cohort == cohort,
        TouchTable.kind == kind.value,
        TouchTable.folded == name.casefold(),
    )
    return session.scalar(query.limit(1)) or name


def _names(session: Session, cohort: str, kind: TouchKind) -> tuple[str, ...]:
    query = (
        select(TouchTable.name)
        .where(TouchTable.cohort == cohort, TouchTable.kind == kind.value)
        .distinct()
        .order_by(TouchTable.name)
    )
    return tuple(session.scalars(query.limit(MOST_NAMES)))
