"""The board of policy changes: by where they are, what they touch, and how long a loop took."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from domain.errors import NotFound
from domain.evidence import Observation
from domain.insights import Insight, InsightTag, Summary
from domain.policy import PolicyPhase
from domain.proposal import Proposal
from domain.rotation import RotationState
from domain.touching import Touches, TouchKind
from store.changes import first_noted
from store.changeviews import A_COLUMN, COLUMNS, ChangeViews
from store.database import reading, writing
from store.learnings import empty_insights, enter_insights, follow_insights
from store.tables.changes import PolicyTable
from store.tables.learning import SummaryTable
from store.tables.rotations import RotationTable
from store.tables.words import ObservationTable
from store.touching import MOST_NAMES, most_touched, names_used
from tests.builders import ANA, LEAD, LEADER, a_proposal
from tests.integration.store.world import invited, loaded, the_step

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def state(engine: Engine) -> RotationState:
    return invited(loaded(engine))


def change(
    engine: Engine,
    state: RotationState,
    number: int,
    phase: PolicyPhase = PolicyPhase.PROPOSED,
    *,
    team: str = "H-01",
    noted: datetime | None = None,
    decided: datetime | None = None,
) -> str:
    policy = "abcdefg" + "abcdefghijklmnopqrstuvwxyz"[number]
    proposal = a_proposal(LEAD, ANA, NOW, title=f"Change {number}")
    with writing(engine) as session:
        session.add(
            PolicyTable(
                id=policy,
                rotation=state.rotation,
                cohort="winter",
                workflow_id=f"policy-{policy}",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=NOW + number * DAY,
                phase=phase.value,
                team=team,
                first_noted_at=noted,
                decided_at=decided,
            )
        )
    return policy


def test_practice_s39_each_change_stands_once_in_the_column_of_where_it_is(
    engine: Engine, state: RotationState
) -> None:
    for number, phase in enumerate(PolicyPhase):
        change(engine, state, number, phase)

    board = ChangeViews(engine).board("winter", {})

    found = {c.key: [one.proposal.title for one in c.changes] for c in board.columns}
    assert found == {
        "proposed": ["Change 0"],
        "in-force": ["Change 1"],
        "reviewed": ["Change 2"],
        "kept": ["Change 4"],
        "ended": ["Change 5", "Change 3"],
    }
    assert sum(map(len, COLUMNS.values())) == len(PolicyPhase)
    assert not board.empty
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        ChangeViews(engine).board("summer", {})


def test_practice_s39_a_column_shows_a_few_and_more_when_asked(
    engine: Engine, state: RotationState
) -> None:
    for number in range(A_COLUMN + 2):
        change(engine, state, number)
    views = ChangeViews(engine)

    few, *_ = views.board("winter", {}).columns
    all_of_them, *_ = views.board("winter", {"proposed": 2 * A_COLUMN}).columns

    assert (len(few.changes), few.more) == (A_COLUMN, True)
    assert few.changes[0].proposal.title == f"Change {A_COLUMN + 1}"
    assert (len(all_of_them.changes), all_of_them.more) == (A_COLUMN + 2, False)


def test_practice_s45_loop_time_is_the_median_of_days_from_the_first_note_to_the_decision(
    engine: Engine, state: RotationState
) -> None:
    """At the desk 10, 17 and 40 days; at the shop one loop alone; in Berlin a day begins at 23:00 UTC."""
    late = datetime(2026, 11, 1, 22, 30, tzinfo=UTC)
    loops = [(late, late + 10 * DAY), (late, late + 17 * DAY), (late, late + 40 * DAY)]
    for number, (noted, decided) in enumerate(loops):
        change(engine, state, number, noted=noted, decided=decided)
    change(engine, state, 3, noted=late, decided=late + 5 * DAY, team="H-02")
    change(engine, state, 4, noted=late)
    change(engine, state, 5, decided=NOW)

    loops_of = {one.team_name: one for one in ChangeViews(engine).board("winter", {}).loops}

    assert (loops_of["The desk"].changes, loops_of["The desk"].days) == (3, 17.0)
    assert (loops_of["The shop"].changes, loops_of["The shop"].days) == (1, None)

    over_midnight = late + timedelta(hours=1)
    change(engine, state, 6, noted=late, decided=over_midnight + 5 * DAY, team="H-02")
    (_, shop) = ChangeViews(engine).board("winter", {}).loops
    assert (shop.changes, shop.days) == (2, 5.5)


def test_practice_s45_the_first_note_behind_a_proposal_begins_the_loop(
    engine: Engine, state: RotationState
) -> None:
    step = the_step(state, "shadowing-day").key
    insights = tuple(
        Insight(text=f"Thing number {n}", tag=InsightTag.DELIGHT, evidence=(str(n) * 32,))
        for n in range(3)
    )
    words = Observation(quote="A word", tag=InsightTag.DELIGHT)
    with writing(engine) as session:
        body = Summary(words="A day.", insights=insights).model_dump(mode="json")
        row = SummaryTable(rotation=state.rotation, step=step, body=body, written_at=NOW)
        session.add(row)
        for number, hours in enumerate((0, 5, 2)):
            session.add(
                ObservationTable(
                    id=str(number) * 32,
                    rotation=state.rotation,
                    step=step,
                    person=LEADER,
                    tag=words.tag.value,
                    sealed=b"",
                    noted_at=NOW + timedelta(hours=hours),
                )
            )
    for chosen, first in (((1, 2), 2), ((0, 1), 0), ((1,), 5)):
        proposal = a_proposal(LEAD, ANA, NOW, insights=tuple(f"{step}:{n}" for n in chosen))
        assert begins(engine, state, proposal) == NOW + timedelta(hours=first)
    assert begins(engine, state, a_proposal(LEAD, ANA, NOW)) is None


def begins(engine: Engine, state: RotationState, proposal: Proposal) -> datetime | None:
    with reading(engine) as session:
        return first_noted(session, state.rotation, proposal)


def learn(engine: Engine, state: RotationState, *touched: Touches) -> None:
    insights = tuple(
        Insight(text=f"Thing number {n}", tag=InsightTag.DELIGHT, touches=one)
        for n, one in enumerate(touched)
    )
    with writing(engine) as session:
        body = Summary(words="A day.", insights=insights)
        enter_insights(session, state, the_step(state, "shadowing-day"), body, NOW)


def another_visit(engine: Engine, state: RotationState, rotation: str) -> RotationState:
    with writing(engine) as session:
        session.add(
            RotationTable(
                id=rotation,
                cohort="winter",
                participant=ANA,
                workflow_id=f"rotation-{rotation}",
                ritual="",
            )
        )
    return state.model_copy(update={"rotation": rotation})


def test_practice_s36_policies_stand_in_the_order_of_their_independent_insights(
    engine: Engine, state: RotationState
) -> None:
    """Signing limits: two visits. Returns: one visit that says so three times, and a change on one more insight."""
    limits, returns = Touches(policy="Signing limits"), Touches(policy="Returns")
    learn(engine, state, limits, returns, returns)
    other = another_visit(engine, state, "bbbbbbbb")
    shouted = Touches(policy=" signing  LIMITS ", process="Month end")
    learn(engine, other, shouted, Touches())

    assert ChangeViews(engine).board("winter", {}).touched == (
        ("Signing limits", 2),
        ("Returns", 1),
    )

    policy = change(engine, other, 0)
    proposal = a_proposal(
        LEAD, ANA, NOW, insights=("shadowing-day:1",), touches=Touches(policy="returns")
    )
    with writing(engine) as session:
        follow_insights(session, other.rotation, proposal, policy)

    with reading(engine) as session:
        assert most_touched(session, "winter", TouchKind.POLICY) == (
            ("Returns", 2),
            ("Signing limits", 2),
        )
        used = names_used(session, "winter")
    assert used[TouchKind.POLICY] == ("Returns", "Signing limits")
    assert used[TouchKind.PROCESS] == ("Month end",)
    assert used[TouchKind.INCENTIVE] == ()

    with writing(engine) as session:
        empty_insights(session, [other.rotation], "(gone)")
    assert ChangeViews(engine).board("winter", {}).touched == (
        ("Returns", 1),
        ("Signing limits", 1),
    )


def test_practice_s36_a_name_is_known_again_however_many_came_before_it(
    engine: Engine, state: RotationState
) -> None:
    """Of the names, as many are offered as a list can hold; the last of the alphabet is none of them."""
    many = (Touches(policy=f"Rule {number:03}") for number in range(MOST_NAMES))
    learn(engine, state, Touches(policy="Zoning"), *many)
    other = another_visit(engine, state, "bbbbbbbb")

    learn(engine, other, Touches(policy="ZONING"))

    assert ChangeViews(engine).board("winter", {}).touched[0] == ("Zoning", 2)
    with reading(engine) as session:
        assert "Zoning" not in names_used(session, "winter")[TouchKind.POLICY]
