"""How one wording differs from another, word by word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.wording import PartKind, word_diff

WORDS = st.lists(st.sampled_from(["every", "sack", " ", "\n", "label", ".", "ä"]), max_size=40)


def side(parts: tuple[tuple[PartKind, str], ...], kind: PartKind) -> str:
    return "".join(text for of, text in parts if of in {PartKind.SAME, kind})


@given(WORDS.map("".join), WORDS.map("".join))
def test_practice_s39_both_wordings_can_be_read_out_of_their_difference(
    before: str, after: str
) -> None:
    parts = word_diff(before, after)
    assert side(parts, PartKind.TAKEN_OUT) == before
    assert side(parts, PartKind.PUT_IN) == after
    assert all(text for _, text in parts)


@pytest.mark.parametrize(
    ("before", "after", "parts"),
    [
        ("One signs.", "One signs.", [("same", "One signs.")]),
        ("", "One signs.", [("put-in", "One signs.")]),
        (
            "Two people sign.",
            "One person signs.",
            [
                ("taken-out", "Two people sign"),
                ("put-in", "One person signs"),
                ("same", "."),
            ],
        ),
    ],
)
def test_practice_s39_what_differs_are_words(
    before: str, after: str, parts: list[tuple[str, str]]
) -> None:
    assert [(kind.value, text) for kind, text in word_diff(before, after)] == parts
