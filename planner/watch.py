"""Whoever waits for a plan: told how far it is, and asked whether to stop with the best so far."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")


class Watch:
    """``tell`` hears which share of the work is done (0 to 1), ``over`` says when to stop."""

    def __init__(
        self, tell: Callable[[float], None] | None = None, over: Callable[[], bool] | None = None
    ) -> None:
        self._tell = tell
        self._over = over
        self._done = 0.0

    @property
    def over(self) -> bool:
        """Whether to stop now."""
        return self._over is not None and self._over()

    def part(self, share: float, over: Callable[[], bool] | None = None) -> "Watch":
        """Return a watch over such a share of the work, which may have to stop earlier than the whole."""
        before, tell = self._done, self._tell
        self._done += share
        return Watch(
            tell and (lambda done: tell(before + share * done)),
            lambda: self.over or (over is not None and over()),
        )

    def each(self, things: Iterable[T], share: float) -> Iterator[T]:
        """Yield the things while there is time; together they are such a share of the work."""
        waiting = list(things)
        before = self._done
        self._done += share
        for number, thing in enumerate(waiting, start=1):
            if self.over:
                break
            yield thing
            if self._tell:
                self._tell(min(before + share * number / len(waiting), 1.0))
