from datetime import timedelta

import pytest

from domain.due import catch_up
from domain.errands import Errand, ErrandKind
from domain.errors import Refused
from domain.events import PlanChanged, Released, Summarised, TookPlace
from domain.moves import apply, refuse
from domain.planning import PlannedStep
from domain.rotation import Concern, Ending, Phase, RotationState
from domain.telling import sentence
from tests.builders import DAY, HOUR, MONDAY, a_rotation, summary_steps

LATER = MONDAY + DAY + 2 * HOUR
WRITTEN = Summarised(step="summary")


def opened() -> RotationState:
    """Met, and asked for a summary."""
    invited, _ = catch_up(a_rotation(steps=summary_steps()), MONDAY)
    met, _ = apply(
        catch_up(invited, LATER - HOUR)[0], TookPlace(step="listening-session"), LATER - HOUR
    )
    state, errands = catch_up(met, LATER)
    assert [e.kind for e in errands] == [ErrandKind.ASK_SUMMARY]
    return state


def phase(state: RotationState) -> Phase:
    found = state.step("summary")
    assert found is not None
    return found.phase


def test_practice_s43_the_host_lead_reads_a_summary_before_anybody_else() -> None:
    shown, errands = apply(opened(), WRITTEN, LATER)

    assert phase(shown) is Phase.SHOWN
    assert errands == (Errand(kind=ErrandKind.SHOW_SUMMARY, step="summary"),)
    assert "host lead to read summary" in sentence(shown)

    over, errands = apply(shown, Released(step="summary", agreed=True), LATER)

    assert errands == (Errand(kind=ErrandKind.SHARE_SUMMARY, step="summary"),)
    assert over.ending is Ending.COMPLETED


def test_a_no_of_the_host_keeps_a_summary_between_the_two() -> None:
    shown, _ = apply(opened(), WRITTEN, LATER)

    over, errands = apply(shown, Released(step="summary", agreed=False), LATER)

    assert (phase(over), errands) == (Phase.HELD, ())


def test_a_silent_host_lead_is_reminded_once_and_then_holds_nothing_up() -> None:
    shown, _ = apply(opened(), WRITTEN, LATER)

    reminded, errands = catch_up(shown, LATER + 3 * DAY)
    assert [e.kind for e in errands] == [ErrandKind.REMIND_RELEASE]

    over, errands = catch_up(reminded, LATER + 5 * DAY)
    assert (phase(over), errands, over.ending) == (Phase.HELD, (), Ending.COMPLETED)


def test_a_missing_summary_is_asked_for_after_two_days_and_then_needs_a_person() -> None:
    reminded, errands = catch_up(opened(), LATER + 2 * DAY)
    assert [e.kind for e in errands] == [ErrandKind.REMIND_SUMMARY]

    missing, _ = catch_up(reminded, LATER + 4 * DAY)
    assert [a.concern for a in missing.attention] == [Concern.SUMMARY_MISSING]

    shown, _ = apply(missing, WRITTEN, LATER + 5 * DAY)
    assert shown.attention == ()


def test_nothing_is_summed_up_before_the_meeting_and_nothing_read_before_it_is_written() -> None:
    invited, _ = catch_up(a_rotation(steps=summary_steps()), MONDAY)

    with pytest.raises(Refused, match="comes after the meetings"):
        refuse(invited, WRITTEN, MONDAY)
    with pytest.raises(Refused, match="no summary to read"):
        refuse(opened(), Released(step="summary", agreed=True), LATER + timedelta(hours=1))


def test_writing_again_asks_nobody_again() -> None:
    shown, _ = apply(opened(), WRITTEN, LATER)

    again, errands = apply(shown, WRITTEN, LATER)

    assert (phase(again), errands) == (Phase.SHOWN, ())


def test_a_plan_that_changes_leaves_written_words_alone() -> None:
    shown, _ = apply(opened(), WRITTEN, LATER)
    later = tuple(
        PlannedStep(
            rotation=shown.rotation,
            key=s.key,
            kind=s.kind,
            starts=s.starts + DAY,
            ends=s.ends + DAY,
            zone=s.zone,
            attendees=s.attendees,
            quorum=s.quorum,
        )
        for s in shown.steps
    )

    changed, errands = apply(
        shown, PlanChanged(plan=shown.plan + 1, host=shown.host, steps=later), LATER
    )

    assert (phase(changed), errands) == (Phase.SHOWN, ())
