"""The rota of a ritual: what it promises everybody, whoever stays away, joins late or leaves."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise, permutations, product
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.people import HostTeam, Lens, Person, Seat
from domain.program import Ritual, Weekday
from domain.rota import (
    FOR_AN_OBSERVER,
    Member,
    Seats,
    came,
    heir_of,
    led_by,
    lens_for,
    own_lenses,
    seats_of,
)

LENSES = (*Lens, "legal")
ROSTERS = 10_000
SESSIONS = 9


def a_ritual(lenses: int = 4, *, observer: bool = True) -> Ritual:
    return Ritual(
        key="lenses",
        title="Lenses",
        duration=timedelta(hours=1),
        weekday=Weekday.THURSDAY,
        starts_at="15:00",
        lenses=LENSES[:lenses],
        observer=observer,
    )


def people(size: int) -> list[Member]:
    return [Member(person=f"P-{n:04d}") for n in range(1, size + 1)]


@dataclass
class Roster:
    """A ritual over some months: who belongs when, who stays away, and who was seated as what."""

    ritual: Ritual
    members: list[Member]
    belongs: dict[str, range]
    stays_away: dict[str, float]
    held: list[Seats] = field(default_factory=list)

    def meet(self, number: int, chance: Random) -> Seats:
        """Hold one session: some decline after they were invited, and the next in line facilitates."""
        there = [m for m in self.members if number in self.belongs[m.person]]
        seats = seats_of(self.ritual, there, self.held)
        away = {s.person for s in seats if chance.random() < self.stays_away[s.person]}
        if seats and len(away) < len(seats) and seats[0].person in away:
            seats = led_by(seats, heir_of(seats, away))
        self.held.append(came(seats, frozenset(away)))
        return seats

    def always(self) -> list[str]:
        """Those who were never away."""
        every = [{s.person for s in seats} for seats in self.held]
        return [m.person for m in self.members if all(m.person in there for there in every)]

    def looked(self, person: str) -> list[str]:
        return [s.lens for seats in self.held for s in seats if s.person == person]


def a_roster(chance: Random) -> Roster:
    ritual = a_ritual(chance.randint(2, 5), observer=chance.random() < 0.8)
    members = [
        member.model_copy(update={"own": tuple(chance.sample(LENSES, chance.choice((0, 1, 1, 2))))})
        for member in people(chance.randint(2, 6))
    ]
    belongs, away = {}, {}
    for member in members:
        whole = chance.random() < 0.6
        joins = 0 if whole else chance.randrange(SESSIONS)
        belongs[member.person] = range(joins, SESSIONS if whole else joins + SESSIONS // 2)
        away[member.person] = chance.choice((0, 0, 0.2, 0.6))
    return Roster(ritual, members, belongs, away)


def others_of(roster: Roster, member: Member) -> set[str]:
    lenses = set(roster.ritual.lenses)
    return lenses - set(member.own) or lenses


def check_lenses(roster: Roster) -> None:
    for member in roster.members:
        others, looked = others_of(roster, member), roster.looked(member.person)
        assert set(looked) <= others, "nobody looks through their own function"
        size = len(others)
        rounds = [looked[n : n + size] for n in range(0, len(looked), size)]
        assert all(len(set(one)) == len(one) for one in rounds), "none twice before each once"
        windows = [looked[n : n + 2 * size - 1] for n in range(len(looked) - 2 * size + 2)]
        assert all(set(one) == others for one in windows), "each within 2m - 1 in a row"


def check_duties(roster: Roster) -> None:
    always = roster.always()
    facilitated, observed = Counter(dict.fromkeys(always, 0)), Counter(dict.fromkeys(always, 0))
    for seats in roster.held:
        facilitated.update(s.person for s in seats if s.required and s.person in facilitated)
        observed.update(s.person for s in seats if s.observes and s.person in observed)
        for count in (facilitated, observed):
            assert max(count.values(), default=0) - min(count.values(), default=0) <= 1


def check_session(roster: Roster, seats: Seats, held: Seats) -> None:
    assert sum(s.required for s in seats) == bool(seats)
    assert sum(s.required for s in held) == bool(held)
    assert sum(s.observes for s in seats) <= (len(seats) >= FOR_AN_OBSERVER)
    assert not any(s.required and s.observes for s in seats)
    assert len({s.person for s in seats}) == len(seats)
    assert {s.seat for s in seats if not s.required} <= {Seat.PARTICIPANT}


def test_first_f10_nobody_plays_their_own_function_and_all_play_all_whoever_is_absent() -> None:
    """10,000 rosters with absences, late joiners and leavers, each drawn from its own number."""
    observers, heirs, unequal = 0, 0, 0
    for number in range(ROSTERS):
        chance = Random(number)
        roster = a_roster(chance)
        for session in range(SESSIONS):
            seats = roster.meet(session, chance)
            check_session(roster, seats, roster.held[-1])
            observers += any(s.observes for s in seats)
            heirs += bool(seats) and not seats[0].required
        check_lenses(roster)
        check_duties(roster)
        unequal += len(roster.always()) < len(roster.members)
    assert min(observers, heirs, unequal) > ROSTERS // 10, "the draws reach what is promised"


@pytest.mark.parametrize("size", [4, 5, 7, 12])
def test_first_f10_over_twice_as_many_sessions_as_people_everybody_has_each_duty_twice(
    size: int,
) -> None:
    held: list[Seats] = []
    for _ in range(2 * size):
        held.append(seats_of(a_ritual(), people(size), held))

    for duty in ("required", "observes"):
        had = Counter(s.person for seats in held for s in seats if getattr(s, duty))
        assert set(had.values()) == {2}
        assert len(had) == size
    for before, after in pairwise(held):
        assert before[0].person != after[0].person, "nobody facilitates twice in a row"


@given(st.lists(st.sets(st.sampled_from(LENSES[:4]), max_size=3), min_size=1, max_size=6))
def test_a_session_has_as_many_different_lenses_as_it_can(own: list[set[str]]) -> None:
    members = [
        member.model_copy(update={"own": tuple(sorted(lenses))})
        for member, lenses in zip(people(len(own)), own, strict=True)
    ]

    seats = seats_of(a_ritual(), members, [])

    best = min(
        sum(count**2 for count in Counter(one).values())
        for one in product(*(set(LENSES[:4]) - lenses for lenses in own))
    )
    assert sum(count**2 for count in Counter(s.lens for s in seats).values()) == best


def test_who_is_new_neither_facilitates_nor_observes_at_once() -> None:
    held: list[Seats] = []
    for _ in range(3):
        held.append(seats_of(a_ritual(), people(4), held))

    seats = seats_of(a_ritual(), people(5), held)

    (newcomer,) = (s for s in seats if s.person == "P-0005")
    assert not newcomer.required
    assert not newcomer.observes


def test_who_joins_an_open_session_looks_through_what_is_missing_there() -> None:
    ritual, engineer = a_ritual(), Member(person="P-0009", own=("engineering",))
    seats = seats_of(ritual, people(3), [])
    missing = set(ritual.lenses) - {s.lens for s in seats}

    assert {lens_for(ritual, Member(person="P-0009"), seats, [])} == missing
    assert lens_for(ritual, engineer, (), [seats]) != "engineering"


def test_an_observer_who_has_to_facilitate_observes_no_longer() -> None:
    seats = seats_of(a_ritual(), people(4), [])
    (observer,) = (s.person for s in seats if s.observes)
    others = {s.person for s in seats} - {observer}

    changed = led_by(seats, heir_of(seats, others))

    assert [s.person for s in changed if s.required] == [observer]
    assert not any(s.observes for s in changed)


def test_others_facilitate_before_the_observer_does() -> None:
    seats = seats_of(a_ritual(), people(4), [])
    (observer,) = (s.person for s in seats if s.observes)

    assert heir_of(seats, {seats[0].person}) not in {observer, seats[0].person}


def test_a_lens_that_a_ritual_gains_comes_round_once_and_not_until_it_has_caught_up() -> None:
    held: list[Seats] = []
    for _ in range(8):
        held.append(seats_of(a_ritual(4), people(1), held))
    for _ in range(6):
        held.append(seats_of(a_ritual(5), people(1), held))

    looked = [seats[0].lens for seats in held[8:]]
    assert Counter(looked[:5]) == Counter(LENSES)


def test_who_turns_out_not_to_have_come_has_that_lens_one_session_later() -> None:
    ritual, (member,) = a_ritual(), people(1)
    first = seats_of(ritual, [member], [])
    second = seats_of(ritual, [member], [first])

    third = seats_of(ritual, [member], [second])

    assert second[0].lens != first[0].lens
    assert third[0].lens == first[0].lens


def _people_of_teams() -> Iterator[tuple[str, str | None, tuple[str, ...]]]:
    yield "desk", None, ("customer", "operational")
    yield "desk", "finance", ("finance",)
    yield "elsewhere", None, ()


@pytest.mark.parametrize(("team", "lens", "own"), list(_people_of_teams()))
def test_the_own_function_is_what_the_folder_says_else_that_of_the_host_team(
    team: str, lens: str | None, own: tuple[str, ...]
) -> None:
    desk = HostTeam(
        ref="H-01",
        key="desk",
        name="Service desk",
        lenses=("customer", "operational"),
        customer_facing=True,
        lead="P-0001",
        frontline=(),
        zone="UTC",
        visits_per_week=1,
    )
    person = Person(
        ref="P-0002",
        key="ana",
        name="Ana",
        email=None,
        zone="UTC",
        country="DE",
        hours=(),
        team=team,
        lens=lens,
    )

    assert own_lenses(person, [desk]) == own


@given(st.integers(3, 7), st.randoms(use_true_random=False))
def test_first_f10_duties_fall_to_the_pair_that_had_the_smallest_share_of_all_pairs(
    size: int, chance: Random
) -> None:
    ritual, members = a_ritual(), people(size)
    roster = Roster(ritual, members, {m.person: range(9) for m in members}, {})
    roster.stays_away = {m.person: chance.choice((0, 0.3, 0.7)) for m in members}
    for number in range(6):
        roster.meet(number, chance)

    seats = seats_of(ritual, members, roster.held)

    leads = next(s.person for s in seats if s.required)
    watches = next(s.person for s in seats if s.observes)
    shares = {m.person: share_of(roster, m.person) for m in members}
    every = [both(shares[one], shares[other]) for one, other in permutations(shares, 2)]
    assert both(shares[leads], shares[watches]) == min(every)


def share_of(roster: Roster, person: str) -> tuple[Fraction, Fraction]:
    """How many of the sessions that somebody came to they facilitated, and observed; all when to none."""
    mine = [s for seats in roster.held for s in seats if s.person == person]
    if not mine:
        return Fraction(1), Fraction(1)
    return (
        Fraction(sum(s.required for s in mine), len(mine)),
        Fraction(sum(s.observes for s in mine), len(mine)),
    )


def both(
    leads: tuple[Fraction, Fraction], watches: tuple[Fraction, Fraction]
) -> tuple[Fraction, Fraction]:
    return leads[0] + watches[1], leads[0] + leads[1] + watches[0] + watches[1]
