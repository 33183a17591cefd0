"""Slots are as long as they can be without losing a start."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.moments import Interval
from domain.people import Seat
from domain.program import Attendance, Program, StepKind, StepTemplate, Window
from planner.slots import Horizon, each, runs, slot_for

MIDNIGHT = datetime(2026, 11, 29, 23, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUARTER = timedelta(minutes=15)


def program(
    duration: int = 60, opens: int = 0, closes: int = 600, wall: str | None = None
) -> Program:
    step = StepTemplate(
        key="visit",
        kind=StepKind.SHADOWING_DAY,
        title="Visit",
        duration=duration * MINUTE,
        window=Window(after=None, opens=opens * MINUTE, closes=closes * MINUTE),
        attendance=Attendance(required=(Seat.PARTICIPANT,)),
        starts_at=wall,
    )
    return Program(
        key="p",
        version=1,
        name="P",
        cohort="c",
        zone="Europe/Berlin",
        starts_on=MIDNIGHT.date(),
        weeks=2,
        coordinator="lena",
        mail_domain="sojourn.example",
        steps=(step,),
    )


@pytest.mark.parametrize(
    ("asked", "minutes"),
    [
        (program(), 15),
        (program(duration=50), 5),
        (program(opens=62), 1),
        (program(closes=603), 3),
        (program(wall="09:10"), 5),
        (program(wall="09:30"), 15),
    ],
)
def test_a_slot_is_as_long_as_the_program_allows(asked: Program, minutes: int) -> None:
    assert slot_for(asked, MIDNIGHT) == minutes * MINUTE


@st.composite
def intervals(draw: st.DrawFn) -> tuple[Interval, ...]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        first = MIDNIGHT + draw(st.integers(-100, 2900)) * MINUTE
        found.append(Interval(starts=first, ends=first + draw(st.integers(1, 400)) * MINUTE))
    return tuple(found)


@given(hours=intervals(), busy=intervals(), quarters=st.integers(1, 12))
def test_quarters_lose_no_start_that_minutes_have(
    hours: tuple[Interval, ...], busy: tuple[Interval, ...], quarters: int
) -> None:
    def starts(slot: timedelta) -> list[datetime]:
        horizon = Horizon(MIDNIGHT, MIDNIGHT + timedelta(days=2), slot)
        free = horizon.inside(hours) & ~horizon.touching(busy)
        fitting = runs(free, horizon.length(quarters * QUARTER)) & horizon.quarters
        return [horizon.moment(slot) for slot in each(fitting)]

    assert starts(QUARTER) == starts(MINUTE)
