"""The planner's desk: what a planner is asked, and what a repair tells whom."""

from datetime import date, datetime

from sqlalchemy import Engine, select

from domain.events import ConsentWanted, PlanChanged, RepairFailed
from domain.moments import Interval
from domain.planning import (
    Assignment,
    Cause,
    Disruption,
    Plan,
    PlannedStep,
    PlanningProblem,
    Repair,
)
from domain.program import Gate
from domain.rotation import RotationState
from store.database import reading, writing
from store.importing import load_folder
from store.migrating import migrate, unmigrate
from store.organisation import Organisation
from store.planning import PlanningDesk
from store.plans import Plans
from store.problems import Problems
from store.sayings import Sayings
from store.tables.planning import ForbiddenTable, PinTable, PlanTable
from tests.builders import (
    ANA,
    BEN,
    COLLEAGUES,
    DAY,
    HOME,
    HOUR,
    LEAD,
    LEADER,
    MANAGER,
    MONDAY,
    PARTICIPANT,
)
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    a_person,
    carry_out,
    invited,
    loaded,
    loaded_again,
    the_step,
    unreviewed,
)


class OnePlan:
    """A planner that always answers the same, and remembers what it was asked."""

    def __init__(self, state: RotationState, *, mends: bool = True) -> None:
        session = the_step(state, "listening-session")
        facts = session.model_dump(include=set(PlannedStep.model_fields))
        self.step = PlannedStep.model_validate(facts | {"rotation": state.rotation})
        self.mends = mends
        self.asked: list[PlanningProblem] = []

    @property
    def body(self) -> Plan:
        rotation = self.step.rotation
        place = Assignment(rotation=rotation, participant=LEADER, host="H-01", reason="the only")
        return Plan(assignments=(place,), steps=(self.step,))

    def plan(self, problem: PlanningProblem) -> Plan:
        self.asked.append(problem)
        return self.body

    def repair(self, problem: PlanningProblem, plan: Plan, disruption: Disruption) -> Repair:
        self.asked.append(problem)
        if not self.mends:
            return Repair(plan=None, reason="Nobody is free.")
        moved = ((disruption.rotation, self.step.key),)
        later = [
            step.model_copy(update={"starts": step.starts + HOUR, "ends": step.ends + HOUR})
            for step in plan.steps
        ]
        changed = plan.model_copy(update={"steps": tuple(later)})
        return Repair(plan=changed, moved=moved, reason="Declined: changed one step.")


def no_holidays(
    country: str, subdivision: str | None, zone: str, first: date, last: date
) -> tuple[Interval, ...]:
    return ()


def planned(engine: Engine, planner: OnePlan) -> PlanningDesk:
    desk = PlanningDesk(engine, planner.plan, unreviewed, planner.repair, no_holidays)
    desk.make_plan("winter", NOW)
    desk.approve("winter", 1, NOW)
    return desk


def declined(state: RotationState, person: str = ANA, **changes: object) -> Disruption:
    away = Interval(starts=MONDAY + 4 * DAY, ends=MONDAY + 4 * DAY + HOUR)
    facts: dict[str, object] = {
        "rotation": state.rotation,
        "step": "listening-session",
        "cause": Cause.DECLINED,
        "person": person,
        "unavailable": away,
    }
    return Disruption.model_validate(facts | changes)


def versions(engine: Engine) -> list[tuple[int, str]]:
    with reading(engine) as session:
        rows = session.scalars(select(PlanTable).order_by(PlanTable.number))
        return [(row.number, row.cause) for row in rows]


def test_the_same_disruption_twice_gives_one_plan_version(engine: Engine) -> None:
    state = loaded(engine)
    planner = OnePlan(state)
    desk = planned(engine, planner)

    first = desk.repair("winter", declined(state), NOW)
    second = desk.repair("winter", declined(state), NOW + HOUR)

    assert first == second
    assert versions(engine) == [(1, "first plan"), (2, "Declined: changed one step.")]
    assert len(planner.asked) == 2


def test_every_version_reads_as_it_was_made_also_after_the_way_down_and_up(engine: Engine) -> None:
    state = loaded(engine)
    desk = planned(engine, OnePlan(state))
    desk.repair("winter", declined(state), NOW)

    def both() -> list[Plan]:
        with reading(engine) as session:
            return [Plans().version(session, "winter", number) for number in (1, 2)]

    first, second = both()
    unmigrate(engine, "0009")
    migrate(engine)

    assert both() == [first, second]
    assert first.steps != second.steps
    assert first.assignments == second.assignments


def test_the_planner_hears_that_somebody_declined_a_time(engine: Engine) -> None:
    state = loaded(engine)
    planner = OnePlan(state)
    disruption = declined(state)

    planned(engine, planner).repair("winter", disruption, NOW)

    absences = {p.person: p.absences for p in planner.asked[-1].people if p.absences}
    assert absences == {ANA: (disruption.unavailable,)}


def test_a_colleague_who_refused_is_away_for_the_whole_program(engine: Engine) -> None:
    state = loaded(engine)
    planner = OnePlan(state)
    disruption = declined(state, cause=Cause.COLLEAGUE_REFUSED, unavailable=None, step=None)

    planned(engine, planner).repair("winter", disruption, NOW)

    (away,) = next(p.absences for p in planner.asked[-1].people if p.person == ANA)
    assert (away.ends - away.starts).days == 42


def test_a_team_that_refused_is_never_proposed_again(engine: Engine) -> None:
    state = loaded(engine)
    planner = OnePlan(state)
    disruption = declined(state, LEAD, cause=Cause.HOST_REFUSED, unavailable=None, step=None)

    planned(engine, planner).repair("winter", disruption, NOW)

    assert planner.asked[-1].forbidden == ((state.rotation, "H-01"),)


def test_a_repair_that_fails_stores_no_plan_and_says_so_to_who_asked(engine: Engine) -> None:
    state = loaded(engine)
    desk = planned(engine, OnePlan(state, mends=False))

    summary = desk.repair("winter", declined(state), NOW)

    failed = RepairFailed(step="listening-session")
    assert (summary.plan, summary.told) == (None, ((state.rotation, failed),))
    assert versions(engine) == [(1, "first plan")]


def test_a_repair_asks_for_missing_consents_but_not_twice_for_one_given(engine: Engine) -> None:
    state = loaded(engine)
    desk = planned(engine, OnePlan(state))
    (first,) = desk.rotations("winter", 1)
    carry_out(engine, invited(first))
    Sayings(engine, VAULT).consent(state.rotation, Gate.HOST, LEAD, agreed=True, now=NOW)
    Sayings(engine, VAULT).consent(state.rotation, Gate.COLLEAGUES, BEN, agreed=True, now=NOW)

    summary = desk.repair("winter", declined(state), NOW)

    ((rotation, event),) = summary.told
    assert isinstance(event, PlanChanged)
    assert (rotation, event.plan) == (state.rotation, 2)
    assert event.consents == (
        ConsentWanted(Gate.GOALS, LEADER),
        ConsentWanted(Gate.RELEASE, MANAGER),
        ConsentWanted(Gate.COLLEAGUES, ANA),
    )


def test_after_a_hand_over_a_repair_seats_the_new_manager_and_asks_for_no_second_release(
    engine: Engine,
) -> None:
    state = loaded(engine)
    planner = OnePlan(state)
    planner.step = planner.step.model_copy(update={"attendees": (PARTICIPANT, HOME)})
    desk = planned(engine, planner)
    (first,) = desk.rotations("winter", 1)
    carry_out(engine, invited(first))
    Sayings(engine, VAULT).consent(state.rotation, Gate.RELEASE, MANAGER, agreed=True, now=NOW)
    Organisation(engine).hand_over(state.rotation, "P-0006", NOW)

    ((_, event),) = desk.repair("winter", declined(state), NOW).told

    assert isinstance(event, PlanChanged)
    assert [a.person for a in event.steps[0].attendees] == [LEADER, "P-0006"]
    assert Gate.RELEASE not in {wanted.gate for wanted in event.consents}
    assert planner.asked[-1].candidates[0].manager == "P-0006"


def test_the_first_state_waits_for_exactly_the_consents_the_folder_lacks(engine: Engine) -> None:
    agreed = date(2026, 11, 2)
    released = a_person("mara", released_on=agreed)
    willing = a_person("ben", sessions_agreed_on=agreed)
    others = [a_person(key) for key in PEOPLE if key not in {"mara", "ben"}]
    folder = a_folder(released, *others, willing)
    load_folder(engine, folder, dry_run=False, now=NOW)
    refs = {p.key: f"P-{n:04d}" for n, p in enumerate(folder.people, start=1)}
    state = loaded_again(engine)
    session = the_step(state, "listening-session")
    who = (refs["ana"], refs["ben"])
    seats = tuple(COLLEAGUES[0].model_copy(update={"person": person}) for person in who)
    attending = state.with_step(session.model_copy(update={"attendees": seats}))

    (first,) = planned(engine, OnePlan(attending)).rotations("winter", 1)

    midnight = datetime.fromisoformat("2026-11-02T00:00:00+00:00")
    assert [(g.gate, g.person, g.passed_at) for g in first.gates] == [
        (Gate.GOALS, refs["mara"], None),
        (Gate.RELEASE, refs["boss"], midnight),
        (Gate.HOST, refs["lead"], None),
        (Gate.COLLEAGUES, refs["ana"], None),
        (Gate.COLLEAGUES, refs["ben"], midnight),
    ]


def test_who_takes_part_no_longer_is_not_planned(engine: Engine) -> None:
    loaded(engine)
    gone = a_person("mara", participates=False)
    others = [a_person(key) for key in PEOPLE[1:]]
    load_folder(engine, a_folder(gone, *others), dry_run=False, now=NOW)

    desk = PlanningDesk(
        engine, lambda _: Plan(), unreviewed, lambda *_: Repair(plan=None), no_holidays
    )

    assert desk.problem("winter", NOW).candidates == ()


def test_a_repair_knows_the_same_fair_shares_as_the_first_plan(engine: Engine) -> None:
    others = (a_person(key, participates=True) for key in ("dave", "eve"))
    everybody = (*map(a_person, PEOPLE), *others)
    load_folder(engine, a_folder(*everybody), dry_run=False, now=NOW)

    with reading(engine) as session:
        problems = Problems(session, "winter", NOW, no_holidays)
        whole = problems.whole()
        around = problems.around(whole.candidates[0].rotation, ["H-02"])

    assert len(whole.candidates) == 3
    assert [host.share for host in whole.hosts] == [2, 2]
    assert around.hosts == whole.hosts[1:]


def test_what_people_ask_is_known_after_an_import_and_a_pin_ends_with_a_refusal(
    engine: Engine,
) -> None:
    asking = a_person(
        PEOPLE[0],
        participates=True,
        away_days=((date(2026, 12, 7), date(2026, 12, 8)),),
        sites=("Berlin",),
        access=("badge",),
        must_visit=("desk",),
    )
    load_folder(engine, a_folder(asking, *map(a_person, PEOPLE[1:])), dry_run=False, now=NOW)
    desk = PlanningDesk(
        engine, lambda _: Plan(), unreviewed, lambda *_: Repair(plan=None), no_holidays
    )
    (before,) = desk.problem("winter", NOW).candidates
    with writing(engine) as session:
        session.add(PinTable(rotation=before.rotation, team="H-02"))

    problem = desk.problem("winter", NOW)

    (candidate,) = problem.candidates
    absences = next(one for one in problem.people if one.person == candidate.participant).absences
    assert (candidate.sites, candidate.access) == (("Berlin",), ("badge",))
    assert before.must_visit == ("H-01",)
    assert candidate.must_visit == ("H-01", "H-02")
    assert [away.ends.date() for away in absences] == [date(2026, 12, 8)]

    with writing(engine) as session:
        session.add(ForbiddenTable(rotation=before.rotation, team="H-01"))
    (candidate,) = desk.problem("winter", NOW).candidates

    assert candidate.must_visit == ("H-02",)
