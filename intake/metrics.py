"""Reading outcome metrics from a CSV file, with each mistake's line and column."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from math import isfinite
from pathlib import Path

from domain.folder import Rejection
from domain.outcomes import LONGEST_METRIC, LONGEST_UNIT, Better, MetricValue
from intake.lists import rows_of
from intake.rejections import Rejections, Row

METRICS = "metrics.csv"
"""What a program folder calls its figures; ``sojourn rehearse`` takes them in as their days come."""

COLUMNS = ("metric", "unit", "date", "value", "better")
OPTIONAL = ("team",)

LARGEST = 10_000_000
"""Bytes of a file that is read."""

_FIGURE = re.compile(r"^[+-]?\d{1,15}(\.\d{1,15})?$")


MOST_METRICS = 100
"""Metrics that one file names."""


def read_metrics(
    file: Path, teams: Mapping[str, str], today: date
) -> tuple[tuple[MetricValue, ...], tuple[Rejection, ...]]:
    """Return the figures of a file and everything that is wrong with it; one of the two is empty.

    ``teams`` has the pseudonym of each host team by its id.
    """
    rejections = Rejections()
    if _is_too_large(file):
        remedy = "import it in several files"
        rejections.add(file.name, None, None, f"it has over {LARGEST // 10**6} MB", remedy)
        return (), rejections.in_order()
    rows = list(rows_of(file.parent, file.name, COLUMNS, rejections, OPTIONAL))
    values = list(_values(rows, teams, today))
    _check_number(file, values, rejections)
    _check_doubles(rows, values)
    _check_same(rows, "unit")
    _check_same([row for row in rows if _is_better(row)], "better")
    rejected = rejections.in_order()
    return (() if rejected else tuple(values)), rejected


def _is_too_large(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > LARGEST


def _values(rows: Iterable[Row], teams: Mapping[str, str], today: date) -> Iterator[MetricValue]:
    for row in rows:
        key = row.reference("team", teams, "host team")
        yield MetricValue.model_construct(
            metric=_short(row, "metric", LONGEST_METRIC),
            unit=_short(row, "unit", LONGEST_UNIT, needed=False),
            better=_better(row),
            team=teams.get(key) if key else None,
            day=_day(row, today),
            value=_figure(row),
        )


def _short(row: Row, field: str, longest: int, *, needed: bool = True) -> str:
    value = row.text(field, needed=needed)
    if len(value) > longest:
        row.reject(field, f"it has {len(value)} characters", f"keep it to {longest}")
    return value


def _is_better(row: Row) -> bool:
    return row.cells["better"].strip().lower() in set(Better)


def _better(row: Row) -> Better:
    value = row.text("better").lower()
    if _is_better(row):
        return Better(value)
    if value:
        remedy = f"say which way is better: {' or '.join(Better)}"
        row.reject("better", f"'{value[:40]}' is no way that a figure goes", remedy)
    return Better.HIGHER


def _day(row: Row, today: date) -> date:
    value = row.text("date")
    day = row.as_day("date", value) if value else None
    if day and day > today:
        row.reject("date", f"{day} lies ahead", "import a figure when it was measured")
    return day or today


def _figure(row: Row) -> float:
    value = row.text("value")
    if _FIGURE.match(value) and isfinite(float(value)):
        return float(value)
    if value:
        remedy = "write it in digits with a point, such as 4.5 or -12; leave a row out without one"
        row.reject("value", f"'{value[:40]}' is no figure", remedy)
    return 0.0


def _check_number(file: Path, values: Iterable[MetricValue], rejections: Rejections) -> None:
    metrics = len({value.metric for value in values})
    if metrics > MOST_METRICS:
        problem = f"it names {metrics} metrics, which nobody looks at"
        remedy = f"choose at most {MOST_METRICS}"
        rejections.add(file.name, None, "metric", problem, remedy)


def _check_doubles(rows: Iterable[Row], values: Iterable[MetricValue]) -> None:
    first: dict[tuple[str, str | None, date], int] = {}
    for row, value in zip(rows, values, strict=True):
        about = (value.metric, value.team, value.day)
        if about in first:
            problem = f"line {first[about]} has this metric on this day already"
            row.reject("date", problem, "keep one of the two")
        first.setdefault(about, row.line)


def _check_same(rows: Iterable[Row], field: str) -> None:
    """A metric has one unit and one way that is better."""
    first: dict[str, Row] = {}
    for row in rows:
        known = first.setdefault(row.cells["metric"].strip(), row)
        said, before = (one.cells[field].strip() for one in (row, known))
        if said.lower() != before.lower():
            problem = f"'{said[:40]}' here and '{before[:40]}' in line {known.line}"
            row.reject(field, problem, f"use one {field} for a metric, or another metric's name")
