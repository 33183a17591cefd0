"""How our own mails write their headers: as the standard library does, making no header twice."""

from email.headerregistry import BaseHeader, HeaderRegistry
from email.policy import SMTP as _SMTP
from functools import lru_cache


class _Remembering(HeaderRegistry):
    """Most headers are the same in each mail, and none changes once it is made."""

    def __init__(self) -> None:
        super().__init__()
        self._kind = lru_cache(maxsize=64)(super().__getitem__)
        self._made = lru_cache(maxsize=1024)(super().__call__)

    def __getitem__(self, name: str) -> type[BaseHeader]:
        return self._kind(name)

    def __call__(self, name: str, value: object) -> BaseHeader:
        return self._made(name, value)


SMTP = _SMTP.clone(header_factory=_Remembering(), cte_type="7bit")
"""The policy ``email.policy.SMTP`` for servers without 8BITMIME too; values of headers are text."""
