"""What a program manager decides on before a plan runs: pins, what-ifs, conflicts, over the example."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select

import planner
from domain.calendars import BusyTimes, CalendarReading, Seen
from domain.errors import NotFound, Refused
from domain.moments import Interval
from domain.planning import Cause, Disruption, Plan
from intake.folder import read_folder
from intake.holidays import holiday_absences
from store.calendars import CalendarDesk
from store.conflicts import Conflicts
from store.database import reading, writing
from store.importing import load_folder
from store.organisation import Organisation
from store.pins import Pins
from store.planning import PlanningDesk
from store.planpages import AssignmentRow, PlanPage, WhatIfPage
from store.plans import Plans
from store.tables.installation import AuditTable
from store.tables.people import PersonTable, TeamTable
from store.tables.planning import ForbiddenTable, PinTable, PlanTable
from store.vault import Vault
from store.views import Views
from store.whatif import WhatIf

EXAMPLE = Path(__file__).parents[3] / "examples" / "service-desk"
NOW = datetime(2026, 11, 23, 22, tzinfo=UTC)
WINTER = "winter"


@pytest.fixture
def plans(engine: Engine) -> PlanningDesk:
    """The example, planned."""
    folder = read_folder(EXAMPLE, today=date(2026, 11, 23))
    assert not isinstance(folder, tuple)
    load_folder(engine, folder, dry_run=False, now=NOW)
    desk = PlanningDesk(engine, planner.plan, planner.review, planner.repair, holiday_absences)
    desk.make_plan(WINTER, NOW)
    return desk


def page(engine: Engine) -> PlanPage:
    return Views(engine).plan(WINTER)


def latest(engine: Engine) -> Plan:
    with reading(engine) as session:
        return Plans().latest(session, WINTER)[1]


def row_of(engine: Engine, name: str) -> AssignmentRow:
    return next(a for a in page(engine).assignments if a.participant_name == name)


def team(engine: Engine, key: str) -> str:
    with reading(engine) as session:
        return session.scalars(select(TeamTable.ref).where(TeamTable.key == key)).one()


def what_if(
    engine: Engine, rotation: str, team: str | None, instead: str | None = None
) -> WhatIfPage:
    asked = WhatIf(engine, planner.plan, holiday_absences)
    return asked.page(WINTER, rotation, team, instead, NOW)


def everything(engine: Engine) -> tuple[int, int, int]:
    """How many plans, pins and deeds are stored."""
    with reading(engine) as session:
        plans, pins, deeds = (
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (PlanTable, PinTable, AuditTable)
        )
        return plans, pins, deeds


def deeds_of(engine: Engine, rotation: str) -> list[str]:
    with reading(engine) as session:
        query = select(AuditTable.sentence).where(AuditTable.rotation == rotation)
        return list(session.scalars(query.order_by(AuditTable.number)))


def other_team(row: AssignmentRow) -> str:
    return row.alternatives[-1].team


def test_a_plan_page_has_figures_and_the_best_two_alternatives_of_everybody(
    engine: Engine, plans: PlanningDesk
) -> None:
    found = page(engine)

    assert found.review is not None
    assert 0 <= found.review.gap < 0.2
    assert sum(load.visits for load in found.review.loads) == len(found.assignments)
    busiest = max(found.review.loads, key=lambda load: load.visits / load.share)
    assert found.review.loads[0].visits / found.review.loads[0].share == (
        busiest.visits / busiest.share
    )
    assert all(0 < len(a.alternatives) <= 2 for a in found.assignments)
    assert all(a.host != other.team for a in found.assignments for other in a.alternatives)


def test_a_pin_holds_when_the_cohort_is_planned_again_and_is_let_go(
    engine: Engine, plans: PlanningDesk
) -> None:
    row = row_of(engine, "Mara Stein")
    other = other_team(row)

    Pins(engine).pin(WINTER, row.rotation, other, NOW, instead=row.host)
    Pins(engine).pin(WINTER, row.rotation, other, NOW)
    plans.make_plan(WINTER, NOW)

    pinned = row_of(engine, "Mara Stein")
    assert (pinned.host, pinned.pinned_by) == (other, "you")
    Pins(engine).unpin(WINTER, row.rotation, other, NOW)
    Pins(engine).unpin(WINTER, row.rotation, other, NOW)
    plans.make_plan(WINTER, NOW)
    assert (row_of(engine, "Mara Stein").host, row_of(engine, "Mara Stein").pinned_by) == (
        row.host,
        "",
    )
    assert deeds_of(engine, row.rotation)[-2:] == [f"{other} pinned", f"{other} unpinned"]


def test_a_pin_takes_the_place_of_the_pin_on_the_team_that_is_visited_instead(
    engine: Engine, plans: PlanningDesk
) -> None:
    row = row_of(engine, "Mara Stein")
    Pins(engine).pin(WINTER, row.rotation, row.host, NOW)

    with pytest.raises(Refused, match=r"Mara Stein visits one team, so .* can't all be pinned"):
        Pins(engine).pin(WINTER, row.rotation, other_team(row), NOW)
    Pins(engine).pin(WINTER, row.rotation, other_team(row), NOW, instead=row.host)

    with reading(engine) as session:
        pins = session.scalars(select(PinTable.team).where(PinTable.rotation == row.rotation))
        assert pins.all() == [other_team(row)]


def test_what_the_folder_says_is_a_pin_that_only_the_folder_lets_go(
    engine: Engine, plans: PlanningDesk
) -> None:
    row = row_of(engine, "Mara Stein")
    with writing(engine) as session:
        person = session.scalars(select(PersonTable).where(PersonTable.key == "mara")).one()
        host = session.get_one(TeamTable, row.host)
        person.facts = {**person.facts, "must_visit": [host.key]}

    assert row_of(engine, "Mara Stein").pinned_by == "the folder"
    with pytest.raises(Refused, match="in the program folder"):
        Pins(engine).pin(WINTER, row.rotation, other_team(row), NOW, instead=row.host)


def test_pins_that_can_not_be_are_refused_with_the_reason(
    engine: Engine, plans: PlanningDesk
) -> None:
    row = row_of(engine, "Mara Stein")
    desk, stores, field, warehouse = (
        team(engine, key) for key in ("service-desk", "store-returns", "field-support", "warehouse")
    )
    with writing(engine) as session:
        session.add(ForbiddenTable(rotation=row.rotation, team=desk))
        person = session.scalars(select(PersonTable).where(PersonTable.key == "mara")).one()
        person.facts = {**person.facts, "never_visit": ["store-returns"], "team": "field-support"}
    Organisation(engine).dissolve(warehouse, WINTER, NOW)

    said = {}
    for ref in (desk, stores, field, warehouse):
        with pytest.raises(Refused) as refused:
            Pins(engine).pin(WINTER, row.rotation, ref, NOW)
        said[ref] = str(refused.value)

    assert said == {
        desk: "Service desk Berlin said no to the visit of Mara Stein. Pin another team.",
        stores: "The program folder says that Mara Stein never visits Store returns Croydon.",
        field: "Mara Stein belongs to Field support Hamburg and can't visit it.",
        warehouse: "Warehouse Newark is dissolved: nobody new visits it. Pin another team.",
    }
    choices = what_if(engine, row.rotation, None).choices
    assert [choice.name for choice in choices] == ["Billing hotline Glasgow"]
    assert everything(engine)[1] == 0


@pytest.mark.parametrize(
    ("cohort", "rotation", "team"),
    [("summer", None, None), (WINTER, "aaaaaaaa", None), (WINTER, None, "H-99")],
)
def test_unknown_names_pin_nothing(
    engine: Engine, plans: PlanningDesk, cohort: str, rotation: str | None, team: str | None
) -> None:
    row = row_of(engine, "Mara Stein")
    asked = (cohort, rotation or row.rotation, team or row.host)

    with pytest.raises(NotFound):
        Pins(engine).pin(*asked, NOW)
    with pytest.raises(NotFound):
        WhatIf(engine, planner.plan, holiday_absences).page(*asked, None, NOW)
    assert everything(engine)[1] == 0


def test_nothing_is_pinned_or_asked_once_a_plan_runs(engine: Engine, plans: PlanningDesk) -> None:
    row = row_of(engine, "Mara Stein")
    plans.approve(WINTER, 1, NOW)

    for act in (
        lambda: Pins(engine).pin(WINTER, row.rotation, row.host, NOW),
        lambda: Pins(engine).unpin(WINTER, row.rotation, row.host, NOW),
        lambda: what_if(engine, row.rotation, other_team(row)),
    ):
        with pytest.raises(Refused, match="Plan 1 is approved and running"):
            act()


def test_a_what_if_stores_nothing_and_is_what_planning_with_the_pin_gives(
    engine: Engine, plans: PlanningDesk
) -> None:
    row, stored, before = row_of(engine, "Mara Stein"), everything(engine), latest(engine)

    asked = what_if(engine, row.rotation, other_team(row), row.host)
    again = what_if(engine, row.rotation, other_team(row), row.host)

    assert asked == again
    assert everything(engine) == stored
    assert asked.effect is not None
    assert asked.effect.own is not None
    assert (asked.effect.own.before, asked.effect.own.after) == (row.host_name, asked.team_name)
    Pins(engine).pin(WINTER, row.rotation, other_team(row), NOW, instead=row.host)
    plans.make_plan(WINTER, NOW)
    after = latest(engine)
    assert (asked.effect.worth_before, asked.effect.worth_after) == (
        before.objective,
        after.objective,
    )
    changed = {
        rotation
        for rotation in {*before.hosts(), *after.hosts()}
        if before.hosts_of(rotation) != after.hosts_of(rotation)
        or before.steps_of(rotation) != after.steps_of(rotation)
    }
    assert {asked.effect.own.rotation, *(o.rotation for o in asked.effect.others)} == changed
    assert what_if(engine, row.rotation, other_team(row)).effect is not None
    unchanged = what_if(engine, row.rotation, other_team(row)).effect
    assert unchanged is not None
    assert (unchanged.own, unchanged.others, unchanged.loads) == (None, (), ())


def test_a_what_if_says_who_would_lose_the_place(engine: Engine, plans: PlanningDesk) -> None:
    """A team nobody can get to: whoever is pinned to it stays without a place."""
    row = row_of(engine, "Mara Stein")
    with writing(engine) as session:
        host = session.get_one(TeamTable, other_team(row))
        host.facts = {**host.facts, "needs_access": ["clearance"]}

    effect = what_if(engine, row.rotation, other_team(row)).effect

    assert effect is not None
    assert effect.own is not None
    assert effect.own.after == ""
    assert effect.own.reason
    assert "P-0" not in effect.own.reason
    assert effect.placed_after == effect.placed_before - 1


def test_a_calendar_that_changed_is_a_conflict_with_names_and_what_to_do(
    engine: Engine, plans: PlanningDesk
) -> None:
    conflicts = Conflicts(engine, planner.violations, holiday_absences)
    assert conflicts.of(WINTER, 1, NOW) == ()
    day = next(s for s in latest(engine).steps if s.key == "shadowing-day")
    lead = next(a.person for a in day.attendees if a.seat.value == "host-lead")
    times = BusyTimes(
        busy=(), absences=(Interval(starts=day.starts, ends=day.starts + timedelta(days=3)),)
    )
    found_there = CalendarReading(seen=Seen(digest="d"), times=((WINTER, times),))
    CalendarDesk(engine, Vault(b"k" * 32), timedelta(hours=1)).upload(lead, found_there, NOW)

    found = conflicts.of(WINTER, 1, NOW)

    mine = [one for one in found if (one.rotation, one.step) == (day.rotation, day.key)]
    assert mine
    names = Views(engine)
    who = next(a.participant for a in latest(engine).assignments if a.rotation == day.rotation)
    assert names.named(who) in mine[0].sentence
    assert f"finds {names.named(lead)} away." in mine[0].sentence
    assert "Plan again" in mine[0].what_to_do
    plans.make_plan(WINTER, NOW)
    assert conflicts.of(WINTER, 2, NOW) == ()


def test_a_dissolved_team_and_a_pin_that_is_not_planned_yet_are_conflicts(
    engine: Engine, plans: PlanningDesk
) -> None:
    mara, tom = row_of(engine, "Mara Stein"), row_of(engine, "Tom Okafor")
    assert mara.host != tom.host
    Organisation(engine).dissolve(mara.host, WINTER, NOW)
    Pins(engine).pin(WINTER, tom.rotation, other_team(tom), NOW, instead=tom.host)

    found = Conflicts(engine, planner.violations, holiday_absences).of(WINTER, 1, NOW)

    said = {one.sentence for one in found}
    assert f"Mara Stein can't visit {mara.host_name}, which is dissolved." in said
    other = next(a.name for a in tom.alternatives if a.team == other_team(tom))
    assert f"Tom Okafor does not visit {other}." in said


def test_a_repaired_plan_has_no_review_and_its_page_is_still_there(
    engine: Engine, plans: PlanningDesk
) -> None:
    row = row_of(engine, "Mara Stein")
    plans.approve(WINTER, 1, NOW)
    away = Disruption(rotation=row.rotation, step=None, cause=Cause.WITHDRAWN)

    assert plans.repair(WINTER, away, NOW).plan == 2

    assert page(engine).review is None
    assert {a.alternatives for a in page(engine).assignments} == {()}
