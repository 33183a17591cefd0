"""What an insight or a change touches: a policy, a process, an incentive, each by the name a program uses for it."""

from collections.abc import Iterator
from enum import StrEnum

from pydantic import Field

from domain.value import Value

LONGEST_NAME = 60
"""Characters."""


class TouchKind(StrEnum):
    """What can be touched."""

    POLICY = "policy"
    PROCESS = "process"
    INCENTIVE = "incentive"


class Touches(Value):
    """The names of what is touched; empty where nothing was named."""

    policy: str = Field(default="", max_length=LONGEST_NAME)
    process: str = Field(default="", max_length=LONGEST_NAME)
    incentive: str = Field(default="", max_length=LONGEST_NAME)

    def words(self) -> str:
        """Return everything that was named, line by line."""
        return "\n".join(name for _, name in self.named())

    def named(self) -> Iterator[tuple[TouchKind, str]]:
        """Yield what was named, each with its kind."""
        for kind in TouchKind:
            name = " ".join(str(getattr(self, kind.value)).split())
            if name:
                yield kind, name
