"""Reminders that one person gets together leave as one mail, which carries the others"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('outbox') as batch:
        batch.add_column(sa.Column('asks', sa.JSON(), nullable=True))
        batch.add_column(sa.Column('carrier', sa.Integer(), nullable=True))
        batch.create_foreign_key('outbox_carrier_fkey', 'outbox', ['carrier'], ['number'])
        batch.create_index('ix_outbox_carrier', ['carrier'])


def downgrade() -> None:
    op.execute("UPDATE outbox SET state = 'withdrawn' WHERE state = 'bundled'")
    with op.batch_alter_table('outbox') as batch:
        batch.drop_index('ix_outbox_carrier')
        batch.drop_constraint('outbox_carrier_fkey', type_='foreignkey')
        batch.drop_column('carrier')
        batch.drop_column('asks')
