"""Languages and own texts of a program folder, and whose address nobody can have."""

from pathlib import Path

import pytest

from domain.folder import Folder
from domain.language import Language
from domain.program import ProgramText
from intake.folder import read_folder
from invites.words import problem_of
from tests.unit.intake.test_folder import TODAY, change, folder

__all__ = ["folder"]

OWN = "Your goals?\nHello {{ letter.reader_name }}: {{ goals }}\n"


def read(path: Path, organiser: str = "") -> Folder | list[str]:
    """The folder, or what is wrong with it as ``file: problem``."""
    found = read_folder(path, today=TODAY, organiser=organiser, check_text=problem_of)
    return found if isinstance(found, Folder) else [f"{r.file}: {r.problem}" for r in found]


def written(folder: Path, name: str, body: bytes) -> None:
    path = folder / "texts" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def with_languages(folder: Path, *languages: str) -> None:
    """Give the first people a language each, and the others none."""
    path = folder / "people.csv"
    header, *rows = path.read_text().splitlines()
    given = [*languages, *[""] * (len(rows) - len(languages))]
    lines = [f"{row},{one}" for row, one in zip(rows, given, strict=True)]
    path.write_text("\n".join([f"{header},language", *lines]) + "\n")


def test_people_and_programs_have_a_language(folder: Path) -> None:
    with_languages(folder, "de", "en")
    change(folder / "program.toml", "[program]\n", '[program]\nlanguage = "de"\n')

    found = read(folder)

    assert isinstance(found, Folder)
    assert found.program.language is Language.GERMAN
    assert [p.language for p in found.people[:3]] == [Language.GERMAN, Language.ENGLISH, None]


def test_a_language_that_nothing_is_written_in_is_refused(folder: Path) -> None:
    with_languages(folder, "fr")

    assert read(folder) == ["people.csv: nothing is written in 'fr'"]


def test_a_programs_own_texts_come_with_it(folder: Path) -> None:
    written(folder, "en/ask-goals.txt", OWN.encode())

    found = read(folder)

    assert isinstance(found, Folder)
    assert found.program.texts == (
        ProgramText(language=Language.ENGLISH, name="ask-goals", body=OWN),
    )
    assert found.program.texts_in(Language.GERMAN) == ()


@pytest.mark.parametrize(
    ("name", "body", "problem"),
    [
        ("en/ask-goals.txt", b"\xff\xfe", "it is not text in UTF-8"),
        ("en/ask-goals.md", OWN.encode(), "its name does not end in .txt"),
        ("fr", b"", "it is not the folder of a language"),
        ("en/ask-gaols.txt", OWN.encode(), "there is no text 'ask-gaols'"),
        ("de/ask-goals.txt", b"Hallo\n{{ salary }}\n", "there is no fact 'salary'"),
    ],
)
def test_a_text_that_cannot_be_used_is_named(
    folder: Path, name: str, body: bytes, problem: str
) -> None:
    written(folder, name, body)

    (found,) = read(folder)

    assert str(found).startswith(f"texts/{name}: {problem}")


def test_content_c9_nobody_has_the_address_that_invites_come_from(folder: Path) -> None:
    assert read(folder, organiser="Lena.Hoffmann@sojourn.example") == [
        "people.csv: 'lena' has the address that invites come from"
    ]
