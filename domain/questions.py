"""Which questions of a bank a visit gets: always the same ones, others than the visit before."""

from collections.abc import Sequence
from hashlib import sha256

PICKED = 5
"""Questions that are picked for a visit; of a smaller bank all."""


def picked(bank: Sequence[str], rotation: str, visit: int) -> tuple[str, ...]:
    """Return the questions of a rotation's ``visit``-th visit (from 0) of a type, in the bank's order.

    Each rotation goes through the bank in an order of its own, and each of its visits takes up where
    the one before it ended; so no question comes again before all were picked.
    """
    own = sorted(bank, key=lambda question: sha256(f"{rotation}\0{question}".encode()).digest())
    first, count = visit * PICKED, min(PICKED, len(own))
    chosen = {own[number % len(own)] for number in range(first, first + count)}
    return tuple(question for question in bank if question in chosen)
