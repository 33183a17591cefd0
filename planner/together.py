"""Many rotations that lost their team at once: placed beside each other, then each once more."""

from collections.abc import Iterable, Mapping, Sequence

from planner.notice import NOTHING, Cost
from planner.standing import Standing
from planner.ways import Broken, Way

SWEEPS = 3
"""So often everybody may change to a better place that has become free."""

SWAPS = 6
"""With so many others it is tried, in one sweep, to let somebody choose first who could do better alone."""

Ways = dict[str, Way]


def together(standing: Standing, orphans: Sequence[Broken]) -> Ways:
    """Place everybody who can be, those with fewest teams to go to first; return the ways by rotation.

    Whoever is left takes the place of another one of them who can go elsewhere.
    """
    alone = {one.candidate.rotation: one.least() for one in orphans}
    possible = [one for one in orphans if alone[one.candidate.rotation]]
    order = sorted(possible, key=lambda one: (len(one.routes()), one.candidate.rotation))
    ways: Ways = {}
    for orphan in order:
        _place(standing, orphan, ways)
    for left in [one for one in order if one.candidate.rotation not in ways]:
        _exchange(standing, left, order, ways)
    for _ in range(SWEEPS):
        worse = [one for one in order if _could_gain(ways, alone, one)]
        if not sum(
            _better(standing, one, ways) or _swapped(standing, one, order, ways) for one in worse
        ):
            break
    return ways


def _could_gain(ways: Ways, alone: Mapping[str, Way | None], orphan: Broken) -> bool:
    way, best = ways.get(orphan.candidate.rotation), alone[orphan.candidate.rotation]
    return bool(way and best and best.order < way.order)


def _place(standing: Standing, orphan: Broken, ways: Ways) -> bool:
    way = orphan.least()
    if way:
        way.settle(standing, orphan.candidate)
        ways[orphan.candidate.rotation] = way
    return way is not None


def _displace(standing: Standing, orphan: Broken, ways: Ways) -> Way:
    """Put somebody back to the team that is gone."""
    standing.put(orphan.candidate, orphan.route, tuple(orphan.rotation.steps.values()))
    return ways.pop(orphan.candidate.rotation)


def _exchange(standing: Standing, left: Broken, order: Sequence[Broken], ways: Ways) -> None:
    for other in order:
        if other.candidate.rotation in ways:
            before = _displace(standing, other, ways)
            if _place(standing, left, ways):
                if _place(standing, other, ways):
                    return
                _displace(standing, left, ways)
            before.settle(standing, other.candidate)
            ways[other.candidate.rotation] = before


def _better(standing: Standing, orphan: Broken, ways: Ways) -> bool:
    before = _displace(standing, orphan, ways)
    _place(standing, orphan, ways)
    return ways[orphan.candidate.rotation].order < before.order


def _swapped(standing: Standing, first: Broken, order: Sequence[Broken], ways: Ways) -> bool:
    """Whether both are better off together when one chooses before somebody who has a place already."""
    others = [one for one in order if one is not first and one.candidate.rotation in ways]
    for other in others[:SWAPS]:
        pair = (first, other)
        asked, worth = _asked(pair, ways), standing.objective
        before = [_displace(standing, one, ways) for one in pair]
        placed = [one for one in pair if _place(standing, one, ways)]
        if len(placed) == len(pair) and (_asked(pair, ways), -standing.objective) < (
            asked,
            -worth,
        ):
            return True
        for one in placed:
            _displace(standing, one, ways)
        for one, way in zip(pair, before, strict=True):
            way.settle(standing, one.candidate)
            ways[one.candidate.rotation] = way
    return False


def _asked(some: Iterable[Broken], ways: Ways) -> Cost:
    return sum((ways[one.candidate.rotation].cost for one in some), NOTHING)
