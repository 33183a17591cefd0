"""Events as CloudEvents tell them: read for what they are, refused with the name of what is wrong."""

from datetime import UTC, datetime, timedelta

import pytest

from domain.happenings import BadEvent, EventKind, happening

NOW = datetime(2026, 12, 7, 8, tzinfo=UTC)
GOOD: dict[str, object] = {
    "specversion": "1.0",
    "id": "17",
    "source": "/board",
    "type": "sojourn.event.decision",
    "time": "2026-12-07T08:30:00+01:00",
}
DATA = {"person": "mara", "cohort": "winter"}


def test_an_event_is_read_without_a_word_of_it() -> None:
    found = happening(GOOD, DATA | {"why": "nobody's business"}, NOW)

    assert found.kind is EventKind.DECISION
    assert (found.person, found.cohort) == ("mara", "winter")
    assert found.at == NOW - timedelta(minutes=30)
    assert found.about.startswith("event:")
    assert "board" not in found.about


def test_the_same_id_of_another_source_is_another_event() -> None:
    one, same, other = (
        happening(GOOD | changes, DATA, NOW).about
        for changes in ({}, {"type": "sojourn.event.crisis"}, {"source": "/other"})
    )
    assert one == same != other


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"id": ""}, "id"),
        ({"id": 17}, "id"),
        ({"id": "x" * 257}, "id"),
        ({"id": "a\0b"}, "id"),
        ({"id": "\ud800"}, "id"),
        ({"source": "  "}, "source"),
        ({"type": "decision"}, "type"),
        ({"type": "com.example.decision"}, "type"),
        ({"time": "yesterday"}, "time"),
        ({"time": "2026-12-07T08:30:00"}, "time"),
        ({"time": 17}, "time"),
        ({"time": "2026-W50-1T07:30:00Z"}, "time"),
        ({"time": "20261207T073000Z"}, "time"),
        ({"time": "2026-12-07T07:30Z"}, "time"),
        ({"time": "2026-12-07T07:30:61Z"}, "time"),
        ({"time": "2026-12-09T08:30:00Z"}, "time"),
        ({"time": "2026-10-07T08:30:00Z"}, "time"),
        ({"time": "0001-01-01T00:00:00+23:00"}, "time"),
        ({"time": "9999-12-31T23:59:59-23:00"}, "time"),
    ],
)
def test_each_attribute_that_is_wrong_is_named(changes: dict[str, object], field: str) -> None:
    with pytest.raises(BadEvent) as wrong:
        happening(GOOD | changes, DATA, NOW)
    assert wrong.value.field == field


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (None, "data"),
        ("mara", "data"),
        ([], "data"),
        ({}, "data.person"),
        ({"person": ["mara"]}, "data.person"),
        ({"person": "m" * 25}, "data.person"),
        ({"person": "Mára"}, "data.person"),
        ({"person": "mara", "cohort": 7}, "data.cohort"),
        ({"person": "mara", "cohort": "Winter 26"}, "data.cohort"),
    ],
)
def test_data_names_the_person(data: object, field: str) -> None:
    with pytest.raises(BadEvent) as wrong:
        happening(GOOD, data, NOW)
    assert wrong.value.field == field


def test_times_are_kept_in_utc_and_a_small_z_is_one() -> None:
    for said in ("2026-12-07t07:30:00.25z", "2026-12-07T08:30:00.25+01:00"):
        at = happening(GOOD | {"time": said}, DATA, NOW).at
        assert at.isoformat() == "2026-12-07T07:30:00.250000+00:00"


def test_ids_may_hold_any_character_that_is_one() -> None:
    for identity in (
        "\N{ZERO WIDTH JOINER}",
        "a\N{NO-BREAK SPACE}b",
        "\N{WOMAN}\N{ZERO WIDTH JOINER}\N{ROCKET}",
    ):
        assert happening(GOOD | {"id": identity}, DATA, NOW).about.startswith("event:")


def test_without_a_time_it_happened_now_and_clocks_may_differ_a_little() -> None:
    assert happening({k: v for k, v in GOOD.items() if k != "time"}, DATA, NOW).at == NOW
    assert happening(GOOD | {"time": "2026-12-07T08:03:00Z"}, DATA, NOW).at == NOW
