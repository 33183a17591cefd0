"""Predictions and answers: a figure that tells of nobody, and a score that a person can work out on paper."""

from itertools import product

import pytest

from domain.foresight import (
    LEAST_TOGETHER,
    Foreseen,
    accuracy,
    beside,
    figures_of,
    opens_at,
    points_of,
    together,
)
from domain.program import FieldKind, FormField
from domain.rotation import Phase
from tests.builders import DAY, HOUR, MONDAY, a_step


def asked(foreseen: int, answers: list[int], span: int = 4) -> Foreseen:
    mean = together(answers)
    assert mean is not None
    return Foreseen(question="?", foreseen=foreseen, together=mean, span=span)


def test_first_f5_the_score_is_the_one_worked_out_by_hand() -> None:
    five = [
        asked(4, [2, 3, 3]),  # 8/3 = 2.67, so 3; off by 1 of 4
        asked(2, [2, 2, 1]),  # 5/3 = 1.67, so 2; right
        asked(5, [1, 1, 2]),  # 4/3 = 1.33, so 1; off by 4 of 4
        asked(3, [4, 5, 3]),  # 4; off by 1 of 4
        asked(1, [3, 3, 3]),  # 3; off by 2 of 4
    ]
    # 1/4 + 0 + 4/4 + 1/4 + 2/4 = 2; 2 of 5 are off, so 60 of 100 are right
    assert accuracy(five) == 60


def test_first_f5_all_right_is_a_hundred_and_as_wrong_as_can_be_is_nothing() -> None:
    assert accuracy([asked(2, [2, 2, 2]), asked(5, [5, 5, 5])]) == 100
    assert accuracy([asked(1, [5, 5, 5]), asked(5, [1, 1, 1])]) == 0
    with pytest.raises(ValueError, match="Without a question"):
        accuracy([])


def test_first_f5_a_wide_scale_counts_as_much_as_a_narrow_one() -> None:
    assert accuracy([asked(1, [6, 6, 6], span=10), asked(1, [3, 3, 3])]) == 50


@pytest.mark.parametrize("people", [3, 4, 5])
def test_first_f5_a_figure_tells_nobodys_answer(people: int) -> None:
    points = range(1, 6)
    possible: dict[int | None, list[tuple[int, ...]]] = {}
    for answers in product(points, repeat=people):
        possible.setdefault(together(answers), []).append(answers)

    assert set(possible) == set(points)
    for alternatives in possible.values():
        for person in range(people):
            assert len({answers[person] for answers in alternatives}) > 1


def test_first_f5_two_answers_are_too_few_for_a_figure() -> None:
    assert LEAST_TOGETHER == 3
    assert together([4, 4]) is None
    assert together([]) is None


@pytest.mark.parametrize(
    ("choices", "points"),
    [
        (("1", "2", "3"), [1, 2, 3]),
        (("0", "1"), [0, 1]),
        (("1", "3"), []),
        (("2", "1"), []),
        (("1",), []),
        (("yes", "no"), []),
        ((), []),
        (("1", "²"), []),
    ],
)
def test_only_points_of_one_scale_can_be_compared(
    choices: tuple[str, ...], points: list[int]
) -> None:
    field = FormField(key="a", label="A", kind=FieldKind.CHOICE, choices=choices)
    assert list(points_of(field)) == points


def test_first_f5_nothing_is_opened_while_anybody_of_the_team_may_still_answer() -> None:
    day = a_step("day", starts=MONDAY, ends=MONDAY + 8 * HOUR)
    talk = a_step("talk", starts=MONDAY + DAY)
    later = a_step("later", starts=MONDAY + 2 * DAY)

    assert opens_at(day, [talk]) == talk.ends
    assert opens_at(day, [talk, later]) == opens_at(day, [later, talk]) == later.ends
    assert opens_at(talk, [day]) == talk.ends


def test_first_f5_nothing_is_opened_where_the_visit_or_every_session_was_called_off() -> None:
    day = a_step("day", starts=MONDAY, ends=MONDAY + 8 * HOUR)
    talk = a_step("talk", starts=MONDAY + DAY)
    off = {"phase": Phase.CANCELLED}

    assert opens_at(day, []) is None
    assert opens_at(day, [talk.model_copy(update=off)]) is None
    assert (
        opens_at(day, [talk, talk.model_copy(update=off | {"ends": MONDAY + 9 * DAY})]) == talk.ends
    )
    assert opens_at(day.model_copy(update=off), [talk]) is None


def test_first_f5_what_was_foreseen_stands_beside_its_question() -> None:
    fields = [
        FormField(key=key, label=key.upper(), kind=FieldKind.CHOICE, choices=choices)
        for key, choices in (("a", ("1", "2", "3")), ("b", ("yes", "no")), ("c", ("0", "1")))
    ]
    given = [{"a": "1", "b": "yes", "c": "1"}, {"a": "2", "c": "1"}, {"a": "3", "c": "7"}]
    figures = list(figures_of(fields, given))

    assert [(one.key, one.together, one.span) for one in figures] == [("a", 2, 2)]
    (one,) = beside(figures, {"a": "3", "c": "1"})
    assert (one.question, one.foreseen, one.together, one.span) == ("A", 3, 2, 2)
    assert beside(figures, {"a": "", "b": "yes"}) == ()
