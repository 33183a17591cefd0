"""What becomes of changes, dealt out evenly among a cohort's rotations, so that a small one shows every kind too."""

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from domain.policy import Disposition, Verdict
from rehearsal.draws import Draws, part_at
from rehearsal.temper import Temper


class Fate(NamedTuple):
    """What is decided about a proposal, and what its effect is once it is in force."""

    decision: Disposition
    verdict: Verdict
    """``NOT_MEASURED`` where nobody looks."""


class Fates:
    """Draws the order of rotations, and deals what a temper's shares make of so many."""

    def __init__(
        self, draws: Draws, temper: Temper, rotations: Callable[[], Iterable[str]]
    ) -> None:
        self._draws = draws
        self._temper = temper
        self._rotations = rotations

    def of(self, rotation: str) -> Fate:
        """Return the fate of the changes that come of a rotation."""
        return self._dealt[rotation]

    @cached_property
    def _dealt(self) -> dict[str, Fate]:
        order = sorted(self._rotations(), key=lambda one: self._draws.share("fate", one))
        return dict(zip(order, self._in_proportion(len(order)), strict=True))

    def _in_proportion(self, number: int) -> Iterator[Fate]:
        """So many fates, one in each of as many equal parts of all that can happen."""
        temper = self._temper
        decisions = dict(temper.decisions)
        in_force = 1 - decisions.get(Disposition.DECLINED.value, 0.0)
        verdicts = {verdict: share * temper.measures for verdict, share in temper.verdicts}
        verdicts[Verdict.NOT_MEASURED.value] = 1 - temper.measures
        first = self._draws.share("first fate")
        for place in range(number):
            share = (place + first) / number
            yield Fate(
                decision=Disposition(part_at(decisions, share)),
                verdict=Verdict(part_at(verdicts, share / in_force if in_force else 0.0)),
            )
