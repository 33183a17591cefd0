"""Figures as people type and read them."""

from decimal import Decimal
from math import isfinite

from domain.errors import Refused


def figure_of(typed: str) -> float:
    """Return the number that was typed, with a comma or a point; raises Refused for anything else."""
    try:
        number = float(typed.strip().replace(",", "."))
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise Refused("Write the figure as a number, such as 4.5.")
    return number


_DIGITS = 15
"""As many as a float keeps whatever the number."""

_MOST_PLACES = 21
"""Before or after the point; a longer number is written with its power of ten."""


def figure(number: float) -> str:
    """Return a number as it was typed: ``1234567`` and ``0.00001`` in full."""
    written = Decimal(f"{number + 0.0:.{_DIGITS}g}")
    return f"{written:f}" if abs(written.adjusted()) < _MOST_PLACES else f"{number:.{_DIGITS}g}"


def mean_figure(mean: float) -> str:
    """Return a mean of figures with four digits, or with all of those before its point."""
    whole = len(str(int(abs(mean))))
    return figure(float(f"{mean:.{max(4, whole)}g}"))
