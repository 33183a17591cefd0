"""Observations: sealed, kept once, read again only by their writer with a code."""

import json
import sqlite3
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import Engine, select

from domain.errors import Refused
from domain.evidence import Observation
from domain.insights import InsightTag
from store.database import open_database, reading
from store.observations import Note, Observations
from store.reading_codes import CODE_LIFE, CODE_TRIES, CODES_A_DAY, ReadingCodes
from store.tables.mail import OutboxTable
from store.tables.words import ObservationTable
from tests.builders import ANA, LEADER
from tests.integration.store.world import (
    VAULT,
    JsonComposer,
    PlainLinks,
    carry_out,
    invited,
    loaded,
    the_step,
)
from tests.migrated import give_schema

CANARY = "the canary sings at noon"
MINUTE = timedelta(minutes=1)


class World:
    """A rotation whose shadowing day has begun, and its observations."""

    def __init__(self, engine: Engine, seed: int = 1) -> None:
        state = invited(loaded(engine))
        carry_out(engine, state)
        self.engine = engine
        self.rotation = state.rotation
        self.day = the_step(state, "shadowing-day")
        self.now = self.day.starts + 30 * MINUTE
        codes = ReadingCodes(VAULT, JsonComposer(), PlainLinks(), Random(seed))
        self.notes = Observations(engine, VAULT, codes)

    def keep(self, name: str = "a" * 32, person: str = LEADER, quote: str = CANARY) -> None:
        seen = Observation(quote=quote, moment="at the desk", tag=InsightTag.DELIGHT)
        self.notes.keep(name, self.rotation, self.day.key, person, seen, self.now)

    def ask_code(self) -> str:
        self.notes.ask_code(self.rotation, self.day.key, LEADER, self.now)
        with reading(self.engine) as session:
            query = select(OutboxTable.raw).where(OutboxTable.kind == "reading-code")
            newest = session.scalars(query.order_by(OutboxTable.number.desc())).first()
        assert newest
        (code,) = json.loads(newest)["lines"]
        return str(code)

    def own(self, code: str) -> tuple[Note, ...]:
        return self.notes.own(self.rotation, self.day.key, LEADER, code, self.now)


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def test_the_same_note_sent_twice_is_kept_once(world: World) -> None:
    for _ in range(2):
        world.keep()
    world.keep("b" * 32)

    page = world.notes.page(world.rotation, world.day.key, LEADER, world.now)
    assert [one.tag for one in page.kept] == [InsightTag.DELIGHT] * 2
    assert page.why_closed == ""


def test_a_name_that_is_taken_by_another_rotation_overwrites_nothing(world: World) -> None:
    world.keep()
    with reading(world.engine) as session:
        kept = session.get_one(ObservationTable, "a" * 32).sealed
    with pytest.raises(Refused, match="Only the participant"):
        world.keep(person=ANA)
    with reading(world.engine) as session:
        assert session.get_one(ObservationTable, "a" * 32).sealed == kept


def test_a_note_without_a_connection_counts_when_it_was_written(world: World) -> None:
    written = world.now - 20 * MINUTE
    seen = Observation(quote="now", tag=InsightTag.CONSTRAINT)
    for name, at in (("c" * 32, written), ("d" * 32, world.now + 9 * MINUTE)):
        world.notes.keep(name, world.rotation, world.day.key, LEADER, seen, world.now, at)
    world.notes.keep(
        "e" * 32, world.rotation, world.day.key, LEADER, seen, world.now, world.day.starts - MINUTE
    )

    page = world.notes.page(world.rotation, world.day.key, LEADER, world.now)
    assert [one.noted_at for one in page.kept] == [world.day.starts, written, world.now]


def test_what_was_noted_in_time_is_taken_long_after(world: World) -> None:
    written, world.now = world.now, world.now + timedelta(days=40)
    seen = Observation(quote="then", tag=InsightTag.CONSTRAINT)
    name, key = "f" * 32, world.day.key

    world.notes.keep(name, world.rotation, key, LEADER, seen, world.now, written)
    with pytest.raises(Refused, match="closed 14 days after"):
        world.keep()


def test_no_words_of_a_note_stand_in_the_database(tmp_path: Path) -> None:
    path = tmp_path / "canary.db"
    engine = open_database(f"sqlite:///{path}")
    give_schema(engine)
    world = World(engine)
    world.keep()
    world.own(world.ask_code())
    engine.dispose()

    with sqlite3.connect(path) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        dump = "\n".join(raw.iterdump())
    assert "observation" in dump
    assert CANARY not in dump
    assert CANARY.encode() not in path.read_bytes()


def test_a_code_opens_the_notes_of_one_stop_once(world: World) -> None:
    world.keep()
    code = world.ask_code()

    (note,) = world.own(code)

    assert (note.observation.quote, note.step) == (CANARY, world.day.key)
    with pytest.raises(Refused, match="wrong or too old"):
        world.own(code)


def test_a_code_is_too_old_after_a_while(world: World) -> None:
    world.keep()
    code = world.ask_code()
    world.now += CODE_LIFE + MINUTE
    with pytest.raises(Refused, match="wrong or too old"):
        world.own(code)


def test_guessing_a_code_ends_it(world: World) -> None:
    code = world.ask_code()
    wrong = f"{(int(code) + 1) % 10**6:06}"
    for _ in range(CODE_TRIES):
        with pytest.raises(Refused, match="wrong"):
            world.own(wrong)
    with pytest.raises(Refused, match="wrong"):
        world.own(code)
    assert world.own(world.ask_code()) == ()


def test_only_the_newest_code_counts_and_only_so_many_are_sent(world: World) -> None:
    first = world.ask_code()
    for _ in range(CODES_A_DAY - 1):
        world.now += MINUTE
        newest = world.ask_code()
    with pytest.raises(Refused, match="wrong"):
        world.own(first)
    assert world.own(newest) == ()
    with pytest.raises(Refused, match="many codes"):
        world.ask_code()
    world.now += timedelta(days=1, minutes=1)
    assert world.ask_code()


def test_only_the_participant_gets_a_code_or_reads(world: World) -> None:
    for ask in (
        lambda: world.notes.ask_code(world.rotation, world.day.key, ANA, world.now),
        lambda: world.notes.own(world.rotation, world.day.key, ANA, "000000", world.now),
        lambda: world.notes.page(world.rotation, world.day.key, ANA, world.now),
    ):
        with pytest.raises(Refused, match="Only the participant"):
            ask()


def test_names_of_those_who_are_met_are_known_but_not_the_own(world: World) -> None:
    names = world.notes.names_met(world.rotation)
    assert {"Ana", "Ben", "Lead"} <= set(names)
    assert "Mara" not in names
