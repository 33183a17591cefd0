"""A TrueType face: which glyph a character is, and how wide.

Source: learn.microsoft.com/typography/opentype/spec (head, hhea, hmtx, cmap format 4).
"""

import struct
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_FOLDER = Path(__file__).parent / "fonts"
_MISSING = 0
"""The glyph of what the face does not have: an empty box."""


class Metrics(NamedTuple):
    """Heights and the box around all glyphs, in thousandths of the size."""

    ascent: int
    descent: int
    box: tuple[int, int, int, int]


class Typeface:
    """One face by the bytes of its file."""

    def __init__(self, raw: bytes) -> None:
        self.raw = raw
        self._tables = dict(_tables(raw))
        head, hhea = self._tables["head"], self._tables["hhea"]
        self._units: int = struct.unpack_from(">H", raw, head + 18)[0]
        ascent, descent = struct.unpack_from(">hh", raw, hhea + 4)
        box = tuple(self._scaled(v) for v in struct.unpack_from(">4h", raw, head + 36))
        left, bottom, right, top = box
        self.metrics = Metrics(
            self._scaled(ascent), self._scaled(descent), (left, bottom, right, top)
        )
        self.characters = dict(self._characters())
        self._advances = tuple(self._read_advances(hhea))

    def glyphs(self, text: str) -> tuple[int, ...]:
        """Return the glyphs of a text, composed as far as it can be."""
        composed = unicodedata.normalize("NFC", text)
        return tuple(self.characters.get(ord(c), _MISSING) for c in composed)

    def advance(self, glyph: int) -> int:
        """Return how wide a glyph is, in thousandths of the size."""
        return self._advances[min(glyph, len(self._advances) - 1)]

    def width(self, text: str, size: float) -> float:
        """Return how wide a text is, in the unit of its size."""
        return sum(map(self.advance, self.glyphs(text))) * size / 1000

    def _scaled(self, units: int) -> int:
        return round(units * 1000 / self._units)

    def _read_advances(self, hhea: int) -> Iterator[int]:
        (count,) = struct.unpack_from(">H", self.raw, hhea + 34)
        for number in range(count):
            (units,) = struct.unpack_from(">H", self.raw, self._tables["hmtx"] + 4 * number)
            yield self._scaled(units)

    def _characters(self) -> Iterator[tuple[int, int]]:
        """Yield code points of the basic plane with their glyphs."""
        at = self._tables["cmap"]
        (count,) = struct.unpack_from(">H", self.raw, at + 2)
        starts = (struct.unpack_from(">HHI", self.raw, at + 4 + 8 * n)[2] for n in range(count))
        table = next(at + s for s in starts if self.raw[at + s : at + s + 2] == b"\0\4")
        (twice,) = struct.unpack_from(">H", self.raw, table + 6)
        ends = table + 14
        firsts, deltas, offsets = (ends + 2 + twice * n for n in (1, 2, 3))
        for segment in range(0, twice, 2):
            (end,) = struct.unpack_from(">H", self.raw, ends + segment)
            (first,) = struct.unpack_from(">H", self.raw, firsts + segment)
            (delta,) = struct.unpack_from(">H", self.raw, deltas + segment)
            (offset,) = struct.unpack_from(">H", self.raw, offsets + segment)
            for code in range(first, min(end, 0xFFFE) + 1):
                yield code, self._glyph(code, first, delta, offset, offsets + segment)

    def _glyph(self, code: int, first: int, delta: int, offset: int, place: int) -> int:
        if not offset:
            return (code + delta) & 0xFFFF
        (found,) = struct.unpack_from(">H", self.raw, place + offset + 2 * (code - first))
        return (found + delta) & 0xFFFF if found else _MISSING


@lru_cache(maxsize=2)
def typeface(name: str) -> Typeface:
    """Return a face that comes with Sojourn: ``DejaVuSans`` or ``DejaVuSans-Bold``."""
    return Typeface((_FOLDER / f"{name}.ttf").read_bytes())


def _tables(raw: bytes) -> Iterator[tuple[str, int]]:
    (count,) = struct.unpack_from(">H", raw, 4)
    for number in range(count):
        tag, _, offset, _ = struct.unpack_from(">4sIII", raw, 12 + 16 * number)
        yield tag.decode("ascii"), offset
