"""What every test shares: the folder says which kind a test is, and the SDK gets time to leave."""

import time

import hypothesis
import pytest

# Hypothesis' plugin imports it at a run's end; there Python 3.11 may fail to compile it (gh-106905).
assert hypothesis

# How long an example takes says more about the machine than about the program.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_unconfigure(config: pytest.Config) -> None:
    # sdk-python#300: the core runtime aborts a process that exits at once after its last client.
    time.sleep(0.5)
