"""Who was heard: figures of groups in which nobody can be told apart, and who is asked next.

A fact of people's work (their shift, their level) parts everybody who works in the host teams by its
values. What is shown of it are groups of values: each has at least five people who were heard and five
who were not, and a value that would have fewer stands together with others. So no figure, and no
difference of figures, says anything of fewer than five people.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from fractions import Fraction

from domain.pulse import SMALLEST_CELL
from domain.value import Value

NOT_SAID = ""
"""The value of everybody of whom a fact is not known."""


class Voices(Value):
    """Some values of a fact together: how many people they stand for, and how many of them were heard.

    ``heard`` is None where it may not be shown.
    """

    values: tuple[str, ...]
    people: int
    heard: int | None

    @property
    def unheard(self) -> int | None:
        return None if self.heard is None else self.people - self.heard

    @property
    def share(self) -> Fraction:
        """Which part was heard; nothing where that may not be shown."""
        return Fraction(self.heard or 0, self.people)


def shown(people: Mapping[str, int], heard: Mapping[str, int]) -> tuple[Voices, ...]:
    """Return what may be shown of a fact, the least heard first; nothing where fewer than five people are.

    ``people`` has how many people each value stands for, ``heard`` how many of them were heard.
    Which values stand together because of few people never depends on who was heard: what two
    quarters show can't be taken from one another.
    """
    each = sorted(people, key=lambda value: (people[value], value))
    singles = [_of((value,), people[value], heard.get(value, 0)) for value in each if people[value]]
    groups = _merged(singles, _has_few_people)
    if not all(map(_has_many_people, groups)):
        return ()
    finer = tuple(group.model_copy(update={"heard": None}) for group in groups)
    groups = _merged(groups, _has_few_heard)
    if any(map(_has_few_heard, groups)):
        return finer
    return tuple(sorted(groups, key=lambda group: (group.share, group.values)))


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


def _merged(groups: list[Voices], is_small: Callable[[Voices], bool]) -> list[Voices]:
    """Return the groups with small ones joined until they are no longer; one hidden alone hides nothing."""
    left = [group for group in groups if not is_small(group)]
    small = [group for group in groups if is_small(group)]
    while left and small and (len(small) == 1 or is_small(_joined(small))):
        small.append(left.pop(0))
    return [*left, _joined(small)] if small else left


def _joined(groups: Sequence[Voices]) -> Voices:
    values = sorted(value for group in groups for value in group.values)
    heard = sum(group.heard or 0 for group in groups)
    return _of(tuple(values), sum(group.people for group in groups), heard)


def _of(values: tuple[str, ...], people: int, heard: int) -> Voices:
    return Voices(values=values, people=people, heard=heard)


def _has_many_people(group: Voices) -> bool:
    return group.people >= SMALLEST_CELL


def _has_few_people(group: Voices) -> bool:
    return not _has_many_people(group)


def _has_few_heard(group: Voices) -> bool:
    return min(group.heard or 0, group.unheard or 0) < SMALLEST_CELL
