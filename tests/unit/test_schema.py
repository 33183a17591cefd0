"""The schema that commands look for is the one that migrations lead to."""

from alembic.script import ScriptDirectory

from store.database import MIGRATIONS, newest_schema


def test_the_newest_schema_is_where_migrations_end() -> None:
    assert newest_schema() == ScriptDirectory(str(MIGRATIONS)).get_current_head()
