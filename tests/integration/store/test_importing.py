"""Importing a folder and migrating what was imported before."""

import pytest
from sqlalchemy import Engine, inspect, select, update

from domain.folder import FolderCalendar, ImportReport
from domain.moves import apply
from domain.rotation import Answer
from store.database import reading, writing
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.sayings import Sayings
from store.tables.base import Base
from store.tables.people import CohortTable, PersonTable
from store.tables.planning import CalendarTable
from store.tables.rotations import RotationTable
from tests.builders import HOST, PARTICIPANT
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    a_person,
    a_team,
    carry_out,
    invites,
    inviting,
    loaded,
    mails,
    replanned,
)

ACCEPTED = Answer.ACCEPTED


def people(engine: Engine) -> list[tuple[str, str, str]]:
    with reading(engine) as session:
        rows = session.scalars(select(PersonTable).order_by(PersonTable.ref))
        return [(row.ref, row.key, row.name) for row in rows]


def test_a_folder_is_loaded_whole_or_not_at_all(engine: Engine) -> None:
    broken = a_folder(teams=(a_team("desk", "lead", "ana"), a_team("shop", "nobody")))

    with pytest.raises(KeyError):
        load_folder(engine, broken, dry_run=False, now=NOW)

    assert people(engine) == []


def test_people_keep_their_pseudonym_and_rotations_their_id_when_a_folder_changes(
    engine: Engine,
) -> None:
    rotation = loaded(engine).rotation
    renamed = a_person("ana", name="Ana Marie")
    others = [a_person(key) for key in PEOPLE if key != "ana"]

    report = load_folder(engine, a_folder(renamed, *others), dry_run=False, now=NOW)

    assert report == ImportReport(cohort="winter", changed=("person ana",), unchanged=10)
    assert ("P-0004", "ana", "Ana Marie") in people(engine)
    with reading(engine) as session:
        assert session.scalars(select(RotationTable.id)).all() == [rotation]
        assert session.scalars(select(RotationTable.workflow_id)).all() == [
            f"rotation-winter-{rotation}"
        ]


def test_the_migrations_give_exactly_the_tables_of_the_code(engine: Engine) -> None:
    """Beside those with which SQLite finds words."""
    look = inspect(engine)
    found = {
        name: {column["name"] for column in look.get_columns(name)}
        for name in look.get_table_names()
        if name != "alembic_version" and not name.startswith("insight_words")
    }
    assert found == {t.name: {c.name for c in t.columns} for t in Base.metadata.sorted_tables}


def test_what_the_first_schema_held_survives_the_way_up(engine: Engine) -> None:
    state = inviting(engine, "shadowing-day")
    Sayings(engine, VAULT).answer(invites(engine, "shadowing-day")[0].uid, ACCEPTED, "link", NOW)
    unmigrate(engine, "0001")
    migrate(engine)
    before = len(mails(engine))

    seats = tuple(a.model_copy(update={"required": False}) for a in (PARTICIPANT, HOST))
    changed, errands = apply(state, replanned(state, shadowing_day={"attendees": seats}), NOW)
    carry_out(engine, changed, *errands)

    assert mails(engine)[before:] == []
    assert [i.answer for i in invites(engine, "shadowing-day")] == ["accepted", "needs-action"]


def test_sessions_with_their_invites_and_answers_do_not_stand_in_the_way_down(
    engine: Engine,
) -> None:
    inviting(engine, "shadowing-day")
    Sayings(engine, VAULT).answer(invites(engine, "shadowing-day")[0].uid, ACCEPTED, "link", NOW)
    with writing(engine) as session:
        session.execute(update(RotationTable).values(ritual="four-lenses"))

    unmigrate(engine, "0008")
    migrate(engine)

    assert invites(engine, "shadowing-day") == []


def test_a_cohort_under_way_keeps_its_steps(engine: Engine) -> None:
    loaded(engine)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
    folder = a_folder()
    steps = folder.program.steps
    renamed = folder.program.model_copy(
        update={"steps": (steps[0].model_copy(update={"key": "first-talk"}), *steps[1:])}
    )

    report = load_folder(
        engine, folder.model_copy(update={"program": renamed}), dry_run=False, now=NOW
    )

    (rejection,) = report.rejected
    assert (rejection.file, rejection.field) == ("program.toml", "steps")
    assert load_folder(engine, folder, dry_run=True, now=NOW).changed == ()


def test_an_import_says_whose_people_it_changes_as_well(engine: Engine) -> None:
    loaded(engine)
    with writing(engine) as session:
        session.get_one(CohortTable, "winter").approved_plan = 1
    program = a_folder().program.model_copy(update={"cohort": "spring"})
    moved = a_folder(*(a_person(key, zone="Asia/Kolkata") for key in PEOPLE))

    same = load_folder(
        engine, a_folder().model_copy(update={"program": program}), dry_run=True, now=NOW
    )
    other = load_folder(
        engine, moved.model_copy(update={"program": program}), dry_run=True, now=NOW
    )

    assert (same.shared_with, other.shared_with) == ((), ("winter",))


def test_each_cohort_keeps_the_calendars_of_its_own_weeks(engine: Engine) -> None:
    def calendar(digest: str) -> tuple[FolderCalendar, ...]:
        return (FolderCalendar(person="mara", busy=(), absences=(), digest=digest),)

    spring = a_folder().program.model_copy(update={"cohort": "spring"})
    changes = {"calendars": calendar("s"), "program": spring}
    winter = a_folder().model_copy(update={"calendars": calendar("w")})
    load_folder(engine, winter, dry_run=False, now=NOW)
    load_folder(engine, a_folder().model_copy(update=changes), dry_run=False, now=NOW)

    with reading(engine) as session:
        rows = session.scalars(select(CalendarTable).order_by(CalendarTable.cohort))
        assert [(r.cohort, r.digest) for r in rows] == [("spring", "s"), ("winter", "w")]
