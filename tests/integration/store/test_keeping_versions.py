"""Versions of a program in the store: since when each is there, and how many rotations keep to it."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.difference import Reach
from domain.errors import NotFound
from domain.program import Program
from domain.rotation import Ending
from store.database import reading, writing
from store.people import program_planned, rotations_of
from store.programs import Programs, VersionRow
from store.tables.people import CohortTable
from store.tables.planning import PlanTable
from store.tables.rotations import RotationTable
from tests.builders import LEADER, MANAGER, a_rotation
from tests.integration.store.world import (
    NOW,
    JsonComposer,
    PlainLinks,
    carry_out,
    loaded,
)

DAY = timedelta(days=1)


@pytest.fixture
def programs(engine: Engine) -> Programs:
    """Of a cohort with one rotation, whose plan was approved a day after its folder was imported."""
    state = loaded(engine)
    with writing(engine) as session:
        plan = PlanTable(
            cohort="winter", number=1, base=1, objective=0, cause="first plan", made_at=NOW
        )
        plan.approved_at = NOW + DAY
        session.add(plan)
        session.get_one(CohortTable, "winter").approved_plan = 1
    carry_out(engine, state)
    return Programs(engine, JsonComposer(), PlainLinks())


def follow(programs: Programs, version: int, days: int, **changes: object) -> Program:
    now = NOW + days * DAY
    new = programs.current("winter").model_copy(update={"version": version, **changes})
    programs.activate(programs.radius("winter", new, now), new, now, running=False)
    return new


def mara_ends(engine: Engine) -> None:
    with reading(engine) as session:
        mara = session.scalars(rotations_of("winter").where(RotationTable.participant == LEADER))
        rotation = mara.one().id
    carry_out(engine, a_rotation(rotation=rotation, version=9, ending=Ending.COMPLETED))


def another_rotation(engine: Engine, **changes: object) -> None:
    facts = {"cohort": "winter", "participant": MANAGER, "workflow_id": "rotation-winter-another"}
    with writing(engine) as session:
        session.add(RotationTable(id="another", **(facts | changes)))


def repaired_by(engine: Engine) -> int:
    with reading(engine) as session:
        return program_planned(session, "winter").version


def test_practice_s58_every_version_is_listed_with_those_who_keep_to_it(
    engine: Engine, programs: Programs
) -> None:
    first = VersionRow(version=1, since=NOW, until=None, rotations=1, over=0)
    assert programs.versions("winter") == (first,)

    follow(programs, 2, 5, name="Another day")
    follow(programs, 4, 9, weeks=7)

    assert programs.versions("winter") == (
        VersionRow(version=4, since=NOW + 9 * DAY, until=None, rotations=0, over=0),
        VersionRow(version=2, since=NOW + 5 * DAY, until=NOW + 9 * DAY, rotations=0, over=0),
        first.model_copy(update={"until": NOW + 5 * DAY}),
    )
    mara_ends(engine)
    assert programs.versions("winter")[-1].over == 1


def test_practice_s58_repairs_leave_the_version_of_what_is_over_once_something_goes_on(
    engine: Engine, programs: Programs
) -> None:
    follow(programs, 2, 5, name="Another day")
    another_rotation(engine, state={})
    assert repaired_by(engine) == 1

    mara_ends(engine)
    assert repaired_by(engine) == 2

    with writing(engine) as session:
        session.get_one(RotationTable, "another").stage = Ending.COMPLETED.value
    assert repaired_by(engine) == 1


def test_practice_s58_who_has_no_place_in_the_plan_has_no_say_in_which_version_it_has(
    engine: Engine, programs: Programs
) -> None:
    follow(programs, 2, 5, weeks=7)
    another_rotation(engine)

    mara_ends(engine)

    assert repaired_by(engine) == 1


def test_first_f12_any_two_versions_are_compared(programs: Programs) -> None:
    follow(programs, 2, 5, name="Another day")
    follow(programs, 4, 9, weeks=7)

    reaches = [one.reach for one in programs.compare("winter", 1, 4)]
    assert reaches == [Reach.WORDS, Reach.PLAN, Reach.SESSIONS]
    (words,) = programs.compare("winter", 2, 1)
    assert words.sentence.startswith("The setting 'name' is “A day with the desk”")
    assert programs.compare("winter", 4, 4) == ()
    with pytest.raises(NotFound, match="no version 3"):
        programs.compare("winter", 3, 4)
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        programs.versions("summer")
