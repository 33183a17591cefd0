"""What a program manager says of the organisation: what is kept, what a rotation hears, what is refused."""

from datetime import datetime
from functools import partial

import pytest
from sqlalchemy import Engine, select

from domain.due import catch_up
from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.events import GateAnswered, ManagerChanged, TeamDissolved
from domain.moves import apply
from domain.planning import Assignment, Plan, Repair
from domain.program import Gate
from domain.rotation import RotationState
from planner.seating import Eligibility
from store.database import reading, writing
from store.importing import load_folder
from store.news import NewsDesk
from store.organisation import Dissolution, Organisation
from store.people import people
from store.planning import PlanningDesk
from store.sayings import Sayings
from store.tables.changes import PolicyTable
from store.tables.mail import OutboxTable
from tests.builders import DAY, LEAD, LEADER, MANAGER, gates
from tests.integration.store.test_planning_desk import no_holidays
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    VAULT,
    a_folder,
    a_person,
    all_leave,
    calendar_mails,
    carry_out,
    inviting,
    letters,
    loaded_again,
    mails,
    the_step,
    unreviewed,
)
from tests.unit.domain.test_policy import a_change

CEM = "P-0007"


def handed_over(engine: Engine, state: RotationState, manager: str = CEM) -> RotationState:
    """The rotation after it was told, with everything carried out."""
    Organisation(engine).hand_over(state.rotation, manager, NOW)
    return told(engine, state)


def told(engine: Engine, state: RotationState) -> RotationState:
    """The rotation after it has heard its news, with everything carried out."""
    (news,) = NewsDesk(engine).pending(NOW, 10)
    assert isinstance(news.event, ManagerChanged | TeamDissolved)
    changed, errands = apply(state, news.event, NOW)
    carry_out(engine, changed, *errands)
    NewsDesk(engine).told(news.number, NOW)
    return changed


def manager_of(engine: Engine, person: str) -> str | None:
    with reading(engine) as session:
        return people(session)[person].manager


def test_the_old_manager_is_called_off_and_the_new_one_invited_and_nobody_else_hears(
    engine: Engine,
) -> None:
    state = inviting(engine, "goal-talk", "shadowing-day")
    before = len(mails(engine))

    handed_over(engine, state)

    assert calendar_mails(engine, before) == [("Boss", "CANCEL", 1), ("Cem", "REQUEST", 0)]
    assert manager_of(engine, LEADER) == CEM


def test_whoever_is_handed_back_what_they_had_gets_a_new_invite(engine: Engine) -> None:
    first = inviting(engine, "goal-talk")
    second = handed_over(engine, first)
    all_leave(engine)
    before = len(mails(engine))

    handed_over(engine, second, MANAGER)

    assert calendar_mails(engine, before) == [("Cem", "CANCEL", 1), ("Boss", "REQUEST", 0)]
    uids = {m["uid"] for m in mails(engine) if m["reader_name"] == "Boss"}
    assert len(uids) == 2


def test_a_folder_that_still_names_the_manager_of_before_takes_nothing_back(
    engine: Engine,
) -> None:
    handed_over(engine, inviting(engine, "goal-talk"))

    same = load_folder(engine, a_folder(), dry_run=False, now=NOW)
    assert (manager_of(engine, LEADER), same.changed) == (CEM, ())

    others = [a_person(key) for key in PEOPLE[1:]]
    for key, manager in (("ben", "P-0005"), ("boss", MANAGER)):
        folder = a_folder(a_person("mara", manager=key), *others)
        assert load_folder(engine, folder, dry_run=False, now=NOW).changed == ("person mara",)
        assert manager_of(engine, LEADER) == manager


def test_a_reminder_that_waits_for_the_old_manager_is_taken_back(engine: Engine) -> None:
    state = inviting(engine, "goal-talk")
    carry_out(engine, state, Errand(kind=ErrandKind.REMIND, step="goal-talk"))
    assert "Boss" in letters(engine, "reminder")

    Organisation(engine).hand_over(state.rotation, CEM, NOW)

    with reading(engine) as session:
        states = session.execute(select(OutboxTable.person, OutboxTable.state)).all()
    assert (MANAGER, "withdrawn") in states
    assert (LEADER, "withdrawn") not in states


def test_an_open_release_is_asked_of_the_new_manager_alone(engine: Engine) -> None:
    state = inviting(engine, gates=gates(passed=False)[1:2])

    changed = handed_over(engine, state)

    assert [(g.gate, g.person) for g in changed.gates] == [(Gate.RELEASE, CEM)]
    agreed = GateAnswered(gate=Gate.RELEASE, person=CEM, agreed=True)
    assert apply(changed, agreed, NOW)[0].consented


def test_a_manager_who_is_named_again_is_asked_again_and_may_say_another_word(
    engine: Engine,
) -> None:
    """Boss says no, Cem takes over, and then Boss again."""
    state = inviting(engine, gates=gates(passed=False)[1:2])
    state, errands = catch_up(state, NOW)
    carry_out(engine, state, *errands)
    said = partial(Sayings(engine, VAULT).consent, state.rotation, Gate.RELEASE, MANAGER)
    said(agreed=False, now=NOW)
    state = heard(engine, state, NOW)

    for number, manager in enumerate((CEM, MANAGER), 1):
        now = NOW + number * DAY
        Organisation(engine).hand_over(state.rotation, manager, now)
        state = heard(engine, state, now)

    assert letters(engine, "ask-release") == ["Boss", "Cem", "Boss"]
    later = NOW + 3 * DAY
    said(agreed=True, now=later)
    said(agreed=True, now=later)
    assert heard(engine, state, later).consented
    assert NewsDesk(engine).pending(later, 10) == ()
    with pytest.raises(Refused, match="you said yes"):
        said(agreed=False, now=later)


def heard(engine: Engine, state: RotationState, now: datetime) -> RotationState:
    """The rotation after one piece of news, with what falls due then carried out, and repeated."""
    (news,) = NewsDesk(engine).pending(now, 10)
    assert isinstance(news.event, ManagerChanged | GateAnswered)
    state, errands = apply(state, news.event, now)
    state, more = catch_up(state, now)
    for _ in range(2):
        carry_out(engine, state, *errands, *more, now=now)
    NewsDesk(engine).told(news.number, now)
    return state


@pytest.mark.parametrize(
    ("manager", "said"),
    [
        (LEADER, "Nobody is their own home manager"),
        (MANAGER, "Boss is the home manager of Mara already"),
        (CEM, "Cem has no mail address"),
    ],
)
def test_who_can_be_no_home_manager_is_refused_and_nothing_changes(
    engine: Engine, manager: str, said: str
) -> None:
    everybody = [
        a_person(key, email=None if key == "cem" else f"{key}@x.example") for key in PEOPLE
    ]
    load_folder(engine, a_folder(*everybody), dry_run=False, now=NOW)
    state = loaded_again(engine)
    carry_out(engine, state.model_copy(update={"version": 1}))

    with pytest.raises(Refused, match=said):
        Organisation(engine).hand_over(state.rotation, manager, NOW)

    assert manager_of(engine, LEADER) == MANAGER
    assert NewsDesk(engine).pending(NOW, 10) == ()


def test_a_rotation_that_never_began_or_does_not_exist_is_handed_to_nobody(engine: Engine) -> None:
    load_folder(engine, a_folder(), dry_run=False, now=NOW)
    state = loaded_again(engine)

    with pytest.raises(Refused, match="has not started yet"):
        Organisation(engine).hand_over(state.rotation, CEM, NOW)
    with pytest.raises(NotFound, match="no rotation"):
        Organisation(engine).hand_over("zzzzzzzz", CEM, NOW)


def test_nobody_is_planned_with_a_dissolved_team_and_its_visits_look_for_another(
    engine: Engine,
) -> None:
    state = inviting(engine, "shadowing-day")
    before = len(mails(engine))

    left = Organisation(engine).dissolve("H-01", "winter", NOW)
    told(engine, state)

    planner = PlanningDesk(
        engine, lambda _: Plan(), unreviewed, lambda *_: Repair(plan=None), no_holidays
    )
    problem = planner.problem("winter", NOW)
    assert left == Dissolution(moving=(state.rotation,), staying=(), orphaned=())
    assert calendar_mails(engine, before) == [("Mara", "CANCEL", 1), ("Lead", "CANCEL", 1)]
    assert [h.team for h in Eligibility(problem).of(problem.candidates[0])] == ["H-02"]


def test_nobody_of_a_dissolved_team_is_reminded_any_more(engine: Engine) -> None:
    state = inviting(engine, "shadowing-day")
    carry_out(engine, state, Errand(kind=ErrandKind.REMIND, step="shadowing-day"))
    assert "Lead" in letters(engine, "reminder")

    Organisation(engine).dissolve("H-01", "winter", NOW)

    with reading(engine) as session:
        states = session.execute(select(OutboxTable.person, OutboxTable.state)).all()
    assert (LEAD, "withdrawn") in states


def test_dissolving_twice_asks_again_only_what_changed_meanwhile(engine: Engine) -> None:
    state = inviting(engine, "shadowing-day")
    organisation = Organisation(engine)

    organisation.dissolve("H-01", "winter", NOW)
    organisation.dissolve("H-01", "winter", NOW)
    again = told(engine, state)
    organisation.dissolve("H-01", "winter", NOW)

    assert told(engine, again).dissolved


def test_a_visit_that_took_place_is_left_alone(engine: Engine) -> None:
    state = inviting(engine, "shadowing-day")
    day = the_step(state, "shadowing-day")

    left = Organisation(engine).dissolve("H-01", "winter", day.ends)

    assert left.staying == (state.rotation,)
    assert NewsDesk(engine).pending(day.ends, 10) == ()


@pytest.mark.parametrize(("owner", "orphaned"), [(LEAD, True), (MANAGER, False)])
def test_a_change_that_somebody_of_the_team_owns_has_to_be_handed_over(
    engine: Engine, owner: str, orphaned: bool
) -> None:
    state = inviting(engine)
    change = a_change(rotation=state.rotation, owner=owner)
    with writing(engine) as session:
        session.add(
            PolicyTable(
                id=change.policy,
                rotation=state.rotation,
                cohort="winter",
                workflow_id=f"policy-{change.policy}",
                proposal={},
                proposed_at=NOW,
                version=1,
                state=change.model_dump(mode="json"),
            )
        )

    left = Organisation(engine).dissolve("H-01", "winter", NOW)

    kinds = [n.event.kind for n in NewsDesk(engine).pending(NOW, 10)]
    assert left.orphaned == ((change.policy,) if orphaned else ())
    assert ("owner-left" in kinds) is orphaned


def test_a_plan_made_before_its_team_ended_is_not_approved(engine: Engine) -> None:
    state = inviting(engine)
    place = Assignment(rotation=state.rotation, participant=LEADER, host="H-01", reason="")
    body = Plan(assignments=(place,))
    desk = PlanningDesk(
        engine, lambda _: body, unreviewed, lambda *_: Repair(plan=None), no_holidays
    )
    desk.make_plan("winter", NOW)
    organisation = Organisation(engine)
    organisation.refuse_dissolved("winter", 1)

    organisation.dissolve("H-01", "winter", NOW)

    with pytest.raises(Refused, match="Plan 1 visits The desk, which is dissolved"):
        organisation.refuse_dissolved("winter", 1)
    with pytest.raises(NotFound, match="no cohort"):
        organisation.dissolve("H-01", "summer", NOW)
