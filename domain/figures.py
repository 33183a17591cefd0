"""Figures as people type them."""

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
