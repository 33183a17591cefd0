"""A tagged PDF, page by page: text, rules and bars, each with what it is for who does not see it.

Lengths are points; places are counted from the top left corner. Source: ISO 32000-1, sections 9.7
(composite fonts), 14.7 (structure) and 14.8 (tagged PDF).
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pydyf

from web.typeface import Typeface, typeface

WIDTH, HEIGHT = 595.28, 841.89
"""A4."""

MARGIN = 48.0
BOTTOM = HEIGHT - MARGIN

REGULAR, BOLD = "DejaVuSans", "DejaVuSans-Bold"

Colour = tuple[float, float, float]
Element = Any
"""A ``pydyf.Dictionary`` of the structure; pydyf has no types."""

INK: Colour = (0.0, 0.0, 0.0)
_RULE: Colour = (0.75, 0.75, 0.75)
_FOOT = 7.5
"""Size of the page number."""


class Paper:
    """The sheets of one document; ``y`` is how far down the current one is written."""

    def __init__(self, title: str, language: str) -> None:
        self._language = language
        self._pdf = pydyf.PDF()
        self._fonts = {name: _embedded(self._pdf, name) for name in (REGULAR, BOLD)}
        self._root = self._added(pydyf.Dictionary({"Type": "/StructTreeRoot"}))
        self.document = self.tag("Document", self._root)
        self._root["K"] = self.document.reference
        self._marked: list[list[bytes]] = []
        self._pdf.info["Title"] = pydyf.String(title)
        self._pdf.info["Producer"] = pydyf.String("Sojourn")
        self._turn()

    def tag(self, kind: str, parent: Element, **facts: object) -> Element:
        """Return a new element of the structure, such as ``H1``, at the end of its parent."""
        known = {"Type": "/StructElem", "S": f"/{kind}", "P": parent.reference}
        element = self._added(pydyf.Dictionary(known | {"K": pydyf.Array()} | facts))
        if isinstance(parent.get("K"), pydyf.Array):
            parent["K"].append(element.reference)
        return element

    def need(self, height: float) -> bool:
        """Turn the page unless so much room is left; returns whether it was turned."""
        if self.y + height <= BOTTOM:
            return False
        self._turn()
        return True

    @contextmanager
    def inside(self, element: Element) -> Iterator[None]:
        """What is drawn meanwhile, on this page, belongs to the element."""
        number = len(self._marked[-1])
        self._marked[-1].append(element.reference)
        page = self._page.reference
        element["K"].append(b"<</Type /MCR /Pg " + page + f" /MCID {number}>>".encode())
        kind = str(element["S"])[1:]
        self._ink.begin_marked_content(kind, f"<</MCID {number}>>".encode())
        yield
        self._ink.end_marked_content()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """What is drawn meanwhile says nothing that is not said elsewhere."""
        self._ink.begin_marked_content("Artifact")
        yield
        self._ink.end_marked_content()

    def text(
        self, x: float, y: float, words: str, font: str, size: float, colour: Colour = INK
    ) -> None:
        """Write one line; ``y`` is its base line."""
        ink = self._ink
        ink.begin_text()
        ink.set_color_rgb(*colour)
        ink.set_font_size(font, size)
        ink.set_text_matrix(1, 0, 0, 1, round(x, 2), round(HEIGHT - y, 2))
        glyphs = typeface(font).glyphs(words)
        ink.stream.append(f"<{''.join(f'{glyph:04X}' for glyph in glyphs)}> Tj")
        ink.end_text()

    def box(self, x: float, y: float, width: float, height: float, colour: Colour) -> None:
        """Fill a rectangle whose top left corner is given."""
        self._ink.set_color_rgb(*colour)
        self._ink.rectangle(round(x, 2), round(HEIGHT - y - height, 2), round(width, 2), height)
        self._ink.fill()

    def rule(self, x: float, width: float) -> None:
        """Draw a thin line across, which says nothing."""
        with self.aside():
            self.box(x, self.y, width, 0.5, _RULE)

    def finished(self) -> bytes:
        """Return the file; the same document is the same bytes."""
        self._number_pages()
        parents = pydyf.Array()
        for number, marked in enumerate(self._marked):
            parents.extend([number, pydyf.Array(marked)])
        tree = self._added(pydyf.Dictionary({"Nums": parents}))
        self._root["ParentTree"] = tree.reference
        self._root["ParentTreeNextKey"] = len(self._marked)
        self._pdf.catalog.update(
            {
                "Lang": pydyf.String(self._language),
                "MarkInfo": pydyf.Dictionary({"Marked": "true"}),
                "ViewerPreferences": pydyf.Dictionary({"DisplayDocTitle": "true"}),
                "StructTreeRoot": self._root.reference,
            }
        )
        file = io.BytesIO()
        self._pdf.write(file, version=b"1.7", identifier=True)
        return file.getvalue()

    def _turn(self) -> None:
        self._ink = self._added(pydyf.Stream(compress=True))
        fonts = pydyf.Dictionary({name: font.reference for name, font in self._fonts.items()})
        self._page = pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": self._pdf.pages.reference,
                "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                "Contents": self._ink.reference,
                "Resources": pydyf.Dictionary({"Font": fonts}),
                "StructParents": len(self._marked),
                "Tabs": "/S",
            }
        )
        self._pdf.add_page(self._page)
        self._marked.append([])
        self.y = MARGIN

    def _number_pages(self) -> None:
        """Only the last page is still open, so numbers are written into each stream at its end."""
        pages = [one for one in self._pdf.objects if _is_page(one)]
        for number, page in enumerate(pages, 1):
            content = int(page["Contents"].split()[0])
            self._ink = self._pdf.objects[content]
            said = f"{number} / {len(pages)}"
            x = WIDTH - MARGIN - typeface(REGULAR).width(said, _FOOT)
            with self.aside():
                self.text(x, HEIGHT - MARGIN / 2, said, REGULAR, _FOOT)

    def _added(self, thing: Any) -> Any:
        self._pdf.add_object(thing)
        return thing


def _is_page(thing: object) -> bool:
    return isinstance(thing, pydyf.Dictionary) and thing.get("Type") == "/Page"


def _embedded(pdf: Any, name: str) -> Any:
    """Return a composite font whose codes are the glyphs of the face, with all of its file."""
    face = typeface(name)
    file = pydyf.Stream([face.raw], {"Length1": len(face.raw)}, compress=True)
    pdf.add_object(file)
    metrics = face.metrics
    descriptor = pydyf.Dictionary(
        {
            "Type": "/FontDescriptor",
            "FontName": f"/{name}",
            "Flags": 32,
            "FontBBox": pydyf.Array(metrics.box),
            "ItalicAngle": 0,
            "Ascent": metrics.ascent,
            "Descent": metrics.descent,
            "CapHeight": metrics.ascent,
            "StemV": 80,
            "FontFile2": file.reference,
        }
    )
    pdf.add_object(descriptor)
    glyphs = sorted({0, *face.characters.values()})
    widths = pydyf.Array()
    for glyph in glyphs:
        widths.extend([glyph, pydyf.Array([face.advance(glyph)])])
    system = {"Registry": "(Adobe)", "Ordering": "(Identity)", "Supplement": 0}
    descendant = pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/CIDFontType2",
            "BaseFont": f"/{name}",
            "CIDSystemInfo": pydyf.Dictionary(system),
            "FontDescriptor": descriptor.reference,
            "CIDToGIDMap": "/Identity",
            "W": widths,
        }
    )
    pdf.add_object(descendant)
    meanings = pydyf.Stream([_meanings(face)], compress=True)
    pdf.add_object(meanings)
    font = pydyf.Dictionary(
        {
            "Type": "/Font",
            "Subtype": "/Type0",
            "BaseFont": f"/{name}",
            "Encoding": "/Identity-H",
            "DescendantFonts": pydyf.Array([descendant.reference]),
            "ToUnicode": meanings.reference,
        }
    )
    pdf.add_object(font)
    return font


_MAPPED_AT_ONCE = 100
"""Entries of one block of a character map, at most."""


def _meanings(face: Typeface) -> str:
    """The character map that tells which character each glyph is, so that text can be searched and read."""
    known: dict[int, int] = {}
    for code, glyph in sorted(face.characters.items()):
        known.setdefault(glyph, code)
    entries = [f"<{glyph:04X}> <{code:04X}>" for glyph, code in sorted(known.items())]
    blocks = [entries[n : n + _MAPPED_AT_ONCE] for n in range(0, len(entries), _MAPPED_AT_ONCE)]
    mapped = "\n".join(
        "\n".join([f"{len(block)} beginbfchar", *block, "endbfchar"]) for block in blocks
    )
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        "1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n"
        f"{mapped}\nendcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    )
