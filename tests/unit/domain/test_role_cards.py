"""Role cards: nobody plays what they are, and every role is played wherever that can be."""

from itertools import permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.people import Seat
from domain.program import RoleCard
from domain.rolecards import dealt
from tests.builders import ANA, BEN, LEADER, MANAGER

CUSTOMER = RoleCard(key="customer", title="Customer")
FRONTLINE = RoleCard(key="frontline", title="Frontline", held_by=(Seat.FRONTLINE, Seat.HOST_LEAD))
SUPPLIER = RoleCard(key="supplier", title="Supplier", held_by=(Seat.PARTICIPANT,))
ROLES = (CUSTOMER, FRONTLINE, SUPPLIER)

WORKSHOP = {
    LEADER: {Seat.PARTICIPANT},
    ANA: {Seat.FRONTLINE},
    BEN: {Seat.FRONTLINE},
}

seats = st.sets(st.sampled_from(list(Seat)), min_size=1, max_size=3)
cards = st.lists(st.sets(st.sampled_from(list(Seat)), max_size=4), min_size=1, max_size=4).map(
    lambda held: tuple(
        RoleCard(key=f"role-{n}", title=f"Role {n}", held_by=tuple(sorted(by)))
        for n, by in enumerate(held)
    )
)
rosters = st.lists(seats, max_size=6).map(
    lambda every: {f"P-{n:04}": one for n, one in enumerate(every)}
)


def most_filled(roles: tuple[RoleCard, ...], people: dict[str, set[Seat]]) -> int:
    """By trying every order: how many roles can be played at once by people who are not what they play."""
    nobody = [""] * len(roles)
    return max(
        sum(bool(p) and not people[p] & set(r.held_by) for p, r in zip(order, roles, strict=False))
        for order in set(permutations([*people, *nobody], len(roles)))
    )


@settings(max_examples=150, deadline=None)
@given(roles=cards, people=rosters, session=st.text(max_size=5))
def test_practice_s9_every_role_is_played_by_somebody_who_is_not_it(
    roles: tuple[RoleCard, ...], people: dict[str, set[Seat]], session: str
) -> None:
    given_out = dealt(roles, people, session)

    for person, role in given_out.items():
        assert not people[person] & set(role.held_by)
    for person, mine in people.items():
        can_play = any(not mine & set(role.held_by) for role in roles)
        assert (person in given_out) == can_play
    assert len({role.key for role in given_out.values()}) == most_filled(roles, people)
    backwards = dict(reversed(people.items()))
    assert dealt(roles, backwards, session) == given_out


def test_practice_s9_in_a_workshop_the_visitor_speaks_for_the_frontline() -> None:
    parts = dealt(ROLES, WORKSHOP, "aaaaaaaa:workshop")

    assert parts[LEADER] == FRONTLINE
    assert {parts[ANA].key, parts[BEN].key} == {"customer", "supplier"}


def test_practice_s9_the_next_session_may_deal_them_anew() -> None:
    played = {dealt(ROLES, WORKSHOP, f"{n}")[ANA].key for n in range(20)}
    assert played == {"customer", "supplier"}


def test_practice_s9_who_is_everything_plays_nothing() -> None:
    people = WORKSHOP | {MANAGER: {Seat.FRONTLINE, Seat.PARTICIPANT}}
    assert MANAGER not in dealt((FRONTLINE, SUPPLIER), people, "s")
    assert dealt((), people, "s") == {}
