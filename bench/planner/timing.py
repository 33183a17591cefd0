"""Ways of doing one thing, timed in turn in one process."""

import gc
import time
from collections.abc import Callable, Mapping
from statistics import median
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


def timed(way: Callable[P, T], *asked: P.args, **named: P.kwargs) -> tuple[float, T]:
    """Return the seconds that it took, and the answer."""
    gc.collect()
    began = time.perf_counter()
    answer = way(*asked, **named)
    return time.perf_counter() - began, answer


def in_turn(ways: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, tuple[float, T]]:
    """Run A, B, ..., A, B, ...; return of each way the median of its seconds, and its last answer."""
    found = [{name: timed(way) for name, way in ways.items()} for _ in range(rounds)]
    return {name: (median(one[name][0] for one in found), found[-1][name][1]) for name in ways}


def percentile(taken: list[float], share: float) -> float:
    """Return the time that so great a share of the runs did not exceed."""
    ordered = sorted(taken)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
