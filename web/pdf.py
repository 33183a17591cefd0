"""A document on paper: headings, paragraphs, tables and charts, tagged for screen readers."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import pydyf

from web.documents import Chart, Document, Points, Section, Sentences, Table
from web.drawing import WIDTH as CHART_WIDTH
from web.drawing import draw
from web.paper import BOLD, BOTTOM, INK, MARGIN, REGULAR, WIDTH, Colour, Element, Paper
from web.typeface import typeface

ROOM = WIDTH - 2 * MARGIN

_GREY: Colour = (0.3, 0.3, 0.3)
_SERIES: tuple[Colour, ...] = ((0.69, 0.38, 0.56), (0.08, 0.37, 0.39))
_COLUMN_GAP = 10.0
_CELL = 8.0
"""Size of what stands in a table."""

_CELL_LINE = 11.0
_MOST_LINES = 60
"""Of one cell; a page has room for so many."""

_CHART_SCALE = 0.75


class _Style(NamedTuple):
    tag: str
    font: str
    size: float
    line: float
    before: float
    colour: Colour = INK


_TITLE = _Style("H1", BOLD, 17, 22, 0)
_HEADING = _Style("H2", BOLD, 11.5, 15, 14)
_TEXT = _Style("P", REGULAR, 9.5, 13, 3)
_POINT = _Style("LBody", REGULAR, 9.5, 13, 2)
_INDENT = 12.0
_NOTE = _Style("P", REGULAR, 8.5, 12, 2, _GREY)


def as_pdf(document: Document) -> bytes:
    """Return a document as a PDF of A4 pages; characters outside of Latin, Greek and Cyrillic are boxes."""
    paper = Paper(document.title, document.language)
    _write(paper, _TITLE, document.title)
    if document.lead:
        _write(paper, _TEXT, document.lead)
    _say(paper, document.opening, _TEXT)
    for section in document.sections:
        _write_section(paper, section)
    return paper.finished()


def _write_section(paper: Paper, section: Section) -> None:
    paper.need(4 * _HEADING.line)
    _write(paper, _HEADING, section.heading)
    _say(paper, section.sentences, _NOTE if section.table else _TEXT)
    if section.chart:
        _draw(paper, section.chart)
    if section.table:
        _tabulate(paper, section.table)
    elif section.empty:
        _write(paper, _TEXT, section.empty)


def _say(paper: Paper, sentences: Sentences, style: _Style) -> None:
    for one in sentences:
        if isinstance(one, Points):
            _enumerate(paper, one.points)
        else:
            _write(paper, style, one)


def _enumerate(paper: Paper, points: Sequence[str]) -> None:
    whole = paper.tag("L", paper.document)
    for point in points:
        item = paper.tag("LI", whole)
        paper.need(_POINT.before + _POINT.line)
        with paper.inside(paper.tag("Lbl", item)):
            base = paper.y + _POINT.before + _POINT.line * 0.75
            paper.text(MARGIN, base, "•", _POINT.font, _POINT.size)
        _write(paper, _POINT, point, item, _INDENT)


def _write(
    paper: Paper, style: _Style, words: str, parent: Element = None, indent: float = 0
) -> None:
    """One heading, paragraph or point, over as many pages as it takes."""
    paper.y += style.before
    element = paper.tag(style.tag, parent or paper.document)
    for part in words.split("\n"):
        for line in wrapped(part, style.font, style.size, ROOM - indent):
            paper.need(style.line)
            paper.y += style.line
            with paper.inside(element):
                base = paper.y - style.line * 0.25
                paper.text(MARGIN + indent, base, line, style.font, style.size, style.colour)


def _draw(paper: Paper, chart: Chart) -> None:
    drawing = draw(chart)
    legend = _CELL_LINE if len(chart.series) > 1 else 0
    height = drawing.height * _CHART_SCALE + legend + 4
    paper.need(min(height, BOTTOM - MARGIN))
    top = paper.y + 4
    paper.y = top + height
    figure = _figure(paper, chart, top, height)
    with paper.inside(figure):
        for row in drawing.rows:
            base = top + row.y * _CHART_SCALE
            paper.text(MARGIN, base, row.label, REGULAR, _CELL)
            for bar in row.bars:
                y, width = top + bar.y * _CHART_SCALE, bar.width * _CHART_SCALE
                thick = drawing.bar * _CHART_SCALE
                paper.box(MARGIN, y, width, thick, _SERIES[bar.series % len(_SERIES)])
                paper.text(MARGIN + width + 4, y + 7.5, bar.said, REGULAR, _CELL - 0.5, _GREY)
        if legend:
            _explain(paper, chart.series)


def _figure(paper: Paper, chart: Chart, top: float, height: float) -> Element:
    box = pydyf.Array([MARGIN, 842 - top - height, MARGIN + CHART_WIDTH * _CHART_SCALE, 842 - top])
    layout = pydyf.Dictionary({"O": "/Layout", "Placement": "/Block", "BBox": box})
    alternative = pydyf.String(f"{chart.title}. {chart.desc}.")
    return paper.tag("Figure", paper.document, Alt=alternative, A=layout)


def _explain(paper: Paper, series: Sequence[str]) -> None:
    x = MARGIN
    for number, name in enumerate(series):
        paper.box(x, paper.y - 8, 7, 7, _SERIES[number % len(_SERIES)])
        paper.text(x + 10, paper.y - 1.5, name, REGULAR, _CELL, _GREY)
        x += 24 + typeface(REGULAR).width(name, _CELL)


def _tabulate(paper: Paper, table: Table) -> None:
    """Rows are never parted; the header stands again on each page, where it says nothing new."""
    widths = _widths(table)
    paper.y += 4
    element = paper.tag("Table", paper.document)
    _write_row(paper, element, table.columns, widths, head=True)
    for row in table.rows:
        if paper.need(_height(row, widths)):
            _write_row(paper, None, table.columns, widths, head=True)
        _write_row(paper, element, row, widths)


def _write_row(
    paper: Paper,
    table: Element | None,
    cells: Sequence[str],
    widths: Sequence[float],
    *,
    head: bool = False,
) -> None:
    line = paper.tag("TR", table) if table else None
    paper.need(_height(cells, widths))
    top, x = paper.y, MARGIN
    for number, (cell, width) in enumerate(zip(cells, widths, strict=True)):
        font = BOLD if head or not number else REGULAR
        with _cell(paper, line, head=head, first=not number):
            for count, words in enumerate(_lines(cell, font, width)):
                base = top + 9 + count * _CELL_LINE
                paper.text(x, base, words, font, _CELL, _GREY if head else INK)
        x += width + _COLUMN_GAP
    paper.y = top + _height(cells, widths)
    paper.rule(MARGIN, ROOM)


def _cell(
    paper: Paper, line: Element | None, *, head: bool, first: bool
) -> AbstractContextManager[None]:
    if line is None:
        return paper.aside()
    if not head and not first:
        return paper.inside(paper.tag("TD", line))
    scope = {"O": "/Table", "Scope": "/Column" if head else "/Row"}
    return paper.inside(paper.tag("TH", line, A=pydyf.Dictionary(scope)))


def _height(cells: Sequence[str], widths: Sequence[float]) -> float:
    lines = max(len(_lines(cell, BOLD, width)) for cell, width in zip(cells, widths, strict=True))
    return 4 + lines * _CELL_LINE


def _lines(cell: str, font: str, width: float) -> list[str]:
    lines = [line for part in cell.split("\n") for line in wrapped(part, font, _CELL, width)]
    return lines if len(lines) <= _MOST_LINES else [*lines[: _MOST_LINES - 1], "…"]


def _widths(table: Table) -> list[float]:
    """Columns get what their longest cell needs, as far as there is room; then the wider ones give way."""
    rows = (table.columns, *table.rows)
    room = ROOM - _COLUMN_GAP * (len(table.columns) - 1)
    needs = [
        max(typeface(BOLD).width(row[n], _CELL) for row in rows) + 1
        for n in range(len(table.columns))
    ]
    widths = [0.0] * len(needs)
    left = room
    for place, number in enumerate(sorted(range(len(needs)), key=needs.__getitem__)):
        widths[number] = min(needs[number], left / (len(needs) - place))
        left -= widths[number]
    return widths


def wrapped(words: str, font: str, size: float, width: float) -> Iterator[str]:
    """Yield the lines of a paragraph; a word that is wider than a line is parted. An empty one is one line."""
    face, line = typeface(font), ""
    for word in words.split():
        rest = word
        joined = f"{line} {rest}" if line else rest
        if face.width(joined, size) <= width:
            line = joined
            continue
        if line:
            yield line
        while face.width(rest, size) > width:
            fits = _fitting(rest, font, size, width)
            yield rest[:fits]
            rest = rest[fits:]
        line = rest
    yield line


def _fitting(word: str, font: str, size: float, width: float) -> int:
    """How many characters of a word fit a line; at least one."""
    face = typeface(font)
    room = width
    for number, character in enumerate(word):
        room -= face.width(character, size)
        if room < 0:
            return max(1, number)
    return len(word)
