"""How every command ends: with an exit code that scripts can trust, and without a crash at exit."""

import logging
import os
import sys
import time
from typing import NoReturn

OK, FAILURE, USAGE, ATTENTION = 0, 1, 2, 3
"""Exit codes: done, failed, called wrongly, done but something needs a person."""


def leave(code: int, *, talked_to_temporal: bool = False) -> NoReturn:
    """Flush everything and end the process now."""
    if talked_to_temporal:
        # sdk-python#300: the core runtime may abort a process right after its last client.
        time.sleep(0.5)
    sys.stdout.flush()
    sys.stderr.flush()
    logging.shutdown()
    os._exit(code)
