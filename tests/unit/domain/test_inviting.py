"""Who hears what of a step: the organiser's scenarios of iTIP for single events, one guest a message.

Left out, as no step of ours is one: recurring events (N8, N9, N10, N13, U5, U12, U13, S2, S3), tasks
(N2), several events in one message (N5, N6, N7, S5), parameters of CalDAV scheduling (N11, U8, U10),
events of others (N12, N14, N15, X4), and durations, which are always ends here (X2).
"""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.invites import Change, Method
from domain.inviting import Guest, Meeting, Sending, Standing, sendings
from domain.moments import wall_clock

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
STARTS = NOW + timedelta(days=7)
HOUR = timedelta(hours=1)


def guest(name: str, **changes: object) -> Guest:
    facts = {"person": name, "address": f"{name}@example.org"}
    return Guest.model_validate(facts | changes)


A1, A2, A3 = guest("P-0001"), guest("P-0002"), guest("P-0003")


def a_meeting(*guests: Guest, **changes: object) -> Meeting:
    facts: dict[str, object] = {
        "revision": 2,
        "starts": STARTS,
        "ends": STARTS + HOUR,
        "zone": "Europe/Berlin",
        "host": "H-01",
        "place": "Room 4",
        "guests": guests,
    }
    return Meeting.model_validate(facts | changes)


def invited(*guests: Guest, **changes: object) -> tuple[Standing, ...]:
    """Guests as they were invited to the meeting, one revision ago, with SEQUENCE 1."""
    meeting = a_meeting()
    facts = meeting.model_dump(exclude={"guests"}) | {"revision": 1, "sequence": 1} | changes
    return tuple(
        Standing.model_validate(
            facts | {"uid": f"uid-{one.person}", "person": one.person, "address": one.address}
        )
        for one in guests
    )


def told(
    standing: tuple[Standing, ...], meeting: Meeting | None, now: datetime = NOW
) -> list[tuple[str, str, int]]:
    """Each mail as its reader, its method and its SEQUENCE."""
    found = sendings(standing, meeting, now)
    return [(one.person, one.method.value, one.sequence) for one in found if one.method]


LONGER = {"ends": STARTS + 2 * HOUR}
CANCEL, REQUEST = "CANCEL", "REQUEST"


@pytest.mark.parametrize(
    ("before", "after", "mails"),
    [
        pytest.param((), a_meeting(), [], id="scenario_n1_nobody_is_to_come"),
        pytest.param((), a_meeting(A1), [("P-0001", REQUEST, 0)], id="scenario_n3_one_guest"),
        pytest.param(
            invited(A1, A2),
            a_meeting(A2, A3),
            [("P-0001", CANCEL, 2), ("P-0003", REQUEST, 0)],
            id="scenario_u1_one_goes_one_comes_and_one_hears_nothing",
        ),
        pytest.param(
            (), a_meeting(A1), [("P-0001", REQUEST, 0)], id="scenario_u2_guests_come_later"
        ),
        pytest.param(
            invited(A1), a_meeting(), [("P-0001", CANCEL, 2)], id="scenario_u3_all_guests_go"
        ),
        pytest.param((), a_meeting(), [], id="scenario_u4_no_guests_before_and_after"),
        pytest.param(
            invited(A1, A2),
            a_meeting(A2, A3, **LONGER),
            [("P-0001", CANCEL, 2), ("P-0002", REQUEST, 2), ("P-0003", REQUEST, 0)],
            id="scenario_u6_another_length_and_another_guest",
        ),
        pytest.param(
            invited(A1), a_meeting(A1, revision=9), [], id="scenario_u7_only_the_revision_rose"
        ),
        pytest.param(
            invited(A1, A2),
            a_meeting(),
            [("P-0001", CANCEL, 2), ("P-0002", CANCEL, 2)],
            id="scenario_u9_everybody_goes",
        ),
        pytest.param(
            invited(A1), None, [("P-0001", CANCEL, 2)], id="scenario_u11_it_does_not_take_place"
        ),
        pytest.param(invited(A1, A2), a_meeting(A1, A2), [], id="scenario_s1_nothing_changed"),
        pytest.param(
            invited(A1, A2), a_meeting(A2, A1), [], id="scenario_s4_guests_in_another_order"
        ),
        pytest.param(
            invited(A1, A2),
            None,
            [("P-0001", CANCEL, 2), ("P-0002", CANCEL, 2)],
            id="scenario_x1_it_is_deleted",
        ),
        pytest.param((), None, [], id="scenario_x3_nothing_is_deleted"),
        pytest.param(
            invited(A1),
            a_meeting(guest("P-0001", address="a1@elsewhere.example")),
            [("P-0001", CANCEL, 2), ("P-0001", REQUEST, 0)],
            id="scenario_e14_another_address",
        ),
        pytest.param(
            invited(A1),
            a_meeting(guest("P-0001", address="p-0001@Example.org")),
            [],
            id="scenario_e14_the_same_address_in_other_letters",
        ),
        pytest.param(
            invited(A1),
            a_meeting(
                A1, starts=STARTS + timedelta(days=180), ends=STARTS + timedelta(days=180, hours=1)
            ),
            [("P-0001", REQUEST, 2)],
            id="scenario_e15_moved_into_summer_time",
        ),
        pytest.param(
            invited(A1),
            a_meeting(A1, zone="Europe/Vienna"),
            [("P-0001", REQUEST, 2)],
            id="content_c18_the_site_lies_in_another_zone",
        ),
        pytest.param(
            invited(A1),
            a_meeting(A1, place="Room 5"),
            [("P-0001", REQUEST, 2)],
            id="content_c5_another_place",
        ),
        pytest.param(
            invited(A1),
            a_meeting(A1, host="H-02"),
            [("P-0001", REQUEST, 2)],
            id="content_c5_another_team",
        ),
        pytest.param(
            invited(A1, A2),
            a_meeting(A1, guest("P-0002", new_part=True)),
            [("P-0002", REQUEST, 2)],
            id="who_facilitates_now_alone_hears_of_it",
        ),
        pytest.param(
            invited(A1, place=None, host=None),
            a_meeting(A1),
            [],
            id="an_invite_from_before_places_were_kept",
        ),
        pytest.param(
            invited(A1),
            a_meeting(guest("P-0001", agreed=False), guest("P-0002", agreed=False), **LONGER),
            [],
            id="who_has_not_agreed_hears_nothing",
        ),
    ],
)
def test_what_each_person_is_sent(
    before: tuple[Standing, ...], after: Meeting | None, mails: list[tuple[str, str, int]]
) -> None:
    assert told(before, after) == mails


@pytest.mark.parametrize("after", [None, a_meeting(A1, A2, **LONGER), a_meeting(A2)])
def test_head_h12_nobody_is_sent_anything_about_what_is_over(after: Meeting | None) -> None:
    assert told(invited(A1), after, now=STARTS + 3 * HOUR) == []


def test_head_h12_what_was_missed_and_is_planned_anew_is_invited_to() -> None:
    missed = invited(A1, starts=NOW - 2 * HOUR, ends=NOW - HOUR)

    assert told(missed, a_meeting(A1, A2)) == [("P-0001", REQUEST, 2), ("P-0002", REQUEST, 0)]
    assert told(missed, a_meeting()) == [("P-0001", CANCEL, 2)]


def test_scenario_e16_each_of_two_steps_is_cancelled_by_its_own_uid() -> None:
    both = (*invited(A1), *invited(guest("P-0009", person="P-0009")))

    assert [one.uid for one in sendings(both, None, NOW)] == ["uid-P-0001", "uid-P-0009"]


def test_scenario_e18_who_is_taken_out_and_back_in_gets_a_new_uid() -> None:
    (out,) = sendings(invited(A1), a_meeting(), NOW)
    (back,) = sendings((), a_meeting(A1, revision=3), NOW)

    assert (out.method, out.uid) == (Method.CANCEL, "uid-P-0001")
    assert back == Sending(person="P-0001", method=Method.REQUEST, uid=None, sequence=0)


def test_content_c8_only_what_does_not_take_place_is_cancelled_as_a_whole() -> None:
    (everything,) = sendings(invited(A1), None, NOW)
    (one,) = sendings(invited(A1), a_meeting(), NOW)

    assert (everything.whole, one.whole) == (True, False)


@pytest.mark.parametrize(
    ("changes", "change"),
    [
        (LONGER, Change.TIME),
        (LONGER | {"place": "Room 5"}, Change.TIME),
        ({"place": "Room 5"}, Change.PLACE),
    ],
)
def test_the_reader_is_told_what_changed(changes: dict[str, object], change: Change) -> None:
    (one,) = sendings(invited(A1), a_meeting(A1, **changes), NOW)

    assert one.change is change


def test_content_c18_the_same_hour_by_new_rules_is_no_new_time() -> None:
    agreed = wall_clock(STARTS + HOUR, "Europe/Berlin")
    standing = invited(A1, wall=agreed)
    an_hour_later = {"starts": STARTS + HOUR, "ends": STARTS + 2 * HOUR}

    (same_hour,) = sendings(standing, a_meeting(A1, **an_hour_later), NOW)
    (moved,) = sendings(standing, a_meeting(A1, starts=STARTS - HOUR), NOW)
    (longer,) = sendings(
        invited(A1, wall=wall_clock(STARTS, "Europe/Berlin")), a_meeting(A1, **LONGER), NOW
    )

    assert (same_hour.change, same_hour.sequence) == (Change.CLOCKS, 2)
    assert (moved.change, longer.change) == (Change.TIME, Change.TIME)


people = st.frozensets(st.sampled_from([f"P-000{number}" for number in range(1, 7)]))


@given(
    before=people,
    plans=st.lists(st.tuples(people, st.integers(0, 3), st.sampled_from(["x", "y"])), max_size=6),
)
def test_content_c5_a_sequence_never_falls_and_a_uid_is_never_used_again(
    before: frozenset[str], plans: list[tuple[frozenset[str], int, str]]
) -> None:
    standing = {one.uid: one for one in invited(*map(guest, sorted(before)))}
    gone: set[str] = set()
    for number, (guests, hours, place) in enumerate(plans, start=2):
        meeting = a_meeting(
            *map(guest, sorted(guests)),
            revision=number,
            ends=STARTS + HOUR * (1 + hours),
            place=place,
        )
        for one in sendings(standing.values(), meeting, NOW):
            uid = one.uid or f"{one.person}-{number}"
            assert uid not in gone
            known = standing.pop(uid, None)
            if known:
                assert one.sequence == known.sequence + (one.method is not None)
            if one.method is Method.CANCEL:
                gone.add(uid)
                continue
            facts = meeting.model_dump(exclude={"guests"})
            address = f"{one.person}@example.org"
            standing[uid] = Standing.model_validate(
                facts
                | {"uid": uid, "person": one.person, "address": address, "sequence": one.sequence}
            )
        assert {one.person for one in standing.values()} == set(guests)
