"""Peer debriefs: who tells whom what a visit taught. Nobody tells their own manager, or whom they manage."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import permutations

from domain.value import PersonRef

Apart = Mapping[PersonRef, frozenset[PersonRef]]
"""Whom each person never has a debrief with."""

Group = tuple[PersonRef, ...]


def in_line(
    managers: Mapping[PersonRef, PersonRef | None],
) -> dict[PersonRef, frozenset[PersonRef]]:
    """Return who is above or below each person, directly or not; ``managers`` has everybody's manager.

    A loop in the data ends where it began.
    """
    above = {person: frozenset(_above(person, managers)) for person in managers}
    return {
        person: bosses | {other for other in managers if person in above[other]}
        for person, bosses in above.items()
    }


def _above(
    person: PersonRef, managers: Mapping[PersonRef, PersonRef | None]
) -> Iterator[PersonRef]:
    seen = {person}
    boss = managers.get(person)
    while boss and boss not in seen:
        yield boss
        seen.add(boss)
        boss = managers.get(boss)


def groups(
    waiting: Sequence[PersonRef], had: Sequence[PersonRef], apart: Apart, *, more_to_come: bool
) -> tuple[Group, ...]:
    """Return the debriefs of those who wait, in their order: pairs, and one group of three for an odd one.

    Who is left over waits while others are still to come. When none are, they meet somebody who ``had``
    a debrief already, the first who may; who may meet nobody at all is a group of one. In no group is
    anybody with a person that they are ``apart`` from.
    """
    pairs, alone = _pairs(waiting, apart)
    if more_to_come:
        return tuple(pairs)
    if alone:
        pairs, alone = _with_a_group_of_three(pairs, alone, apart)
    return (*pairs, *_once_more(alone, had, apart))


def _pairs(people: Sequence[PersonRef], apart: Apart) -> tuple[list[Group], list[PersonRef]]:
    """As many pairs as there can be: who may meet the fewest chooses first."""
    every = frozenset(people)
    left = sorted(people, key=lambda person: -len(apart[person] & every))
    pairs: list[Group] = []
    alone: list[PersonRef] = []
    while left:
        one = left.pop(0)
        partner = next((other for other in left if other not in apart[one]), None)
        if partner:
            left.remove(partner)
            pairs.append((one, partner))
        else:
            alone.append(one)
    while (swapped := _swapped(pairs, alone, apart)) is not None:
        pairs, alone = swapped
    return pairs, alone


def _swapped(
    pairs: list[Group], alone: list[PersonRef], apart: Apart
) -> tuple[list[Group], list[PersonRef]] | None:
    """Two who may not meet each take one of a pair; None where no pair has one for each."""
    for one, other in permutations(alone, 2):
        for pair in pairs:
            first, second = pair
            if first not in apart[one] and second not in apart[other]:
                kept = [p for p in pairs if p != pair]
                rest = [p for p in alone if p not in (one, other)]
                return [*kept, (one, first), (other, second)], rest
    return None


def _with_a_group_of_three(
    pairs: list[Group], alone: list[PersonRef], apart: Apart
) -> tuple[list[Group], list[PersonRef]]:
    """One who is left over joins a pair; else takes somebody's place who can join another."""
    for one in alone:
        rest = [p for p in alone if p != one]
        for each in (pairs, *_exchanged(pairs, one, apart)):
            odd = next(iter({one, *sum(pairs, ())} - set(sum(each, ()))))
            for pair in each:
                if not apart[odd] & set(pair):
                    return [*(p for p in each if p != pair), (*pair, odd)], rest
    return pairs, alone


def _exchanged(pairs: list[Group], one: PersonRef, apart: Apart) -> Iterator[list[Group]]:
    """Every way for somebody left over to take the place of one of a pair."""
    for pair in pairs:
        for stays in pair:
            if stays not in apart[one]:
                yield [*(p for p in pairs if p != pair), (stays, one)]


def _once_more(
    alone: Iterable[PersonRef], had: Sequence[PersonRef], apart: Apart
) -> Iterator[Group]:
    free = list(had)
    for one in alone:
        partner = next((other for other in free if other not in apart[one]), None)
        if partner:
            free.remove(partner)
        yield (one, partner) if partner else (one,)
