"""What needs nothing done is shown as soon as it is said, and the rotation's late word does not hide it."""

from sqlalchemy import Engine, select

from domain.rotation import Answer, Phase, RotationState
from store.database import reading
from store.sayings import Sayings
from store.tables.mail import NewsTable
from store.tables.rotations import RotationTable
from tests.builders import DAY, MANAGER, MONDAY
from tests.integration.store.world import NOW, VAULT, carry_out, invites, inviting

SESSION = "listening-session"
LATE = MONDAY + 9 * DAY


def shown(engine: Engine) -> tuple[RotationState, str, int]:
    with reading(engine) as session:
        row = session.scalars(select(RotationTable)).one()
        return RotationState.model_validate(row.state), row.stage, row.version


def phase(engine: Engine, key: str) -> Phase:
    step = shown(engine)[0].step(key)
    assert step is not None
    return step.phase


def all_accept(engine: Engine) -> None:
    sayings = Sayings(engine, VAULT)
    for invite in invites(engine, SESSION):
        sayings.answer(invite.uid, Answer.ACCEPTED, "link", NOW)


def test_a_completed_step_is_confirmed_at_once_and_told_all_the_same(engine: Engine) -> None:
    state = inviting(engine, SESSION, sparing=True)

    all_accept(engine)

    assert phase(engine, SESSION) is Phase.CONFIRMED
    assert shown(engine)[2] == state.version
    with reading(engine) as session:
        assert len(session.scalars(select(NewsTable)).all()) == 1


def test_a_late_word_of_the_rotation_does_not_hide_what_was_said_meanwhile(engine: Engine) -> None:
    state = inviting(engine, SESSION, sparing=True)
    all_accept(engine)

    carry_out(engine, state.model_copy(update={"version": state.version + 1}))

    assert phase(engine, SESSION) is Phase.CONFIRMED
    assert shown(engine)[2] == state.version + 1


def test_a_confirmed_meeting_brings_the_next_stage_at_once(engine: Engine) -> None:
    inviting(engine, "goal-talk", "shadowing-day", sparing=True)

    for _ in range(2):
        Sayings(engine, VAULT).took_place(shown(engine)[0].rotation, "goal-talk", MANAGER, LATE)

    assert shown(engine)[1] == "shadowing-day"
    assert phase(engine, "goal-talk") is Phase.HELD


def test_what_needs_something_done_waits_for_the_rotation(engine: Engine) -> None:
    inviting(engine, SESSION, sparing=True)
    (invite, *_) = invites(engine, SESSION)

    Sayings(engine, VAULT).answer(invite.uid, Answer.DECLINED, "link", NOW)

    assert phase(engine, SESSION) is Phase.INVITED


def test_an_older_rotation_speaks_for_itself(engine: Engine) -> None:
    inviting(engine, SESSION, sparing=False)

    all_accept(engine)

    assert phase(engine, SESSION) is Phase.INVITED
