"""Mails as nobody would write them: the letterbox, cut, spliced, flipped and blown up.

``python -m tests.unit.invites.mutations --mails 200000 --seed 7`` reads many and shows the slowest.
"""

import argparse
import random
import time
from collections.abc import Callable, Iterator

from domain.incoming import Incoming
from invites.reading import read_mail
from tests.unit.invites.letterbox import ANSWERS, AUTOMATIC, BOUNCES, NOTES, OTHERS

SEEDS = tuple(
    mail.raw for box in (ANSWERS, OTHERS, NOTES, AUTOMATIC, BOUNCES) for mail in box.values()
)
_TOKENS = (
    b"BEGIN:VEVENT\n",
    b"END:VCALENDAR\n",
    b"BEGIN:VTIMEZONE\n",
    b"METHOD:REPLY\n",
    b'"',
    b"\\",
    b";",
    b":",
    b"=",
    b"=\n",
    b"\r",
    b"\0",
    b"\xff\xfe",
    b"--",
    b"=?utf-8?b?",
    b"Content-Type: multipart/mixed; boundary=x\n",
    b"Content-Transfer-Encoding: base64\n",
    b"charset=utf-7",
    b"RRULE:FREQ=SECONDLY\n",
    b"DTSTAMP:99991231T235959Z\n",
    b"SEQUENCE:-1\n",
    b"&#9999999999;",
    b"<",
    b"On ",
    b"> ",
    b"\n\n",
)


def _flipped(raw: bytes, chance: random.Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(raw: bytes, chance: random.Random) -> bytes:
    at, end = sorted(chance.randrange(len(raw)) for _ in range(2))
    return raw[:at] + raw[min(end, at + 500) :]


def _spliced(raw: bytes, chance: random.Random) -> bytes:
    other = chance.choice(SEEDS) or b"x"
    return raw[: chance.randrange(len(raw))] + other[chance.randrange(len(other)) :]


def _doubled(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at = chance.randrange(len(lines))
    return b"\n".join(lines[: at + 1] + lines[at : at + chance.randint(1, 30)] + lines[at:])


def _with_tokens(raw: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(raw))
    often = chance.choice((1, 1, 2, 50))
    return raw[:at] + chance.choice(_TOKENS) * often + raw[at:]


def _without_a_line(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    del lines[chance.randrange(len(lines))]
    return b"\n".join(lines)


_WAYS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    _flipped,
    _cut,
    _spliced,
    _doubled,
    _with_tokens,
    _without_a_line,
)


def mutated(count: int, seed: int) -> Iterator[bytes]:
    """Yield so many mails, the same for the same seed."""
    chance = random.Random(seed)
    for _ in range(count):
        raw = chance.choice(SEEDS)
        for _ in range(chance.randint(1, 3)):
            raw = chance.choice(_WAYS)(raw or b"x", chance)
        yield raw


def read_all(count: int, seed: int) -> Iterator[tuple[float, bytes, Incoming]]:
    """Yield what is read in each, with the seconds that it took."""
    for raw in mutated(count, seed):
        began = time.perf_counter()
        read = read_mail(raw, authority="mx.example.net")
        yield time.perf_counter() - began, raw, read


def main() -> None:
    """Read many mails; show what can't be read for an error of ours, and the slowest."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--mails", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    slowest = (0.0, b"")
    for seconds, raw, read in read_all(asked.mails, asked.seed):
        slowest = max(slowest, (seconds, raw))
        if read.reason.startswith("it can't be read ("):
            print(read.reason, raw)  # noqa: T201 - a script
    print(f"slowest: {slowest[0]:.3f} s\n{slowest[1]!r}")  # noqa: T201


if __name__ == "__main__":
    main()
