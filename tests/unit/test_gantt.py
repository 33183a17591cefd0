"""The drawing of a plan: what lies where, and what can be read."""

import itertools
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.program import StepKind
from domain.rotation import Phase
from store.pages import StepRow
from web.gantt import BETWEEN_LABELS, Bar, draw

FIRST = datetime(2026, 11, 30, 8, tzinfo=UTC)
HOURS = st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 30)), min_size=1, max_size=12)


def a_row(key: str, starts: datetime, hours: int = 6) -> StepRow:
    return StepRow(
        rotation="abcdefgh",
        key=key,
        kind=StepKind.SHADOWING_DAY,
        title="Shadowing day",
        phase=Phase.PLANNED,
        starts=starts,
        ends=starts + timedelta(hours=hours),
        zone="Europe/Berlin",
        where="",
    )


def cover(one: Bar, other: Bar) -> bool:
    aside = one.x + one.width <= other.x or other.x + other.width <= one.x
    return not aside and one.y == other.y


@given(HOURS)
def test_bars_in_lanes_never_cover_each_other_and_stay_in_their_row(
    some: list[tuple[int, int]],
) -> None:
    steps = [
        a_row(f"day{n}", FIRST + timedelta(hours=after), hours)
        for n, (after, hours) in enumerate(sorted(some))
    ]

    gantt = draw([("Team", "", steps), ("Other", "", steps[:1])], FIRST, "UTC", in_lanes=True)

    assert gantt is not None
    bars = gantt.rows[0].bars
    assert not any(cover(a, b) for n, a in enumerate(bars) for b in bars[:n])
    assert all(gantt.rows[0].y <= b.y <= gantt.rows[1].y - gantt.bar for b in bars)


@given(st.integers(0, 60))
def test_labels_of_weeks_never_run_into_each_other(weeks: int) -> None:
    steps = [a_row("first", FIRST), a_row("last", FIRST + timedelta(weeks=weeks))]

    gantt = draw([("Team", "", steps)], FIRST, "UTC")

    assert gantt is not None
    labelled = [tick.x for tick in gantt.ticks if tick.label]
    assert labelled[0] == gantt.ticks[0].x
    assert all(b - a >= BETWEEN_LABELS for a, b in itertools.pairwise(labelled))


def test_a_broken_step_is_marked_and_says_so_in_words() -> None:
    steps = [a_row("one", FIRST), a_row("two", FIRST + timedelta(days=1))]

    gantt = draw([("Team", "", steps)], FIRST, "UTC", {("abcdefgh", "two")})

    assert gantt is not None
    assert [bar.broken for bar in gantt.rows[0].bars] == [False, True]
    assert "breaks a rule today" in gantt.rows[0].bars[1].title
    assert "planned" in gantt.rows[0].bars[0].title


def test_a_long_name_is_cut_for_the_eye_alone() -> None:
    name = "Wilhelmina-Charlotte von Hohenzollern-Sigmaringen"

    gantt = draw([(name, "/r/abcdefgh", [a_row("one", FIRST)])], FIRST, "UTC")

    assert gantt is not None
    assert gantt.rows[0].name == name
    assert gantt.rows[0].label == "Wilhelmina-Charlotte von…"
