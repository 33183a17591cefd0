"""When a need was asked last and read, and of which time and place"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0040'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    with op.batch_alter_table('need') as need:
        need.add_column(sa.Column('asked_at', moment, nullable=True))
        need.add_column(sa.Column('read_at', moment, nullable=True))
    op.execute('UPDATE need SET asked_at = written_at, read_at = arranged_at')
    with op.batch_alter_table('need') as need:
        need.alter_column('asked_at', existing_type=moment, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('need') as need:
        need.drop_column('asked_at')
        need.drop_column('read_at')
