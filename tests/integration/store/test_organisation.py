"""What a program manager says of the organisation: what is kept, what a rotation hears, what is refused."""

import pytest
from sqlalchemy import Engine, select

from domain.errands import Errand, ErrandKind
from domain.errors import NotFound, Refused
from domain.events import GateAnswered, ManagerChanged
from domain.moves import apply
from domain.program import Gate
from domain.rotation import RotationState
from store.database import reading
from store.importing import load_folder
from store.news import NewsDesk
from store.organisation import Organisation
from store.people import people
from store.tables import OutboxTable
from tests.builders import LEADER, MANAGER, gates
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    a_folder,
    a_person,
    calendar_mails,
    carry_out,
    inviting,
    letters,
    loaded_again,
    mails,
)

CEM = "P-0007"


def handed_over(engine: Engine, state: RotationState, manager: str = CEM) -> RotationState:
    """The rotation after it was told, with everything carried out."""
    Organisation(engine).hand_over(state.rotation, manager, NOW)
    (news,) = NewsDesk(engine).pending(NOW, 10)
    assert isinstance(news.event, ManagerChanged)
    changed, errands = apply(state, news.event, NOW)
    carry_out(engine, changed, *errands)
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
    (heard,) = NewsDesk(engine).pending(NOW, 10)
    NewsDesk(engine).told(heard.number, NOW)
    before = len(mails(engine))

    handed_over(engine, second, MANAGER)

    assert calendar_mails(engine, before) == [("Cem", "CANCEL", 1), ("Boss", "REQUEST", 0)]
    uids = {m["uid"] for m in mails(engine) if m["reader_name"] == "Boss"}
    assert len(uids) == 2


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
