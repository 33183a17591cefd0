"""Worker, mail, web and Temporal killed at random while people live; ``bench.storm`` kills 100 times."""

from pathlib import Path

from bench.storm import Weather, changed, live_through


async def test_every_rotation_ends_and_no_mail_is_lost_whatever_dies_when(tmp_path: Path) -> None:
    weather = Weather(kills=12, seed=1, leaders=3, days=4)

    found = await live_through(weather, tmp_path)

    assert found.wrong == []
    assert found.rotations == {"completed": 3}
    assert sum(found.kills.values()) == 12


def test_another_mail_under_the_same_message_id_is_noticed() -> None:
    first, second = (f"Message-ID: <1@mill>\r\n\r\n{word}".encode() for word in ("one", "two"))

    assert changed([("vera", first), ("otto", second), ("vera", first)]) == []
    assert changed([("vera", first), ("vera", second)]) != []
