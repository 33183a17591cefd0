"""Figures about groups never tell of one person."""

from hypothesis import given
from hypothesis import strategies as st

from domain.pulse import SMALLEST_CELL, shown_mean

ANSWERS = st.lists(st.integers(1, 5).map(float), max_size=40)


def test_practice_s2_fewer_than_five_answers_are_not_shown() -> None:
    assert SMALLEST_CELL == 5
    assert shown_mean([5.0] * 4) is None
    assert shown_mean([1.0, 2.0, 3.0, 4.0, 5.0]) == (5, 3.0)


@given(ANSWERS, st.integers(1, 5))
def test_practice_s2_one_more_answer_never_tells_what_it_was(
    answers: list[float], newest: int
) -> None:
    before, after = shown_mean(answers), shown_mean([*answers, float(newest)])

    counted = [shown.answers if shown else 0 for shown in (before, after)]
    assert all(count % SMALLEST_CELL == 0 for count in counted)
    if counted[0] == counted[1]:
        assert before == after
    else:
        assert counted[1] - counted[0] == SMALLEST_CELL
