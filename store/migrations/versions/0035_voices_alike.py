"""Points of an anonymous session have no language, and all that a session has lasts equally long"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0035'
down_revision = '0034'
branch_labels = None
depends_on = None


def upgrade() -> None:
    voice = sa.table('voice', sa.column('mode'), sa.column('language'))
    anonymous = voice.c.mode == 'anonymous'
    op.execute(voice.update().where(anonymous).values(language='und'))
    for name, column in (('voice', 'kept_until'), ('spent_allowance', 'until')):
        _let_last(name, column)


def _let_last(name: str, column: str) -> None:
    moment = store.tables.UtcMoment(timezone=True)
    columns = ('rotation', 'step')
    rows = sa.table(name, *map(sa.column, columns), sa.column(column, moment))
    others = rows.alias()
    latest = sa.select(sa.func.max(others.c[column])).where(
        *(others.c[key] == rows.c[key] for key in columns)
    )
    op.execute(rows.update().values({column: latest.scalar_subquery()}))


def downgrade() -> None:
    """What was told apart before can't be told apart again."""
