"""Many rotations that lost their team at once: placed beside each other, then each once more."""

from collections.abc import Sequence

from planner.standing import Standing
from planner.ways import Broken, Way

SWEEPS = 3
"""So often everybody may change to a better place that has become free."""

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
        if not sum(_better(standing, one, ways, alone[one.candidate.rotation]) for one in order):
            break
    return ways


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


def _better(standing: Standing, orphan: Broken, ways: Ways, alone: Way | None) -> bool:
    """Whether somebody found a better way; there is none to look for where theirs is as good as alone."""
    way = ways.get(orphan.candidate.rotation)
    if way is None or (alone and way.order <= alone.order):
        return False
    before = _displace(standing, orphan, ways)
    _place(standing, orphan, ways)
    return ways[orphan.candidate.rotation].order < before.order
