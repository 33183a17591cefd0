"""The figures of a year follow every word of changes and sessions, and nobody reads states to count them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, event, select

from domain.indicators import Indicator, IndicatorKind
from domain.people import Fact, Seat
from domain.policy import Disposition, PolicyPhase, PolicyState, RaisedConcern, Verdict
from domain.policymoves import PolicyDispatch, PolicyErrand
from domain.program import StepKind
from domain.rotation import Phase, RotationState, StepState
from store.counting import count_steps
from store.database import reading, writing
from store.exercises import Exercises
from store.learnings import follow_insights
from store.metrics import Metrics
from store.migrating import migrate, unmigrate
from store.policies import PolicyDesk
from store.quarters import MOST_LISTED, Quarters
from store.reading_codes import ReadingCodes
from store.tables.base import Base
from store.tables.changes import PolicyTable, ReceiptTable
from store.tables.people import PersonTable
from store.tables.rotations import FirstHeardTable
from store.years import Receipts, Year, Years
from tests.builders import ANA, BEN, LEAD, LEADER, a_proposal, a_step, seat
from tests.integration.store.test_quarter_ledger import World
from tests.integration.store.world import VAULT, JsonComposer, PlainLinks, carry_out, the_step

NOW = datetime(2026, 12, 9, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OTHER, ANOTHER = "P-0006", "P-0007"
HEARD = ((ANA, BEN), (ANA, BEN), (ANA, OTHER), (), (OTHER,), (ANOTHER,))
"""Of the first five sessions two have somebody who is new."""


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def years(engine: Engine) -> Years:
    composer = JsonComposer()
    codes = ReadingCodes(VAULT, composer, PlainLinks())
    quarters = Quarters(engine, composer, "http://127.0.0.1")
    return Years(engine, quarters, Exercises(engine, VAULT, codes), Metrics(engine))


def year(engine: Engine) -> Year:
    return years(engine).year("winter", NOW)


def decide(
    world: World,
    policy: str,
    disposition: Disposition,
    verdict: Verdict | None = None,
    **changes: object,
) -> PolicyState:
    """A change of two days ago that Ana and the lead worked out, decided and told."""
    proposal = a_proposal(LEAD, ANA, NOW, insights=("shadowing-day:0",))
    with writing(world.engine) as session:
        session.add(
            PolicyTable(
                id=policy,
                rotation=world.state.rotation,
                cohort="winter",
                workflow_id=f"policy-{policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=NOW - 2 * DAY,
                first_noted_at=NOW - 9 * DAY,
            )
        )
        session.flush()
        follow_insights(session, world.state.rotation, proposal, policy)
    in_force = disposition is not Disposition.DECLINED
    facts: dict[str, object] = {
        "policy": policy,
        "cohort": "winter",
        "rotation": world.state.rotation,
        "participant": LEADER,
        "host": "H-01",
        "owner": LEAD,
        "co_authors": (ANA,),
        "voices": (ANA, BEN),
        "proposed_at": NOW - 2 * DAY,
        "decide_by": NOW,
        "disposition": disposition,
        "decided_at": NOW,
        "in_force_at": NOW if in_force else None,
        "verdict": verdict,
        "verdict_at": NOW if verdict else None,
        "phase": PolicyPhase.IN_FORCE if in_force else PolicyPhase.DECLINED,
    }
    errands = (PolicyErrand.TELL_DECISION, *([PolicyErrand.TELL_VERDICT] if verdict else []))
    state = PolicyState.model_validate(facts | changes)
    say(world, state, *errands)
    return state


def say(world: World, state: PolicyState, *errands: PolicyErrand) -> None:
    desk = PolicyDesk(world.engine, JsonComposer(), PlainLinks(), VAULT)
    desk.carry_out(PolicyDispatch(state=state, errands=errands, now=NOW, sentence="Decided."))


def some_changes(world: World) -> None:
    """Five: one is from two seats, as a concern of the lead was adopted; all stand on the desk's insight."""
    carry_out(world.engine, world.state, now=NOW)
    world.learn(3)
    by_lead = RaisedConcern(id="aaaaaaac", person=LEAD, disposition=Disposition.PARTLY)
    decide(world, "aaaaaaaa", Disposition.ADOPTED, Verdict.MET, concerns=(by_lead,))
    decide(world, "bbbbbbbb", Disposition.ADOPTED, Verdict.NOT_MEASURED)
    decide(world, "cccccccc", Disposition.PARTLY)
    decide(world, "dddddddd", Disposition.DECLINED)
    decide(world, "eeeeeeee", Disposition.ADOPTED, Verdict.NOT_MET)


def shares(found: Year) -> dict[IndicatorKind, Indicator]:
    return {one.kind: one for one in found.indicators}


def test_practice_s62_verdicts_receipts_and_loops_are_counted_as_they_are_said(
    world: World,
) -> None:
    some_changes(world)

    found = year(world.engine)
    counted = {one.verdict: one.changes for one in found.verdicts}
    assert counted == {
        Verdict.MET: 1,
        Verdict.NOT_MET: 1,
        Verdict.NEW_QUESTION: 0,
        Verdict.NOT_MEASURED: 1,
    }
    assert found.unmeasured == 1
    assert (found.loop.changes, found.loop.days) == (5, 9.0)
    assert found.decisions == Receipts(owed=10, given=0, by_word=0)
    assert found.effects == Receipts(owed=6, given=0, by_word=0)
    assert shares(found)[IndicatorKind.VIEWPOINTS].share == 0.2
    assert [change.policy for change in years(world.engine).report("winter", NOW).changes] == [
        letter * 8 for letter in "abcde"
    ]


def test_what_stood_behind_a_decision_is_counted_as_it_was_when_it_was_made(world: World) -> None:
    carry_out(world.engine, world.state, now=NOW)
    state = decide(world, "aaaaaaaa", Disposition.ADOPTED, co_authors=(ANA, BEN))
    with writing(world.engine) as session:
        for person, team in ((ANA, "Billing"), (BEN, "Repairs")):
            moved = session.get_one(PersonTable, person)
            moved.facts = {**moved.facts, "team": team}

    say(world, state.model_copy(update={"version": 2}))

    with reading(world.engine) as session:
        assert not session.get_one(PolicyTable, "aaaaaaaa").is_diverse


def test_nothing_is_owed_to_somebody_who_was_erased(world: World) -> None:
    carry_out(world.engine, world.state, now=NOW)
    with writing(world.engine) as session:
        session.get_one(PersonTable, BEN).erased_at = NOW

    decide(world, "aaaaaaaa", Disposition.ADOPTED, Verdict.MET)

    assert year(world.engine).decisions == Receipts(owed=1, given=0, by_word=0)
    assert year(world.engine).effects == Receipts(owed=1, given=0, by_word=0)


def listening(world: World, held: Sequence[int]) -> RotationState:
    """Six sessions on six days, of which these were confirmed."""
    return world.state.model_copy(
        update={
            "steps": tuple(
                _session(number, heard, Phase.HELD if number in held else Phase.CONFIRMED)
                for number, heard in enumerate(HEARD)
            )
        }
    )


def _session(number: int, heard: tuple[str, ...], phase: Phase) -> StepState:
    return a_step(
        f"session-{number}",
        kind=StepKind.LISTENING_SESSION,
        starts=NOW + number * DAY,
        attendees=(
            seat(LEADER, Seat.PARTICIPANT),
            *(seat(person, Seat.FRONTLINE) for person in heard),
        ),
        phase=phase,
    )


@pytest.mark.parametrize("order", [range(6), range(5, -1, -1), (3, 0, 5, 2, 4, 1)])
def test_practice_s51_new_voices_are_known_in_whatever_order_sessions_are_confirmed(
    world: World, order: Sequence[int]
) -> None:
    hidden = shares(year(world.engine))[IndicatorKind.NEWLY_HEARD]
    for number in range(len(HEARD)):
        with writing(world.engine) as session:
            count_steps(session, listening(world, order[: number + 1]))

    found = shares(year(world.engine))[IndicatorKind.NEWLY_HEARD]
    assert (hidden.of, hidden.share) == (0, None)
    assert (found.of, found.share) == (5, 0.4)


def test_who_was_known_to_be_away_is_heard_for_the_first_time_another_day(world: World) -> None:
    talk = _session(0, (ANA, BEN), Phase.HELD).model_copy(update={"away": (BEN,)})
    with writing(world.engine) as session:
        count_steps(session, world.state.model_copy(update={"steps": (talk,)}))

    with reading(world.engine) as session:
        assert [row.person for row in session.scalars(select(FirstHeardTable))] == [ANA]


def test_what_was_decided_and_heard_before_is_counted_by_the_migration(world: World) -> None:
    changes = {"phase": Phase.HELD, "away": (BEN,)}
    held = the_step(world.state, "listening-session").model_copy(update=changes)
    world.state = world.state.with_step(held)
    some_changes(world)
    measured = decide(world, "ffffffff", Disposition.ADOPTED, Verdict.NOT_MET)
    extended = {"extended": 1, "verdict": None, "verdict_at": None, "version": 2}
    say(world, measured.model_copy(update=extended))
    before = everything(world.engine)
    assert all(before)

    unmigrate(world.engine, "0036")
    migrate(world.engine)

    assert everything(world.engine) == before


def everything(engine: Engine) -> list[set[tuple[object, ...]]]:
    counted = ("id", "in_force_at", "verdict", "loop_days", "is_diverse", "from_customers")
    with reading(engine) as session:
        return [
            {tuple(getattr(row, name) for name in names) for row in session.scalars(select(table))}
            for table, names in (
                (PolicyTable, counted),
                (ReceiptTable, _columns(ReceiptTable)),
                (FirstHeardTable, _columns(FirstHeardTable)),
                (PersonTable, ("ref", "team", *Fact)),
            )
        ]


def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(table.__table__.columns.keys())


def test_a_year_is_read_in_as_many_queries_whatever_was_decided(world: World) -> None:
    carry_out(world.engine, world.state, now=NOW)
    few = queries_of(world.engine)
    some_changes(world)

    assert queries_of(world.engine) <= few + 2 * len(HEARD[0])


def queries_of(engine: Engine) -> int:
    asked: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    year(engine)
    return len(asked)


def test_a_crowded_quarter_lists_the_newest_changes_those_looked_for_and_the_chosen(
    world: World,
) -> None:
    after = NOW + timedelta(days=40)
    for number in range(MOST_LISTED + 2):
        name = f"change{chr(97 + number // 26)}{chr(97 + number % 26)}"
        world.decide(name, Disposition.ADOPTED, NOW + number * timedelta(minutes=1))
    world.quarters.close("winter", "2026-Q4", ("changeaa",), "", after)

    row = world.row(after)
    assert (row.decided, len(row.listed)) == (MOST_LISTED + 2, MOST_LISTED + 1)
    assert [policy for policy, _ in row.listed[:2]] == ["changeaa", "changeac"]
    looked_for = world.quarters.ledger("winter", after, "no such CHANGE", ("changebb",))[-1]
    assert [policy for policy, _ in looked_for.listed] == ["changeaa", "changebb"]
    found = world.quarters.ledger("winter", after, "CHANGE")[-1]
    assert len(found.listed) == MOST_LISTED + 1
