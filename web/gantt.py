"""The Gantt of a cohort as plain geometry: a row a rotation or a team, a bar a step, a line for today.

Units are SVG user units; time runs from left to right in the zone of the program.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from domain.moments import zone_of
from domain.program import UNMET, StepKind
from domain.rotation import Phase
from store.pages import StepRow

WIDTH = 960.0
LABEL = 190.0
LONGEST_LABEL = 25
"""Characters of a label that fit beside the bars; longer ones are cut, with the whole as their title."""

ROW = 34.0
LANE = 22.0
HEAD = 30.0
BAR = 18.0
NARROWEST = 7.0
BETWEEN_LABELS = 48.0
"""From the label of one week to the next that is written."""

DAY = timedelta(days=1)

Position = Callable[[datetime], float]
Line = tuple[str, str, Sequence[StepRow]]
"""Label, link (empty for none) and steps of a row."""


@dataclass(frozen=True)
class Bar:
    """One step: where it lies, what it is, and the sentence a pointer or a screen reader gets."""

    x: float
    y: float
    width: float
    phase: Phase
    kind: StepKind
    title: str
    broken: bool
    """Whether it breaks a rule by what is known today."""


@dataclass(frozen=True)
class Row:
    """One rotation or team with its label; ``label`` may be shorter than ``name``."""

    y: float
    height: float
    name: str
    link: str
    bars: tuple[Bar, ...]

    @property
    def label(self) -> str:
        cut = len(self.name) > LONGEST_LABEL
        return f"{self.name[: LONGEST_LABEL - 1].rstrip()}…" if cut else self.name


@dataclass(frozen=True)
class Tick:
    """The start of a week; most labels are empty where weeks are narrow."""

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

    @property
    def broken(self) -> bool:
        return any(bar.broken for row in self.rows for bar in row.bars)


def draw(
    lines: Sequence[Line],
    now: datetime,
    zone: str,
    broken: Collection[tuple[str, str]] = frozenset(),
    *,
    in_lanes: bool = False,
) -> Gantt | None:
    """Return the drawing; None when there is no step at all.

    ``broken`` are rotation and key of steps to mark; ``in_lanes`` puts bars that would cover each
    other below each other.
    """
    steps = [step for _, _, some in lines for step in some]
    if not steps:
        return None
    first = _monday(min(step.starts for step in steps), zone)
    last = _monday(max(step.ends for step in steps), zone) + 7 * DAY
    scale = (WIDTH - LABEL) / ((last - first) / DAY)

    def x_of(moment: datetime) -> float:
        return LABEL + (moment - first) / DAY * scale

    rows: list[Row] = []
    y = HEAD
    for name, link, some in lines:
        met = [step for step in some if step.kind not in UNMET]
        placed = [(step, *_stretch(step, x_of)) for step in met]
        lanes = list(_lanes((x, width) for _, x, width in placed)) if in_lanes else [0] * len(met)
        top = y + (ROW - BAR) / 2
        bars = tuple(
            _bar(step, x, top + lane * LANE, width, broken)
            for (step, x, width), lane in zip(placed, lanes, strict=True)
        )
        height = ROW + max(lanes, default=0) * LANE
        rows.append(Row(y=y, height=height, name=name, link=link, bars=bars))
        y += height
    return Gantt(
        height=y + 8,
        rows=tuple(rows),
        ticks=tuple(_ticks(first, last, x_of)),
        today=x_of(now) if first <= now <= last else None,
    )


def _stretch(step: StepRow, x_of: Position) -> tuple[float, float]:
    """Where a bar begins and how wide it is."""
    x = x_of(step.starts)
    return round(x, 1), round(max(NARROWEST, x_of(step.ends) - x), 1)


def _lanes(stretches: Iterable[tuple[float, float]]) -> Iterator[int]:
    """Yield the first lane in which each bar covers none before it."""
    ends: list[float] = []
    for x, width in stretches:
        free = next((n for n, end in enumerate(ends) if end <= x), len(ends))
        ends[free : free + 1] = [x + width]
        yield free


def _bar(
    step: StepRow, x: float, y: float, width: float, broken: Collection[tuple[str, str]]
) -> Bar:
    local = step.starts.astimezone(zone_of(step.zone))
    is_broken = (step.rotation, step.key) in broken
    said = "breaks a rule today" if is_broken else step.phase.value
    return Bar(
        x=x,
        y=round(y, 1),
        width=width,
        phase=step.phase,
        kind=step.kind,
        title=f"{step.title}, {local:%a %-d %b %H:%M} ({step.zone}), {said}",
        broken=is_broken,
    )


def _ticks(first: datetime, last: datetime, x_of: Position) -> Iterator[Tick]:
    week, written = first, 0.0
    while week < last:
        x = round(x_of(week), 1)
        room = x >= written
        if room:
            written = x + BETWEEN_LABELS
        yield Tick(x=x, label=f"{week:%-d %b}" if room else "")
        week += 7 * DAY


def _monday(moment: datetime, zone: str) -> datetime:
    local = moment.astimezone(zone_of(zone))
    monday = local - timedelta(days=local.weekday())
    return monday.replace(hour=0, minute=0, second=0, microsecond=0)
