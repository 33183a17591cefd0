"""New rules of a time zone: the hour that people agreed on stays what their clocks show."""

from sqlalchemy import Engine, select, update

from domain.events import Reschedule
from domain.moments import wall_clock
from domain.moves import apply
from domain.rotation import Phase
from store.database import reading, writing
from store.news import NewsDesk
from store.tables import InviteTable, NewsTable
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
        wall = wall_clock(one.starts + hours * HOUR, one.zone)
        session.execute(update(InviteTable).where(InviteTable.step == SESSION).values(wall=wall))


def told(engine: Engine) -> list[object]:
    return [news.event for news in NewsDesk(engine).pending(NOW, 9)]


def test_content_c18_a_step_lies_at_the_agreed_hour_again(engine: Engine) -> None:
    state = inviting(engine, "goal-talk", SESSION)
    by_other_rules(engine)
    before = the_step(state, SESSION)
    later = before.starts + HOUR

    assert ZoneRules(engine).follow(NOW) == 1
    assert ZoneRules(engine).follow(NOW) == 0
    assert told(engine) == [Reschedule(step=SESSION, starts=later)]

    anew = {"starts": later, "ends": before.ends + HOUR}
    moved, errands = apply(state, replanned(state, listening_session=anew), NOW)
    carry_out(engine, moved, *errands)
    mails = left(engine, NOW + HOUR)

    assert {(m["method"], m["change"], m["sequence"]) for m in mails} == {("REQUEST", "clocks", 1)}
    with reading(engine) as session:
        session.execute(update(NewsTable).values(told_at=NOW))
    assert ZoneRules(engine).follow(NOW) == 0


def test_content_c18_nothing_moves_by_rules_that_stay(engine: Engine) -> None:
    inviting(engine, "goal-talk", SESSION)

    assert ZoneRules(engine).follow(NOW) == 0
    assert told(engine) == []


def test_content_c18_what_is_over_or_called_off_stays_as_it_was(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    by_other_rules(engine)

    assert ZoneRules(engine).follow(the_step(state, SESSION).ends) == 0

    cancelled = the_step(state, SESSION).model_copy(update={"phase": Phase.CANCELLED})
    carry_out(engine, state.with_step(cancelled).model_copy(update={"version": 9}))

    assert ZoneRules(engine).follow(NOW) == 0


def test_content_c18_an_hour_that_new_rules_skip_stays_the_instant_that_it_was(
    engine: Engine,
) -> None:
    inviting(engine, SESSION)
    with writing(engine) as session:
        session.execute(update(InviteTable).values(wall="2027-03-28T02:30"))

    assert ZoneRules(engine).follow(NOW) == 0
