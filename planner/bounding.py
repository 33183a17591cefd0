"""How good any plan can be at most, and a certificate with which anybody can add that up again.

The best prices found are the certificate: with them alone the bound of the ``Market`` can be computed
without the planner.
"""

from domain.planning import Plan, PlanningProblem
from domain.value import TeamRef, Value
from planner.market import THOUSAND, Market

ROUNDS = 400


class Certificate(Value):
    """A proof that no plan for as many people is worth more than ``bound``; whoever has the problem can add it up again."""

    bound: int
    left_out: int
    """So many participants at most have no place in the plans it speaks of."""
    prices: tuple[tuple[TeamRef, int], ...]
    """Thousandths that a visit costs, by team; negative where a team would rather have more visits."""
    gains: tuple[tuple[TeamRef, tuple[int, ...]], ...]
    """Thousandths that each further visit to a team adds at most by its date, its crowd taken off."""


def certify(
    problem: PlanningProblem, plan: Plan | None = None, *, rounds: int = ROUNDS
) -> Certificate:
    """Return the lowest bound found on plans that place at least as many people as this one.

    Without a plan, on any plan at all.
    """
    reached = plan or Plan()
    left_out = len(problem.candidates) - len({step.rotation for step in reached.steps})
    market = Market(problem, left_out)
    prices = market.best_prices(range(rounds), reached.objective * THOUSAND)
    bound, _ = market.bound(prices)
    teams = [host.team for host in market.hosts]
    return Certificate(
        bound=bound // THOUSAND,
        left_out=left_out,
        prices=tuple(zip(teams, map(int, prices), strict=True)),
        gains=tuple(zip(teams, market.gains, strict=True)),
    )
