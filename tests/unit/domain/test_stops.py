"""A rotation that visits two teams, one after the other."""

from datetime import UTC, datetime

import pytest

from domain.due import catch_up
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import (
    ConsentWanted,
    GateAnswered,
    PlanChanged,
    Proposed,
    RepairFailed,
    Reschedule,
    TeamDissolved,
    TookPlace,
)
from domain.moves import apply, refuse
from domain.people import Seat
from domain.planning import Cause, PlannedStep
from domain.program import Gate, StepKind
from domain.rotation import Concern, Phase, RotationState, StepState
from domain.telling import details, sentence, stage, title, waiting_on
from tests.builders import (
    ANA,
    BEN,
    CEM,
    COLLEAGUES,
    DAY,
    LEAD,
    LEAD2,
    LEADER,
    MONDAY,
    PARTICIPANT,
    a_rotation_of_two_stops,
    a_step,
    seat,
    steps_of_two_stops,
)

LEAD3 = "P-0008"
GONE = TeamDissolved(team="H-02")


def asked(state: RotationState) -> set[str]:
    return {g.person for g in state.gates if g.asked_at}


def with_open_gates(*people: str) -> RotationState:
    state = a_rotation_of_two_stops()
    gates = tuple(
        g.model_copy(update={"passed_at": None}) if g.person in people else g for g in state.gates
    )
    return state.model_copy(update={"gates": gates})


def phases(state: RotationState) -> dict[str, Phase]:
    return {step.key: step.phase for step in state.steps}


def planned(state: RotationState, *hosts: str, **changes: tuple[object, ...]) -> PlanChanged:
    """A new plan version; ``changes`` name other attendees by step, with underscores for hyphens."""
    seats = {key.replace("_", "-"): attendees for key, attendees in changes.items()}
    steps = tuple(
        PlannedStep(
            rotation=state.rotation,
            **step.model_dump(exclude={"attendees"}, include=set(PlannedStep.model_fields)),
            attendees=seats.get(step.key, step.attendees),
        )
        for step in state.steps
    )
    return PlanChanged(plan=2, host=hosts[0], later_hosts=hosts[1:], steps=steps)


def test_a_silent_second_team_keeps_up_only_its_own_stop() -> None:
    state, errands = catch_up(with_open_gates(LEAD2, CEM), MONDAY)

    assert asked(state) == {LEAD2}
    assert phases(state)["goal-talk"] is Phase.INVITED
    assert phases(state)["second-day"] is Phase.PLANNED
    assert {e.step for e in errands if e.kind is ErrandKind.INVITE} == {
        "goal-talk",
        "shadowing-day",
        "listening-session",
        "reflection",
    }
    assert stage(state) == "learning-goal-talk"
    assert LEAD2 in waiting_on(state)
    assert LEADER in waiting_on(state)


def test_colleagues_of_the_first_stop_do_not_wait_for_the_lead_of_the_second() -> None:
    state, _ = catch_up(with_open_gates(ANA, LEAD2, CEM), MONDAY)

    assert asked(state) == {ANA, LEAD2}
    assert set(phases(state).values()) == {Phase.PLANNED}
    assert stage(state) == "colleagues"
    assert sentence(state).startswith(f"Waiting for {ANA} since")


def test_the_second_team_is_invited_once_it_has_agreed() -> None:
    state, _ = catch_up(with_open_gates(LEAD2, CEM), MONDAY)
    for gate, person in ((Gate.HOST, LEAD2), (Gate.COLLEAGUES, CEM)):
        state, _ = apply(state, GateAnswered(gate=gate, person=person, agreed=True), MONDAY)
        state, errands = catch_up(state, MONDAY)

    assert {e.step for e in errands} == {"second-day", "second-session"}
    assert phases(state)["second-day"] is Phase.INVITED


def test_a_lead_who_refuses_asks_for_another_team_at_their_stop() -> None:
    refused = GateAnswered(gate=Gate.HOST, person=LEAD2, agreed=False)

    _, (errand,) = apply(with_open_gates(LEAD2), refused, MONDAY)

    assert errand.disruption is not None
    assert (errand.disruption.cause, errand.disruption.stop) == (Cause.HOST_REFUSED, 2)


def test_a_team_that_took_over_a_stop_is_asked_and_the_other_stop_stays() -> None:
    state, _ = catch_up(a_rotation_of_two_stops(), MONDAY)
    lead = seat(LEAD3, Seat.HOST_LEAD)
    change = planned(state, "H-01", "H-03", second_day=(PARTICIPANT, lead))
    wanted = (ConsentWanted(Gate.HOST, LEAD3, 2),)

    changed, errands = apply(state, change.model_copy(update={"consents": wanted}), MONDAY)
    changed, more = catch_up(changed, MONDAY)

    assert changed.hosts == ("H-01", "H-03")
    assert [e.step for e in errands] == ["second-day"]
    assert more == (Errand(kind=ErrandKind.ASK_CONSENT, gate=Gate.HOST, people=(LEAD3,)),)
    assert next(g.stop for g in changed.gates if g.person == LEAD3) == 2
    assert LEAD2 not in {g.person for g in changed.gates}


def test_a_dissolved_second_team_leaves_the_first_stop_alone() -> None:
    before, _ = catch_up(a_rotation_of_two_stops(), MONDAY)

    state, errands = apply(before, GONE, MONDAY)

    assert state.teamless == {2}
    assert phases(state)["second-day"] is Phase.REPAIRING
    assert [s for s in state.steps if s.stop == 1] == [s for s in before.steps if s.stop == 1]
    called_off, (looking,) = errands[:-1], errands[-1:]
    assert {e.step for e in called_off} == {"second-day", "second-session"}
    assert looking.disruption is not None
    assert looking.disruption.stop == 2
    assert {LEAD2, CEM}.isdisjoint(g.person for g in state.gates)
    assert LEAD in {g.person for g in state.gates}
    assert "another host team" not in sentence(state)
    held, _ = apply(state, TookPlace(step="goal-talk"), MONDAY + 2 * DAY)
    assert phases(held)["goal-talk"] is Phase.HELD


def test_a_stop_without_a_team_waits_until_the_plan_has_another() -> None:
    state, _ = apply(catch_up(a_rotation_of_two_stops(), MONDAY)[0], GONE, MONDAY)
    with pytest.raises(Refused, match="dissolved"):
        refuse(state, Reschedule(step="second-day", starts=MONDAY + 20 * DAY), MONDAY)
    state, _ = apply(state, RepairFailed(step=None), MONDAY)

    same, _ = apply(state, planned(state, "H-01", "H-02"), MONDAY)
    lead = seat(LEAD3, Seat.HOST_LEAD)
    other, _ = apply(state, planned(state, "H-01", "H-03", second_day=(PARTICIPANT, lead)), MONDAY)

    assert [a.concern for a in state.attention] == [Concern.TEAM_DISSOLVED]
    assert same.teamless == {2}
    assert phases(same)["second-day"] is Phase.REPAIRING
    assert other.teamless == set()
    assert other.attention == ()
    assert phases(other)["second-day"] is Phase.PLANNED


def test_a_visit_that_took_place_does_not_keep_a_later_team_from_being_replaced() -> None:
    state, _ = catch_up(a_rotation_of_two_stops(), MONDAY)
    state, _ = apply(state, TookPlace(step="shadowing-day"), MONDAY + 4 * DAY)

    first, _ = apply(state, TeamDissolved(team="H-01"), MONDAY + 5 * DAY)
    second, _ = apply(state, GONE, MONDAY + 5 * DAY)

    assert first.teamless == set()
    assert second.teamless == {2}


def workshop(stop: int, starts: datetime) -> StepState:
    attendees = COLLEAGUES if stop == 1 else (seat(CEM, Seat.FRONTLINE, required=False),)
    return a_step(
        f"workshop-{stop}",
        kind=StepKind.CO_CREATION,
        stop=stop,
        starts=starts,
        attendees=(PARTICIPANT, *attendees),
    )


def words(kind: StepKind, stop: int, starts: datetime) -> StepState:
    return a_step(f"{kind.value}-{stop}", kind=kind, stop=stop, starts=starts)


def proposing(*steps: StepState) -> RotationState:
    held = tuple(s.model_copy(update={"phase": Phase.HELD}) for s in steps_of_two_stops()[:-1])
    return a_rotation_of_two_stops(steps=(*held, *steps))


def voices(
    state: RotationState, step: str, *co_authors: str, decide_by: datetime = MONDAY + 60 * DAY
) -> set[str]:
    proposed = Proposed(
        step=step, policy="policyab", owner=LEADER, co_authors=co_authors, decide_by=decide_by
    )
    refuse(state, proposed, MONDAY)
    _, (errand,) = apply(state, proposed, MONDAY)
    assert errand.policy is not None
    return set(errand.policy.voices)


def test_one_proposal_at_the_end_is_heard_of_at_both_teams() -> None:
    held = workshop(2, MONDAY + 17 * DAY).model_copy(update={"phase": Phase.HELD})
    state = proposing(held, words(StepKind.PROPOSAL, 2, MONDAY + 18 * DAY))

    assert voices(state, "proposal-2", CEM) == {LEAD, ANA, BEN, LEAD2, CEM}
    with pytest.raises(Refused, match="more than a year ahead"):
        voices(state, "proposal-2", CEM, decide_by=datetime(9999, 12, 31, tzinfo=UTC))


def test_a_proposal_of_each_stop_is_heard_of_at_its_own_team() -> None:
    first = workshop(1, MONDAY + 9 * DAY).model_copy(update={"phase": Phase.HELD})
    second = workshop(2, MONDAY + 17 * DAY).model_copy(update={"phase": Phase.HELD})
    state = proposing(
        first,
        words(StepKind.PROPOSAL, 1, MONDAY + 10 * DAY),
        second,
        words(StepKind.PROPOSAL, 2, MONDAY + 18 * DAY),
    )

    assert voices(state, "proposal-1", ANA) == {LEAD, ANA, BEN}
    assert voices(state, "proposal-2", CEM) == {LEAD2, CEM}
    with pytest.raises(Refused, match="co-author"):
        voices(state, "proposal-2", ANA)


def test_a_talk_looks_ahead_and_thanks_look_back() -> None:
    state = a_rotation_of_two_stops()
    every = {step.key: list(state.stops_of(step)) for step in state.steps}

    assert every["goal-talk"] == [1, 2]
    assert every["thanks"] == [1, 2]
    assert every["shadowing-day"] == [1]
    assert every["second-session"] == [2]


def test_with_a_talk_and_thanks_at_each_stop_they_are_about_that_stop() -> None:
    steps = (
        words(StepKind.LEARNING_GOAL_TALK, 1, MONDAY),
        words(StepKind.THANKS, 1, MONDAY + DAY),
        words(StepKind.LEARNING_GOAL_TALK, 2, MONDAY + 2 * DAY),
        words(StepKind.THANKS, 2, MONDAY + 3 * DAY),
    )
    state = a_rotation_of_two_stops(steps=steps)

    assert [list(state.stops_of(step)) for step in steps] == [[1], [1], [2], [2]]


def test_the_temporal_ui_names_both_teams_by_pseudonym() -> None:
    state = a_rotation_of_two_stops()

    assert title(state) == f"{LEADER} visits H-01 and H-02"
    assert "host teams H-01, H-02" in details(state)


def test_a_rotation_from_before_stops_were_known_loads_with_one() -> None:
    known = a_rotation_of_two_stops().model_dump(mode="json")
    for later in ("later_hosts", "later_dissolved"):
        known.pop(later, None)
    for one in (*known["gates"], *known["steps"]):
        del one["stop"]
    plan = {
        "kind": "plan-changed",
        "plan": 2,
        "host": "H-01",
        "steps": [],
        "consents": [["host", LEAD]],
    }

    state = RotationState.model_validate(known)

    assert state.hosts == ("H-01",)
    assert {step.stop for step in state.steps} == {1}
    assert PlanChanged.model_validate(plan).consents == (ConsentWanted(Gate.HOST, LEAD),)
