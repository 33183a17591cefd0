"""Steps counted as figures need them: who was heard, which lenses were seen, and only by who came themselves."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.events import TookPlace
from domain.moves import apply
from domain.people import Seat
from domain.planning import Attendee
from domain.rotation import Answer, Phase, RotationState
from planner import plan, repair
from store.database import migrate, reading, unmigrate
from store.erasing import Erasing
from store.heard import Coverage, CoveragePage, heard_now
from store.importing import load_folder
from store.people import program_of, state_of
from store.planning import PlanningDesk
from store.sayings import Sayings
from store.tables import CountedStepTable, RotationTable
from tests.builders import LEAD, LEADER, PARTICIPANT
from tests.integration.store.test_erasing import everything
from tests.integration.store.world import (
    NOW,
    VAULT,
    a_folder,
    a_person,
    a_team,
    carry_out,
    invited,
    loaded,
    loaded_again,
    the_step,
    unreviewed,
)

AFTER = datetime(2026, 12, 20, 12, tzinfo=UTC)
COLLEAGUES = tuple(f"c{n:02}" for n in range(20))
CANARY, ALONE = "canary-nights", "canary-alone"


def colleague(number: int) -> str:
    """The pseudonym: mara, boss and lead come before them."""
    return f"P-{number + 4:04}"


@pytest.fixture
def company(engine: Engine) -> RotationState:
    """A desk of 20 colleagues, the first ten on days and the others on nights."""
    people = [a_person(key) for key in ("mara", "boss", "lead")]
    for n, key in enumerate(COLLEAGUES):
        shift, level = "days" if n < 10 else CANARY, "expert" if n % 2 else "beginner"
        alone = ALONE if n == 19 else ""
        people.append(a_person(key, shift=shift, level=level, function=alone))
    folder = a_folder(*people, teams=(a_team("desk", "lead", *COLLEAGUES),))
    load_folder(engine, folder, dry_run=False, now=NOW)
    return loaded_again(engine)


def listened(
    engine: Engine, state: RotationState, said: dict[str, Answer], *, held: bool = True
) -> RotationState:
    """The listening session with these colleagues, who answered like this; then it was held."""
    seats = [Attendee(person=p, seat=Seat.FRONTLINE, required=False) for p in sorted(said)]
    step = the_step(state, "listening-session")
    step = step.model_copy(update={"attendees": (PARTICIPANT, *seats), "quorum": 0})
    state = invited(state.with_step(step), "listening-session")
    carry_out(engine, state, Errand(kind=ErrandKind.INVITE, step=step.key))
    for person, answer in said.items():
        if answer is not Answer.NEEDS_ACTION:
            Sayings(engine, VAULT).answer_for(state.rotation, step.key, person, answer, NOW)
    return over(engine, state, step.key) if held else state


def over(engine: Engine, state: RotationState, key: str, **changes: object) -> RotationState:
    step = the_step(state, key).model_copy(update={"phase": Phase.HELD, **changes})
    state = state.with_step(step).model_copy(update={"version": state.version + 1})
    carry_out(engine, state, now=AFTER)
    return state


def yes(*numbers: int) -> dict[str, Answer]:
    return {colleague(n): Answer.ACCEPTED for n in numbers}


BOTH = yes(*range(5), *range(10, 15))
"""Half of each shift."""


def looked(engine: Engine, **asked: str) -> CoveragePage:
    return Coverage(engine).page("winter", AFTER, **asked)


def by_shift(engine: Engine) -> dict[tuple[str, ...], tuple[int, int | None]]:
    found = next(one for one in looked(engine).facts if one.fact == "shift")
    return {group.values: (group.people, group.heard) for group in found.groups}


def test_first_f7_who_said_yes_to_what_was_held_was_heard(
    engine: Engine, company: RotationState
) -> None:
    """Five of each shift; the lead has none."""
    silent = {colleague(6): Answer.NEEDS_ACTION, colleague(7): Answer.DECLINED}
    maybe = {colleague(18): Answer.TENTATIVE}

    state = listened(engine, company, {**BOTH, **silent, **maybe})

    assert by_shift(engine) == {("days",): (10, 5), ("", CANARY): (11, 5)}
    before = looked(engine)
    carry_out(engine, state, now=AFTER)
    carry_out(engine, company, now=AFTER)
    assert looked(engine) == before


def test_first_f7_until_it_was_held_nobody_was_heard(
    engine: Engine, company: RotationState
) -> None:
    listened(engine, company, BOTH, held=False)

    assert by_shift(engine) == {("days",): (10, None), ("", CANARY): (11, None)}


def test_first_f7_a_shift_of_which_few_were_heard_is_not_told_apart(
    engine: Engine, company: RotationState
) -> None:
    listened(engine, company, yes(*range(5), 12))

    assert by_shift(engine) == {("", CANARY, "days"): (21, 6)}
    (said,) = {one.least for one in looked(engine).facts}
    assert said is None


def test_first_f7_the_next_plan_asks_first_whom_nobody_spoke_for(
    engine: Engine, company: RotationState
) -> None:
    with reading(engine) as session:
        assert heard_now(session, program_of(session, "winter"), AFTER) == ()
    listened(engine, company, yes(1, 3))

    with reading(engine) as session:
        program = program_of(session, "winter")
        assert heard_now(session, program, AFTER) == ("level:expert", "shift:days")
        assert heard_now(session, program, AFTER + timedelta(weeks=8)) == ()
    problem = desk(engine).problem("winter", AFTER)
    assert problem.heard == ("level:expert", "shift:days")
    assert {v for one in problem.people for v in one.voices} == {
        f"function:{ALONE}",
        "level:beginner",
        "level:expert",
        "shift:days",
        f"shift:{CANARY}",
    }


def desk(engine: Engine) -> PlanningDesk:
    return PlanningDesk(engine, plan, unreviewed, repair, lambda *_: ())


def test_first_f7_no_rotation_knows_any_fact(engine: Engine, company: RotationState) -> None:
    """What workflows hold and hear is made of states, events and answers of the planner."""
    listened(engine, company, yes(1, 13))
    made = desk(engine).make_plan("winter", AFTER)
    states = desk(engine).rotations("winter", made.plan)
    with reading(engine) as session:
        stored = [row.state for row in session.scalars(select(RotationTable))]

    told = [made.model_dump_json(), json.dumps(stored), *(s.model_dump_json() for s in states)]
    assert CANARY in everything(engine)
    assert not [text for text in told if CANARY in text or "shift" in text]


def test_first_f7_an_erased_person_leaves_no_fact(engine: Engine, company: RotationState) -> None:
    over(engine, company, "shadowing-day")
    assert ALONE in everything(engine)

    Erasing(engine).erase(colleague(19), AFTER)

    assert ALONE not in everything(engine)


def test_lenses_are_counted_by_team_held_and_planned(engine: Engine) -> None:
    state = loaded(engine)
    before = looked(engine)
    assert (before.visits_in, [team.held + team.planned for team in before.teams]) == (
        "2026-Q4",
        [0, 0],
    )
    assert before.gaps == (("The desk", "customer"), ("The shop", "customer"))

    carry_out(engine, state, now=AFTER)
    planned = {team.name: team.cells[0] for team in looked(engine).teams}
    over(engine, state, "shadowing-day")
    held = {team.name: team.cells[0] for team in looked(engine).teams}

    assert (planned["The desk"].held, planned["The desk"].planned) == (0, 1)
    assert (held["The desk"].held, held["The desk"].planned) == (1, 0)
    assert (held["The desk"].level, held["The shop"].level) == (1, 0)
    assert looked(engine).gaps == (("The shop", "customer"),)


def test_visits_of_the_whole_program_are_those_of_all_quarters(engine: Engine) -> None:
    over(engine, loaded(engine), "shadowing-day")
    later = datetime(2027, 1, 4, 12, tzinfo=UTC)
    page = Coverage(engine).page

    assert page("winter", later).quarters == ("2027-Q1", "2026-Q4")
    assert [t.held for t in page("winter", later).teams] == [0, 0]
    assert [t.held for t in page("winter", later, "2026-Q4").teams] == [1, 0]
    assert [t.held for t in page("winter", later, visits_in="program").teams] == [1, 0]
    assert page("winter", NOW).quarter == ""
    with pytest.raises(NotFound, match="no quarter '2020-Q1'"):
        page("winter", later, "2020-Q1")
    with pytest.raises(NotFound, match="no cohort 'summer'"):
        page("summer", later)


def test_practice_s13_a_visit_to_which_somebody_else_came_does_not_count(engine: Engine) -> None:
    """Said with the word that it took place, and seen before the rotation has heard it."""
    state = invited(loaded(engine, sparing=True), "shadowing-day")
    carry_out(engine, state)
    sayings, day = Sayings(engine, VAULT), the_step(state, "shadowing-day")

    sayings.took_place(state.rotation, day.key, LEAD, day.ends, delegated=True)

    with reading(engine) as session:
        counted = session.get_one(CountedStepTable, (state.rotation, day.key))
        assert (counted.held, counted.in_person) == (True, False)
        assert the_step(state_of(session, state.rotation), day.key).delegated
    assert [team.held for team in looked(engine).teams] == [0, 0]


def test_practice_s13_a_held_day_that_the_participant_declined_was_somebody_elses(
    engine: Engine,
) -> None:
    state = loaded(engine)
    over(engine, state, "shadowing-day", declined=(LEADER,))

    assert [team.held for team in looked(engine).teams] == [0, 0]


def test_practice_s13_that_it_was_delegated_takes_no_room_where_it_was_not(
    engine: Engine,
) -> None:
    state = loaded(engine)
    held, _ = apply(state, TookPlace(step="shadowing-day"), AFTER)

    assert "delegated" not in held.model_dump_json()
    assert "delegated" not in TookPlace(step="shadowing-day").model_dump_json()
    with pytest.raises(Refused, match="has not begun yet"):
        Sayings(engine, VAULT).took_place(
            started(engine, state).rotation, "shadowing-day", None, NOW, delegated=True
        )


def started(engine: Engine, state: RotationState) -> RotationState:
    carry_out(engine, state)
    return state


def test_steps_that_are_called_off_count_no_more_and_moved_ones_where_they_are(
    engine: Engine,
) -> None:
    state = started(engine, loaded(engine))
    day, session = the_step(state, "shadowing-day"), the_step(state, "listening-session")
    later = session.model_copy(update={"starts": AFTER, "ends": AFTER + timedelta(hours=1)})
    gone = day.model_copy(update={"phase": Phase.CANCELLED})
    state = state.with_step(later).with_step(gone)
    carry_out(engine, state.model_copy(update={"version": 1}))

    with reading(engine) as opened:
        rows = opened.scalars(select(CountedStepTable)).all()
        assert {row.step: row.starts for row in rows} == {
            "listening-session": AFTER,
            "reflection": the_step(state, "reflection").starts,
        }


def test_what_ran_before_steps_were_counted_is_counted_by_the_migration(engine: Engine) -> None:
    state = loaded(engine)
    over(engine, state, "shadowing-day", declined=(LEADER,))
    with reading(engine) as session:
        before = rows_of(session.scalars(select(CountedStepTable)).all())

    unmigrate(engine, "-1")
    migrate(engine)

    with reading(engine) as session:
        assert rows_of(session.scalars(select(CountedStepTable)).all()) == before
    assert len(before) == 3


def rows_of(rows: Sequence[CountedStepTable]) -> set[tuple[object, ...]]:
    columns = CountedStepTable.__table__.columns.keys()
    return {tuple(getattr(row, name) for name in columns) for row in rows}
