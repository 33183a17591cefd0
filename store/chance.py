"""Ids nobody can guess; ``chance`` is the operating system's own source except in a rehearsal."""

import base64
from random import Random, SystemRandom

_LETTERS = "abcdefghijklmnopqrstuvwxyz234567"

UNGUESSABLE = SystemRandom()


def short_id(chance: Random) -> str:
    """Return eight letters, 40 bits: the id of a rotation or a policy change."""
    return "".join(chance.choice(_LETTERS) for _ in range(8))


def opaque_id(chance: Random) -> str:
    """Return 26 letters, 128 bits: the local part of a UID, or a document's id."""
    return base64.b32encode(chance.randbytes(16)).decode().rstrip("=").lower()
