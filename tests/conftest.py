"""What every test shares: the folder says which kind a test is, and the SDK gets time to leave."""

import os
import time

import hypothesis
import pytest

# Hypothesis' plugin imports it at a run's end; there Python 3.11 may fail to compile it (gh-106905).
assert hypothesis

# A busy machine is no failure: no example has a deadline. The same code is tried on the same examples;
# EXPLORE=1, or "make explore", draws new ones.
EXPLORING = bool(os.environ.get("EXPLORE"))
hypothesis.settings.register_profile("patient", deadline=None, derandomize=not EXPLORING)
hypothesis.settings.load_profile("patient")


def pytest_unconfigure(config: pytest.Config) -> None:
    # sdk-python#300: the core runtime aborts a process that exits at once after its last client.
    time.sleep(0.5)
