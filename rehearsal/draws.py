"""Chance without a memory: each draw belongs to what it is about, whatever else is drawn."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta

_WHOLE = 2**64


@dataclass(frozen=True)
class Draws:
    """Draws keyed by seed and subject: adding a person or a rule leaves everybody else's luck alone."""

    key: str

    def share(self, *about: object) -> float:
        """Return a number in [0, 1), always the same for the same subject."""
        text = "\x1f".join((self.key, *map(str, about)))
        digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") / _WHOLE

    def happens(self, rate: float, *about: object) -> bool:
        """Return True in the given share of cases."""
        return self.share(*about) < rate

    def wait(self, shortest: timedelta, longest: timedelta, *about: object) -> timedelta:
        """Return a wait in between, in whole minutes."""
        minutes = (longest - shortest) / timedelta(minutes=1)
        return shortest + timedelta(minutes=int(minutes * self.share("wait", *about)))

    def one_of(self, shares: dict[str, float], *about: object) -> str:
        """Return a key in proportion to its share; shares add up to 1."""
        return part_at(shares, self.share("choice", *about))


def part_at(shares: dict[str, float], place: float) -> str:
    """Return the key whose share, laid one after the other from 0 to 1, holds a place."""
    for key, share in shares.items():
        place -= share
        if place < 0:
            return key
    return next(reversed(shares))
