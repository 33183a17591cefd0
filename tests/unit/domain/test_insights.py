import pytest

from domain.errors import Refused
from domain.insights import Insight, InsightTag, Summary, alike, refuse_summary

PHONE = "Callers say their number three times before anybody helps"
SIGN = "Every refund waits for a signature from another city"
PLAN = "Shift plans arrive too late to promise a call back"


def a_summary(*texts: str, words: str = "A loud and friendly day.") -> Summary:
    insights = tuple(Insight(text=text, tag=InsightTag.FRUSTRATION) for text in texts)
    return Summary(words=words, insights=insights)


def test_practice_s19_three_things_that_differ_are_taken() -> None:
    refuse_summary(a_summary(PHONE, SIGN, PLAN))


def test_practice_s19_two_things_are_too_few() -> None:
    with pytest.raises(Refused, match="one or more are missing"):
        refuse_summary(a_summary(PHONE, SIGN))


@pytest.mark.parametrize(
    "again",
    [
        SIGN.upper(),
        "Refunds wait for a signature from another city",
        "From another city a signature: every refund waits for it",
    ],
)
def test_practice_s19_the_same_thing_in_other_words_is_named(again: str) -> None:
    with pytest.raises(Refused, match="things 1 and 3 say nearly the same"):
        refuse_summary(a_summary(SIGN, PHONE, again))


def test_a_summary_is_short() -> None:
    with pytest.raises(Refused, match="it has 151"):
        refuse_summary(a_summary(PHONE, SIGN, PLAN, words="word " * 151))


def test_texts_without_words_are_alike_only_when_equal() -> None:
    assert alike("?? !! ??", "?? !! ??")
    assert not alike("1 2 3 4 5 6", "6 5 4 3 2 1")
