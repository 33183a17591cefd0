"""The register of tensions in the store: raised, found, told of once, settled, erased."""

import json
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Engine, select

from domain.errors import NotFound, Refused
from domain.program import Program, Ritual, Weekday
from domain.rotation import Ending, Phase, RotationState
from domain.tensions import TensionState
from store.database import reading, writing
from store.erasing import Erasing
from store.tables.learning import TensionTable
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable
from store.tensions import A_PAGE, MOST_OPEN, TensionRow, Tensions, WantedTensions
from tests.builders import ANA, DAY, LEAD, LEADER, MANAGER
from tests.integration.store.world import (
    JsonComposer,
    carry_out,
    invited,
    loaded,
    the_step,
)

NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)
RITUAL = Ritual(
    key="four-lenses",
    title="One case, four lenses",
    duration=timedelta(hours=1),
    weekday=Weekday.THURSDAY,
    starts_at="15:00",
    lenses=("customer", "night"),
)
"""Held on 3 December next."""


class World:
    def __init__(self, engine: Engine, *, switched_on: bool = True) -> None:
        self.engine = engine
        state = invited(loaded(engine))
        carry_out(engine, state)
        self.state: RotationState = state
        self.register = Tensions(engine, JsonComposer(), "http://127.0.0.1", Random(1))
        with writing(engine) as session:
            row = session.get_one(CohortTable, "winter")
            known = Program.model_validate(row.program)
            changes = {"rituals": (RITUAL,), "tension_register": switched_on}
            row.program = known.model_copy(update=changes).model_dump(mode="json")

    @property
    def talk(self) -> str:
        return f"{self.state.rotation}:listening-session"

    def typed(self, **changes: str) -> dict[str, str]:
        facts = {
            "one": "Answers within the hour",
            "other": "Answers that hold",
            "lens": "customer",
            "owner": LEAD,
            "due": "2026-12-10",
            "initiative": "",
            "decided_on": "",
            "place": "",
        }
        return facts | changes

    def raised(self, **changes: str) -> dict[str, str]:
        return self.register.raise_by_manager(
            "winter", self.state.rotation, self.typed(**changes), NOW
        )

    def by_link(self, person: str = LEADER, **changes: str) -> dict[str, str]:
        typed = self.typed(**changes)
        return self.register.raise_by_link(self.state.rotation, person, typed, NOW)

    def rows(self, now: datetime = NOW, **wanted: str) -> tuple[TensionRow, ...]:
        return self.register.find("winter", WantedTensions(**wanted), now).tensions

    def told(self) -> list[dict[str, str]]:
        query = select(OutboxTable.raw).where(OutboxTable.kind == "tensions-due")
        with reading(self.engine) as session:
            letters = [json.loads(raw) for raw in session.scalars(query)]
        assert all(letter["reader_name"] == "Boss" for letter in letters)
        return [dict(letter["facts"]) for letter in letters]

    def move(self, day: datetime, phase: Phase | None = None) -> None:
        """The listening session is at another time, or called off."""
        step = the_step(self.state, "listening-session")
        changes = {"starts": day, "ends": day + timedelta(hours=1), "phase": phase or step.phase}
        moved = self.state.with_step(step.model_copy(update=changes))
        self.state = moved.model_copy(update={"version": self.state.version + 1})
        carry_out(self.engine, self.state)


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def test_practice_s12_an_overdue_tension_stands_first_and_is_told_of_once(world: World) -> None:
    assert world.raised(one="Speed", due="2026-12-20") == {}
    assert world.raised(one="Care", lens="finance") == {}
    assert world.register.tell_what_is_due(NOW + 10 * DAY) == 0

    late = NOW + 11 * DAY
    assert [world.register.tell_what_is_due(late + n * DAY / 24) for n in range(3)] == [1, 0, 0]

    assert world.told() == [{"program": "A day with the desk", "overdue": "1", "early": "0"}]
    first, second = world.rows(late)
    assert (first.one, first.overdue, first.lens) == ("Care", True, "finance")
    assert (second.one, second.overdue) == ("Speed", False)
    assert world.register.find("winter", WantedTensions(), late).overdue == 1
    assert world.register.tell_what_is_due(NOW + 21 * DAY) == 1
    assert len(world.told()) == 2


def test_practice_s12_what_is_settled_is_neither_overdue_nor_told_of(world: World) -> None:
    world.raised()
    (open_one,) = world.rows()
    settle = world.register.settle
    with pytest.raises(Refused, match="Write in a sentence"):
        settle("winter", open_one.id, TensionState.EASED, " ", NOW)
    with pytest.raises(Refused, match="Name nobody: Lead"):
        settle("winter", open_one.id, TensionState.EASED, "It was up to Lead.", NOW)
    with pytest.raises(NotFound):
        settle("summer", open_one.id, TensionState.EASED, "Done.", NOW)
    settle("winter", open_one.id, TensionState.ACCEPTED, "Both are right.", NOW)
    with pytest.raises(Refused, match="accepted already"):
        settle("winter", open_one.id, TensionState.EASED, "No.", NOW)

    assert world.register.tell_what_is_due(NOW + 30 * DAY) == 0
    (row,) = world.rows(NOW + 30 * DAY)
    assert (row.state, row.sentence, row.overdue) == ("accepted", "Both are right.", False)
    assert world.rows(state="open") == ()
    assert len(world.rows(state="accepted", lens="customer")) == 1
    assert world.rows(lens="finance") == ()


def test_practice_s48_a_decision_before_its_listening_session_raises_an_alert(
    world: World,
) -> None:
    session_day = the_step(world.state, "listening-session").starts.date()
    early = f"{session_day - DAY}"
    initiative = {"initiative": "Rule for refunds", "place": world.talk, "due": "2027-02-01"}
    assert world.raised(decided_on=early, **initiative) == {}
    assert world.raised(decided_on=f"{session_day}", **initiative) == {}
    assert world.raised(decided_on=early, **(initiative | {"place": ""})) == {}

    found = world.register.find("winter", WantedTensions(), NOW)
    assert sorted(row.early for row in found.tensions) == [False, False, True]
    assert found.early == 1
    assert [world.register.tell_what_is_due(NOW + n * DAY) for n in (0, 1)] == [1, 0]
    assert world.told() == [{"program": "A day with the desk", "overdue": "0", "early": "1"}]

    moved = the_step(world.state, "listening-session").starts
    world.move(moved + 2 * DAY)
    assert world.register.find("winter", WantedTensions(), NOW).early == 2
    assert world.register.tell_what_is_due(NOW + 2 * DAY) == 1
    world.move(moved - 2 * DAY)
    assert world.register.find("winter", WantedTensions(), NOW).early == 0
    world.move(moved, Phase.CANCELLED)
    assert world.register.find("winter", WantedTensions(), NOW).early == 2


def test_practice_s48_a_decision_before_the_next_session_of_a_ritual_raises_an_alert(
    world: World,
) -> None:
    initiative = {"initiative": "Night shift", "place": ":four-lenses", "due": "2027-02-01"}
    assert world.raised(decided_on="2026-12-02", **initiative) == {}
    assert world.raised(decided_on="2026-12-03", **initiative) == {}

    rows = world.rows()
    assert {row.discussed_on for row in rows} == {date(2026, 12, 3)}
    assert {row.decided_on: row.early for row in rows} == {
        date(2026, 12, 2): True,
        date(2026, 12, 3): False,
    }
    assert {row.early for row in world.rows(NOW + 10 * DAY)} == {True, False}


def test_who_takes_part_raises_one_and_is_not_named(world: World) -> None:
    form = world.register.form_of(world.state.rotation, LEADER, NOW)
    assert "night" in form.lenses
    assert [one.ref for one in form.owners] == [MANAGER, LEAD, LEADER]
    assert world.by_link() == {}
    assert world.by_link(owner=ANA) == {"owner": "Name who looks at it."}
    assert "nobody" in world.by_link(other="What Lead wants")
    assert "place" in world.by_link(place="zzzzzzzz:listening-session")
    for stranger in (LEAD, ANA):
        with pytest.raises(Refused, match="not yours"):
            world.by_link(stranger)

    (row,) = world.rows()
    assert "Mara" not in row.model_dump_json()


def test_nobody_fills_the_register_alone(world: World) -> None:
    for _ in range(MOST_OPEN):
        assert world.by_link() == {}
    with pytest.raises(Refused, match="Let one be settled first"):
        world.by_link()


def test_a_program_that_has_no_register_asks_nobody(engine: Engine) -> None:
    world = World(engine, switched_on=False)
    with pytest.raises(Refused, match="no register of tensions here"):
        world.by_link()
    assert world.raised() == {}


def test_a_manager_names_anybody_there_is(world: World) -> None:
    assert world.raised(owner=ANA) == {}
    for nobody in ("", "P-9999"):
        assert world.raised(owner=nobody) == {"owner": "Name who looks at it."}
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        world.register.find("summer", WantedTensions(), NOW)
    with pytest.raises(NotFound, match="no rotation"):
        world.register.form_for_managers("winter", "zzzzzzzz", NOW)


def test_the_register_is_read_a_page_at_a_time(world: World) -> None:
    with writing(world.engine) as session:
        session.add_all(
            TensionTable(
                id=f"t{number:07}",
                cohort="winter",
                person=None,
                one="Speed",
                other="Care",
                lens="customer",
                owner=LEAD,
                due=date(2026, 12, 10),
                session="",
                raised_at=NOW,
            )
            for number in range(A_PAGE + 3)
        )
    first, second = (world.register.find("winter", WantedTensions(), NOW, page) for page in (1, 2))
    assert (first.found, len(first.tensions), len(second.tensions)) == (A_PAGE + 3, A_PAGE, 3)
    assert not {r.id for r in first.tensions} & {r.id for r in second.tensions}
    assert len(world.register.every("winter", WantedTensions(), NOW)) == A_PAGE + 3


def test_what_an_erased_person_raised_is_empty_and_still_counted(world: World) -> None:
    world.by_link(initiative="Rule for refunds", decided_on="2026-12-09")
    over = {"ending": Ending.WITHDRAWN, "version": world.state.version + 1}
    world.state = world.state.model_copy(update=over)
    carry_out(world.engine, world.state)
    with writing(world.engine) as session:
        for mail in session.scalars(select(OutboxTable)):
            mail.state = "sent"

    Erasing(world.engine).erase(LEADER, NOW + DAY)

    (row,) = world.rows()
    assert "Answers" not in row.model_dump_json()
    assert "refunds" not in row.model_dump_json()
    assert (row.lens, row.state) == ("customer", "open")
