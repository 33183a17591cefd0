"""What teams give to participants: lenses of their goals, a team that they wished for, customers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.planning import Candidate, Host
from domain.program import Weights


class Wishes:
    """What every team gives, team by team in the order of ``hosts``."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._number = {host.team: n for n, host in enumerate(hosts)}
        self._customers = np.array([host.customer_facing for host in hosts], dtype=bool)
        self._nothing = np.zeros(len(hosts), dtype=bool)
        self._lenses: dict[str, NDArray[np.bool_]] = {}
        for number, host in enumerate(hosts):
            for lens in host.lenses:
                self._lenses.setdefault(lens, self._nothing.copy())[number] = True

    def given(self, candidate: Candidate, lenses: Sequence[str]) -> NDArray[np.bool_]:
        """Return each of the lenses, a wish and customers x teams: whether a team gives it."""
        wished = self._nothing.copy()
        for goal in candidate.goals:
            if goal.wished_team in self._number:
                wished[self._number[goal.wished_team]] = True
        covered = [self._lenses.get(lens, self._nothing) for lens in lenses]
        return np.array([*covered, wished, self._customers])

    def lens(self, lens: str) -> NDArray[np.bool_]:
        """Return which teams have a lens."""
        return self._lenses.get(lens, self._nothing)

    @property
    def customers(self) -> NDArray[np.bool_]:
        """Which teams face customers."""
        return self._customers


def weight_by_lens(candidate: Candidate) -> dict[str, int]:
    """Return how much the goals of each lens weigh together."""
    weights: dict[str, int] = {}
    for goal in candidate.goals:
        weights[goal.lens] = weights.get(goal.lens, 0) + goal.weight
    return weights


def worth_of_given(weights: Weights, candidate: Candidate, lenses: Sequence[int]) -> list[int]:
    """Return what is worth how much, in the order of ``Wishes.given``; ``lenses`` are weights of goals."""
    covered = [weights.goal_lens * weight for weight in lenses]
    return [*covered, weights.wished_team, worth_of_customers(weights, candidate)]


def worth_of_customers(weights: Weights, candidate: Candidate) -> int:
    """Return what it is worth to meet customers: more, the longer somebody has met none."""
    return weights.customer_facing + weights.exposure * candidate.unexposed
