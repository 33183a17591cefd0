"""Answers that may take longer than a page: worked out behind it, and kept until they were heard."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

T = TypeVar("T")

AT_ONCE = 2
"""Answers worked on together; others wait for their turn."""

KEPT = 32
"""Questions whose last answer is kept."""

PATIENCE = 1.0
"""Seconds that a page waits before it is shown without the answer."""


@dataclass
class _Work:
    stamp: Hashable
    answer: Future[Any]
    awaited: bool = False
    """Whether somebody was sent away without the answer: they get this one when they come back."""


class Workbench:
    """Works on one answer a question; whoever asks too early is told nothing and asks again."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._lock = Lock()
        self._workers = ThreadPoolExecutor(AT_ONCE, "workbench")
        self._works: dict[Hashable, _Work] = {}

    def answer(self, question: Hashable, stamp: Hashable, work: Callable[[], T]) -> T | None:
        """Return the answer, or None while it is worked out; raises what the work raised.

        An answer holds for as long as the ``stamp`` of what it was worked out from is the same.
        """
        with self._lock:
            found = self._works.pop(question, None)
            if found is None or _outdated(found, stamp):
                found = _Work(stamp, self._workers.submit(work))
            self._works[question] = found
            for oldest in list(self._works)[:-KEPT]:
                del self._works[oldest]
        wait([found.answer], self._patience)
        found.awaited = not found.answer.done()
        if found.awaited:
            return None
        answer: T = found.answer.result()
        return answer

    def close(self) -> None:
        """Begin nothing more; what is being worked on comes to its end."""
        self._workers.shutdown(wait=False, cancel_futures=True)


def _outdated(found: _Work, stamp: Hashable) -> bool:
    if not found.answer.done() or found.awaited:
        return False
    return found.stamp != stamp or found.answer.exception() is not None
