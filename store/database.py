"""Opening the database: SQLite for one machine, PostgreSQL by URL, the same tables in both."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic_core import from_json
from sqlalchemy import Connection, Engine, create_engine, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from domain.errors import DomainError
from store.tables import Base, ChangeRow

_MIGRATIONS = Path(__file__).parent / "migrations"
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


def migrate(engine: Engine, revision: str = "head") -> None:
    """Bring the schema to this version, one transaction a step; safe to repeat."""
    with _changing_the_schema(engine) as connection:
        command.upgrade(_config(connection), revision)


def unmigrate(engine: Engine, revision: str = "base") -> None:
    """Go back to an earlier schema, by default to no table at all."""
    with _changing_the_schema(engine) as connection:
        command.downgrade(_config(connection), revision)


@contextmanager
def _changing_the_schema(engine: Engine) -> Iterator[Connection]:
    """One transaction; SQLite rebuilds a table to change it, which nothing may refer to meanwhile.

    Source: sqlite.org/lang_altertable.html, section 7.
    """
    with engine.connect() as connection:
        if engine.dialect.name != "sqlite":
            yield connection
            connection.commit()
            return
        raw = connection.connection.cursor()
        raw.execute("PRAGMA foreign_keys=OFF")
        try:
            yield connection
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise Unmigrated(f"The new schema would break {len(broken)} references.")
            connection.commit()
        finally:
            connection.rollback()
            raw.execute("PRAGMA foreign_keys=ON")
            raw.close()


def check_migrated(engine: Engine) -> None:
    """Raise Unmigrated, saying what to do, unless the schema is this version's."""
    with engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    wanted = ScriptDirectory(str(_MIGRATIONS)).get_current_head()
    if found != wanted:
        raise Unmigrated(
            f"The database is at schema {found or 'none'}, this version needs {wanted}. "
            "Run 'sojourn migrate' first."
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config
