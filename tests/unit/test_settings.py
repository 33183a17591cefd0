from pathlib import Path

import pytest

from settings import BadSettings, read_settings

SERVER = {
    "SOJOURN_KEYS": f"k1:{'s' * 32}",
    "SOJOURN_ORGANISER": "rotations@mill.example",
    "SOJOURN_WEB_URL": "https://rotations.mill.example",
}


@pytest.mark.parametrize(
    "keys", ["correct-horse-battery-staple", "k1:short", "k.1:" + "s" * 32, "k1:" + "s" * 32 + ",x"]
)
def test_a_key_without_a_real_secret_is_refused_and_not_repeated(keys: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(SERVER | {"SOJOURN_KEYS": keys})

    assert "32 characters" in str(refused.value)
    assert keys not in str(refused.value)


def test_several_keys_are_taken() -> None:
    keys = f"k2:{'t' * 32},k1:{'s' * 32}"

    assert read_settings(SERVER | {"SOJOURN_KEYS": keys}).keys.get_secret_value() == keys


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"SOJOURN_LOCAL": "true", "SOJOURN_WEB_HOST": "0.0.0.0"}, "signs nobody in"),
        ({"SOJOURN_KEYS": ""}, "SOJOURN_KEYS: is needed"),
        ({"SOJOURN_ORGANISER": "rotations@sojourn.example"}, "answers go to"),
        ({"SOJOURN_WEB_HOST": "0.0.0.0", "SOJOURN_WEB_URL": ""}, "links start with it"),
        ({"SOJOURN_WEB_URL": "http://rotations.mill.example"}, "https"),
        ({"SOJOURN_WEB_URL": "https://rotations.mill.example/under/this"}, "WEB_URL"),
    ],
)
def test_a_server_that_strangers_could_use_does_not_start(wrong: dict[str, str], said: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(SERVER | wrong)

    assert said in str(refused.value)


def test_a_server_behind_a_tls_proxy_starts() -> None:
    found = read_settings(SERVER | {"SOJOURN_WEB_HOST": "0.0.0.0"})

    assert found.base_url == "https://rotations.mill.example"


def test_everything_wrong_is_named_at_once() -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings(
            {"SOJOURN_WEB_PORT": "many", "SOJOURN_WEB_HOTS": "x", "SOJOURN_KEYS": "k1:no"}
        )

    named = [line.strip().partition(":")[0] for line in str(refused.value).splitlines()[1:]]
    assert sorted(named) == [
        "SOJOURN_KEYS",
        "SOJOURN_ORGANISER",
        "SOJOURN_WEB_HOTS",
        "SOJOURN_WEB_PORT",
    ]


def test_a_secret_may_lie_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"k9:{'f' * 32}\n")
    environment = SERVER | {"SOJOURN_KEYS_FILE": str(tmp_path / "keys")}
    del environment["SOJOURN_KEYS"]

    assert read_settings(environment).keys.get_secret_value() == f"k9:{'f' * 32}"


def test_a_secret_that_is_given_twice_or_can_not_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "missing")
    wrong = {"SOJOURN_KEYS_FILE": missing, "SOJOURN_SMTP_PASSWORD_FILE": missing}

    with pytest.raises(BadSettings) as refused:
        read_settings(SERVER | wrong)

    assert "SOJOURN_KEYS is set as well" in str(refused.value)
    assert "SOJOURN_SMTP_PASSWORD_FILE: can't be read (FileNotFoundError)" in str(refused.value)


def test_private_networks_of_calendars_are_named_as_networks() -> None:
    named = {"SOJOURN_CALENDAR_NETWORKS": "10.1.2.0/24, 127.0.0.1/32,"}
    assert read_settings(SERVER | named).private_networks == ("10.1.2.0/24", "127.0.0.1/32")

    with pytest.raises(BadSettings, match="SOJOURN_CALENDAR_NETWORKS: name networks such as"):
        read_settings(SERVER | {"SOJOURN_CALENDAR_NETWORKS": "yes"})


def test_a_token_that_could_be_guessed_is_refused() -> None:
    for weak in ("short", "with spaces " * 4, "ü" * 40):
        with pytest.raises(BadSettings, match="SOJOURN_EVENTS_TOKEN: needs 32 letters") as wrong:
            read_settings({"SOJOURN_LOCAL": "true", "SOJOURN_EVENTS_TOKEN": weak})
        assert weak not in str(wrong.value)
    strong = read_settings({"SOJOURN_LOCAL": "true", "SOJOURN_EVENTS_TOKEN": "a" * 43})
    assert strong.events_token.get_secret_value() == "a" * 43
