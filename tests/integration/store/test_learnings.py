"""The learning register: found by words, team, kind and quarter; each insight with a change or a reason."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from domain.errors import NotFound, Refused
from domain.insights import Insight, InsightTag, Summary
from domain.rotation import RotationState
from store.database import writing
from store.learnings import (
    A_PAGE,
    Learnings,
    Wanted,
    empty_insights,
    enter_insights,
    follow_insights,
)
from store.migrating import migrate, unmigrate
from store.tables.changes import PolicyTable
from tests.builders import LEAD, a_proposal
from tests.integration.store.world import invited, loaded, the_step

ODD = "Refund/complaint desk waits.Nobody answers desk@at.home; müssen Straße 1e5bc"
"""Words that databases take for files, hosts, addresses and numbers."""

NEW_YEAR = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
"""Half past midnight of the first of January in Berlin."""

THINGS = (
    ("Every order waits for a second signature", InsightTag.CONSTRAINT),
    ("Crème de la crème: new colleagues learn from the wall", InsightTag.DELIGHT),
    ("Nobody signs before noon; it's the printer's fault", InsightTag.FRUSTRATION),
)


def enter(
    engine: Engine,
    state: RotationState,
    now: datetime = NEW_YEAR,
    things: tuple[tuple[str, InsightTag], ...] = THINGS,
) -> None:
    body = Summary(words="A day.", insights=tuple(Insight(text=t, tag=k) for t, k in things))
    with writing(engine) as session:
        enter_insights(session, state, the_step(state, "shadowing-day"), body, now)


@pytest.fixture
def state(engine: Engine) -> RotationState:
    found = invited(loaded(engine))
    enter(engine, found)
    return found


def texts(engine: Engine, **wanted: Any) -> list[str]:
    found = Learnings(engine).find(Wanted()._replace(**wanted))
    assert len(found.learnings) == found.found
    return [one.text.split()[0] for one in found.learnings]


def test_practice_s56_an_insight_is_found_by_team_kind_and_quarter(
    engine: Engine, state: RotationState
) -> None:
    assert texts(engine) == ["Nobody", "Crème", "Every"]
    assert texts(engine, tag="delight") == ["Crème"]
    assert texts(engine, team="H-01", quarter="2027-Q1") == ["Nobody", "Crème", "Every"]
    assert texts(engine, team="H-02") == []
    assert texts(engine, quarter="2026-Q4") == []


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("signature", ["Every"]),
        ("SIGN", ["Nobody", "Every"]),
        ("sign second", ["Every"]),
        ("printer's fault", ["Nobody"]),
        ("signs OR delight", []),
        ('"; DROP TABLE insight --', []),
        ("' & !", ["Nobody", "Crème", "Every"]),
        ("crème", ["Crème"]),
        ("gnature", []),
        ("creme", ["Crème"]),
        ("CRÈME", ["Crème"]),
    ],
)
def test_practice_s56_an_insight_is_found_by_its_words(
    engine: Engine, state: RotationState, words: str, found: list[str]
) -> None:
    assert texts(engine, words=words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("complaint", True),
        ("refund/complaint", True),
        ("nobody answers", True),
        ("home", True),
        ("desk_at", True),
        ("mussen", True),
        ("MÜSSEN", True),
        ("strasse", True),
        ("1e5b", True),
        ("x" * 3000, False),
    ],
)
def test_practice_s56_words_are_found_whatever_stands_between_them(
    engine: Engine, words: str, found: bool
) -> None:
    enter(engine, invited(loaded(engine)), things=((ODD, InsightTag.CONSTRAINT), *THINGS[1:]))

    assert texts(engine, words=words) == ["Refund/complaint"] * found


def test_what_was_learnt_before_is_found_after_the_way_up(
    engine: Engine, state: RotationState
) -> None:
    unmigrate(engine, "0038")
    migrate(engine)

    assert texts(engine, words="creme") == ["Crème"]
    assert texts(engine, words="printer s") == ["Nobody"]


def test_a_summary_is_entered_once(engine: Engine, state: RotationState) -> None:
    enter(engine, state, NEW_YEAR + timedelta(days=1))
    assert texts(engine, words="signature") == ["Every"]


def test_practice_s39_each_insight_has_a_change_or_a_reason(
    engine: Engine, state: RotationState
) -> None:
    register, first = Learnings(engine), f"{state.rotation}:shadowing-day:0"
    proposal = a_proposal(LEAD, LEAD, NEW_YEAR)
    with writing(engine) as session:
        session.add(
            PolicyTable(
                id="abcdefgh",
                rotation=state.rotation,
                cohort=state.cohort,
                workflow_id="policy-abcdefgh",
                proposal=proposal.model_dump(mode="json"),
                proposed_at=NEW_YEAR,
            )
        )
        session.flush()
        stands = proposal.model_copy(update={"insights": ("shadowing-day:0",)})
        follow_insights(session, state.rotation, stands, "abcdefgh")
    assert register.find().open == 2

    register.nothing_follows(
        f"{state.rotation}:shadowing-day:1", " It is well as it is. ", NEW_YEAR
    )

    found = {one.id[-1]: one for one in register.find().learnings}
    assert found["0"].changes == (("abcdefgh", "Label the sacks"),)
    assert found["1"].reason == "It is well as it is."
    assert [one.open for one in found.values()] == [True, False, False]
    assert texts(engine, only_open=True) == ["Nobody"]
    with pytest.raises(Refused, match="A change stands on this"):
        register.nothing_follows(first, "No.", NEW_YEAR)
    for reason, sentence in ((" ", "Write in a line"), ("x" * 501, "Keep it to 500")):
        with pytest.raises(Refused, match=sentence):
            register.nothing_follows(f"{state.rotation}:shadowing-day:2", reason, NEW_YEAR)
    with pytest.raises(NotFound, match="no such insight"):
        register.nothing_follows("nowhere:0", "No.", NEW_YEAR)


def test_what_was_emptied_is_not_found_by_its_old_words(
    engine: Engine, state: RotationState
) -> None:
    with writing(engine) as session:
        empty_insights(session, [state.rotation], "(gone)")
    assert texts(engine, words="signature") == []
    assert texts(engine, words="gone") == ["(gone)"] * 3


def test_the_register_is_shown_a_page_at_a_time(engine: Engine, state: RotationState) -> None:
    for number in range(A_PAGE // 3 + 1):
        step = the_step(state, "shadowing-day").model_copy(update={"key": f"day-{number}"})
        body = Summary(words="A day.", insights=tuple(Insight(text=t, tag=k) for t, k in THINGS))
        with writing(engine) as session:
            enter_insights(session, state, step, body, NEW_YEAR)
    first, second = (Learnings(engine).find(page=number) for number in (1, 2))

    assert len(first.learnings) == A_PAGE
    assert len(second.learnings) == first.found - A_PAGE
    assert not {one.id for one in first.learnings} & {one.id for one in second.learnings}
