"""Once a month, what was learnt: every closed test and decided change once, and no letter without one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.insights import Insight, InsightTag, Summary
from domain.policy import Disposition
from domain.program import Card
from domain.quicktests import QuickTest
from domain.rotation import Ending, RotationState
from store.database import writing
from store.digests import MOST_TOLD, Digests
from store.learnings import enter_insights
from store.tables.learning import QuickTestTable
from store.tables.people import CohortTable
from tests.builders import LEAD, LEADER
from tests.integration.store.test_quarter_ledger import World
from tests.integration.store.world import JsonComposer, carry_out, mails, the_step

DECEMBER = datetime(2026, 12, 20, 12, tzinfo=UTC)
JANUARY = datetime(2026, 12, 31, 23, 5, tzinfo=UTC)
"""Five past midnight of the first of January in Berlin."""
DAY = timedelta(days=1)


class Learning(World):
    """A cohort that may be told what it learns."""

    def __init__(self, engine: Engine, *, card: bool = True) -> None:
        super().__init__(engine)
        self.digests = Digests(engine, JsonComposer())
        carry_out(engine, self.state, now=DECEMBER)
        with writing(engine) as session:
            if card:
                cohort = session.get_one(CohortTable, "winter")
                cohort.program = {**cohort.program, "cards": [Card.DIGEST.value]}
            insight = Insight(text="Sacks look alike", tag=InsightTag.CONSTRAINT)
            summary = Summary(words="A day.", insights=(insight,))
            day = the_step(self.state, "shadowing-day")
            enter_insights(session, self.state, day, summary, DECEMBER)

    def close(self, test: str, at: datetime, verdict: str = "not-met") -> None:
        body = QuickTest(
            hypothesis="Marked sacks stay shut.",
            notes=("n" * 32,),
            adjustment=f"Chalk on sack {test}.",
            owner=LEAD,
            cost="nothing",
            reversible=True,
            metric="sacks",
            baseline=12,
            target=3,
            ends_on=at.date(),
        )
        with writing(self.engine) as session:
            session.add(
                QuickTestTable(
                    id=test,
                    insight=f"{self.state.rotation}:shadowing-day:0",
                    rotation=self.state.rotation,
                    person=LEADER,
                    owner=LEAD,
                    draft={},
                    body=body.model_dump(mode="json"),
                    started_at=at,
                    ends_at=at,
                    closed_at=at,
                    verdict=verdict,
                    learnt="Chalk washes off.",
                )
            )

    def letters(self) -> list[dict[str, Any]]:
        return [mail for mail in mails(self.engine) if mail.get("kind") == "digest"]


@pytest.fixture
def learning(engine: Engine) -> Learning:
    return Learning(engine)


def test_practice_s23_each_closed_test_is_in_the_next_digest_and_in_no_other(
    learning: Learning,
) -> None:
    send = learning.digests.send
    assert send(DECEMBER) == 0
    learning.close("aaaaaaaa", DECEMBER + DAY)
    learning.decide("bbbbbbbb", Disposition.DECLINED, DECEMBER + DAY)
    assert send(DECEMBER + 2 * DAY) == 0

    assert send(JANUARY) == 2
    assert send(JANUARY + timedelta(hours=1)) == 0

    first = learning.letters()
    assert {one["reader_name"] for one in first} == {"Mara", "Lead"}
    for one in first:
        assert one["lines"] == [
            "Chalk on sack aaaaaaaa. The target was not met. Chalk washes off.",
            "Change b: It is not adopted.",
        ]
        assert dict(one["facts"]) == {"program": "A day with the desk"}

    assert send(JANUARY + 31 * DAY) == 0
    learning.close("cccccccc", JANUARY + 32 * DAY, "met")
    assert send(JANUARY + 40 * DAY) == 0
    assert send(JANUARY + 60 * DAY) == 2
    assert ["aaaaaaaa" in str(one["lines"]) for one in learning.letters()] == [
        True,
        True,
        False,
        False,
    ]


def test_a_test_that_was_closed_a_moment_before_but_written_after_the_digest_is_in_the_next(
    learning: Learning,
) -> None:
    learning.digests.send(JANUARY)
    learning.close("aaaaaaaa", JANUARY - timedelta(seconds=1))

    assert learning.digests.send(JANUARY + 31 * DAY) == 2


def test_what_is_too_much_for_one_letter_comes_in_the_next(learning: Learning) -> None:
    for number in range(MOST_TOLD + 1):
        learning.close(f"aaaaaa{number:02}", DECEMBER)

    assert learning.digests.send(DECEMBER) == 2
    assert learning.digests.send(JANUARY) == 2

    lines = [one["lines"] for one in learning.letters() if one["reader_name"] == "Mara"]
    assert [len(one) for one in lines] == [MOST_TOLD, 1]
    assert len({line for one in lines for line in one}) == MOST_TOLD + 1


def test_without_the_card_nobody_is_told(engine: Engine) -> None:
    learning = Learning(engine, card=False)
    learning.close("aaaaaaaa", DECEMBER)
    assert learning.digests.send(JANUARY) == 0


def test_who_withdrew_is_not_told(learning: Learning) -> None:
    learning.close("aaaaaaaa", DECEMBER)
    state: RotationState = learning.state
    over = {"ending": Ending.WITHDRAWN, "version": state.version + 1}
    carry_out(learning.engine, state.model_copy(update=over), now=DECEMBER)

    assert learning.digests.send(JANUARY) == 0
