"""The office of a rehearsal: that of an installation, whose mails reach simulated people."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Engine, event

from domain.people import Person
from domain.ports import QueuedMail
from invites.relay import Relay
from store.database import open_database
from wiring import Office


class Post:
    """Takes what the relay hands over, and lets those who get it react."""

    def __init__(
        self,
        everybody: dict[str, Person],
        deliver: Callable[[Person, QueuedMail], None],
        keep: Callable[[str, str, bytes], None] | None,
    ) -> None:
        self._by_address = {p.email.lower(): p for p in everybody.values() if p.email}
        self._deliver = deliver
        self._keep = keep

    @contextmanager
    def connected(self) -> Iterator["Post"]:
        """Stand in for a submission server that takes every mail."""
        yield self

    def sendmail(self, from_addr: str, to_addrs: Sequence[str], msg: bytes, /) -> None:
        """Deliver one mail."""
        for address in to_addrs:
            mail = QueuedMail(
                number=0, message_id="", sender=from_addr, recipient=address, raw=msg, attempts=0
            )
            if self._keep:
                self._keep(from_addr, address, msg)
            person = self._by_address.get(address.lower())
            if person:
                self._deliver(person, mail)


class RehearsalOffice(Office):
    """The office of an installation that lasts a minute: its own clock, ids by seed, mail to simulated people."""

    post: Post
    writes = 0
    """Transactions that were committed: while it stays the same, no question has a new answer."""

    @cached_property
    def engine(self) -> Engine:
        engine = open_database(self.settings.database_url, durable=False)
        event.listen(engine, "commit", self._count)
        return engine

    def _count(self, _: object) -> None:
        self.writes += 1

    @cached_property
    def relay(self) -> Relay:
        return Relay(self.outbox, self.post, self.now)
