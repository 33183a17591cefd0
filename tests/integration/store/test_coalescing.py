"""Several edits of one step within a short time: what leaves, and what gives way before it left."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from domain.errands import Errand, ErrandKind
from domain.moves import apply
from domain.rotation import RotationState
from store.coalescing import BREATH
from store.importing import load_folder
from tests.builders import COLLEAGUES, DAY, HOUR, MONDAY, PARTICIPANT
from tests.integration.store.world import (
    NOW,
    PEOPLE,
    a_folder,
    a_person,
    all_leave,
    carry_out,
    invites,
    inviting,
    left,
    outbox_of,
    replanned,
)

SESSION = "listening-session"
GUESTS = ("Mara", "Ana", "Ben")


def moved(
    engine: Engine, state: RotationState, days: int, after: timedelta = timedelta()
) -> RotationState:
    """The session on another day."""
    starts = MONDAY + days * DAY
    change = {"starts": starts, "ends": starts + HOUR}
    state, errands = apply(state, replanned(state, listening_session=change), NOW)
    carry_out(engine, state, *errands, now=NOW + after)
    return state


def test_head_h11_edits_before_the_update_left_bring_one_request_with_the_last_sequence(
    engine: Engine,
) -> None:
    state = inviting(engine, SESSION)
    for days in (6, 8, 9):
        state = moved(engine, state, days)

    mails = left(engine, NOW)

    assert [(m["reader_name"], m["method"], m["sequence"]) for m in mails] == [
        (who, "REQUEST", 3) for who in GUESTS
    ]
    assert {mail["change"] for mail in mails} == {"several"}
    assert {len(mail["previous"]) for mail in mails} == {1}


def test_head_h11_an_invite_that_never_left_is_no_update(engine: Engine) -> None:
    moved(engine, inviting(engine, SESSION, left=False), 6)

    mails = left(engine, NOW)

    assert [(m["reader_name"], m["sequence"], m["change"]) for m in mails] == [
        (who, 1, None) for who in GUESTS
    ]
    assert {mail["previous"] for mail in map(_frozen, mails)} == {()}


def _frozen(mail: dict[str, object]) -> dict[str, object]:
    return mail | {"previous": tuple(mail["previous"])}  # type: ignore[arg-type]


def test_head_h11_who_never_got_the_invite_gets_no_cancellation(engine: Engine) -> None:
    state = inviting(engine, SESSION, left=False)

    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    assert left(engine, NOW) == []
    assert invites(engine, SESSION) == []


def test_head_h11_a_cancellation_takes_the_place_of_an_update(engine: Engine) -> None:
    state = moved(engine, inviting(engine, SESSION), 6)

    carry_out(engine, state, Errand(kind=ErrandKind.CALL_OFF, step=SESSION))

    assert [(m["method"], m["sequence"]) for m in left(engine, NOW)] == [("CANCEL", 2)] * 3


def test_head_h11_what_a_relay_took_may_have_left_and_is_followed(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    state = moved(engine, state, 6)
    outbox = outbox_of(engine)
    taken = outbox.due(NOW, 9)
    moved(engine, state, 8)

    for mail in taken:
        outbox.delivered(mail.number, NOW)

    assert [(m["sequence"], m["change"]) for m in left(engine, NOW + BREATH)] == [(2, "time")] * 3


def test_head_h11_the_next_update_waits_until_people_could_draw_breath(engine: Engine) -> None:
    state = moved(engine, inviting(engine, SESSION), 6)
    all_leave(engine)

    state = moved(engine, state, 8, after=timedelta(seconds=5))
    moved(engine, state, 9, after=timedelta(seconds=50))

    assert left(engine, NOW + timedelta(seconds=60)) == []
    assert [m["sequence"] for m in left(engine, NOW + BREATH)] == [3, 3, 3]


def test_content_c3_a_stamp_never_falls_even_when_a_clock_does(engine: Engine) -> None:
    state = inviting(engine, SESSION)

    moved(engine, state, 6, after=timedelta(hours=-1))

    assert {mail["stamped"] for mail in left(engine, NOW)} == {"2026-11-23T22:00:00Z"}


@pytest.mark.parametrize("address", ["ana@elsewhere.example", None])
def test_scenario_e14_another_address_gets_its_own_invite(
    engine: Engine, address: str | None
) -> None:
    state = inviting(engine, SESSION)
    old = {invite.person: invite.uid for invite in invites(engine, SESSION)}
    people = (a_person(k, email=address) if k == "ana" else a_person(k) for k in PEOPLE)
    load_folder(engine, a_folder(*people), dry_run=False, now=NOW)

    carry_out(engine, state, Errand(kind=ErrandKind.INVITE, step=SESSION))

    mails = left(engine, NOW)
    expected = [("ana@example.org", "CANCEL")] + ([(address, "REQUEST")] if address else [])
    assert [(m["reader_email"], m["method"]) for m in mails] == expected
    new = {invite.person: invite.uid for invite in invites(engine, SESSION)}
    assert [person for person in old if old[person] != new[person]] == ["P-0004"]


def test_privacy_p5_who_is_exchanged_with_a_team_hears_nothing_of_the_next(engine: Engine) -> None:
    state = inviting(engine, "shadowing-day")
    changed = replanned(state, "H-02", shadowing_day={"attendees": (PARTICIPANT,)})

    state, errands = apply(state, changed, NOW)
    carry_out(engine, state, *errands)

    (cancelled,) = (m for m in left(engine, NOW) if m["method"] == "CANCEL")
    assert cancelled["where"] == "The desk, at the desk"


def test_scenario_u1_guests_who_stay_hear_nothing_of_an_exchange(engine: Engine) -> None:
    state = inviting(engine, SESSION)
    change = {"attendees": (PARTICIPANT, COLLEAGUES[1])}

    state, errands = apply(state, replanned(state, listening_session=change), NOW)
    carry_out(engine, state, *errands)

    assert [(m["reader_name"], m["method"]) for m in left(engine, NOW)] == [("Ana", "CANCEL")]
