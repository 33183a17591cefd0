"""When a need was asked last and read, and of which time and place"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0038'
down_revision = '0037'
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = store.tables.UtcMoment(timezone=True)
    with op.batch_alter_table('need') as need:
        need.add_column(sa.Column('asked_at', moment, nullable=True))
        need.add_column(sa.Column('read_at', moment, nullable=True))
        need.add_column(sa.Column('starts', moment, nullable=True))
        need.add_column(sa.Column('host', sa.String(length=12), nullable=True))
        need.add_column(sa.Column('place', sa.Text(), nullable=True))
    op.execute('DELETE FROM need WHERE uid IN (SELECT uid FROM invite WHERE called_off_at IS NOT NULL)')
    op.execute(
        'UPDATE need SET asked_at = written_at, read_at = arranged_at, '
        '(starts, host, place) = (SELECT starts, host, place FROM invite WHERE invite.uid = need.uid)'
    )
    with op.batch_alter_table('need') as need:
        need.alter_column('asked_at', existing_type=moment, nullable=False)
        need.alter_column('starts', existing_type=moment, nullable=False)


def downgrade() -> None:
    with op.batch_alter_table('need') as need:
        for name in ('asked_at', 'read_at', 'starts', 'host', 'place'):
            need.drop_column(name)
