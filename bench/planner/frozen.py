"""The files that the baseline of all plans is: they stay as they are, and results name their hash."""

import hashlib
from pathlib import Path

PEERS = Path(__file__).parents[1] / "peers"
FILES = ("board.py", "slotting.py", "flow.py")


def frozen_hash() -> str:
    """Return the SHA-256 of the files, one after the other."""
    return hashlib.sha256(b"".join((PEERS / name).read_bytes() for name in FILES)).hexdigest()


def said() -> str:
    """Return which files they are, with their hash, in one line."""
    names = ", ".join(f"`{name}`" for name in FILES)
    return f"The baseline is frozen: {names} in `bench/peers`, together SHA-256 `{frozen_hash()}`."
