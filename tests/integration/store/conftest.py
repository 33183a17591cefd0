"""An empty, migrated database on SQLite and on PostgreSQL."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.database import open_database
from tests.migrated import database_of, give_schema
from tests.servers import Postgres

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "sqlite":
        opened = open_database(f"sqlite:///{tmp_path}/store.db")
        give_schema(opened)
    else:
        server: Postgres = request.getfixturevalue("postgres")
        opened = open_database(database_of(server, f"store{next(_numbers)}"))
    yield opened
    opened.dispose()
