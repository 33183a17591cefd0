"""Figures as people type and read them: nothing of a figure is lost between the two."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Refused
from domain.figures import figure, figure_of, mean_figure


@pytest.mark.parametrize(
    ("number", "read"),
    [
        (1234567, "1234567"),
        (-0.0, "0"),
        (0, "0"),
        (2.50, "2.5"),
        (0.1 + 0.2, "0.3"),
        (0.00001, "0.00001"),
        (123456789012345, "123456789012345"),
        (1e20, "100000000000000000000"),
        (1e300, "1e+300"),
    ],
)
def test_a_figure_is_read_as_it_is_written(number: float, read: str) -> None:
    assert figure(number) == read


@given(st.decimals(-(10**9), 10**9, places=5))
def test_what_was_typed_is_what_is_read(typed: object) -> None:
    number = figure_of(f"{typed:f}")

    assert "e" not in figure(number)
    assert figure_of(figure(number)) == number


@pytest.mark.parametrize(
    ("mean", "read"),
    [(1234567.25, "1234567"), (10 / 3, "3.333"), (98765.4321, "98765"), (0.001234567, "0.001235")],
)
def test_a_mean_has_four_digits_and_all_before_its_point(mean: float, read: str) -> None:
    assert mean_figure(mean) == read


def test_what_is_no_figure_is_refused() -> None:
    for typed in ("", "forty", "nan", "1e999"):
        with pytest.raises(Refused, match=r"such as 4\.5"):
            figure_of(typed)
