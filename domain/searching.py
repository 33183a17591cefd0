"""Words as a search compares them: alike on every database, whatever their case and accents."""

import re
import unicodedata

LONGEST = 100
"""Characters of a word that are compared."""

_WORD = re.compile(r"[^\W_]+")


def search_words(text: str) -> tuple[str, ...]:
    """Return the words of a text in their order, without case and marks: ``crème/Straße`` is ``creme strasse``."""
    letters = (c for c in unicodedata.normalize("NFKD", text) if unicodedata.category(c)[0] != "M")
    found = _WORD.findall("".join(letters).casefold())
    return tuple(word[:LONGEST] for word in found)
