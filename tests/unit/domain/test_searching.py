"""Words as a search compares them."""

import pytest

from domain.searching import LONGEST, search_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Crème/Straße", ("creme", "strasse")),
        ("waits.Nobody desk@home_office", ("waits", "nobody", "desk", "home", "office")),
        ("it's 4.5", ("it", "s", "4", "5")),
        ("İstanbul ﬁle Ⅷ", ("istanbul", "file", "viii")),
        ("' & !", ()),
        ("x" * 3000, ("x" * LONGEST,)),
    ],
)
def test_words_are_told_apart_without_case_and_marks(text: str, words: tuple[str, ...]) -> None:
    assert search_words(text) == words
