"""The learning register: what visits taught, found by team, kind, quarter and words, and what followed from it.

It holds what a host lead let others read, without the name of whoever saw it.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import ColumnElement, Engine, Select, cast, delete, exists, func, select, text
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import InstrumentedAttribute, Session

from domain.errors import Refused
from domain.insights import InsightTag, Summary
from domain.moments import zone_of
from domain.proposal import Proposal
from domain.quarters import quarter_of
from domain.quicktests import InsightState
from domain.rotation import RotationState, StepState
from domain.searching import search_words
from domain.value import Moment, Value
from store.audit import note
from store.database import reading, writing
from store.people import host_of, program_of, teams
from store.quicktestrows import QuickTestRow, insight_row, shown, standing_of, started_tests
from store.tables.changes import PolicyTable, TouchTable
from store.tables.learning import InsightChangeTable, InsightTable
from store.tables.people import TeamTable
from store.touching import enter_touches

A_PAGE = 50
"""Insights that are shown at once."""

LONGEST_REASON = 500
"""Characters."""

_followed = exists().where(InsightChangeTable.insight == InsightTable.id)
_open = ~_followed & (InsightTable.reason == "")


class Wanted(NamedTuple):
    """What somebody looks for; empty parts ask nothing."""

    words: str = ""
    team: str = ""
    tag: str = ""
    quarter: str = ""
    only_open: bool = False
    """True for those from which nothing has followed yet and nobody has said why."""


EVERYTHING = Wanted()


class Learning(Value):
    """One insight with what followed from it."""

    id: str
    team: str
    team_name: str
    quarter: str
    tag: InsightTag
    text: str
    notes: int
    learnt_at: Moment
    changes: tuple[tuple[str, str], ...]
    """Id and title of each policy change that stands on it."""
    reason: str
    state: InsightState
    """What its tests make of it."""
    tests: tuple[QuickTestRow, ...]
    """The oldest first."""

    @property
    def open(self) -> bool:
        return not self.changes and not self.reason


class Register(Value):
    """One page of the register, the newest first."""

    learnings: tuple[Learning, ...]
    found: int
    open: int
    """Of all that was found, those from which nothing has followed and without a reason."""
    teams: tuple[tuple[str, str], ...]
    quarters: tuple[str, ...]


class Learnings:
    """Reads the register, and takes the reason why nothing follows."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, wanted: Wanted = EVERYTHING, page: int = 1) -> Register:
        """Return one page of what was found, from 1."""
        with reading(self._engine) as session:
            conditions = list(_conditions(session, wanted))
            query = select(InsightTable).where(*conditions).order_by(InsightTable.number.desc())
            rows = session.scalars(query.limit(A_PAGE).offset((page - 1) * A_PAGE)).all()
            return Register(
                learnings=tuple(_learnings(session, rows)),
                found=_count(session, conditions),
                open=_count(session, [*conditions, _open]),
                teams=tuple(_teams(session)),
                quarters=tuple(session.scalars(_distinct(InsightTable.quarter))),
            )

    def nothing_follows(self, insight: str, reason: str, now: datetime) -> None:
        """Say why nothing follows from an insight; raises Refused without words, or where a change does."""
        said = reason.strip()
        if not said:
            raise Refused("Write in a line why nothing follows from it.")
        if len(said) > LONGEST_REASON:
            raise Refused(f"Keep it to {LONGEST_REASON} characters; it has {len(said)}.")
        with writing(self._engine) as session:
            row = insight_row(session, insight)
            if session.scalar(select(_followed).where(InsightTable.id == insight)):
                raise Refused("A change stands on this insight already.")
            row.reason = said
            note(session, now, row.rotation, f"nothing follows from {insight}")


def enter_insights(
    session: Session, state: RotationState, step: StepState, body: Summary, now: datetime
) -> None:
    """Enter what a released summary taught; a repeat changes nothing."""
    zone = zone_of(program_of(session, state.cohort).zone)
    quarter = str(quarter_of(now.astimezone(zone).date()))
    for number, insight in enumerate(body.insights):
        name = f"{state.rotation}:{step.key}:{number}"
        if session.scalar(select(InsightTable.number).where(InsightTable.id == name)):
            continue
        row = InsightTable(
            id=name,
            rotation=state.rotation,
            cohort=state.cohort,
            team=host_of(session, state, step.stop).ref,
            quarter=quarter,
            tag=insight.tag.value,
            text=insight.text,
            notes=len(insight.evidence),
            learnt_at=now,
            reason="",
        )
        session.add(row)
        session.flush()
        _index(session, row)
        enter_touches(session, state.rotation, (name,), insight.touches)


def follow_insights(session: Session, rotation: str, proposal: Proposal, policy: str) -> None:
    """Enter that a policy change stands on insights of its rotation, and what it touches with them."""
    insights = [f"{rotation}:{insight}" for insight in proposal.insights]
    for insight in insights:
        session.add(InsightChangeTable(insight=insight, policy=policy))
    enter_touches(session, rotation, (policy, *insights), proposal.touches)


def empty_insights(session: Session, rotations: Collection[str], words: str) -> None:
    """Put other words in the place of what these rotations taught, also where it is searched."""
    session.execute(delete(TouchTable).where(TouchTable.rotation.in_(rotations)))
    for row in session.scalars(select(InsightTable).where(InsightTable.rotation.in_(rotations))):
        row.text = words
        session.flush()
        _index(session, row)
    if _is_sqlite(session):
        session.execute(text("INSERT INTO insight_words(insight_words) VALUES ('optimize')"))


def _index(session: Session, row: InsightTable) -> None:
    """PostgreSQL's index follows the table by itself."""
    row.words = " ".join(search_words(row.text))
    if _is_sqlite(session):
        said = {"number": row.number, "words": row.words}
        session.execute(text("DELETE FROM insight_words WHERE rowid = :number"), said)
        session.execute(
            text("INSERT INTO insight_words(rowid, text) VALUES (:number, :words)"), said
        )


def _conditions(session: Session, wanted: Wanted) -> Iterable[ColumnElement[bool]]:
    if wanted.team:
        yield InsightTable.team == wanted.team
    if wanted.tag:
        yield InsightTable.tag == wanted.tag
    if wanted.quarter:
        yield InsightTable.quarter == wanted.quarter
    if wanted.only_open:
        yield _open
    if words := search_words(wanted.words):
        yield _says(session, words)


def _says(session: Session, words: Iterable[str]) -> ColumnElement[bool]:
    """Every word, or one that begins with it.

    Neither database is asked to find words in a text: each would find others.
    """
    if _is_sqlite(session):
        asked = " ".join(f'"{word}"*' for word in words)
        found = text("SELECT rowid FROM insight_words WHERE insight_words MATCH :asked")
        return InsightTable.number.in_(found.bindparams(asked=asked).columns(InsightTable.number))
    asked = " & ".join(f"'{word}':*" for word in words)
    vector = func.array_to_tsvector(func.string_to_array(InsightTable.words, text("' '")))
    return vector.op("@@", is_comparison=True)(cast(asked, TSQUERY))


def _learnings(session: Session, rows: Iterable[InsightTable]) -> Iterable[Learning]:
    found, known = list(rows), teams(session)
    ids = [row.id for row in found]
    changes, tests = _changes(session, ids), started_tests(session, ids)
    for row in found:
        yield Learning(
            id=row.id,
            team=row.team,
            team_name=known[row.team].name,
            quarter=row.quarter,
            tag=InsightTag(row.tag),
            text=row.text,
            notes=row.notes,
            learnt_at=row.learnt_at,
            changes=tuple(changes.get(row.id, ())),
            reason=row.reason,
            state=standing_of(tests.get(row.id, ())).state,
            tests=tuple(shown(session, tests.get(row.id, ()))),
        )


def _changes(session: Session, insights: list[str]) -> Mapping[str, list[tuple[str, str]]]:
    query = (
        select(InsightChangeTable.insight, PolicyTable.id, PolicyTable.proposal)
        .join(PolicyTable, PolicyTable.id == InsightChangeTable.policy)
        .where(InsightChangeTable.insight.in_(insights))
        .order_by(PolicyTable.proposed_at)
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for insight, policy, proposal in session.execute(query):
        found.setdefault(insight, []).append((policy, proposal["title"]))
    return found


def _teams(session: Session) -> list[tuple[str, str]]:
    taught = TeamTable.ref.in_(_distinct(InsightTable.team))
    found = session.execute(select(TeamTable.ref, TeamTable.name).where(taught))
    return sorted(((ref, name) for ref, name in found), key=lambda one: one[1])


def _distinct(column: InstrumentedAttribute[str]) -> Select[str]:
    return select(column).distinct().order_by(column.desc())


def _count(session: Session, conditions: Iterable[ColumnElement[bool]]) -> int:
    query = select(func.count()).select_from(InsightTable).where(*conditions)
    return session.scalar(query) or 0


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"
