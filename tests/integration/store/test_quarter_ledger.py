"""The quarter ledger in the store: counted, told once when it falls short, closed."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errors import NotFound, Refused
from domain.insights import Insight, InsightTag, Summary
from domain.policy import Disposition, PolicyPhase, PolicyState
from domain.policymoves import PolicyDispatch
from domain.program import Program
from domain.rotation import RotationState
from store.database import reading, writing
from store.heard_quarters import quarters_so_far
from store.learnings import enter_insights
from store.people import programs
from store.policies import PolicyDesk
from store.quarters import LedgerRow, Quarters
from store.tables.changes import PolicyTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable
from tests.builders import LEAD, a_proposal
from tests.integration.store.world import (
    VAULT,
    JsonComposer,
    PlainLinks,
    invited,
    loaded,
    the_step,
)

EARLY = datetime(2026, 12, 9, 12, tzinfo=UTC)
NEAR = datetime(2026, 12, 10, 12, tzinfo=UTC)
"""Three weeks before the end of the year."""
AFTER = datetime(2027, 1, 5, 12, tzinfo=UTC)
THINGS = ("Orders wait for a signature", "Calls come at noon", "Maps are old")


class World:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.state: RotationState = invited(loaded(engine))
        self.quarters = Quarters(engine, JsonComposer(), "http://127.0.0.1")

    def learn(self, count: int, now: datetime = EARLY) -> None:
        things = tuple(Insight(text=t, tag=InsightTag.CONSTRAINT) for t in THINGS[:count])
        with writing(self.engine) as session:
            day = the_step(self.state, "shadowing-day")
            enter_insights(session, self.state, day, Summary(words="A day.", insights=things), now)

    def decide(self, policy: str, disposition: Disposition, at: datetime = EARLY) -> None:
        proposal = a_proposal(LEAD, LEAD, EARLY, title=f"Change {policy[0]}")
        with writing(self.engine) as session:
            session.add(
                PolicyTable(
                    id=policy,
                    rotation=self.state.rotation,
                    cohort="winter",
                    workflow_id=f"policy-{policy}",
                    proposal=proposal.model_dump(mode="json"),
                    proposed_at=EARLY,
                )
            )
        declined = disposition is Disposition.DECLINED
        state = PolicyState(
            policy=policy,
            cohort="winter",
            rotation=self.state.rotation,
            participant=self.state.participant,
            host="H-01",
            owner=LEAD,
            co_authors=(LEAD,),
            voices=(LEAD,),
            proposed_at=EARLY,
            decide_by=EARLY,
            disposition=disposition,
            decided_at=at,
            phase=PolicyPhase.DECLINED if declined else PolicyPhase.IN_FORCE,
        )
        desk = PolicyDesk(self.engine, JsonComposer(), PlainLinks(), VAULT)
        desk.carry_out(PolicyDispatch(state=state, errands=(), now=at, sentence="Decided."))

    def changes(self, **changes: object) -> None:
        with writing(self.engine) as session:
            row = session.get_one(CohortTable, "winter")
            new = Program.model_validate(row.program).model_copy(update=changes)
            row.program = new.model_dump(mode="json")

    def row(self, now: datetime, quarter: str = "2026-Q4") -> LedgerRow:
        return next(r for r in self.quarters.ledger("winter", now) if r.quarter == quarter)

    def told(self) -> list[dict[str, object]]:
        query = select(OutboxTable.raw).where(OutboxTable.kind == "quarter-short")
        with reading(self.engine) as session:
            return [json.loads(raw) for raw in session.scalars(query)]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def test_practice_s59_a_quarter_that_falls_short_is_told_of_once(world: World) -> None:
    world.learn(2)
    world.decide("aaaaaaaa", Disposition.PARTLY)

    assert world.quarters.tell_what_is_missing(EARLY) == 0
    assert [world.quarters.tell_what_is_missing(NEAR + n * timedelta(hours=1)) for n in (0, 1)] == [
        1,
        0,
    ]

    (letter,) = world.told()
    assert letter["reader_name"] == "Boss"
    assert dict(letter["facts"]) == {  # type: ignore[call-overload]
        "program": "A day with the desk",
        "quarter": "2026-Q4",
        "insights": "2",
        "changes": "1",
        "last_day": "2026-12-31",
    }
    assert world.row(NEAR).short


def test_a_quarter_that_keeps_its_promise_is_not_told_of(world: World) -> None:
    world.learn(3)
    world.decide("aaaaaaaa", Disposition.ADOPTED)

    assert world.quarters.tell_what_is_missing(NEAR) == 0
    assert world.row(NEAR).kept


def test_what_was_declined_or_decided_later_is_no_change_of_the_quarter(world: World) -> None:
    world.decide("aaaaaaaa", Disposition.DECLINED)
    world.decide("bbbbbbbb", Disposition.ADOPTED, AFTER)

    rows = {
        row.quarter: [title for _, title in row.listed]
        for row in world.quarters.ledger("winter", AFTER)
    }
    assert rows == {"2027-Q1": ["Change b"], "2026-Q4": []}


def test_practice_s60_a_quarter_closes_with_one_or_two_changes_or_a_reason(world: World) -> None:
    world.learn(3)
    for policy in ("aaaaaaaa", "bbbbbbbb", "cccccccc"):
        world.decide(policy, Disposition.ADOPTED)
    every = ("aaaaaaaa", "bbbbbbbb", "cccccccc")
    close = world.quarters.close

    assert not world.row(AFTER).kept
    for chosen, reason, sentence in (
        ((), "", "None was chosen"),
        (every, " ", "3 are more than can be seen through"),
        (("dddddddd",), "", "decided in this quarter"),
    ):
        with pytest.raises(Refused, match=sentence):
            close("winter", "2026-Q4", chosen, reason, AFTER)
    with pytest.raises(Refused, match="goes on until"):
        close("winter", "2026-Q4", every[:1], "", NEAR)
    with pytest.raises(NotFound, match="no quarter '2020-Q1'"):
        close("winter", "2020-Q1", (), "", AFTER)

    close("winter", "2026-Q4", ("aaaaaaaa", "aaaaaaaa"), "", AFTER)
    assert (world.row(AFTER).chosen, world.row(AFTER).kept) == (("aaaaaaaa",), True)
    close("winter", "2026-Q4", every, "All three belong together.", AFTER)
    row = world.row(AFTER)
    assert (row.closed, row.kept, row.reason) == (True, False, "All three belong together.")


def test_nothing_is_promised_after_the_program_and_nobody_is_told(world: World) -> None:
    a_year_later = AFTER + timedelta(days=340)
    assert [row.quarter for row in world.quarters.ledger("winter", a_year_later)] == [
        "2027-Q1",
        "2026-Q4",
    ]
    assert world.quarters.tell_what_is_missing(a_year_later) == 0


def test_what_was_learnt_and_decided_after_the_program_stands_in_its_quarter(world: World) -> None:
    later = datetime(2027, 8, 10, 12, tzinfo=UTC)
    world.learn(1, later)
    world.decide("aaaaaaaa", Disposition.ADOPTED, later)

    assert [
        (row.quarter, row.insights, row.decided, row.promised)
        for row in world.quarters.ledger("winter", later)
    ] == [("2027-Q3", 1, 1, False), ("2027-Q1", 0, 0, True), ("2026-Q4", 0, 0, True)]

    after = datetime(2027, 10, 5, tzinfo=UTC)
    world.quarters.close("winter", "2027-Q3", ("aaaaaaaa",), "", after)
    assert world.row(after, "2027-Q3").chosen == ("aaaaaaaa",)


def test_a_shortfall_is_told_while_the_program_goes_on_and_no_longer(world: World) -> None:
    """Its last week ends on 10 January, its days of grace on the 24th."""
    near_the_end_of_march = datetime(2027, 3, 15, 9, tzinfo=UTC)
    assert world.quarters.tell_what_is_missing(near_the_end_of_march) == 0

    world.changes(grace=timedelta(days=70))
    assert world.quarters.tell_what_is_missing(near_the_end_of_march) == 1


def test_a_program_that_goes_on_promises_in_every_quarter(world: World) -> None:
    world.changes(continuous=True)
    years_later = datetime(2028, 12, 20, 9, tzinfo=UTC)

    quarters = [row.quarter for row in world.quarters.ledger("winter", years_later)]
    assert (quarters[0], quarters[-1], len(quarters)) == ("2028-Q4", "2026-Q4", 9)
    assert world.row(years_later, "2028-Q4").short
    assert world.quarters.tell_what_is_missing(years_later) == 1
    with reading(world.engine) as session:
        (program,) = programs(session)
    assert [str(one) for one in quarters_so_far(program, years_later)] == quarters


def test_the_first_quarter_is_the_one_in_which_the_program_begins(world: World) -> None:
    before = datetime(2026, 11, 1, tzinfo=UTC)
    assert world.quarters.ledger("winter", before) == ()
    assert [row.quarter for row in world.quarters.ledger("winter", EARLY)] == ["2026-Q4"]
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        world.quarters.ledger("summer", EARLY)
