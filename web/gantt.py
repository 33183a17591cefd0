"""The Gantt of a cohort as plain geometry: a row a rotation, a bar a step, a line for today.

Units are SVG user units; time runs from left to right in the zone of the program.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.moments import zone_of
from domain.program import UNMET, StepKind
from domain.rotation import Phase
from store.pages import StepRow

WIDTH = 960.0
LABEL = 190.0
ROW = 34.0
HEAD = 30.0
BAR = 18.0
NARROWEST = 7.0

DAY = timedelta(days=1)

Position = Callable[[datetime], float]


@dataclass(frozen=True)
class Bar:
    """One step: where it lies, what it is, and the sentence a pointer or a screen reader gets."""

    x: float
    y: float
    width: float
    phase: Phase
    kind: StepKind
    title: str


@dataclass(frozen=True)
class Row:
    """One rotation with its label."""

    y: float
    label: str
    link: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Tick:
    """The start of a week."""

    x: float
    label: str


@dataclass(frozen=True)
class Gantt:
    """The whole drawing; ``today`` is None when today lies outside of it."""

    height: float
    rows: tuple[Row, ...]
    ticks: tuple[Tick, ...]
    today: float | None
    width: float = WIDTH
    head: float = HEAD
    bar: float = BAR
    row: float = ROW


def draw(
    lines: Sequence[tuple[str, str, Sequence[StepRow]]], now: datetime, zone: str
) -> Gantt | None:
    """Return the drawing of ``(label, link, steps)`` lines; None when there is no step at all."""
    steps = [step for _, _, some in lines for step in some]
    if not steps:
        return None
    first = _monday(min(step.starts for step in steps), zone)
    last = _monday(max(step.ends for step in steps), zone) + 7 * DAY
    scale = (WIDTH - LABEL) / ((last - first) / DAY)

    def x_of(moment: datetime) -> float:
        return LABEL + (moment - first) / DAY * scale

    rows = []
    for number, (label, link, some) in enumerate(lines):
        y = HEAD + number * ROW
        bars = tuple(_bar(step, x_of, y) for step in some if step.kind not in UNMET)
        rows.append(Row(y=y, label=label, link=link, bars=bars))
    return Gantt(
        height=HEAD + len(rows) * ROW + 8,
        rows=tuple(rows),
        ticks=tuple(_ticks(first, last, x_of)),
        today=x_of(now) if first <= now <= last else None,
    )


def _bar(step: StepRow, x_of: Position, y: float) -> Bar:
    x = x_of(step.starts)
    local = step.starts.astimezone(zone_of(step.zone))
    return Bar(
        x=round(x, 1),
        y=round(y + (ROW - BAR) / 2, 1),
        width=round(max(NARROWEST, x_of(step.ends) - x), 1),
        phase=step.phase,
        kind=step.kind,
        title=f"{step.title}, {local:%a %-d %b %H:%M} ({step.zone}), {step.phase.value}",
    )


def _ticks(first: datetime, last: datetime, x_of: Position) -> Iterator[Tick]:
    week = first
    while week < last:
        yield Tick(x=round(x_of(week), 1), label=f"{week:%-d %b}")
        week += 7 * DAY


def _monday(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(zone_of(zone))
    monday = local - timedelta(days=local.weekday())
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)
