"""Changing the schema; apart from opening the database, because most commands only look at it."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine

from store.database import MIGRATIONS, Unmigrated


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


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
