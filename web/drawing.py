"""Charts as plain geometry: below each label its bars, each with its figure at its end.

Units are SVG user units; everything fits ``WIDTH``.
"""

from collections.abc import Iterator
from typing import NamedTuple

from web.documents import Chart

WIDTH = 360.0
LINE = 16.0
"""Height of a line of text."""

BAR = 13.0
GAP = 7.0
"""Between one row and the next."""

NARROWEST = 1.5
"""Of a bar, so that 0 is seen to be a figure."""

LONGEST_LABEL = 52
"""Characters of a label that fit; longer ones are cut, with the whole as their title."""

_A_CHARACTER = 7.0
_MOST_FOR_FIGURES = 200.0


class DrawnBar(NamedTuple):
    """A rectangle from the left edge, and where its figure stands."""

    y: float
    width: float
    series: int
    said: str

    @property
    def figure_x(self) -> float:
        return self.width + 5


class DrawnRow(NamedTuple):
    """A label with its bars; ``label`` may be shorter than ``name``."""

    y: float
    name: str
    bars: tuple[DrawnBar, ...]

    @property
    def label(self) -> str:
        cut = len(self.name) > LONGEST_LABEL
        return f"{self.name[: LONGEST_LABEL - 1].rstrip()}…" if cut else self.name


class Drawing(NamedTuple):
    """The whole chart."""

    height: float
    rows: tuple[DrawnRow, ...]
    width: float = WIDTH
    bar: float = BAR


def draw(chart: Chart) -> Drawing:
    """Return the drawing of a chart."""
    rows = tuple(_rows(chart))
    last = rows[-1] if rows else DrawnRow(0, "", ())
    return Drawing(height=last.y + LINE / 2 + len(last.bars) * (BAR + 1) + GAP, rows=rows)


def _rows(chart: Chart) -> Iterator[DrawnRow]:
    longest = max((len(bar.said) for row in chart.rows for bar in row.bars), default=0)
    room = WIDTH - 14 - min(_MOST_FOR_FIGURES, longest * _A_CHARACTER)
    y = LINE - 4
    for row in chart.rows:
        drawn = (
            DrawnBar(
                y=y + 4 + number * (BAR + 1),
                width=round(max(NARROWEST, bar.share * room), 1),
                series=bar.series,
                said=bar.said,
            )
            for number, bar in enumerate(row.bars)
        )
        yield DrawnRow(y, row.label, tuple(drawn))
        y += 4 + len(row.bars) * (BAR + 1) + GAP + LINE - 4
