"""Steps counted as figures need them: who was heard, which lenses were seen, and only by who came themselves."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from sqlalchemy import Engine, event, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.events import TookPlace
from domain.folder import FolderPerson
from domain.moves import apply, refuse
from domain.people import Fact, Seat
from domain.planning import Attendee, PlannedStep
from domain.program import StepKind
from domain.rotation import Answer, Phase, RotationState
from planner import plan, repair
from store.database import reading, writing
from store.erasing import Erasing
from store.heard import Coverage, CoveragePage
from store.heard_quarters import FactVoices, QuarterVoices, Stage, heard_now
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.pages import Wanted
from store.people import program_of, state_of
from store.planning import PlanningDesk
from store.problems import Problems
from store.sayings import MOST_CONFIRMATIONS, Sayings
from store.tables.installation import AuditTable
from store.tables.mail import NewsTable
from store.tables.people import CohortTable, PersonTable, TeamMemberTable, TeamTable
from store.tables.planning import DissolvedTable
from store.tables.rotations import CountedStepTable, RotationTable
from tests.builders import LEAD, LEADER, PARTICIPANT
from tests.integration.store.test_erasing import everything
from tests.integration.store.world import (
    NOW,
    PEOPLE,
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
    folder = a_folder(*staff(), teams=(a_team("desk", "lead", *COLLEAGUES),))
    load_folder(engine, folder, dry_run=False, now=NOW)
    return loaded_again(engine)


@pytest.fixture
def two_desks(engine: Engine) -> RotationState:
    """The same colleagues, those on days at one desk and those at night at another."""
    teams = (a_team("desk", "lead", *COLLEAGUES[:10]), a_team("shop", "lead2", *COLLEAGUES[10:]))
    folder = a_folder(*staff(), a_person("lead2"), teams=teams)
    load_folder(engine, folder, dry_run=False, now=NOW)
    return loaded_again(engine)


def staff() -> list[FolderPerson]:
    people = [a_person(key) for key in ("mara", "boss", "lead")]
    for n, key in enumerate(COLLEAGUES):
        shift, level = "days" if n < 10 else CANARY, "expert" if n % 2 else "beginner"
        alone = ALONE if n == 19 else ""
        people.append(a_person(key, shift=shift, level=level, function=alone))
    return people


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


def looked(engine: Engine) -> CoveragePage:
    return Coverage(engine).page("winter", AFTER)


def facts(page: CoveragePage) -> tuple[FactVoices, ...]:
    assert page.voices
    return page.voices.facts


def counted(page: CoveragePage) -> FactVoices:
    (found,) = (one for one in facts(page) if one.counted)
    return found


def by_shift(engine: Engine) -> dict[tuple[str, ...], tuple[int, int | None]]:
    found = counted(looked(engine))
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

    assert by_shift(engine) == {("days",): (10, None), ("", CANARY): (11, None)}
    assert {one.least for one in facts(looked(engine))} == {None}


def test_first_f7_of_each_quarter_one_fact_alone_says_who_was_heard(
    engine: Engine, company: RotationState
) -> None:
    """Whoever was heard: figures by two facts could be taken from one another."""
    before = counted(looked(engine)).fact
    listened(engine, company, BOTH)

    shown = {one.fact.value: one.shows_heard for one in facts(looked(engine))}
    assert shown == {"shift": True, "level": False, "function": False}
    assert counted(looked(engine)).fact is before is Fact.SHIFT


def test_first_f7_a_program_chooses_by_which_fact_before_the_quarter_begins(
    engine: Engine, company: RotationState
) -> None:
    listened(engine, company, {**BOTH, **yes(15)})
    choose(engine, Fact.LEVEL)
    assert counted(looked(engine)).fact is Fact.LEVEL

    Coverage(engine).keep_quarters(AFTER)
    choose(engine, Fact.SHIFT)
    assert counted(looked(engine)).fact is Fact.LEVEL
    assert [one.shows_heard for one in facts(looked(engine))] == [False, True, False]
    choose(engine, Fact.WORKS_AT)
    later = Coverage(engine).page("winter", AFTER + timedelta(weeks=3))
    assert counted(later).fact is Fact.SHIFT


def choose(engine: Engine, fact: Fact) -> None:
    with writing(engine) as session:
        row = session.get_one(CohortTable, "winter")
        row.program = {**row.program, "voice_fact": fact.value}


def test_first_f7_a_quarter_that_is_over_is_never_counted_anew(
    engine: Engine, company: RotationState
) -> None:
    """From the eighth day on; until then its last steps can be confirmed."""
    state = listened(engine, company, BOTH)
    running = looked(engine).voices
    assert running
    assert (running.stage, running.settles_on) == (Stage.RUNNING, date(2027, 1, 8))
    seventh, eighth = (datetime(2027, 1, day, 12, tzinfo=UTC) for day in (7, 8))
    assert Coverage(engine).keep_quarters(seventh) == 0
    assert voices(engine, seventh).facts == running.facts
    assert voices(engine, eighth) == running.model_copy(
        update={"stage": Stage.AWAITED, "facts": ()}
    )

    assert [Coverage(engine).keep_quarters(eighth) for _ in range(2)] == [1, 0]
    kept = voices(engine, eighth)
    assert (kept.stage, kept.facts) == (Stage.KEPT, running.facts)
    with writing(engine) as session:
        for number in range(5):
            row = session.get_one(PersonTable, colleague(number))
            row.facts = {**row.facts, "shift": CANARY}
    over(engine, state, "shadowing-day")
    assert Coverage(engine).keep_quarters(eighth + timedelta(days=30)) == 0
    assert voices(engine, eighth + timedelta(days=30)) == kept


def voices(engine: Engine, now: datetime) -> QuarterVoices:
    found = Coverage(engine).page("winter", now, "2026-Q4").voices
    assert found
    return found


def test_first_f7_what_is_written_down_keeps_no_value_of_an_erased_person_alone(
    engine: Engine, company: RotationState
) -> None:
    listened(engine, company, BOTH)
    over(engine, company, "shadowing-day")
    eighth = datetime(2027, 1, 8, 12, tzinfo=UTC)
    Coverage(engine).keep_quarters(eighth)
    before = voices(engine, eighth)
    assert ALONE in before.model_dump_json()

    Erasing(engine).erase(colleague(19), eighth)

    after = voices(engine, eighth)
    assert ALONE not in after.model_dump_json()
    assert ALONE not in everything(engine)
    assert after.facts[0] == before.facts[0]
    assert [g.people for g in after.facts[2].groups] == [g.people for g in before.facts[2].groups]


def test_first_f7_whom_plans_know_to_be_heard_takes_as_many_queries_whoever_was(
    engine: Engine, company: RotationState
) -> None:
    few = listened(engine, company, yes(1))
    after_few = queries(engine)

    listened(engine, few, yes(*range(2, 20)))

    assert queries(engine) == after_few


def queries(engine: Engine) -> int:
    """How many it takes to read who was heard."""
    asked: list[str] = []

    def count(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", count)
    with reading(engine) as session:
        heard_now(session, program_of(session, "winter"), AFTER)
    event.remove(engine, "before_cursor_execute", count)
    return len(asked)


def test_first_f7_a_step_that_nobody_confirmed_yet_counts_for_plans_for_a_week(
    engine: Engine, company: RotationState
) -> None:
    state = listened(engine, company, yes(1, 3), held=False)
    begins = the_step(state, "listening-session").starts

    with reading(engine) as session:
        program = program_of(session, "winter")
        known = [heard_now(session, program, begins + n * timedelta(days=7)) for n in (0, 1)]
    assert known == [{"level:expert", "shift:days"}, set()]


def test_first_f7_repairs_know_who_is_expected_by_other_teams_and_who_said_no(
    engine: Engine, two_desks: RotationState
) -> None:
    """Colleague 14 of the shop is expected there, and 15 said no to it."""
    refused = {colleague(n): Answer.DECLINED for n in (1, 15)}
    state = listened(engine, two_desks, refused, held=False)
    begins = the_step(state, "listening-session").starts
    facts = the_step(state, "listening-session").model_dump(include=set(PlannedStep.model_fields))
    at_the_shop = {"rotation": "anotherr", "attendees": tuple(seated(14, 15))}
    with reading(engine) as session:
        problems = Problems(session, "winter", NOW, lambda *_: ())
        others = (PlannedStep.model_validate(facts | at_the_shop),)
        alone, beside = (problems.around(state.rotation, ["H-01"], s) for s in ((), others))

    assert beside.said_no == ((colleague(1), begins), (colleague(15), begins))
    assert (alone.heard, beside.heard) == ((), ("level:beginner", f"shift:{CANARY}"))


def seated(*numbers: int) -> Iterator[Attendee]:
    for number in numbers:
        yield Attendee(person=colleague(number), seat=Seat.FRONTLINE, required=False)


def test_first_f7_the_next_plan_asks_first_whom_nobody_spoke_for(
    engine: Engine, company: RotationState
) -> None:
    with reading(engine) as session:
        assert heard_now(session, program_of(session, "winter"), AFTER) == set()
    listened(engine, company, yes(1, 3))

    with reading(engine) as session:
        program = program_of(session, "winter")
        assert heard_now(session, program, AFTER) == {"level:expert", "shift:days"}
        assert heard_now(session, program, AFTER + timedelta(weeks=8)) == set()
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
    begins = the_step(state, "shadowing-day").starts
    assert lens_at_the_desk(engine, begins - timedelta(minutes=1)) == (0, 0, 1)
    assert lens_at_the_desk(engine, begins) == (0, 1, 0)
    assert lens_at_the_desk(engine, begins + timedelta(days=6)) == (0, 1, 0)
    assert lens_at_the_desk(engine, begins + timedelta(days=7)) == (0, 0, 0)
    over(engine, state, "shadowing-day")

    assert lens_at_the_desk(engine, AFTER) == (1, 0, 0)
    assert [team.cells[0].level for team in looked(engine).teams] == [1, 0]
    assert looked(engine).gaps == (("The shop", "customer"),)


def lens_at_the_desk(engine: Engine, now: datetime) -> tuple[int, int, int]:
    """Held, not confirmed yet, planned."""
    team = Coverage(engine).page("winter", now, visits_in="program").teams[0]
    assert team.name == "The desk"
    return team.cells[0].held, team.cells[0].unconfirmed, team.cells[0].planned


def test_a_page_shows_teams_of_a_name_while_gaps_are_those_of_all(engine: Engine) -> None:
    loaded(engine)
    page = partial(Coverage(engine).page, "winter", AFTER)

    found = page(wanted=Wanted(1, "SHOP"))
    assert ([team.name for team in found.teams], found.called_so) == (["The shop"], 1)
    assert found.gaps == page().gaps == (("The desk", "customer"), ("The shop", "customer"))
    assert page(wanted=Wanted(2)).teams == ()
    assert page(wanted=Wanted(2)).called_so == 2


def test_a_visit_counts_once_for_a_lens_that_two_goals_share(engine: Engine) -> None:
    state = loaded(engine)
    folder = a_folder()
    goal = folder.goals[0]
    twice = folder.model_copy(update={"goals": (goal, goal.model_copy(update={"text": "Again"}))})
    load_folder(engine, twice, dry_run=False, now=NOW)
    over(engine, state, "shadowing-day")

    assert lens_at_the_desk(engine, AFTER) == (1, 0, 0)

    other = folder.model_copy(update={"goals": (goal.model_copy(update={"lens": "operational"}),)})
    load_folder(engine, other, dry_run=False, now=NOW)
    assert lens_at_the_desk(engine, AFTER) == (0, 0, 0)


def test_members_are_who_the_lists_name_now(engine: Engine) -> None:
    loaded(engine)

    def members(key: str) -> set[str]:
        query = (
            select(PersonTable.key)
            .join(TeamMemberTable, TeamMemberTable.person == PersonTable.ref)
            .join(TeamTable, TeamTable.ref == TeamMemberTable.team)
        )
        with reading(engine) as session:
            return set(session.scalars(query.where(TeamTable.key == key)))

    desk, shop = a_team("desk", "lead", "ana"), a_team("shop", "lead2", "cem")
    load_folder(engine, a_folder(teams=(desk, shop)), dry_run=False, now=NOW)
    assert members("desk") == {"lead", "ana"}

    moved = [a_person(key, team="desk") if key == "cem" else a_person(key) for key in PEOPLE]
    teams = (a_team("desk", "lead", "ben"), shop)
    load_folder(engine, a_folder(*moved, teams=teams), dry_run=False, now=NOW)
    assert members("desk") == {"lead", "ben", "cem"}
    assert members("shop") == {"lead2", "cem"}


def test_a_dissolved_team_is_shown_for_its_visits_and_is_no_gap(engine: Engine) -> None:
    over(engine, loaded(engine), "shadowing-day")
    later = datetime(2027, 1, 4, 12, tzinfo=UTC)
    whole = partial(Coverage(engine).page, "winter", later, visits_in="program")
    with reading(engine) as session:
        every = session.scalars(select(TeamTable.ref).order_by(TeamTable.ref)).all()
    assert len(whole().teams) == len(every) == 2
    with writing(engine) as session:
        session.add_all(DissolvedTable(cohort="winter", team=team, at=NOW) for team in every)

    assert [(team.name, team.held) for team in whole().teams] == [("The desk", 1)]
    assert not whole().gaps


def test_first_f7_people_of_a_dissolved_team_count_in_quarters_in_which_it_is_met(
    engine: Engine, two_desks: RotationState
) -> None:
    """Its people are those at night; colleague 10 works at the desk, too."""
    teams = (a_team("desk", "lead", *COLLEAGUES[:11]), a_team("shop", "lead2", *COLLEAGUES[10:]))
    folder = a_folder(*staff(), a_person("lead2"), teams=teams)
    load_folder(engine, folder, dry_run=False, now=NOW)
    assert known_of(engine) == 22
    with writing(engine) as session:
        session.add(DissolvedTable(cohort="winter", team="H-02", at=NOW))
    assert known_of(engine) == 12

    with writing(engine) as session:
        session.add(
            CountedStepTable(
                rotation=two_desks.rotation,
                step="at-the-shop",
                cohort="winter",
                participant=LEADER,
                team="H-02",
                kind=StepKind.LISTENING_SESSION.value,
                starts=NOW + timedelta(days=10),
                held=True,
                in_person=True,
            )
        )
    assert known_of(engine) == 22


def known_of(engine: Engine) -> int:
    """How many people the groups of the counted fact stand for."""
    return sum(group.people for group in counted(looked(engine)).groups)


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


@pytest.mark.parametrize("sparing", [True, False])
@pytest.mark.parametrize("delegated", [True, False])
def test_practice_s13_of_two_who_differ_the_last_counts_and_both_are_recorded(
    engine: Engine, sparing: bool, delegated: bool
) -> None:
    """Also before the rotation has heard it, or the store could show it."""
    state = invited(loaded(engine, sparing=sparing), "shadowing-day")
    carry_out(engine, state)
    sayings, day = Sayings(engine, VAULT), the_step(state, "shadowing-day")
    said = (delegated, delegated, not delegated, delegated)

    for with_another in said:
        sayings.took_place(state.rotation, day.key, LEAD, day.ends, delegated=with_another)

    with reading(engine) as session:
        events = session.scalars(select(NewsTable.event).order_by(NewsTable.number)).all()
        recorded = session.scalars(select(AuditTable.sentence)).all()
    told = [TookPlace.model_validate(event) for event in events]
    assert [one.delegated for one in told] == [delegated, not delegated, delegated]
    assert len([one for one in recorded if one.startswith("held ")]) == 3
    for one in told:
        refuse(state, one, day.ends)
        state, _ = apply(state, one, day.ends)
    held = the_step(state, day.key)
    assert (held.phase, held.delegated) == (Phase.HELD, delegated)


def test_practice_s13_a_form_that_runs_wild_is_stopped(engine: Engine) -> None:
    state = invited(loaded(engine), "shadowing-day")
    carry_out(engine, state)
    day = the_step(state, "shadowing-day")
    say = partial(Sayings(engine, VAULT).took_place, state.rotation, day.key, LEAD, day.ends)
    for number in range(MOST_CONFIRMATIONS):
        say(delegated=number % 2 == 0)
    with pytest.raises(Refused, match="Settle it between you"):
        say(delegated=True)
    say(delegated=False)


def test_practice_s13_nobody_is_sent_to_what_is_no_visit(engine: Engine) -> None:
    state = invited(loaded(engine), "listening-session")
    carry_out(engine, state)
    step = the_step(state, "listening-session")

    with pytest.raises(Refused, match="Only to a visit can somebody else come"):
        Sayings(engine, VAULT).took_place(state.rotation, step.key, None, step.ends, delegated=True)
    with pytest.raises(Refused, match="Only to a visit"):
        refuse(state, TookPlace(step=step.key, delegated=True), step.ends)


def test_what_was_said_meanwhile_is_counted_once_when_the_rotation_speaks(
    engine: Engine,
) -> None:
    """Its own word comes from before what two have said."""
    keys = ("shadowing-day", "listening-session")
    state = invited(loaded(engine, sparing=True), *keys)
    carry_out(engine, state)
    for key in keys:
        Sayings(engine, VAULT).took_place(state.rotation, key, None, the_step(state, key).ends)
    counted: list[str] = []

    def count(_: object, __: object, statement: str, *___: object) -> None:
        counted.extend(["look"] if statement.startswith("SELECT counted_step") else [])

    event.listen(engine, "before_cursor_execute", count)
    carry_out(engine, state.model_copy(update={"version": state.version + 1}), now=AFTER)
    event.remove(engine, "before_cursor_execute", count)

    with reading(engine) as session:
        held = select(CountedStepTable.step).where(CountedStepTable.held)
        assert set(session.scalars(held)) == set(keys)
        shown = state_of(session, state.rotation)
    assert (shown.version, counted) == (state.version + 1, ["look", "look"])


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

    unmigrate(engine, "0029")
    migrate(engine)

    with reading(engine) as session:
        assert rows_of(session.scalars(select(CountedStepTable)).all()) == before
    assert len(before) == 3


def rows_of(rows: Sequence[CountedStepTable]) -> set[tuple[object, ...]]:
    columns = CountedStepTable.__table__.columns.keys()
    return {tuple(getattr(row, name) for name in columns) for row in rows}
