"""Moments that depend on people's clocks and weeks."""

from datetime import UTC, datetime, time, timedelta

import pytest

from domain.moments import WorkingHours, after_weekdays, next_working_moment


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("2026-11-27T10:30+00:00", "2026-11-27T10:30+00:00"),
        ("2026-11-27T05:00+00:00", "2026-11-27T08:00+00:00"),
        ("2026-11-27T16:00+00:00", "2026-11-30T08:00+00:00"),
        ("2027-03-26T16:00+00:00", "2027-03-29T07:00+00:00"),
    ],
)
def test_what_can_wait_waits_for_working_hours(moment: str, expected: str) -> None:
    office = [WorkingHours(weekday=d, starts=time(9), ends=time(17)) for d in range(5)]

    found = next_working_moment(datetime.fromisoformat(moment), office, "Europe/Berlin")

    assert found == datetime.fromisoformat(expected)


def test_somebody_without_working_hours_is_never_kept_waiting() -> None:
    moment = datetime(2026, 11, 28, 3, tzinfo=UTC)

    assert next_working_moment(moment, (), "Europe/Berlin") == moment


@pytest.mark.parametrize(
    ("moment", "days", "expected"),
    [
        ("2026-11-24T10:00+00:00", 2, "2026-11-26T10:00+00:00"),
        ("2026-11-26T10:00+00:00", 2, "2026-11-30T10:00+00:00"),
        ("2026-11-28T10:00+00:00", 1, "2026-11-30T23:00+00:00"),
        ("2027-03-26T10:00+00:00", 1, "2027-03-29T09:00+00:00"),
        ("2026-11-27T10:00+00:00", 10, "2026-12-11T10:00+00:00"),
    ],
)
def test_weekends_do_not_count_as_silence(moment: str, days: int, expected: str) -> None:
    later = after_weekdays(datetime.fromisoformat(moment), timedelta(days=days), "Europe/Berlin")

    assert later == datetime.fromisoformat(expected)
