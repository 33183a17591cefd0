"""Who was heard: figures of groups in which nobody can be told apart, and who is asked next.

A fact of people's work (their shift, their level) parts everybody who works in the host teams by its
values. A value for which fewer than ten people stand is shown together with others, whoever was
heard. How many were heard is shown only where at least five of every group were and five were not:
what is shown then has no say in which groups there are, so that it tells nothing beyond itself.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from domain.pulse import SMALLEST_CELL
from domain.value import Value

SMALLEST_GROUP = 2 * SMALLEST_CELL
"""People of a group: with fewer, either those who were heard or those who were not would be too few."""

NOT_SAID = ""
"""The value of everybody of whom a fact is not known."""


class Voices(Value):
    """Some values of a fact together: how many people they stand for, and how many of them were heard.

    ``heard`` is None where it may not be shown.
    """

    values: tuple[str, ...]
    people: int
    heard: int | None = None

    @property
    def unheard(self) -> int | None:
        return None if self.heard is None else self.people - self.heard

    @property
    def share(self) -> Fraction:
        """Which part was heard; nothing where that may not be shown."""
        return Fraction(self.heard or 0, self.people)


def grouped(people: Mapping[str, int]) -> tuple[Voices, ...]:
    """Return the groups of a fact, the smallest first; none where fewer than ten people are.

    ``people`` has how many people each value stands for. Values with few stand together, and with
    the next larger one where they are too few even so.
    """
    each = sorted((value for value in people if people[value]), key=lambda v: (people[v], v))
    few = [value for value in each if people[value] < SMALLEST_GROUP]
    many = [value for value in each if people[value] >= SMALLEST_GROUP]
    if few and many and (len(few) == 1 or sum(map(people.__getitem__, few)) < SMALLEST_GROUP):
        few.append(many.pop(0))
    cells = [tuple(sorted(few)), *((value,) for value in many)]
    groups = [Voices(values=cell, people=sum(map(people.__getitem__, cell))) for cell in cells]
    shown = (group for group in groups if group.people >= SMALLEST_GROUP)
    return tuple(sorted(shown, key=lambda group: (group.people, group.values)))


def with_heard(groups: Sequence[Voices], heard: Mapping[str, int]) -> tuple[Voices, ...]:
    """Return the groups with how many of each were heard, the least heard first.

    ``heard`` has how many people of each value were. Where fewer than five of any group were, or
    fewer than five were not, nothing is said of any and the groups stay as they are.
    """
    counted = [
        group.model_copy(update={"heard": sum(heard.get(value, 0) for value in group.values)})
        for group in groups
    ]
    if not all(map(_may_be_shown, counted)):
        return tuple(groups)
    return tuple(sorted(counted, key=lambda group: (group.share, group.values)))


def least_heard(groups: Sequence[Voices]) -> Voices | None:
    """Return the group of which the smallest part was heard; None where no two can be compared."""
    least = min(groups, key=lambda group: group.share, default=None)
    return least if least and any(group.share > least.share for group in groups) else None


def in_turn(
    people: Iterable[str],
    wanted: int,
    asked: Callable[[str], int],
    voices: Callable[[str], Iterable[str]],
    heard: Collection[str],
) -> list[str]:
    """Return at most so many people, in the order in which they are asked to a session.

    The least asked come first; among equals, whoever speaks for most that nobody has spoken for
    yet, those before them in this order included; then by pseudonym.
    """
    known, left, order = set(heard), set(people), list[str]()
    while left and len(order) < wanted:
        first = min(left, key=lambda one: (asked(one), -len({*voices(one)} - known), one))
        order.append(first)
        left.remove(first)
        known.update(voices(first))
    return order


def _may_be_shown(group: Voices) -> bool:
    return min(group.heard or 0, group.unheard or 0) >= SMALLEST_CELL
