"""Which relay has a mail in hand; where an invite said the step is"""

import sqlalchemy as sa
from alembic import op

import store.tables

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column('invite', sa.Column('host', sa.String(length=12), nullable=True))
    op.add_column('invite', sa.Column('place', sa.Text(), nullable=True))
    op.add_column('outbox', sa.Column('claimed_by', sa.String(length=32), nullable=True))
    claimed_until = sa.Column('claimed_until', store.tables.UtcMoment(timezone=True), nullable=True)
    op.add_column('outbox', claimed_until)


def downgrade() -> None:
    # Not in a batch: SQLite would rebuild 'invite', which answers refer to.
    op.drop_column('outbox', 'claimed_until')
    op.drop_column('outbox', 'claimed_by')
    op.drop_column('invite', 'place')
    op.drop_column('invite', 'host')
