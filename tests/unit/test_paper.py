"""Documents on paper: read again by another program, tagged, and never longer than their pages."""

import io
from typing import Any

from pypdf import PdfReader

from web.documents import BarRow, Chart, Document, Section, Table, bars
from web.drawing import WIDTH, draw
from web.paper import REGULAR
from web.pdf import ROOM, as_pdf, wrapped
from web.typeface import typeface

NAMES = "Łukasz Wiśniewski, Şebnem Öztürk, Dvořák, Größe, Ελένη, Пётр, “naïve” – 5 €"
CHART = Chart(
    title="Trust",
    desc="Safe: 3.2 before, 4.1 after",
    series=("before", "after"),
    rows=(
        BarRow("Safe", bars(((3.2, "3.2 (5)"), (4.1, "4.1 (5)")), 5)),
        BarRow("Heard", bars(((None, ""), (0, "0")), 5)),
        BarRow("x" * 80, ()),
    ),
)
TABLE = Table(("Who", "What"), tuple((f"{n} {NAMES}", "A cell of it " * 9) for n in range(40)))


def document(*sections: Section) -> Document:
    return Document("Ein Tag an der Mühle", "One sentence.", sections)


def read(*sections: Section) -> PdfReader:
    return PdfReader(io.BytesIO(as_pdf(document(*sections))), strict=True)


def text_of(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def elements(node: Any) -> list[Any]:
    """The structure under a node, in its order."""
    kids = node.get("/K", [])
    found = [k.get_object() for k in (kids if isinstance(kids, list) else [kids])]
    inner = [kid for kid in found if isinstance(kid, dict) and "/S" in kid]
    return [one for kid in inner for one in (kid, *elements(kid))]


def test_every_european_name_can_be_read_again_from_the_file() -> None:
    reader = read(Section("one", NAMES, table=TABLE), Section("two", "Empty", empty="Nothing yet."))

    text = text_of(reader)

    assert NAMES in text
    assert "39 Łukasz" in text
    assert "Nothing yet." in text
    assert reader.metadata is not None
    assert reader.metadata.title == "Ein Tag an der Mühle"
    assert len(reader.pages) > 1
    assert f"1 / {len(reader.pages)}" in text


def test_what_a_thing_is_stands_beside_it_for_who_does_not_see_it() -> None:
    reader = read(Section("one", "One", ("A sentence.",), TABLE, CHART))
    root: Any = reader.trailer["/Root"]

    found = elements(root["/StructTreeRoot"])
    kinds = [str(one["/S"]) for one in found]

    assert kinds[:6] == ["/Document", "/H1", "/P", "/H2", "/P", "/Figure"]
    assert kinds.count("/TR") == 41
    assert kinds.count("/TH") == 2 + 40
    assert kinds.count("/TD") == 40
    (figure,) = (one for one in found if one["/S"] == "/Figure")
    assert figure["/Alt"] == "Trust. Safe: 3.2 before, 4.1 after."
    heads = [one["/A"]["/Scope"] for one in found if one["/S"] == "/TH"]
    assert heads[:3] == ["/Column", "/Column", "/Row"]
    assert root["/MarkInfo"]["/Marked"].value is True
    assert root["/Lang"] == "en"
    numbers = root["/StructTreeRoot"]["/ParentTree"]["/Nums"]
    assert len(numbers) == 2 * len(reader.pages)
    for page in reader.pages:
        content: Any = page.get_contents()
        marked = numbers[2 * int(str(page["/StructParents"])) + 1]
        assert content.get_data().count(b"/MCID") == len(marked)


def test_nothing_is_wider_than_its_line_and_nothing_is_lost() -> None:
    face = typeface(REGULAR)
    for words in (
        "A line of ordinary words. " * 20,
        "x" * 500,
        f"a {'y' * 200} b",
        "",
        "漢字 here",
    ):
        lines = list(wrapped(words, REGULAR, 9.5, ROOM))
        assert all(face.width(line, 9.5) <= ROOM for line in lines)
        assert "".join(lines).replace(" ", "") == words.replace(" ", "")


def test_the_same_document_is_the_same_bytes() -> None:
    one = Section("one", "One", table=TABLE, chart=CHART)
    assert as_pdf(document(one)) == as_pdf(document(one))


def test_a_row_taller_than_a_page_is_cut_and_the_rest_goes_on() -> None:
    tall = Table(("Who", "What"), (("a", "word " * 3000), ("b", "after it")))
    text = text_of(read(Section("one", "One", table=tall)))
    assert "…" in text
    assert "after it" in text


def test_bars_and_their_figures_fit_the_drawing() -> None:
    drawing = draw(CHART)
    for row in drawing.rows:
        assert row.y < drawing.height
        for bar in row.bars:
            assert bar.width > 0
            assert bar.figure_x + 7 * len(bar.said) <= WIDTH
            assert bar.y + drawing.bar <= drawing.height
    assert [len(row.bars) for row in drawing.rows] == [2, 1, 0]
    assert drawing.rows[2].label.endswith("…")
    assert draw(CHART._replace(rows=())).rows == ()
