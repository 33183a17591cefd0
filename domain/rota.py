"""The rota of a ritual: who looks through which lens, who facilitates, who observes in silence.

What holds, whoever is away, joins late or leaves:

- Nobody looks through a lens of their own function, unless a ritual has no other.
- Somebody with m other lenses has each of them once in their first m sessions, once in the next m, and so on:
  each comes round within 2m - 1 sessions in a row. Only sessions that they came to count. Who turns out
  later not to have come waits for that lens one session longer.
- Among people who come to every session, nobody facilitates more than once oftener than anybody else, and
  the same of observing. Everybody else has their share of the sessions they came to; who is new waits one.
- Nobody facilitates and observes in the same session.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from heapq import nsmallest
from itertools import product
from typing import NamedTuple

from domain.people import HostTeam, Person, Seat
from domain.planning import Attendee
from domain.program import Ritual
from domain.value import PersonRef, Value

Seats = tuple[Attendee, ...]

FOR_AN_OBSERVER = 3
"""With fewer people nobody observes in silence: two at least are to talk."""


class Member(Value):
    """Somebody who belongs to a ritual, and the lenses of their own function."""

    person: PersonRef
    own: tuple[str, ...] = ()


def own_lenses(person: Person, teams: Iterable[HostTeam]) -> tuple[str, ...]:
    """Return the lenses of somebody's own function: what the folder says, else those of their host team."""
    if person.lens:
        return (person.lens,)
    return next((team.lenses for team in teams if team.key == person.team), ())


def seats_of(ritual: Ritual, members: Sequence[Member], held: Sequence[Seats]) -> Seats:
    """Return who takes part with which lens and duty: first who facilitates, then who would instead, in order.

    ``members`` come in an order that stays; ``held`` has who came to each earlier session, the oldest first.
    """
    if not members:
        return ()
    past = _Past(held)
    left = {m.person: _left(ritual, m, past.of(m.person)) for m in members}
    lenses, duties = _spread(left), _Duties(ritual, tuple(left), past)
    return tuple(
        Attendee(
            person=person,
            seat=Seat.FACILITATOR if person == duties.facilitator else Seat.PARTICIPANT,
            required=person == duties.facilitator,
            lens=lenses[person],
            observes=person == duties.observer,
        )
        for person in duties.line
    )


def lens_for(ritual: Ritual, member: Member, seats: Seats, held: Sequence[Seats]) -> str:
    """Return what somebody looks through who joins a session in which the others have their seats."""
    taken = Counter(seat.lens for seat in seats)
    return min(_left(ritual, member, _Past(held).of(member.person)), key=lambda lens: taken[lens])


def heir_of(line: Iterable[Attendee], away: Set[str]) -> PersonRef:
    """Return who facilitates instead: the first in line who comes."""
    return next(seat.person for seat in line if seat.person not in away)


def led_by(seats: Seats, heir: str) -> Seats:
    """Return the same seats with another facilitator, who observes no longer if they were to."""
    return tuple(_leading(seat, leads=seat.person == heir) for seat in seats)


def came(seats: Seats, away: Set[str]) -> Seats:
    """Return the seats of those who did not stay away."""
    return tuple(seat for seat in seats if seat.person not in away)


def _leading(seat: Attendee, *, leads: bool) -> Attendee:
    changes = {
        "seat": Seat.FACILITATOR if leads else Seat.PARTICIPANT,
        "required": leads,
        "observes": seat.observes and not leads,
    }
    return seat.model_copy(update=changes)


class _Past:
    """The seats that each person had in the sessions that they came to, the oldest first."""

    def __init__(self, held: Iterable[Seats]) -> None:
        self._seats: dict[str, list[Attendee]] = {}
        for seats in held:
            for seat in seats:
                self._seats.setdefault(seat.person, []).append(seat)

    def of(self, person: str) -> Sequence[Attendee]:
        return self._seats.get(person, ())


def _left(ritual: Ritual, member: Member, past: Iterable[Attendee]) -> list[str]:
    """Return the lenses that somebody has still to look through before all begin anew."""
    lenses = list(dict.fromkeys(ritual.lenses))
    others = [lens for lens in lenses if lens not in member.own] or lenses
    left = list(others)
    for seat in past:
        if seat.lens in left:
            left.remove(seat.lens)
        left = left or list(others)
    return left


def _spread(left: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give everybody one of their lenses, so that the session has as many different ones as it can.

    Source: Harvey, Ladner, Lovász, Tamir, "Semi-matchings for bipartite graphs and load balancing" (2006).
    """
    given: dict[str, str] = {}
    for person in left:
        given.update(_chain(person, left, given))
    return given


def _chain(
    person: str, left: Mapping[str, Sequence[str]], given: Mapping[str, str]
) -> dict[str, str]:
    """Return who takes which lens anew, so that one more person is added where the fewest look through."""
    moves: dict[str, tuple[str, str | None]] = dict.fromkeys(left[person], (person, None))
    queue = list(moves)
    for lens in queue:
        for holder in (p for p, held in given.items() if held == lens):
            reached = [other for other in left[holder] if other not in moves]
            moves.update(dict.fromkeys(reached, (holder, lens)))
            queue.extend(reached)
    load, changes = Counter(given.values()), {}
    at: str | None = min(queue, key=lambda one: load[one])
    while at is not None:
        who, before = moves[at]
        changes[who], at = at, before
    return changes


class _Share(NamedTuple):
    """How many of the sessions that somebody came to they facilitated, and observed.

    Equal quotients of whole numbers are equal as floats.
    """

    facilitated: float
    observed: float

    @property
    def either(self) -> float:
        return self.facilitated + self.observed


_NEW = _Share(1.0, 1.0)
"""Of somebody who came to none yet, so that others go first."""


class _Duties:
    """Who facilitates, who observes, and who would facilitate instead.

    Both fall to those with the smallest shares. Among equals they fall to who had fewer duties of both
    kinds, so that it never comes to one person alone being due for both at once.
    """

    def __init__(self, ritual: Ritual, people: Sequence[str], past: _Past) -> None:
        shares = {person: _share(past.of(person)) for person in people}

        def after_facilitating(person: str) -> tuple[float, float]:
            return shares[person].facilitated, shares[person].either

        def after_observing(person: str) -> tuple[float, float]:
            return shares[person].observed, shares[person].either

        def after_both(pair: tuple[str, str]) -> tuple[float, float]:
            leads, watches = shares[pair[0]], shares[pair[1]]
            return leads.facilitated + watches.observed, leads.either + watches.either

        if ritual.observer and len(people) >= FOR_AN_OBSERVER:
            # The best pair has one of the two best for each duty: whoever else had it could give way to one of them.
            best = product(
                nsmallest(2, people, after_facilitating), nsmallest(2, people, after_observing)
            )
            pairs = (pair for pair in best if pair[0] != pair[1])
            self.facilitator, self.observer = min(pairs, key=after_both)
        else:
            self.facilitator, self.observer = min(people, key=after_facilitating), ""

        def in_line(person: str) -> tuple[bool, float, bool, float]:
            share = shares[person]
            watches = person == self.observer
            return person != self.facilitator, share.facilitated, watches, share.either

        self.line = tuple(sorted(people, key=in_line))


def _share(past: Sequence[Attendee]) -> _Share:
    if not past:
        return _NEW
    facilitated = sum(seat.required for seat in past)
    observed = sum(seat.observes for seat in past)
    return _Share(facilitated / len(past), observed / len(past))
