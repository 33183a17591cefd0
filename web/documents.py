"""A document as its parts: the same for a page, a printed sheet, a file to read and a table to count with."""

from typing import NamedTuple


class Table(NamedTuple):
    """Rows as they are read; the first cell of each says what it is about."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Bar(NamedTuple):
    """One bar: of which series, how long from 0 to 1, and its figure in words."""

    series: int
    share: float
    said: str


class BarRow(NamedTuple):
    """Bars below each other that are about the same thing; none where there is no data."""

    label: str
    bars: tuple[Bar, ...]


MOST_ROWS = 12
"""Of a chart; a table beside it holds all."""


class Chart(NamedTuple):
    """A drawing of bars; ``desc`` says in a sentence what it shows, for those who do not see it."""

    title: str
    desc: str
    series: tuple[str, ...]
    rows: tuple[BarRow, ...]


class Points(NamedTuple):
    """A list."""

    points: tuple[str, ...]


Sentences = tuple[str | Points, ...]
"""Sentences, and lists between them, in their order."""


class Section(NamedTuple):
    """One part; ``empty`` stands where there is no table yet."""

    key: str
    heading: str
    sentences: Sentences = ()
    table: Table | None = None
    chart: Chart | None = None
    empty: str = ""


class Document(NamedTuple):
    """A title, a sentence under it, what follows before the first section, and its sections; all in one language (ISO 639-1)."""

    title: str
    lead: str
    sections: tuple[Section, ...]
    language: str = "en"
    opening: Sentences = ()


def bars(row: tuple[tuple[float | None, str], ...], most: float) -> tuple[Bar, ...]:
    """Return a bar for each figure that there is; ``most`` is the figure of the longest one."""
    return tuple(
        Bar(series=number, share=min(1.0, abs(figure) / most) if most else 0.0, said=said)
        for number, (figure, said) in enumerate(row)
        if figure is not None
    )
