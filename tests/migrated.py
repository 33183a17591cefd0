"""Databases of this version's schema for tests, copied from one that was migrated once."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

from sqlalchemy import Engine

from store.database import open_database
from store.migrating import migrate
from tests.servers import Postgres


def give_schema(engine: Engine) -> None:
    """Give an empty SQLite database, which nobody has opened yet, its tables."""
    file = Path(engine.url.database or "")
    assert not file.exists(), f"{file} is there already"
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(_empty_file(), file)


def database_of(server: Postgres, name: str) -> str:
    """Create a PostgreSQL database with its tables and return its URL."""
    return server.database(name, _template_of(server))


@cache
def _empty_file() -> Path:
    folder = tempfile.TemporaryDirectory(prefix="schema-")
    file = Path(folder.name) / "empty.db"
    engine = open_database(f"sqlite:///{file}", durable=False)
    migrate(engine)
    engine.dispose()
    _folders.append(folder)
    return file


@cache
def _template_of(server: Postgres) -> str:
    engine = open_database(server.database("schema"))
    migrate(engine)
    engine.dispose()
    return "schema"


_folders: list[tempfile.TemporaryDirectory[str]] = []
"""Kept until the process ends; each removes itself."""
