"""Quick tests as they are kept: rows read back as values, and what pages show of each."""

from collections.abc import Iterable, Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from domain.errors import NotFound
from domain.insights import Summary
from domain.language import Language
from domain.policy import Verdict
from domain.quicktests import Course, QuickTest, Standing, standing
from domain.value import Moment, Value
from store.people import people
from store.rulings import TEST_VERDICTS
from store.tables.learning import InsightTable, QuickTestTable, SummaryTable
from store.tables.rotations import OccasionTable


class QuickTestRow(Value):
    """A test that has started, as pages show it."""

    id: str
    insight: str
    test: QuickTest
    owner_name: str
    started_at: Moment
    ends_at: Moment
    closed_at: Moment | None
    verdict: str
    """A sentence; empty while it goes on."""
    measured: float | None
    learnt: str


def insight_row(session: Session, insight: str) -> InsightTable:
    """Return an insight of the register; raises NotFound for an unknown id."""
    row = session.scalar(select(InsightTable).where(InsightTable.id == insight))
    if row is None:
        raise NotFound("There is no such insight.")
    return row


def step_key(insight: str) -> str:
    """Return the step of the summary that an insight comes from."""
    return insight.split(":")[1]


def evidence_of(session: Session, insight: str) -> tuple[str, ...]:
    """Return the observations that an insight stands on, by id."""
    rotation, step, number = insight.split(":")
    row = session.get(SummaryTable, (rotation, step))
    insights = Summary.model_validate(row.body).insights if row else ()
    return insights[int(number)].evidence if int(number) < len(insights) else ()


def looked_at_in(session: Session, review: str) -> QuickTestTable | None:
    """Return the test that a results review was opened for; None where that is not known."""
    row = session.get(OccasionTable, review)
    return session.get(QuickTestTable, row.about) if row and row.about else None


def quick_test_row(session: Session, test: str) -> QuickTestTable:
    """Return a test that has started; raises NotFound for any other id."""
    row = session.get(QuickTestTable, test)
    if row is None or row.body is None:
        raise NotFound("There is no such test.")
    return row


def quick_test_of(row: QuickTestTable) -> QuickTest:
    """Return what is tried, of a test that has started."""
    return QuickTest.model_validate(row.body)


def course_of(row: QuickTestTable) -> Course:
    """Return how far a test that has started has come."""
    return Course.model_validate(row, from_attributes=True)


def started_tests(session: Session, insights: Iterable[str]) -> dict[str, list[QuickTestTable]]:
    """Return the tests of each insight that have started, the oldest first."""
    query = select(QuickTestTable).where(
        QuickTestTable.insight.in_(insights), QuickTestTable.started_at.is_not(None)
    )
    found: dict[str, list[QuickTestTable]] = {}
    for row in session.scalars(query.order_by(QuickTestTable.started_at, QuickTestTable.id)):
        found.setdefault(row.insight, []).append(row)
    return found


def standing_of(rows: Iterable[QuickTestTable]) -> Standing:
    """Return what an insight's tests, the oldest first, make of it."""
    return standing((row.id, Verdict(row.verdict) if row.verdict else None) for row in rows)


def shown(session: Session, rows: Iterable[QuickTestTable]) -> Iterator[QuickTestRow]:
    """Yield tests that have started as pages show them."""
    for row in rows:
        test = quick_test_of(row)
        yield QuickTestRow.model_validate(
            {
                "id": row.id,
                "insight": row.insight,
                "test": test,
                "owner_name": people(session)[test.owner].name,
                "started_at": row.started_at,
                "ends_at": row.ends_at,
                "closed_at": row.closed_at,
                "verdict": TEST_VERDICTS[Language.ENGLISH][Verdict(row.verdict)]
                if row.verdict
                else "",
                "measured": row.measured,
                "learnt": row.learnt,
            }
        )
