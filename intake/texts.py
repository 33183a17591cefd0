"""Reading ``texts/<language>/<name>.txt``: a program's own words instead of Sojourn's."""

from collections.abc import Callable, Iterator
from pathlib import Path

from domain.language import Language
from domain.program import ProgramText
from intake.rejections import Rejections

FOLDER = "texts"

TextCheck = Callable[[Language, str, str], str | None]
"""Returns what is wrong with a template of a language and a name, or None."""


def read_texts(folder: Path, rejections: Rejections, check: TextCheck) -> tuple[ProgramText, ...]:
    """Return every template that could be read; mistakes are noted."""
    texts = folder / FOLDER
    return tuple(_texts(texts, rejections, check)) if texts.is_dir() else ()


def _texts(texts: Path, rejections: Rejections, check: TextCheck) -> Iterator[ProgramText]:
    for path in sorted(texts.iterdir()):
        if not path.is_dir() or path.name not in set(Language):
            remedy = f"put texts into {' or '.join(f'{FOLDER}/{one}' for one in Language)}"
            place = f"{FOLDER}/{path.name}"
            rejections.add(place, None, None, "it is not the folder of a language", remedy)
            continue
        for file in sorted(path.iterdir()):
            found = _text(Language(path.name), file, rejections, check)
            if found:
                yield found


def _text(
    language: Language, file: Path, rejections: Rejections, check: TextCheck
) -> ProgramText | None:
    place = f"{FOLDER}/{language.value}/{file.name}"
    try:
        body = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        rejections.add(place, None, None, "it is not text in UTF-8", "save it as plain text")
        return None
    named = file.suffix == ".txt"
    problem = check(language, file.stem, body) if named else "its name does not end in .txt"
    if problem:
        remedy = "docs/folder-format.md says what a text may hold"
        rejections.add(place, None, None, problem, remedy)
        return None
    return ProgramText(language=language, name=file.stem, body=body)
