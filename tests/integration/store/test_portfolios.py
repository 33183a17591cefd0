"""What participants practised, read from the store, and the letter about long absences."""

import json
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound
from domain.people import Seat
from domain.program import (
    Exercise,
    FormField,
    Practice,
    Program,
    Reader,
    Ritual,
    StepKind,
    Timing,
    Weekday,
)
from domain.rituals import next_session, series_of
from domain.rotation import Answer, Ending, Phase, RotationState
from invites.composer import MailComposer
from store.database import reading, writing
from store.erasing import Erasing
from store.exercises import Exercises
from store.importing import load_folder
from store.people import program_of
from store.portfolios import PortfolioRow, Portfolios
from store.reading_codes import ReadingCodes
from store.sayings import Sayings
from store.tables.mail import OutboxTable
from store.tables.people import CohortTable, PersonTable
from store.tables.rotations import ExposureToldTable, RotationTable
from tests.builders import LEADER
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    JsonComposer,
    PlainLinks,
    a_folder,
    a_person,
    carry_out,
    invited,
    loaded_again,
    the_step,
)

AFTER = datetime(2026, 12, 20, 12, tzinfo=UTC)
LONG_AGO = date(2026, 8, 3)
RITUAL = Ritual(
    key="four-lenses",
    title="One case",
    duration=timedelta(hours=1),
    weekday=Weekday.THURSDAY,
    starts_at="15:00",
    lenses=("customer", "finance"),
)
MAP = Exercise(
    key="decision-map",
    version=1,
    title="How it was decided",
    seat=Seat.PARTICIPANT,
    step=StepKind.SHADOWING_DAY,
    timing=Timing.AFTER,
    practice=Practice.PERSPECTIVE,
    fields=(FormField(key="who", label="Who decided"),),
)


class World:
    """Mara visits the desk; the program shows portfolios."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        people = (a_person(key, **self.facts(key)) for key in PEOPLE)
        folder = a_folder(*people)
        changes = {"cards": ("portfolio", MAP.key), "exercises": (MAP,), "rituals": (RITUAL,)}
        program = folder.program.model_copy(update=changes)
        load_folder(engine, folder.model_copy(update={"program": program}), dry_run=False, now=NOW)
        self.state: RotationState = loaded_again(engine)
        self.portfolios = Portfolios(engine, JsonComposer(), "http://127.0.0.1")

    def facts(self, key: str) -> dict[str, object]:
        return {"met_customers_on": LONG_AGO} if key == "mara" else {}

    def program(self, **changes: object) -> None:
        with writing(self.engine) as session:
            row = session.get_one(CohortTable, "winter")
            program = Program.model_validate(row.program).model_copy(update=changes)
            row.program = program.model_dump(mode="json")

    def says(self, key: str, **changes: object) -> None:
        """The rotation says that a step of it changed."""
        step = the_step(self.state, key).model_copy(update=changes)
        state = self.state.with_step(step)
        self.state = state.model_copy(update={"version": state.version + 1})
        carry_out(self.engine, self.state, now=AFTER)

    def row(self, now: datetime = AFTER) -> PortfolioRow:
        (row,) = self.portfolios.page("winter", now).rows
        return row

    def tell(self, now: datetime = AFTER) -> int:
        return self.portfolios.tell_of_long_absences(now)

    def told(self) -> list[dict[str, object]]:
        query = select(OutboxTable.raw).where(OutboxTable.kind == "customers-long-ago")
        with reading(self.engine) as session:
            return [json.loads(raw) for raw in session.scalars(query.order_by(OutboxTable.number))]


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def missing(row: PortfolioRow) -> list[Practice]:
    return [one.practised.practice for one in row.practices if one.missing]


def last(row: PortfolioRow) -> dict[Practice, date | None]:
    return {one.practised.practice: one.practised.last for one in row.practices}


def test_practice_s1_each_kind_that_is_missing_this_quarter_is_named(world: World) -> None:
    assert missing(world.row()) == list(Practice)

    world.says("shadowing-day", phase=Phase.HELD)
    assert missing(world.row()) == [Practice.PERSPECTIVE, Practice.REFLECTION]
    world.says("reflection", phase=Phase.HELD)
    assert missing(world.row()) == [Practice.PERSPECTIVE]
    map_a_decision(world)
    assert missing(world.row()) == []

    next_quarter = AFTER + timedelta(weeks=3)
    assert missing(world.row(next_quarter)) == list(Practice)
    day = the_step(world.state, "shadowing-day").starts.date()
    assert last(world.row(next_quarter))[Practice.CUSTOMERS] == day


def map_a_decision(world: World) -> None:
    codes = ReadingCodes(VAULT, MailComposer("us@sojourn.example", "Us"), PlainLinks())
    exercises = Exercises(world.engine, VAULT, codes)
    day = the_step(world.state, "shadowing-day")
    said = {"who": "Nobody alone."}
    rotation = world.state.rotation
    exercises.keep(rotation, day.key, MAP.key, LEADER, said, Reader.WRITER, AFTER)


def test_practice_s1_a_session_of_a_ritual_is_perspective_taking_for_who_said_yes(
    world: World,
) -> None:
    world.says("goal-talk")
    with reading(world.engine) as session:
        (series,) = series_of(program_of(session, "winter"))
    coming = next_session(series, AFTER - timedelta(days=9))
    assert coming
    held = coming.held
    seat = the_step(world.state, "goal-talk").attendees[0]
    step = the_step(world.state, "goal-talk").model_copy(
        update={
            "key": "four-lenses",
            "kind": StepKind.RITUAL_SESSION,
            "starts": held.starts,
            "ends": held.starts + timedelta(hours=1),
            "attendees": (seat,),
        }
    )
    ritual = {"rotation": "ritualaa", "ritual": "four-lenses", "host": None, "steps": (step,)}
    state = world.state.model_copy(update={**ritual, "gates": (), "version": 0})
    open_session(world.engine, state)
    state = invited(state, "four-lenses")
    carry_out(world.engine, state, Errand(kind=ErrandKind.INVITE, step="four-lenses"))
    over = state.with_step(the_step(state, "four-lenses").model_copy(update={"phase": Phase.HELD}))

    carry_out(world.engine, over.model_copy(update={"version": 5}), now=AFTER)
    assert Practice.PERSPECTIVE in missing(world.row())
    carry_out(world.engine, state.model_copy(update={"version": 6}), now=AFTER)
    Sayings(world.engine, VAULT).answer_for(
        state.rotation, "four-lenses", LEADER, Answer.ACCEPTED, NOW
    )
    carry_out(world.engine, over.model_copy(update={"version": 7}), now=AFTER)
    assert Practice.PERSPECTIVE not in missing(world.row())
    assert len(world.portfolios.page("winter", AFTER).rows) == 1


def open_session(engine: Engine, state: RotationState) -> None:
    with writing(engine) as session:
        session.add(
            RotationTable(
                id=state.rotation,
                cohort=state.cohort,
                participant=state.participant,
                workflow_id=f"session-winter-{state.rotation}",
                ritual="four-lenses",
            )
        )


def test_practice_s54_the_largest_gap_comes_next_until_it_has_a_date(world: World) -> None:
    world.says("reflection", phase=Phase.HELD)
    world.program(starts_on=LONG_AGO)
    assert world.row().next is Practice.PERSPECTIVE

    map_a_decision(world)
    assert world.row().next is Practice.CUSTOMERS
    world.says("shadowing-day", starts=AFTER + timedelta(days=3))
    assert world.row().next is None
    customers = world.row().practices[1].practised
    assert customers.planned == (AFTER + timedelta(days=3)).date()


def test_practice_s17_long_without_customers_is_told_of_once(world: World) -> None:
    """The limit is thirteen weeks, and Mara met none since August."""
    limit = datetime(2026, 11, 2, 12, tzinfo=UTC)
    world.program(starts_on=LONG_AGO, weeks=30)

    assert (world.row(limit).weeks, world.row(limit).too_long) == (13, False)
    assert world.tell(limit) == 0
    day_after = limit + timedelta(days=1)
    assert world.row(day_after).too_long
    assert [world.tell(day_after + n * timedelta(hours=40)) for n in range(3)] == [1, 0, 0]

    (letter,) = world.told()
    assert letter["reader_name"] == "Boss"
    assert letter["lines"] == ["Mara: 13"]
    assert dict(letter["facts"]) == {"program": "A day with the desk", "weeks": "13"}  # type: ignore[call-overload]
    assert letter["url"] == "http://127.0.0.1/portfolio/winter"


def test_practice_s17_after_a_visit_the_clock_starts_anew_and_is_told_of_again(
    world: World,
) -> None:
    world.program(weeks=52)
    assert world.tell() == 1
    world.says("shadowing-day", phase=Phase.HELD)
    assert world.row().weeks == 2
    assert world.tell(AFTER + timedelta(weeks=10)) == 0

    assert world.tell(AFTER + timedelta(weeks=12)) == 1
    assert [letter["lines"] for letter in world.told()] == [["Mara: 19"], ["Mara: 14"]]


def test_practice_s13_a_delegated_day_stops_no_clock_and_is_no_practice(world: World) -> None:
    world.says("shadowing-day", phase=Phase.HELD, delegated=True)

    assert Practice.CUSTOMERS in missing(world.row())
    assert (world.row().met_customers_on, world.row().too_long) == (LONG_AGO, True)
    assert world.tell() == 1


def test_practice_s17_who_has_a_date_for_a_visit_is_not_written_about(world: World) -> None:
    world.says("shadowing-day", starts=AFTER + timedelta(days=3))
    assert world.row().too_long
    assert world.tell() == 0

    world.says("shadowing-day", phase=Phase.CANCELLED)
    assert world.tell() == 1


@pytest.mark.parametrize("days", [-1, 0, 41, 42])
def test_practice_s17_the_letter_is_written_on_days_of_the_program_alone(
    world: World, days: int
) -> None:
    """It runs for six weeks, in which Mara has no date."""
    world.says("shadowing-day", phase=Phase.CANCELLED)
    begins = datetime(2026, 11, 30, tzinfo=ZoneInfo("Europe/Berlin"))

    assert world.tell(begins + timedelta(days=days, hours=12)) == (0 <= days < 42)


def test_practice_s17_a_program_that_goes_on_has_no_last_letter(world: World) -> None:
    world.program(continuous=True)
    world.says("shadowing-day", phase=Phase.CANCELLED)

    assert world.tell(AFTER + timedelta(weeks=52)) == 1


@pytest.mark.parametrize("ending", [Ending.WITHDRAWN, Ending.CANCELLED])
def test_practice_s17_nobody_is_named_who_left(world: World, ending: Ending) -> None:
    world.state = world.state.model_copy(update={"ending": ending})
    world.says("shadowing-day")

    assert (world.tell(), world.portfolios.page("winter", AFTER).rows) == (0, ())


def test_practice_s17_who_is_done_is_named_still(world: World) -> None:
    world.state = world.state.model_copy(update={"ending": Ending.COMPLETED})
    world.says("shadowing-day", phase=Phase.HELD, delegated=True)

    assert world.tell() == 1


def test_practice_s17_nobody_is_named_who_never_began_and_does_not_come_any_more(
    world: World,
) -> None:
    assert world.row().too_long
    people = (a_person(key, **{**world.facts(key), "participates": False}) for key in PEOPLE)
    with reading(world.engine) as session:
        program = program_of(session, "winter")
    folder = a_folder(*people).model_copy(update={"program": program})
    load_folder(world.engine, folder, dry_run=False, now=NOW)

    assert (world.tell(), world.portfolios.page("winter", AFTER).rows) == (0, ())


def test_practice_s17_nobody_is_named_who_was_erased(world: World) -> None:
    world.says("shadowing-day", phase=Phase.CANCELLED)
    with writing(world.engine) as session:
        session.get_one(PersonTable, LEADER).erased_at = AFTER

    assert (world.tell(), world.portfolios.page("winter", AFTER).rows) == (0, ())


def test_practice_s17_a_visit_that_nobody_confirmed_yet_counts_as_planned_for_a_week(
    world: World,
) -> None:
    world.says("shadowing-day", starts=AFTER - timedelta(days=6))
    customers = world.row().practices[1].practised

    assert customers.planned == (AFTER - timedelta(days=6)).date()
    assert customers.unconfirmed
    assert customers.last is None
    assert world.row().next is not Practice.CUSTOMERS
    assert world.tell() == 0

    two_days_later = AFTER + timedelta(days=2)
    customers = world.row(two_days_later).practices[1].practised
    assert (customers.planned, customers.unconfirmed) == (None, False)
    assert world.tell(two_days_later) == 1


def test_practice_s17_a_day_with_a_team_that_meets_no_customers_stops_no_clock(
    world: World,
) -> None:
    folder = a_folder()
    inward = tuple(t.model_copy(update={"customer_facing": False}) for t in folder.teams)
    people = tuple(a_person(key, **world.facts(key)) for key in PEOPLE)
    with reading(world.engine) as session:
        program = program_of(session, "winter")
    changes = {"teams": inward, "people": people, "program": program}
    load_folder(world.engine, folder.model_copy(update=changes), dry_run=False, now=NOW)
    world.says("shadowing-day", phase=Phase.HELD)

    assert world.row().too_long
    assert Practice.CUSTOMERS in missing(world.row())


class Unknown(World):
    """Nobody knows when Mara met customers."""

    def facts(self, key: str) -> dict[str, object]:
        return {}


def test_practice_s17_where_nobody_knows_nothing_follows(engine: Engine) -> None:
    world = Unknown(engine)

    assert (world.row().weeks, world.row().too_long, world.tell()) == (None, False, 0)


def test_without_the_card_nothing_is_shown_and_nobody_is_told(world: World) -> None:
    world.program(cards=())

    page = world.portfolios.page("winter", AFTER)
    assert (page.switched_on, page.rows, world.tell()) == (False, (), 0)
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        world.portfolios.page("summer", AFTER)


def test_an_erased_person_was_told_of_to_nobody(world: World) -> None:
    assert world.tell() == 1
    with world.engine.begin() as opened:
        opened.exec_driver_sql("UPDATE outbox SET state = 'sent'")
    ended = world.state.model_copy(update={"ending": Ending.WITHDRAWN, "version": 9})
    carry_out(world.engine, ended, now=AFTER)

    Erasing(world.engine).erase(LEADER, AFTER)

    with reading(world.engine) as session:
        assert session.scalars(select(ExposureToldTable)).all() == []
