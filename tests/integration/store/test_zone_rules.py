"""New rules of a time zone: the hour that people agreed on stays what their clocks show."""

import pytest
from sqlalchemy import Engine, select, update

from domain.events import Reschedule
from domain.moments import wall_clock
from domain.moves import apply
from domain.rotation import Phase
from store.database import writing
from store.news import NewsDesk
from store.tables.mail import InviteTable
from store.views import Views
from store.zone_rules import ZoneRules
from tests.builders import HOUR
from tests.integration.store.world import (
    NOW,
    carry_out,
    inviting,
    left,
    replanned,
    the_step,
)

SESSION = "listening-session"


def by_other_rules(engine: Engine, hours: int = 1) -> None:
    """The session was invited to while clocks there still went otherwise by so many hours."""
    with writing(engine) as session:
        one = session.scalars(select(InviteTable).where(InviteTable.step == SESSION)).first()
        assert one is not None
        assert one.wall == wall_clock(one.starts, one.zone)
        wall = wall_clock(one.starts + hours * HOUR, one.zone)
        session.execute(update(InviteTable).where(InviteTable.step == SESSION).values(wall=wall))


def told(engine: Engine) -> list[object]:
    return [news.event for news in NewsDesk(engine).pending(NOW, 9)]


def test_content_c18_a_step_lies_at_the_agreed_hour_again(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", SESSION)
    by_other_rules(engine)
    before, rules = the_step(state, SESSION), ZoneRules(engine)
    later = before.starts + HOUR

    (one,) = rules.shifted(NOW)
    rules.move(one, NOW)
    rules.move(one, NOW)
    assert told(engine) == [Reschedule(step=SESSION, starts=later)]

    anew = {"starts": later, "ends": before.ends + HOUR}
    moved, errands = apply(state, replanned(state, listening_session=anew), NOW)
    carry_out(engine, moved, *errands)
    mails = left(engine, NOW + HOUR)

    assert {(m["method"], m["change"], m["sequence"]) for m in mails} == {("REQUEST", "clocks", 1)}
    assert rules.shifted(NOW) == ()


def test_content_c18_nothing_moves_by_rules_that_stay(engine: Engine) -> None:
    inviting(engine, "goal-talk", SESSION)

    assert ZoneRules(engine).shifted(NOW) == ()


@pytest.mark.parametrize("change", ["over", "called off", "on hold", "repairing"])
def test_content_c18_what_does_not_stand_stays_as_it_is(engine: Engine, change: str) -> None:
    state = inviting(engine, SESSION)
    by_other_rules(engine)
    step, at = the_step(state, SESSION), NOW
    phase = {"called off": Phase.CANCELLED, "repairing": Phase.REPAIRING}.get(change, step.phase)
    after = state.with_step(step.model_copy(update={"phase": phase}))
    after = after.model_copy(update={"version": 9, "on_hold": change == "on hold"})
    carry_out(engine, after)
    if change == "over":
        at = step.ends

    assert ZoneRules(engine).shifted(at) == ()


def test_content_c18_an_hour_that_new_rules_skip_stays_the_instant_that_it_was(
    engine: Engine,
) -> None:
    inviting(engine, SESSION)
    with writing(engine) as session:
        session.execute(update(InviteTable).values(wall="2027-03-28T02:30"))

    assert ZoneRules(engine).shifted(NOW) == ()


def test_content_c18_steps_that_can_not_move_are_shown_until_they_can(engine: Engine) -> None:
    inviting(engine, SESSION)
    by_other_rules(engine)
    rules = ZoneRules(engine)
    stuck = rules.shifted(NOW)

    shown = []
    for steps in (stuck, stuck, ()):
        rules.tell_left_behind(steps, NOW)
        shown += [
            [row.sentence for row in Views(engine).overview().attention if SESSION in row.sentence]
        ]

    assert [len(sentences) for sentences in shown] == [1, 1, 0]
