import pytest

from settings import BadSettings, read_settings


@pytest.mark.parametrize(
    "keys", ["correct-horse-battery-staple", "k1:short", "k.1:" + "s" * 32, "k1:" + "s" * 32 + ",x"]
)
def test_a_key_without_a_real_secret_is_refused_and_not_repeated(keys: str) -> None:
    with pytest.raises(BadSettings) as refused:
        read_settings({"SOJOURN_KEYS": keys})

    assert "32 characters" in str(refused.value)
    assert keys not in str(refused.value)


def test_several_keys_are_taken() -> None:
    keys = f"k2:{'t' * 32},k1:{'s' * 32}"

    assert read_settings({"SOJOURN_KEYS": keys}).keys.get_secret_value() == keys
