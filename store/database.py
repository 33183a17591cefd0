"""Opening the database: SQLite for one machine, PostgreSQL by URL, the same tables in both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic_core import from_json
from sqlalchemy import (
    Connection,
    Engine,
    column,
    create_engine,
    event,
    inspect,
    select,
    table,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.errors import DomainError
from store.tables.base import Base
from store.tables.installation import ChangeRow

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION = table("alembic_version", column("version_num"))
_CHANGED = update(ChangeRow).values(number=ChangeRow.number + 1)
_LOCKED = update(ChangeRow).values(number=ChangeRow.number)


class Unmigrated(DomainError):
    """The database has an older or newer schema than this version of Sojourn."""


def open_database(url: str, *, durable: bool = True) -> Engine:
    """Return an engine for ``sqlite:///path`` or ``postgresql+psycopg://...``; nothing is created.

    Without ``durable`` a SQLite database may lose its last moments when the machine loses power.
    """
    if url.startswith("sqlite"):
        engine = create_engine(
            url,
            hide_parameters=True,
            json_deserializer=from_json,
            connect_args={"timeout": 15, "isolation_level": None},
        )
        event.listen(engine, "connect", _prepare_sqlite)
        if not durable:
            event.listen(engine, "connect", _hurry)
        event.listen(engine, "begin", _begin_immediately)
        return engine
    return create_engine(
        url, hide_parameters=True, json_deserializer=from_json, pool_pre_ping=True, pool_size=10
    )


def _prepare_sqlite(connection: object, _: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _hurry(connection: object, _: object) -> None:
    connection.execute("PRAGMA synchronous=OFF")  # type: ignore[attr-defined]


def _begin_immediately(connection: Connection) -> None:
    # A transaction that reads first and writes later would fail at once when another one writes.
    immediate = not connection.get_execution_options().get("reading")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


class _Transaction(Session):
    """A session that lasts one transaction and keeps every row it has read, so that none is read twice."""


@event.listens_for(_Transaction, "loaded_as_persistent")
def _keep(session: Session, row: object) -> None:
    # A session refers to its rows weakly: what nobody holds would be read again.
    session.info.setdefault("rows", []).append(row)


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """One transaction that changes something a page may show; all or nothing."""
    with _Transaction(engine) as session, session.begin():
        session.connection().execute(_CHANGED)
        yield session


@contextmanager
def quietly(engine: Engine) -> Iterator[Session]:
    """One transaction that changes nothing a page shows: a lease, a claim, a later try."""
    with _Transaction(engine) as session, session.begin():
        # The same row is locked as when writing, so that PostgreSQL too has one writer at a time.
        session.connection().execute(_LOCKED)
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """One consistent look; nothing is written and no writer waits for it."""
    with _Transaction(engine) as session:
        session.connection(execution_options={"reading": True})
        yield session


def insert_once(session: Session, table: type[Base], **values: object) -> None:
    """Add a row unless one with the same identity is there."""
    dialect = session.get_bind().dialect.name
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
    session.execute(insert(table).values(**values).on_conflict_do_nothing())


def change_number(engine: Engine) -> int:
    """Return a number that rises with every change; cheap enough to ask once a second."""
    with reading(engine) as session:
        return session.scalar(select(ChangeRow.number)) or 0


def check_migrated(engine: Engine) -> None:
    """Raise Unmigrated, saying what to do, unless the schema is this version's."""
    with engine.connect() as connection:
        known = inspect(connection).has_table(_VERSION.name)
        found = connection.scalar(select(_VERSION.c.version_num)) if known else None
    wanted = newest_schema()
    if found != wanted:
        raise Unmigrated(
            f"The database is at schema {found or 'none'}, this version needs {wanted}. "
            "Run 'sojourn migrate' first."
        )


def newest_schema() -> str:
    """Return the number of this version's schema, as its migrations are named."""
    return max(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))
