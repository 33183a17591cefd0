"""A lease: of several processes only one does a thing, and another takes over when it dies."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from store.database import quietly, reading
from store.tables.installation import LeaseTable


def take(engine: Engine, name: str, holder: str, seconds: float, now: datetime) -> bool:
    """Take or renew a lease for some seconds; False while another holder's has not run out."""
    with quietly(engine) as session:
        found = session.get(LeaseTable, name, with_for_update=True)
        if found and found.holder != holder and found.until > now:
            return False
        until = now + timedelta(seconds=seconds)
        session.merge(LeaseTable(name=name, holder=holder, until=until))
        return True


def holder_of(engine: Engine, name: str, now: datetime) -> str | None:
    """Return who holds a lease now; None when it is free or has run out."""
    with reading(engine) as session:
        found = session.get(LeaseTable, name)
        return found.holder if found and found.until > now else None


def give_back(engine: Engine, name: str, holder: str) -> None:
    """Let the lease go, so that the next process need not wait for it to run out."""
    with quietly(engine) as session:
        found = session.get(LeaseTable, name)
        if found and found.holder == holder:
            session.delete(found)
