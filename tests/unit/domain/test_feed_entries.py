"""Whose calendar shows which step."""

import pytest

from domain.events import Cancel, TeamDissolved
from domain.feeds import Entry, entries
from domain.moves import apply
from domain.program import Gate
from domain.rotation import Phase, RotationState
from tests.builders import (
    ANA,
    BEN,
    LEAD,
    LEADER,
    MANAGER,
    MONDAY,
    a_rotation,
    a_rotation_of_two_stops,
    gates,
)


def shown(state: RotationState) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries(state):
        found.setdefault(entry.whose, []).append(entry.step)
    return found


def test_people_see_their_own_steps_a_team_what_takes_place_there_the_cohort_all() -> None:
    assert shown(a_rotation()) == {
        "winter": ["goal-talk", "shadowing-day", "listening-session", "reflection", "thanks"],
        LEADER: ["goal-talk", "shadowing-day", "listening-session", "reflection", "thanks"],
        MANAGER: ["goal-talk"],
        LEAD: ["shadowing-day"],
        ANA: ["listening-session"],
        BEN: ["listening-session"],
        "H-01": ["shadowing-day", "listening-session"],
    }


def test_before_everybody_agreed_only_the_program_manager_sees_dates() -> None:
    assert set(shown(a_rotation(gates=gates(passed=False)))) == {"winter"}


def test_who_is_still_to_agree_sees_nothing_of_what_others_are_invited_to() -> None:
    state = a_rotation(
        steps=tuple(
            s.model_copy(update={"phase": Phase.INVITED, "invited_at": MONDAY})
            for s in a_rotation().steps
        ),
        gates=tuple(
            g.model_copy(update={"passed_at": None}) if g.gate is Gate.HOST else g for g in gates()
        ),
    )

    assert set(shown(state)) == {"winter", LEADER, MANAGER}


def test_a_step_is_pencilled_in_until_its_invites_go_out() -> None:
    state = a_rotation()
    first = state.steps[0].model_copy(update={"phase": Phase.INVITED, "invited_at": MONDAY})

    found = [e for e in entries(state.with_step(first)) if e.whose == LEADER]

    assert [entry.pencilled for entry in found] == [False, True, True, True, True]
    assert found[0] == Entry(
        whose=LEADER,
        step="goal-talk",
        starts=first.starts,
        ends=first.ends,
        zone="Europe/Berlin",
        teams=("H-01",),
        pencilled=False,
    )


def test_of_a_cancelled_rotation_nothing_stands_but_what_was_held() -> None:
    held = a_rotation().steps[0].model_copy(update={"phase": Phase.HELD})
    state, _ = apply(a_rotation().with_step(held), Cancel(), MONDAY)

    assert shown(state) == {step: ["goal-talk"] for step in ("winter", LEADER, MANAGER)}


def test_a_dissolved_team_and_its_people_see_nothing_of_what_was_to_come() -> None:
    state, _ = apply(a_rotation(), TeamDissolved(team="H-01"), MONDAY)

    assert not {"H-01", LEAD, ANA, BEN} & set(shown(state))


@pytest.mark.parametrize(
    ("team", "steps"),
    [
        ("H-01", ["shadowing-day", "listening-session"]),
        ("H-02", ["second-day", "second-session"]),
    ],
)
def test_each_team_of_a_rotation_sees_its_own_stop(team: str, steps: list[str]) -> None:
    assert shown(a_rotation_of_two_stops())[team] == steps
