"""Many rotations that lost their team at once: placed beside each other, then each once more."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager, ExitStack

from planner.notice import NOTHING, Cost
from planner.standing import Standing
from planner.ways import Broken, Failed, Way

SWEEPS = 3
"""So often everybody may change to a better place that has become free."""

SWAPS = 6
"""With so many others it is tried, in one sweep, to let somebody choose first who could do better alone."""


def together(standing: Standing, orphans: Sequence[Broken]) -> dict[str, Way]:
    """Place everybody who can be, those with fewest teams to go to first; return the ways by rotation.

    Whoever is left takes the place of another one of them who can go elsewhere.
    """
    every = [_Orphan(standing, one) for one in orphans]
    with ExitStack() as out:
        for one in every:
            out.enter_context(one.nowhere())
        for one in every:
            one.look_alone()
    order = sorted((one for one in every if one.alone), key=lambda one: (one.teams, one.rotation))
    for one in order:
        one.place()
    for left in [one for one in order if not one.way]:
        _exchange(left, order)
    for _ in range(SWEEPS):
        if not sum(one.better() or _swapped(one, order) for one in order if one.could_gain):
            break
    return {one.rotation: one.way for one in order if one.way}


class _Orphan:
    """One of them: where they would go were the others not there, and where they go."""

    def __init__(self, standing: Standing, broken: Broken) -> None:
        self.standing = standing
        self.rotation = broken.candidate.rotation
        self.teams = len(broken.routes())
        self.alone: Way | None = None
        self.way: Way | None = None
        self._broken = broken
        self._failed: Failed = defaultdict(list)

    def nowhere(self) -> AbstractContextManager[None]:
        """Take out all that may move, for a while."""
        rotation = self._broken.rotation
        moving = [rotation.steps[key] for key in rotation.open if key not in rotation.begun]
        return self.standing.without(self.rotation, moving)

    def look_alone(self) -> None:
        """Find the best way there can be; where nothing is found now, nothing will be."""
        self.alone = self._broken.least(failed=self._failed)

    @property
    def could_gain(self) -> bool:
        return bool(self.way and self.alone and self.alone.order < self.way.order)

    def place(self) -> bool:
        known: Failed = defaultdict(list, {team: [*more] for team, more in self._failed.items()})
        self.go(self._broken.least(failed=known))
        return self.way is not None

    def go(self, way: Way | None) -> None:
        self.way = way
        if way:
            way.settle(self.standing, self._broken.candidate)

    def displace(self) -> Way | None:
        """Put somebody back to the team that is gone; return where they were."""
        before, self.way = self.way, None
        steps = tuple(self._broken.rotation.steps.values())
        self.standing.put(self._broken.candidate, self._broken.route, steps)
        return before

    def better(self) -> bool:
        before = self.displace()
        self.place()
        return bool(before and self.way and self.way.order < before.order)


def _exchange(left: _Orphan, order: Sequence[_Orphan]) -> None:
    for other in order:
        if other.way:
            before = other.displace()
            if left.place():
                if other.place():
                    return
                left.displace()
            other.go(before)


def _swapped(first: _Orphan, order: Sequence[_Orphan]) -> bool:
    """Whether both are better off together when one chooses before somebody who has a place already."""
    for other in [one for one in order if one is not first and one.way][:SWAPS]:
        pair = (first, other)
        before = _merit(pair)
        ways = [one.displace() for one in pair]
        placed = [one for one in pair if one.place()]
        if len(placed) == len(pair) and _merit(pair) < before:
            return True
        for one in placed:
            one.displace()
        for one, way in zip(pair, ways, strict=True):
            one.go(way)
    return False


def _merit(some: Iterable[_Orphan]) -> tuple[Cost, int]:
    """What their ways ask and, less is better, what the plan is worth."""
    every = list(some)
    asked = sum((one.way.cost for one in every if one.way), NOTHING)
    return asked, -every[0].standing.objective
