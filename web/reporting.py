"""Documents as files: HTML that stands alone, PDF, JSON of the facts, and CSV with one figure a line."""

import csv
import io
import re
from functools import lru_cache

from domain.value import Value
from web.documents import Document
from web.pdf import as_pdf
from web.rendering import STATIC, templates

MEDIA = {
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}
KINDS = tuple(MEDIA)
"""What a document can be written as, by the ending of the file."""

_LIKE_A_FORMULA = re.compile(r"^[=+\-@\t\r](?![\d.]+$)")
"""What a spreadsheet would work out; a negative figure is none."""


def written(document: Document, facts: Value, kind: str) -> bytes:
    """Return the bytes of a file of one of the ``KINDS``; JSON holds the facts instead of their words."""
    if kind == "pdf":
        return as_pdf(document)
    return {"html": _as_html, "csv": _as_csv}.get(kind, lambda _: _as_json(facts))(
        document
    ).encode()


def _as_html(document: Document) -> str:
    shown = {"document": document, "styles": _styles()}
    return templates.env.get_template("document.html").render(shown)


@lru_cache(maxsize=1)
def _styles() -> str:
    return (STATIC / "sojourn.css").read_text(encoding="utf-8")


def _as_json(facts: Value) -> str:
    return facts.model_dump_json(indent=2) + "\n"


def _as_csv(document: Document) -> str:
    text = io.StringIO(newline="")
    lines = csv.writer(text)
    lines.writerow(("section", "about", "what", "value"))
    for section in document.sections:
        if section.table is None:
            continue
        _, *what = section.table.columns
        for about, *cells in section.table.rows:
            for name, cell in zip(what, cells, strict=True):
                lines.writerow(_harmless(one) for one in (section.heading, about, name, cell))
    return text.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if _LIKE_A_FORMULA.match(cell) else cell
