"""What one more visit to a team costs everybody else, before anybody is placed."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from domain.planning import PlanningProblem
from planner.market import THOUSAND, Market

Numbers = NDArray[np.int64]


class Tariff:
    """Each team's price where wishes and visits are in balance, or what its next visit costs once that is more.

    With it people can be placed one after the other and still leave teams to those who need them more.
    Everything is in thousandths.
    """

    def __init__(self, problem: PlanningProblem, rounds: Iterable[int]) -> None:
        market = Market(problem, left_out=0)
        self._prices = market.best_prices(rounds)
        self._further = market.further
        self._rows = np.arange(len(self._prices))

    def cost(self, load: Numbers) -> Numbers:
        """Return what a visit to each team costs that so many visit already, by number of the team."""
        if not self._further.shape[1]:
            return self._prices
        last = np.minimum(load, self._further.shape[1] - 1)
        cost: Numbers = np.maximum(self._prices, -self._further[self._rows, last])
        return cost

    def net(self, worth: Numbers, teams: Numbers, load: Numbers) -> Numbers:
        """Return what routes are worth after what their visits cost; one row of ``teams`` each."""
        net: Numbers = worth * THOUSAND - self.cost(load)[teams].sum(axis=1)
        return net
