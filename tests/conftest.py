"""What every test shares: the folder says which kind a test is, and the SDK gets time to leave."""

import time

import pytest


def pytest_unconfigure(config: pytest.Config) -> None:
    # sdk-python#300: the core runtime aborts a process that exits at once after its last client.
    time.sleep(0.5)
